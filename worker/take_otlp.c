/* take_otlp.c -- OTLP over HTTP: /v1/traces, /v1/logs, /v1/metrics, and the same below a project.
 * Answers    in the encoding of the request, its type without parameters; partial success where some
 *            items were refused, 400 where all were; 503 and Retry-After where we are the reason.
 * Key        X-Sentry-Auth, Authorization: Bearer, ?sentry_key=; none from this machine, where the
 *            config names a project for that.
 * Source     opentelemetry-proto, docs/specification.md, "OTLP/HTTP". */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "proto/inflate.h"
#include "proto/limits.h"
#include "proto/otlp.h"
#include "worker/context.h"
#include "worker/reply.h"
#include "worker/take.h"
#include "worker/take_span.h"

#define NS_PER_DAY (86400 * INT64_C(1000000000))

static const struct {
    const char *category;
    enum bucket_category bucket;
} signals[] = {
    [OTLP_TRACES] = {"span", BUCKET_TRANSACTION},
    [OTLP_LOGS] = {"log_item", BUCKET_LOG},
    [OTLP_METRICS] = {"trace_metric", BUCKET_METRIC},
};

/* ---- the door ---- */

static enum otlp_encoding encoding_of(const struct intake *in)
{
    return in->dialect == REPLY_OTLP_JSON ? OTLP_JSON : OTLP_PROTOBUF;
}

/* Also: in which encoding to answer. False: answered. */
static bool read_type(struct intake *in)
{
    struct text type = in->headers.content_type;
    enum otlp_encoding encoding;

    in->dialect = REPLY_OTLP_JSON;
    reply_cors_named(in->req, in->headers.origin);
    if (otlp_encoding_of(type, &encoding)) {
        in->dialect = encoding == OTLP_JSON ? REPLY_OTLP_JSON : REPLY_OTLP_PROTOBUF;
        return true;
    }
    if (text_starts_nocase(type, "application/grpc"))
        intake_refuse(in, 415, "gRPC is not spoken here: use OTLP/HTTP", NULL);
    else
        intake_refuse(in, 415, "use application/x-protobuf or application/json", NULL);
    return false;
}

/* Authorization: Bearer KEY, as exporters can be told to send it. Beside X-Sentry-Auth what cannot be a
 * key is for somebody in front of us. */
static void read_bearer(struct intake *in)
{
    struct text value = in->headers.authorization;

    if (!text_starts_nocase(value, "bearer "))
        return;
    in->headers.authorization = TEXT_NONE;
    value = text_trim(text_cut(value, 7, value.len));
    if (!in->headers.sentry_auth.len || dsn_key(value).at)
        in->vars.key = value;
}

/* From this machine, and not on behalf of somebody else. */
static bool is_local(const struct intake *in)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&peer;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&peer;

    if (in->headers.forwarded_for.len ||
        in->req->conn->callbacks->get_peername(in->req->conn, (struct sockaddr *)&peer) == 0)
        return false;
    switch (peer.ss_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
    default:
        return false;
    }
}

/* The project that a collector beside us needs no key for. */
static const struct reg_key *local_key(struct intake *in)
{
    const char *slug = in->w->conf->local_project;
    const struct registry_view *v = worker_registry(in->w);

    if (!slug || !is_local(in))
        return NULL;
    for (uint32_t p = 0; p < v->project_count; p++) {
        struct text name = {v->heap + v->projects[p].slug.at, v->projects[p].slug.len};

        for (uint32_t k = 0; text_is(name, slug) && k < v->key_count; k++)
            if (v->keys[k].project == v->projects[p].id && v->keys[k].active)
                return &v->keys[k];
    }
    return NULL;
}

static bool claim(struct intake *in)
{
    const struct reg_key *key;
    struct dsn dsn = {0};

    read_bearer(in);
    if (!intake_claim_early(in))
        return false;
    if (in->key)
        return true;
    if (!(key = local_key(in)))
        return intake_claim_dsn(in, NULL); /* answers that there is no key */
    dsn.key = text_of(key->public_key);
    dsn.project = key->project;
    return intake_claim_dsn(in, &dsn);
}

/* An empty body is a request without anything in it; in JSON it is none. */
static bool read_body(struct intake *in)
{
    struct text raw = {in->req->entity.base, in->req->entity.len};
    enum inflate_rc rc;

    in->body = TEXT("");
    if (raw.len == 0)
        return true;
    rc = inflate_body(in->headers.content_encoding, raw, OTLP_BODY_INFLATED_MAX, &in->w->inflate,
                      &in->body);
    switch (rc) {
    case INFLATE_OK:
        worker_count(in->w, COUNTER_bytes_inflated, in->body.len);
        return true;
    case INFLATE_UNKNOWN:
        intake_refuse(in, 415, inflate_rc_text(rc), NULL);
        return false;
    case INFLATE_TOO_LARGE:
        intake_refuse(in, 413, "more than 64 MiB after decompression", NULL);
        return false;
    case INFLATE_NO_MEMORY:
        reply_retry_after(in->req, RETRY_RING_S);
        intake_refuse(in, 503, inflate_rc_text(rc), NULL);
        return false;
    default:
        intake_refuse(in, 400, inflate_rc_text(rc), NULL);
        return false;
    }
}

/* ---- the items ---- */

static struct otlp_context context_of(const struct intake *in)
{
    struct otlp_context ctx = {.received_ns = in->now_us * 1000};
    uint32_t days = in->w->conf->retention_days;

    if (days)
        ctx.oldest_ns = ctx.received_ns - days * NS_PER_DAY;
    return ctx;
}

static enum otlp_rc decode(struct intake *in, enum otlp_signal signal, struct span_work *k,
                           struct otlp_tally *tally)
{
    struct otlp_context ctx = context_of(in);
    struct logrec l;
    struct span s;
    struct otlp *o;
    enum otlp_rc rc = otlp_open(signal, encoding_of(in), in->body, &ctx, in->arena, &o);

    if (!o)
        return OTLP_SPENT;
    if (rc == OTLP_DONE && signal == OTLP_TRACES)
        while (otlp_next_span(o, &s) && !k->failed)
            span_work_span(k, &s);
    if (rc == OTLP_DONE && signal == OTLP_LOGS)
        while (otlp_next_log(o, &l) && !k->failed)
            span_work_log(k, &l);
    if (rc == OTLP_DONE && signal == OTLP_METRICS)
        otlp_count_points(o);
    return otlp_close(o, tally);
}

static void refuse_body(struct intake *in, enum otlp_signal signal, enum otlp_rc rc)
{
    intake_outcome(in, OUTCOME_INVALID, signals[signal].category,
                   rc == OTLP_TOO_MANY || rc == OTLP_SPENT ? "too_large" : "invalid_otlp", 1);
    worker_count(in->w, COUNTER_items_invalid, 1);
    intake_refuse(in, rc == OTLP_TOO_MANY || rc == OTLP_SPENT ? 413 : 400, otlp_rc_text(rc), NULL);
}

static void note_rejects(struct intake *in, enum otlp_signal signal, const struct otlp_tally *t)
{
    static const char *const reasons[OTLP_REJECTS] = {
        [OTLP_BAD_TRACE_ID] = "invalid_trace_id", [OTLP_BAD_SPAN_ID] = "invalid_span_id",
        [OTLP_BAD_TIME] = "invalid_timestamp",    [OTLP_TOO_OLD] = "too_old",
        [OTLP_TOO_LARGE] = "too_large",
    };

    for (int i = 0; i < OTLP_REJECTS; i++)
        if (t->rejects[i])
            intake_outcome(in, OUTCOME_INVALID, signals[signal].category, reasons[i],
                           t->rejects[i]);
    if (signal == OTLP_METRICS && t->rejected)
        intake_outcome(in, OUTCOME_UNPROCESSED, "trace_metric", "otlp_metrics", t->rejected);
}

static void answer(struct intake *in, enum otlp_signal signal, const struct otlp_tally *t)
{
    struct text message = otlp_message(signal, t, in->arena);
    enum otlp_encoding encoding = encoding_of(in);
    struct buf out;

    note_rejects(in, signal, t);
    if (t->rejected && !t->accepted && signal != OTLP_METRICS) {
        char *detail = arena_dup(in->arena, message.at, message.len);

        intake_refuse(in, 400, detail ? detail : "nothing in the request is valid", NULL);
        return;
    }
    if (t->accepted && !intake_take(in, signals[signal].bucket, t->accepted)) {
        intake_outcome(in, OUTCOME_RATE_LIMITED, signals[signal].category, limit_reason(&in->hits),
                       t->accepted);
        intake_limited(in);
        return;
    }
    buf_init(&out, in->arena, 256, 64 * KIB);
    otlp_write_success(&out, signal, encoding, t->rejected, message);
    intake_commit(in, 200, otlp_content_type(encoding), buf_result(&out));
}

static void take(struct intake *in, enum otlp_signal signal)
{
    struct otlp_tally tally = {0};
    struct span_work work;
    enum otlp_rc rc;

    if (!read_type(in) || !claim(in) || !intake_admit(in, signals[signal].bucket) || !read_body(in))
        return;
    if (!span_work_begin(&work, in)) {
        reply_retry_after(in->req, RETRY_RING_S);
        intake_refuse(in, 503, "out of memory", NULL);
        return;
    }
    rc = decode(in, signal, &work, &tally);
    if (!span_work_end(&work) && rc == OTLP_DONE)
        rc = OTLP_SPENT;
    if (rc != OTLP_DONE)
        refuse_body(in, signal, rc);
    else
        answer(in, signal, &tally);
}

void take_otlp_traces(struct intake *in)
{
    take(in, OTLP_TRACES);
}

void take_otlp_logs(struct intake *in)
{
    take(in, OTLP_LOGS);
}

void take_otlp_metrics(struct intake *in)
{
    take(in, OTLP_METRICS);
}

bool take_otlp_lost(h2o_req_t *req, struct text path, bool post)
{
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    enum otlp_encoding encoding;
    bool profiles = text_ends(path, "/v1development/profiles");
    struct text type;

    if (!post || at == -1 || !(profiles || text_is(path, "/")))
        return false;
    type = (struct text){req->headers.entries[at].value.base, req->headers.entries[at].value.len};
    if (!otlp_encoding_of(type, &encoding))
        return false;
    reply_refusal(req, encoding == OTLP_JSON ? REPLY_OTLP_JSON : REPLY_OTLP_PROTOBUF, 404,
                  profiles
                      ? "profiles are not stored here"
                      : "post to /v1/traces, /v1/logs or /v1/metrics: variables for one signal, as "
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, need the whole path",
                  NULL);
    return true;
}
