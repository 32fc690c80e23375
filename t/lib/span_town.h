/* span_town.h -- the traffic of a made-up town of services, for measuring lists over much that is stored:
 * services that call one another, operations by the hundred in some, of which few are busy, releases that
 * follow one another, environments, failures, values that hardly ever come twice. Parts from span_make.h. */
#ifndef QUERN_T_SPAN_TOWN_H
#define QUERN_T_SPAN_TOWN_H

#include "t/lib/span_make.h"

#define TOWN_ENVIRONMENTS 3
#define TOWN_RELEASE_NS (5 * 86400000000000ULL) /* a service is released so often */

struct town {
    struct span_maker maker; /* .services of them */
    uint64_t traces, spans;  /* made so far */
    uint8_t last[16];        /* trace that was made last */
};

/* Few have hundreds, most a handful. */
static inline uint32_t town_routes(uint32_t service)
{
    return service % 10 == 0 ? 400 : service % 3 == 0 ? 80 : 12;
}

/* Some are asked for all the time, most hardly ever. */
static inline uint32_t town_route(struct town *t, uint32_t service)
{
    double u = (double)maker_below(&t->maker, 1 << 20) / (1 << 20);

    return (uint32_t)(u * u * u * u * town_routes(service));
}

static inline const char *town_environment(uint32_t n)
{
    static const char *const names[TOWN_ENVIRONMENTS] = {"production", "staging", "canary"};

    return names[n];
}

static inline void town_release(const struct town *t, uint32_t service, char out[32])
{
    uint64_t shift = service * (TOWN_RELEASE_NS / 60); /* not all on one day */

    snprintf(out, 32, "4.%u.0", (unsigned)((t->maker.now_ns + shift) / TOWN_RELEASE_NS % 1000));
}

static inline void town_resource(struct town *t, uint32_t service, uint32_t environment,
                                 struct buf *out)
{
    struct buf r = pb_new(out->arena);
    char text[64], release[32];

    town_release(t, service, release);
    snprintf(text, sizeof text, "shop-%u", service);
    pb_attr_str(&r, 1, "service.name", text);
    pb_attr_str(&r, 1, "service.namespace", "shop");
    pb_attr_str(&r, 1, "service.version", release);
    snprintf(text, sizeof text, "shop-%u-7d9c8b6f5d-%c2xkq", service,
             'a' + (int)maker_below(&t->maker, 4));
    pb_attr_str(&r, 1, "service.instance.id", text);
    pb_attr_str(&r, 1, "deployment.environment.name", town_environment(environment));
    pb_attr_str(&r, 1, "host.name", text);
    pb_attr_str(&r, 1, "os.type", "linux");
    pb_attr_int(&r, 1, "process.pid", 17 + service);
    pb_attr_str(&r, 1, "process.runtime.name", "nodejs");
    pb_attr_str(&r, 1, "telemetry.sdk.language", "nodejs");
    pb_attr_str(&r, 1, "telemetry.sdk.name", "opentelemetry");
    pb_attr_str(&r, 1, "telemetry.sdk.version", "2.1.0");
    pb_sub(out, 1, &r);
}

static inline void town_server(struct town *t, struct buf *s, uint32_t route, bool failed)
{
    struct span_maker *m = &t->maker;
    char text[96];

    pb_attr_str(s, 9, "http.request.method", "GET");
    snprintf(text, sizeof text, "/api/v1/things-%u/%u", route, (unsigned)maker_below(m, 100000));
    pb_attr_str(s, 9, "url.path", text);
    snprintf(text, sizeof text, "/api/v1/things-%u/:id", route);
    pb_attr_str(s, 9, "http.route", text);
    pb_attr_str(s, 9, "server.address", "shop.example");
    pb_attr_int(s, 9, "server.port", 443);
    snprintf(text, sizeof text, "10.%u.%u.%u", (unsigned)maker_below(m, 4),
             (unsigned)maker_below(m, 256), (unsigned)maker_below(m, 256));
    pb_attr_str(s, 9, "client.address", text);
    snprintf(text, sizeof text, "user-%u", (unsigned)maker_below(m, 50000));
    pb_attr_str(s, 9, "user.id", text);
    pb_attr_str(s, 9, "network.protocol.version", "1.1");
    pb_attr_int(s, 9, "http.response.status_code", failed ? 500 : 200);
    if (failed) {
        struct buf status = pb_new(s->arena);

        pb_uint(&status, 3, 2);
        pb_sub(s, 15, &status);
    }
}

struct town_step { /* where a trace stands */
    const uint8_t *trace;
    uint64_t parent, start, duration;
};

static inline void town_db(struct town *t, struct buf *out, const struct town_step *at,
                           uint32_t service, uint32_t n)
{
    static const char *const tables[] = {"items", "reviews", "carts", "stock"};
    struct buf s = pb_new(out->arena);
    char name[64];

    snprintf(name, sizeof name, "%s %s_%u", n == 2 ? "UPDATE" : "SELECT", tables[n], service % 20);
    maker_span_head(&t->maker, &s, at->trace, maker_random(&t->maker), at->parent, name, 3,
                    at->start + at->duration / 8 * (n + 1) + maker_below(&t->maker, 99999),
                    200000 + maker_below(&t->maker, at->duration / 10));
    maker_db(&t->maker, &s, n);
    pb_sub(out, 2, &s);
    t->spans++;
}

static inline void town_inner(struct town *t, struct buf *out, const struct town_step *at,
                              const char *name)
{
    struct buf s = pb_new(out->arena);

    maker_span_head(&t->maker, &s, at->trace, maker_random(&t->maker), at->parent, name, 1,
                    at->start + 9000 + maker_below(&t->maker, 9999),
                    90000 + maker_below(&t->maker, at->duration / 10));
    pb_attr_str(&s, 9, "code.function.name", name);
    pb_sub(out, 2, &s);
    t->spans++;
}

static inline void town_entry(struct town *t, struct buf *out, const struct town_step *at,
                              uint64_t id, uint32_t route, bool failed)
{
    struct buf s = pb_new(out->arena);
    char name[64];

    snprintf(name, sizeof name, "GET /api/v1/things-%u/:id", route);
    maker_span_head(&t->maker, &s, at->trace, id, at->parent, name, 2, at->start, at->duration);
    town_server(t, &s, route, failed);
    pb_fixed32(&s, 16, 0x101);
    pb_sub(out, 2, &s);
    t->spans++;
}

/* Of every other trace a part is done by another service. */
static inline void town_trace(struct town *t, struct buf *here, struct buf *there, uint32_t service,
                              uint32_t callee)
{
    struct span_maker *m = &t->maker;
    uint64_t halves[2] = {maker_random(m), maker_random(m)}, root = maker_random(m);
    uint8_t trace[16];
    struct town_step at = {trace, 0, m->now_ns + maker_below(m, 50000000),
                           3000000 + maker_below(m, 60000000)};
    uint32_t route = town_route(t, service), other = town_route(t, callee);
    bool failed = maker_below(m, 50) == 0;

    if (maker_below(m, 500) == 0)
        at.duration *= 20;
    memcpy(trace, halves, 16);
    memcpy(t->last, trace, 16);
    town_entry(t, here, &at, root, route, failed);
    at.parent = root;
    for (uint32_t i = 0; i < 4; i++)
        town_db(t, here, &at, service, i);
    town_inner(t, here, &at, "authorize");
    town_inner(t, here, &at, "render");
    if (maker_below(m, 2)) {
        struct buf s = pb_new(here->arena);
        uint64_t call = maker_random(m), id = maker_random(m);

        maker_span_head(m, &s, trace, call, root, "GET", 3, at.start + at.duration / 2,
                        at.duration / 3);
        pb_attr_str(&s, 9, "http.request.method", "GET");
        pb_attr_str(&s, 9, "server.address", "other.internal");
        pb_sub(here, 2, &s);
        t->spans++;
        at = (struct town_step){trace, call, at.start + at.duration / 2 + 100000,
                                at.duration / 3 - 200000};
        town_entry(t, there, &at, id, other, failed && maker_below(m, 2));
        at.parent = id;
        town_db(t, there, &at, callee, 0);
        town_db(t, there, &at, callee, 1);
    }
    t->traces++;
    m->now_ns += 1000000 + maker_below(m, 2000000);
}

static inline void town_group(struct town *t, struct buf *request, struct buf *items,
                              uint32_t service, uint32_t environment)
{
    struct buf group = pb_new(request->arena);

    town_resource(t, service, environment, &group);
    pb_sub(&group, 2, items);
    pb_sub(request, 1, &group);
}

/* An ExportTraceServiceRequest of so many traces that begin in one service and go on in another. */
static inline struct text town_batch(struct town *t, uint32_t traces, struct arena *a)
{
    struct buf request = pb_new(a), here = pb_new(a), there = pb_new(a), scope = pb_new(a);
    uint32_t services = t->maker.services, service = (uint32_t)maker_below(&t->maker, services);
    uint32_t callee = (service * 7 + 1 + (uint32_t)maker_below(&t->maker, 3)) % services;
    uint64_t chance = maker_below(&t->maker, 20);
    uint32_t environment = chance < 17 ? 0 : chance < 19 ? 1 : 2;

    pb_str(&scope, 1, "@opentelemetry/instrumentation-http");
    pb_str(&scope, 2, "0.203.0");
    pb_sub(&here, 1, &scope);
    pb_sub(&there, 1, &scope);
    for (uint32_t i = 0; i < traces; i++)
        town_trace(t, &here, &there, service, callee);
    town_group(t, &request, &here, service, environment);
    town_group(t, &request, &there, callee, environment);
    return buf_result(&request);
}

#endif
