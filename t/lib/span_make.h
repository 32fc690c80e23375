/* span_make.h -- OTLP trace batches as SDKs send them, for tests, benchmarks and load.
 * A trace is one server span, five of the database and two internal ones, with the attributes of
 * today's semantic conventions and the 13 resource attributes of a Node or Python service; ids,
 * times, users, addresses and paths differ. 512 spans take about 150 KB, as those of real services
 * do. */
#ifndef QUERN_T_SPAN_MAKE_H
#define QUERN_T_SPAN_MAKE_H

#include <stdio.h>
#include <stdlib.h>

#include "t/lib/pb.h"

struct span_maker {
    uint64_t seed;
    uint64_t now_ns; /* start of the next trace */
    uint32_t services;
};

static inline uint64_t maker_random(struct span_maker *m)
{
    uint64_t z = (m->seed += 0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline uint64_t maker_below(struct span_maker *m, uint64_t n)
{
    return maker_random(m) % n;
}

static inline void maker_resource(struct span_maker *m, uint32_t service, struct buf *out)
{
    struct buf r = pb_new(out->arena);
    char text[64];

    snprintf(text, sizeof text, "shop-%u", service);
    pb_attr_str(&r, 1, "service.name", text);
    pb_attr_str(&r, 1, "service.namespace", "shop");
    pb_attr_str(&r, 1, "service.version", "2.14.3");
    snprintf(text, sizeof text, "shop-%u-7d9c8b6f5d-%c2xkq", service, 'a' + (int)service % 26);
    pb_attr_str(&r, 1, "service.instance.id", text);
    pb_attr_str(&r, 1, "deployment.environment.name", "production");
    pb_attr_str(&r, 1, "host.name", text);
    pb_attr_str(&r, 1, "host.arch", "amd64");
    pb_attr_str(&r, 1, "os.type", "linux");
    pb_attr_int(&r, 1, "process.pid", 17 + service);
    pb_attr_str(&r, 1, "process.runtime.name", "nodejs");
    pb_attr_str(&r, 1, "telemetry.sdk.language", "nodejs");
    pb_attr_str(&r, 1, "telemetry.sdk.name", "opentelemetry");
    pb_attr_str(&r, 1, "telemetry.sdk.version", "2.1.0");
    pb_sub(out, 1, &r);
}

static inline void maker_span_head(struct span_maker *m, struct buf *s, const uint8_t trace[16],
                                   uint64_t id, uint64_t parent, const char *name, int kind,
                                   uint64_t start, uint64_t duration)
{
    pb_bytes(s, 1, trace, 16);
    pb_bytes(s, 2, &id, 8);
    if (parent)
        pb_bytes(s, 4, &parent, 8);
    pb_str(s, 5, name);
    pb_uint(s, 6, (uint64_t)kind);
    pb_fixed64(s, 7, start);
    pb_fixed64(s, 8, start + duration);
}

static inline void maker_server(struct span_maker *m, struct buf *s, uint32_t route, bool failed)
{
    static const char *const agents[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "okhttp/4.12.0",
    };
    char text[96];

    pb_attr_str(s, 9, "http.request.method", "GET");
    snprintf(text, sizeof text, "/api/v%u/items/%u", route % 4, (unsigned)maker_below(m, 100000));
    pb_attr_str(s, 9, "url.path", text);
    pb_attr_str(s, 9, "url.scheme", "https");
    snprintf(text, sizeof text, "/api/v%u/items/:id", route % 4);
    pb_attr_str(s, 9, "http.route", text);
    pb_attr_str(s, 9, "server.address", "shop.example");
    pb_attr_int(s, 9, "server.port", 443);
    snprintf(text, sizeof text, "10.%u.%u.%u", (unsigned)maker_below(m, 4),
             (unsigned)maker_below(m, 256), (unsigned)maker_below(m, 256));
    pb_attr_str(s, 9, "client.address", text);
    pb_attr_int(s, 9, "network.peer.port", 30000 + (int64_t)maker_below(m, 30000));
    pb_attr_str(s, 9, "network.protocol.version", "1.1");
    pb_attr_str(s, 9, "user_agent.original", agents[maker_below(m, 3)]);
    pb_attr_int(s, 9, "http.response.status_code", failed ? 500 : 200);
    if (failed) {
        struct buf status = pb_new(s->arena);

        pb_uint(&status, 3, 2);
        pb_sub(s, 15, &status);
    }
}

static inline void maker_db(struct span_maker *m, struct buf *s, uint32_t query)
{
    static const char *const queries[] = {
        "SELECT id, name, price FROM items WHERE id = $1",
        "SELECT id, item_id, stars, text FROM reviews WHERE item_id = $1 ORDER BY id DESC LIMIT 20",
        "UPDATE carts SET touched_at = now() WHERE id = $1",
        "SELECT count(*) FROM stock WHERE item_id = $1 AND warehouse = ANY($2)",
        "INSERT INTO views (item_id, user_id, at) VALUES ($1, $2, now())",
    };

    pb_attr_str(s, 9, "db.system.name", "postgresql");
    pb_attr_str(s, 9, "db.namespace", "shop");
    pb_attr_str(s, 9, "db.query.text", queries[query % 5]);
    pb_attr_str(s, 9, "db.operation.name",
                query % 5 == 2   ? "UPDATE"
                : query % 5 == 4 ? "INSERT"
                                 : "SELECT");
    pb_attr_str(s, 9, "server.address", "db-1.internal");
    pb_attr_int(s, 9, "server.port", 5432);
    pb_attr_int(s, 9, "db.response.returned_rows", (int64_t)maker_below(m, 20));
}

/* One trace of eight spans into ScopeSpans `out` (field 2). Children end, hence come, first. */
static inline void maker_trace(struct span_maker *m, struct buf *out)
{
    static const char *const tables[] = {"items", "reviews", "carts", "stock", "views"};
    uint8_t trace[16];
    uint64_t root = maker_random(m), start = m->now_ns + maker_below(m, 50000000);
    uint64_t duration = 3000000 + maker_below(m, 60000000),
             halves[2] = {maker_random(m), maker_random(m)};
    uint32_t route = (uint32_t)maker_below(m, 12);
    char name[64];
    struct buf s;

    memcpy(trace, halves, 16);
    for (uint32_t i = 0; i < 5; i++) {
        s = pb_new(out->arena);
        snprintf(name, sizeof name, "%s %s",
                 i == 2   ? "UPDATE"
                 : i == 4 ? "INSERT"
                          : "SELECT",
                 tables[i]);
        maker_span_head(m, &s, trace, maker_random(m), root, name, 3,
                        start + duration / 8 * (i + 1) + maker_below(m, 99999),
                        200000 + maker_below(m, duration / 10));
        maker_db(m, &s, i);
        pb_sub(out, 2, &s);
    }
    for (uint32_t i = 0; i < 2; i++) {
        s = pb_new(out->arena);
        maker_span_head(m, &s, trace, maker_random(m), root, i ? "render" : "authorize", 1,
                        start + (i ? duration / 8 * 6 : 9000) + maker_below(m, 9999),
                        90000 + maker_below(m, duration / 10));
        pb_attr_str(&s, 9, "code.function.name", i ? "View.render" : "Auth.check");
        pb_sub(out, 2, &s);
    }
    s = pb_new(out->arena);
    snprintf(name, sizeof name, "GET /api/v%u/items/:id", route % 4);
    maker_span_head(m, &s, trace, root, 0, name, 2, start, duration);
    maker_server(m, &s, route, maker_below(m, 100) == 0);
    pb_fixed32(&s, 16, 0x101);
    pb_sub(out, 2, &s);
    m->now_ns += 1000000 + maker_below(m, 2000000);
}

/* An ExportTraceServiceRequest of `traces` × 8 spans of one service. */
static inline struct text maker_batch(struct span_maker *m, uint32_t traces, struct arena *a)
{
    struct buf request = pb_new(a), group = pb_new(a), items = pb_new(a), scope = pb_new(a);

    maker_resource(m, (uint32_t)maker_below(m, m->services ? m->services : 1), &group);
    pb_str(&scope, 1, "@opentelemetry/instrumentation-http");
    pb_str(&scope, 2, "0.203.0");
    pb_sub(&items, 1, &scope);
    for (uint32_t i = 0; i < traces; i++)
        maker_trace(m, &items);
    pb_sub(&group, 2, &items);
    pb_sub(&request, 1, &group);
    return buf_result(&request);
}

#endif
