/* api_key.c -- client keys: what a DSN is made of. */
#include <string.h>

#include "worker/api_page.h"
#include "worker/api_resources.h"

struct key {
    struct text public_key, secret, label;
    bool active;
    int64_t count, window_s, created_ms;
};

static void key_row(struct api_call *c, struct db_stmt *s, struct key *k)
{
    *k = (struct key){
        .public_key = api_keep_col(c, s, 0),
        .secret = api_keep_col(c, s, 1),
        .label = api_keep_col(c, s, 2),
        .active = db_col_int(s, 3) != 0,
        .count = db_col_int(s, 4),
        .window_s = db_col_int(s, 5),
        .created_ms = db_col_int(s, 6),
    };
}

static bool find(struct api_call *c, struct text name, struct key *k)
{
    struct db_stmt *s = api_query(c, "api_key");

    if (!s)
        return false;
    db_int(s, "project", c->project->id);
    api_bind(s, "key", name);
    if (!api_row(c, s)) {
        api_missing(c);
        return false;
    }
    key_row(c, s, k);
    return true;
}

/* "https://quern.test" → scheme with "://", and the rest. */
static struct text scheme_of(struct api_call *c, struct text *host)
{
    struct text url = c->req.base_url;
    size_t at = text_find(url, TEXT("://"));

    if (at == url.len) {
        *host = url;
        return TEXT("http://");
    }
    *host = text_cut(url, at + 3, url.len);
    return text_cut(url, 0, at + 3);
}

static void write_dsn(struct api_call *c, const struct key *k)
{
    static const char *const PATHS[][2] = {
        {"csp", "csp-report/?sentry_key="},
        {"security", "security/?sentry_key="},
        {"minidump", "minidump/?sentry_key="},
        {"nel", "nel/?sentry_key="},
    };
    struct text host, scheme = scheme_of(c, &host), base = c->req.base_url;
    long long id = c->project->id;
    struct arena *a = c->arena;
    struct buf *b = &c->out;

    json_open(b, "dsn", '{');
    json_text(b, "public",
              arena_printf(a, "%.*s%.*s@%.*s/%lld", TEXT_ARG(scheme), TEXT_ARG(k->public_key),
                           TEXT_ARG(host), id));
    json_text(b, "secret",
              arena_printf(a, "%.*s%.*s:%.*s@%.*s/%lld", TEXT_ARG(scheme), TEXT_ARG(k->public_key),
                           TEXT_ARG(k->secret), TEXT_ARG(host), id));
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        json_text(b, PATHS[i][0],
                  arena_printf(a, "%.*s/api/%lld/%s%.*s", TEXT_ARG(base), id, PATHS[i][1],
                               TEXT_ARG(k->public_key)));
    json_text(
        b, "unreal",
        arena_printf(a, "%.*s/api/%lld/unreal/%.*s/", TEXT_ARG(base), id, TEXT_ARG(k->public_key)));
    json_text(b, "crons",
              arena_printf(a, "%.*s/api/%lld/cron/___MONITOR_SLUG___/%.*s/", TEXT_ARG(base), id,
                           TEXT_ARG(k->public_key)));
    json_str(b, "cdn", "");
    json_str(b, "playstation", "");
    json_text(b, "integration", arena_printf(a, "%.*s/api/%lld/integration/", TEXT_ARG(base), id));
    json_text(b, "otlp_traces",
              arena_printf(a, "%.*s/api/%lld/integration/otlp/v1/traces", TEXT_ARG(base), id));
    json_text(b, "otlp_logs",
              arena_printf(a, "%.*s/api/%lld/integration/otlp/v1/logs", TEXT_ARG(base), id));
    json_close(b, '}');
}

static void write_limit(struct buf *b, const struct key *k)
{
    if (!k->count) {
        json_null(b, "rateLimit");
        return;
    }
    json_open(b, "rateLimit", '{');
    json_int(b, "window", k->window_s);
    json_int(b, "count", k->count);
    json_close(b, '}');
}

static void write_sdk(struct buf *b)
{
    static const char *const NO[] = {"hasReplay", "hasPerformance", "hasDebug", "hasFeedback",
                                     "hasLogsAndMetrics"};

    json_str(b, "browserSdkVersion", "latest");
    json_raw(b, "browserSdk", TEXT("{\"choices\":[[\"latest\",\"latest\"]]}"));
    json_open(b, "dynamicSdkLoaderOptions", '{');
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++)
        json_bool(b, NO[i], false);
    json_close(b, '}');
    json_str(b, "useCase", "user");
}

static void write_key(struct api_call *c, const struct key *k)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "id", k->public_key);
    json_text(b, "name", k->label);
    json_text(b, "label", k->label);
    json_text(b, "public", k->public_key);
    json_text(b, "secret", k->secret);
    json_int(b, "projectId", c->project->id);
    json_bool(b, "isActive", k->active);
    write_limit(b, k);
    write_dsn(c, k);
    write_sdk(b);
    api_time(b, "dateCreated", k->created_ms);
    json_close(b, '}');
}

static void write_row(struct api_call *c, struct db_stmt *s)
{
    struct key k;

    key_row(c, s, &k);
    write_key(c, &k);
}

void key_list(struct api_call *c)
{
    struct text status = api_param(c, "status");
    struct db_stmt *s;
    struct api_page p;

    if (!page_read(c, &p) || !(s = api_query(c, "api_keys")))
        return;
    db_int(s, "project", c->project->id);
    if (text_empty(status))
        db_null(s, "active");
    else
        db_int(s, "active", text_is(status, "active"));
    page_answer(c, s, &p, write_row);
}

static void answer(struct api_call *c, struct text name, uint16_t status)
{
    struct key k;

    if (!find(c, name, &k))
        return;
    write_key(c, &k);
    api_done(c, status);
}

void key_get(struct api_call *c)
{
    answer(c, c->arg[0], 200);
}

/* The writer says what is wrong with a field. */
static void write_fields(struct api_call *c, struct buf *b)
{
    static const char *const PASSED[] = {"rateLimit", "isActive"};
    struct text name = text_clip(text_trim(api_member(c, "name")), 64);

    if (!text_empty(name))
        json_text(b, "name", name);
    for (size_t i = 0; i < sizeof PASSED / sizeof *PASSED; i++) {
        const struct json *v = json_get(c->body, PASSED[i]);

        if (v) {
            json_key(b, text_of(PASSED[i]));
            json_write(b, v);
        }
    }
}

static void added(struct api_call *c)
{
    struct json *reply;
    struct text id = TEXT_NONE;

    if (json_read(c->reply, c->arena, &reply, NULL) == JSON_OK)
        id = json_as_text(json_get(reply, "id"), c->arena);
    answer(c, id, 201);
}

void key_post(struct api_call *c)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "project", c->project->id);
    write_fields(c, &b);
    json_close(&b, '}');
    api_command(c, "key.add", buf_result(&b), added);
}

static void changed(struct api_call *c)
{
    answer(c, c->arg[0], 200);
}

void key_put(struct api_call *c)
{
    struct buf b = api_buf(c);
    struct key k;

    if (!find(c, c->arg[0], &k))
        return;
    json_open(&b, NULL, '{');
    json_text(&b, "key", k.public_key);
    write_fields(c, &b);
    json_close(&b, '}');
    api_command(c, "key.update", buf_result(&b), changed);
}

void key_delete(struct api_call *c)
{
    struct buf b = api_buf(c);
    struct key k;

    if (!find(c, c->arg[0], &k))
        return;
    json_open(&b, NULL, '{');
    json_text(&b, "key", k.public_key);
    json_close(&b, '}');
    api_command(c, "key.delete", buf_result(&b), NULL);
}

/* Outcomes are counted per project, not per key: the project's are shown. */
void key_stats(struct api_call *c)
{
    struct key k;

    if (find(c, c->arg[0], &k))
        stats_key(c);
}
