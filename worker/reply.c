/* reply.c -- answers, and the headers they share. */
#include "worker/reply.h"

#include <stdio.h>
#include <string.h>

#include "proto/otlp.h"

/* Names that h2o has no token for. Static, so that adding one allocates nothing. */
static h2o_iovec_t expose_name = {H2O_STRLIT("access-control-expose-headers")};
static h2o_iovec_t error_name = {H2O_STRLIT("x-sentry-error")};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {208, "Already Reported"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *reply_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

struct text reply_keep(h2o_req_t *req, struct text t)
{
    h2o_iovec_t copy = h2o_strdup(&req->pool, t.at, t.len);

    return (struct text){copy.base, copy.len};
}

/* h2o_add_header_by_str would allocate a name each time; a name of ours lives for ever. */
static void add(h2o_req_t *req, h2o_iovec_t *name, const char *value, size_t len)
{
    h2o_headers_t *to = &req->res.headers;

    h2o_vector_reserve(&req->pool, to, to->size + 1);
    to->entries[to->size++] = (h2o_header_t){.name = name, .value = h2o_iovec_init(value, len)};
}

void reply_header(h2o_req_t *req, const char *name, struct text value)
{
    h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value.at,
                          value.len);
}

void reply_retry_after(h2o_req_t *req, uint32_t seconds)
{
    char *digits = h2o_mem_alloc_pool(&req->pool, 12);
    int len = snprintf(digits, 12, "%u", seconds); /* whole seconds: many SDKs read nothing else */

    add(req, (h2o_iovec_t *)&H2O_TOKEN_RETRY_AFTER->buf, digits, (size_t)len);
}

void reply_cors(h2o_req_t *req)
{
    if (h2o_find_header(&req->res.headers, H2O_TOKEN_ACCESS_CONTROL_ALLOW_ORIGIN, -1) != -1)
        return;
    h2o_vector_reserve(&req->pool, &req->res.headers, req->res.headers.size + 4);
    add(req, (h2o_iovec_t *)&H2O_TOKEN_ACCESS_CONTROL_ALLOW_ORIGIN->buf, H2O_STRLIT("*"));
    add(req, &expose_name, H2O_STRLIT("x-sentry-error, x-sentry-rate-limits, retry-after"));
}

void reply_preflight(h2o_req_t *req)
{
    reply_header(req, "access-control-allow-methods", TEXT("POST, GET, OPTIONS"));
    /* Named one by one: "*" does not cover Authorization. */
    reply_header(req, "access-control-allow-headers",
                 TEXT("x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, "
                      "content-type, authentication, authorization, content-encoding, "
                      "transfer-encoding, sentry-trace, baggage, traceparent, x-csrftoken"));
    reply_header(req, "access-control-max-age", TEXT("3600"));
    reply_text(req, 200, NULL, TEXT(""));
}

void reply_cors_named(h2o_req_t *req, struct text origin)
{
    if (!origin.len)
        return;
    reply_header(req, "access-control-allow-origin", origin);
    reply_header(req, "vary", TEXT("Origin"));
    reply_header(req, "access-control-allow-credentials", TEXT("true"));
    reply_header(req, "access-control-expose-headers", TEXT("retry-after, x-sentry-rate-limits"));
}

static struct text header_of(h2o_req_t *req, const char *name)
{
    ssize_t at = h2o_find_header_by_str(&req->headers, name, strlen(name), -1);

    if (at == -1)
        return TEXT_NONE;
    return (struct text){req->headers.entries[at].value.base, req->headers.entries[at].value.len};
}

void reply_cors_asked(h2o_req_t *req)
{
    reply_cors_named(req, header_of(req, "origin"));
}

void reply_preflight_named(h2o_req_t *req)
{
    struct text wanted = header_of(req, "access-control-request-headers");

    reply_cors_asked(req);
    reply_header(req, "access-control-allow-methods", TEXT("POST, OPTIONS"));
    if (wanted.len)
        reply_header(req, "access-control-allow-headers", wanted);
    reply_header(req, "access-control-max-age", TEXT("86400"));
    reply_text(req, 204, NULL, TEXT(""));
}

void reply_start(h2o_req_t *req, int status, const char *type, size_t length,
                 h2o_generator_t *generator)
{
    req->res.status = status;
    req->res.reason = reply_reason(status);
    req->res.content_length = length;
    reply_cors(req);
    if (type)
        add(req, (h2o_iovec_t *)&H2O_TOKEN_CONTENT_TYPE->buf, type, strlen(type));
    h2o_start_response(req, generator);
}

void reply_text(h2o_req_t *req, int status, const char *type, struct text body)
{
    static h2o_generator_t at_once; /* has nothing to proceed with and nothing to stop */
    h2o_iovec_t out = h2o_iovec_init(body.at, body.len);
    bool head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));

    reply_start(req, status, type, body.len, &at_once);
    h2o_send(req, &out, body.len && !head ? 1 : 0, H2O_SEND_STATE_FINAL);
}

void reply_json(h2o_req_t *req, int status, struct text body)
{
    reply_text(req, status, "application/json", body);
}

void reply_error(h2o_req_t *req, int status, const char *detail, const char *cause)
{
    size_t room = strlen(detail) + (cause ? strlen(cause) : 0) + 32;
    char *body = h2o_mem_alloc_pool(&req->pool, room);
    int len = cause ? snprintf(body, room, "{\"detail\":\"%s\",\"causes\":[\"%s\"]}", detail, cause)
                    : snprintf(body, room, "{\"detail\":\"%s\"}", detail);
    struct text kept = reply_keep(req, text_of(detail));

    add(req, &error_name, kept.at, kept.len);
    reply_json(req, status, (struct text){body, (size_t)len});
}

struct text reply_refusal_body(h2o_req_t *req, enum reply_dialect dialect, int status,
                               const char *detail)
{
    struct text body = TEXT("");
    struct arena a;
    struct buf b;

    arena_init(&a, 64 * 1024);
    buf_init(&b, &a, 512, 32 * 1024);
    if (dialect == REPLY_SENTRY) {
        json_open(&b, NULL, '{');
        json_str(&b, "detail", detail);
        json_close(&b, '}');
    } else {
        otlp_write_status(&b, dialect == REPLY_OTLP_JSON ? OTLP_JSON : OTLP_PROTOBUF, status,
                          text_of(detail));
    }
    if (!b.failed)
        body = reply_keep(req, buf_result(&b));
    arena_free(&a);
    return body;
}

const char *reply_content_type(enum reply_dialect dialect)
{
    return otlp_content_type(dialect == REPLY_OTLP_PROTOBUF ? OTLP_PROTOBUF : OTLP_JSON);
}

void reply_refusal(h2o_req_t *req, enum reply_dialect dialect, int status, const char *detail,
                   const char *cause)
{
    if (dialect == REPLY_SENTRY)
        reply_error(req, status, detail, cause);
    else
        reply_text(req, status, reply_content_type(dialect),
                   reply_refusal_body(req, dialect, status, detail));
}
