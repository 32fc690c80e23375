/* intake.c -- the door: whose request it is, whether it may come in, and its body. */
#include "worker/intake.h"

#include <stdio.h>

#include "proto/inflate.h"
#include "proto/limits.h"
#include "proto/otlp.h"
#include "worker/context.h"
#include "worker/cors.h"
#include "worker/reply.h"
#include "worker/settings.h"
#include "worker/take.h"

/* ---- what the request says ---- */

static struct text text_from(h2o_iovec_t v)
{
    return (struct text){v.base, v.len};
}

/* Several X-Forwarded-For headers are one list (RFC 9110 §5.3). */
static struct text join(struct text first, struct text second, struct arena *a)
{
    return first.len ? arena_printf(a, "%.*s,%.*s", TEXT_ARG(first), TEXT_ARG(second)) : second;
}

static void headers_read(struct intake *in)
{
    struct intake_headers *h = &in->headers;

    for (size_t i = 0; i < in->req->headers.size; i++) {
        const h2o_header_t *from = &in->req->headers.entries[i];
        struct text value = text_from(from->value);

        if (from->name == &H2O_TOKEN_AUTHORIZATION->buf)
            h->authorization = value;
        else if (from->name == &H2O_TOKEN_CONTENT_ENCODING->buf)
            h->content_encoding = value;
        else if (from->name == &H2O_TOKEN_CONTENT_TYPE->buf)
            h->content_type = value;
        else if (from->name == &H2O_TOKEN_USER_AGENT->buf)
            h->user_agent = value;
        else if (from->name == &H2O_TOKEN_REFERER->buf)
            h->referer = value;
        else if (from->name == &H2O_TOKEN_ACCEPT->buf)
            h->accept = value;
        else if (from->name == &H2O_TOKEN_X_FORWARDED_FOR->buf)
            h->forwarded_for = join(h->forwarded_for, value, in->arena);
        else if (text_is(text_from(*from->name), "x-sentry-auth"))
            h->sentry_auth = value;
        else if (text_is(text_from(*from->name), "origin"))
            h->origin = value;
    }
}

/* Without query, %XX undone, no "." and "..". */
static struct text path_of(const h2o_req_t *req)
{
    return (struct text){req->path_normalized.base, req->path_normalized.len};
}

static struct text query_of(const h2o_req_t *req)
{
    if (req->query_at == SIZE_MAX)
        return TEXT("");
    return text_cut(text_from(req->path), req->query_at + 1, req->path.len);
}

static void run(struct worker *w, h2o_req_t *req, enum method method,
                const struct route_match *match, void (*take)(struct intake *))
{
    struct intake in = {
        .w = w,
        .req = req,
        .arena = &w->arena,
        .method = method,
        .vars = match->vars,
        .query = query_of(req),
        .now_us = world_now_us(),
    };

    in.last_record = &in.records;
    in.last_file = &in.files;
    headers_read(&in);
    take(&in);
    arena_reset(&w->arena);
    inflate_buf_trim(&w->inflate, INFLATE_KEEP);
    inflate_buf_trim(&w->inflate_inner, INFLATE_KEEP);
}

/* The old feedback address lies below the management API, but carries a DSN and no token. */
static bool is_dsn_feedback(const h2o_req_t *req, struct text path)
{
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_AUTHORIZATION, -1);

    return at != -1 && text_starts_nocase(text_from(req->headers.entries[at].value), "dsn ") &&
           text_starts(path, "/api/0/projects/") &&
           (text_ends(path, "/user-feedback/") || text_ends(path, "/user-feedback"));
}

enum reply_dialect intake_dialect(const h2o_req_t *req)
{
    struct text path = text_from(req->input.path); /* nothing was made of it yet */
    ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    enum otlp_encoding encoding;

    path = text_cut(path, 0, text_find_byte(path, '?'));
    if (!(route_find(METHOD_POST, path).methods & ROUTE_OTLP))
        return REPLY_SENTRY;
    if (at == -1 || !otlp_encoding_of(text_from(req->headers.entries[at].value), &encoding))
        return REPLY_OTLP_JSON;
    return encoding == OTLP_JSON ? REPLY_OTLP_JSON : REPLY_OTLP_PROTOBUF;
}

int intake_accept(struct worker *w, h2o_req_t *req)
{
    struct text path = path_of(req);
    enum method method = method_of(text_from(req->method));
    struct route_match match = route_find(method, path);
    char allow[32];

    if (!match.route && take_otlp_lost(req, path, method == METHOD_POST))
        return 0;
    if (!match.route) {
        if (method != METHOD_POST || !is_dsn_feedback(req, path))
            return -1;
        run(w, req, method, &match, take_feedback);
    } else if (method == METHOD_OPTIONS && match.methods & ROUTE_OTLP) {
        reply_preflight_named(req);
    } else if (method == METHOD_OPTIONS) {
        reply_preflight(req);
    } else if (!match.method_ok) {
        reply_header(req, "allow", reply_keep(req, text_of(route_allow(match.methods, allow))));
        reply_refusal(req, intake_dialect(req), 405, "method not allowed", NULL);
    } else {
        run(w, req, method, &match, match.route->take);
    }
    return 0;
}

/* ---- the door ---- */

static bool refuse_claim(struct intake *in, enum claim_rc rc)
{
    /* To an OTLP exporter a key that nobody knows, or that cannot be one, is a login that failed. */
    bool unknown =
        in->dialect != REPLY_SENTRY && !in->key && (rc == CLAIM_REJECTED || rc == CLAIM_BAD_KEY);

    intake_refuse(in, unknown ? 401 : claim_status(rc), claim_detail(rc), NULL);
    return false;
}

static bool refuse_busy(struct intake *in, int status, const char *detail, uint32_t seconds)
{
    reply_retry_after(in->req, seconds);
    intake_refuse(in, status, detail, NULL);
    return false;
}

/* The project that the path names; 0: it names none. False: it is no number. */
static bool path_project(const struct intake *in, uint32_t *id)
{
    unsigned long long n = 0;

    if (in->vars.project.at && !text_u64(in->vars.project, &n))
        return false;
    *id = n <= UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    return true;
}

/* Do key, path and dsn speak of the same project, and is it open? */
static bool belongs(const struct intake *in)
{
    uint32_t id;

    if (!in->key->active || !in->project || !in->project->active || !path_project(in, &id))
        return false;
    if (in->vars.project.at && id != in->key->project)
        return false;
    return in->claim.project == 0 || in->claim.project == in->key->project;
}

static bool look_up(struct intake *in)
{
    struct worker *w = in->w;
    const struct intake_headers *h = &in->headers;

    in->view = worker_registry(w);
    if (in->view->version == 0)
        return refuse_busy(in, 503, "starting", RETRY_STARTING_S);
    in->key = registry_key(in->view, in->claim.key.at, (uint32_t)in->claim.key.len);
    if (!in->key)
        return refuse_claim(in, CLAIM_REJECTED);
    in->project = registry_project(in->view, in->key->project);
    if (!belongs(in)) {
        intake_outcome(in, OUTCOME_INVALID, "default", "project_id", 1);
        return refuse_claim(in, CLAIM_REJECTED);
    }
    in->settings = settings_of(w->settings, in->view, in->project);
    if (!in->settings)
        return refuse_busy(in, 503, "out of memory", RETRY_STARTING_S);
    if (!cors_allows(in->settings->domains, in->settings->domain_count,
                     h->origin.len ? h->origin : h->referer)) {
        intake_outcome(in, OUTCOME_INVALID, "default", "cors", 1);
        intake_refuse(in, 403, "origin is not allowed", NULL);
        return false;
    }
    if (!in->claim.client.len)
        in->claim.client = h->user_agent;
    return true;
}

bool intake_claim_early(struct intake *in)
{
    struct claim_sources sources = {.sentry_auth = in->headers.sentry_auth,
                                    .authorization = in->headers.authorization,
                                    .query = in->query,
                                    .path_key = in->vars.key};
    enum claim_rc rc;
    uint32_t id;

    if (atomic_load_explicit(&in->w->world->board->disk_full, memory_order_relaxed))
        return refuse_busy(in, 503, "storage is full", RETRY_DISK_S);
    if (!path_project(in, &id))
        return refuse_claim(in, CLAIM_PROJECT);
    rc = claim_read(&sources, in->arena, &in->claim);
    if (rc == CLAIM_MISSING)
        return true;
    return rc == CLAIM_OK ? look_up(in) : refuse_claim(in, rc);
}

bool intake_claim(struct intake *in)
{
    if (!intake_claim_early(in))
        return false;
    return in->key ? true : refuse_claim(in, CLAIM_MISSING);
}

bool intake_claim_dsn(struct intake *in, const struct dsn *dsn)
{
    if (!dsn)
        return in->key ? true : refuse_claim(in, CLAIM_MISSING);
    if (in->key && !text_eq(in->claim.key, dsn->key))
        return refuse_claim(in, CLAIM_TWO_KEYS);
    in->claim.key = dsn->key;
    in->claim.project = dsn->project;
    if (in->key)
        return belongs(in) ? true : refuse_claim(in, CLAIM_REJECTED);
    return look_up(in);
}

/* Python's OTLP exporter gives up on 429 and comes back after 503. */
int intake_busy_status(const struct intake *in)
{
    return in->never_429 || in->dialect != REPLY_SENTRY ? 503 : 429;
}

bool intake_admit(struct intake *in, enum bucket_category category)
{
    struct ring *ring = in->w->ring;
    uint64_t used = ring_tail(ring) - ring_released(ring), need = in->req->entity.len;

    /* Better told now than after decoding. What a large body will take cannot be known from its length:
     * attachments become files, long values are cut; so it is let in when a quarter is free. */
    if (need > ring_bytes(ring) / 4)
        need = ring_bytes(ring) / 4;
    if (used + need > ring_bytes(ring)) {
        worker_count(in->w, COUNTER_ring_full, 1);
        return refuse_busy(in, intake_busy_status(in), "the server is busy", RETRY_RING_S);
    }
    if (category == BUCKET_OTHER ||
        limit_peek(in->w->world->buckets, in->key, in->project, category, in->now_us, &in->hits))
        return true;
    worker_count(in->w, COUNTER_items_limited, 1);
    intake_outcome(in, OUTCOME_RATE_LIMITED, limit_category(category), limit_reason(&in->hits), 1);
    intake_limited(in);
    return false;
}

bool intake_take(struct intake *in, enum bucket_category category, uint32_t cost)
{
    if (limit_take(in->w->world->buckets, in->key, in->project, category, cost, in->now_us,
                   &in->hits))
        return true;
    worker_count(in->w, COUNTER_items_limited, 1);
    return false;
}

static int inflate_status(enum inflate_rc rc)
{
    switch (rc) {
    case INFLATE_UNKNOWN:
        return 415;
    case INFLATE_TOO_LARGE:
        return 413;
    case INFLATE_NO_MEMORY:
        return 503;
    default:
        return 400;
    }
}

bool intake_body(struct intake *in)
{
    struct text raw = {in->req->entity.base, in->req->entity.len};
    enum inflate_rc rc;

    if (raw.len == 0) {
        intake_refuse(in, 400, "empty request body", NULL);
        return false;
    }
    rc = inflate_body(in->headers.content_encoding, raw, BODY_INFLATED_MAX, &in->w->inflate,
                      &in->body);
    if (rc != INFLATE_OK) {
        intake_refuse(in, inflate_status(rc), inflate_rc_text(rc), NULL);
        return false;
    }
    worker_count(in->w, COUNTER_bytes_inflated, in->body.len);
    if (in->body.len == 0) {
        intake_refuse(in, 400, "empty request body", NULL);
        return false;
    }
    return true;
}

struct text intake_sender(struct intake *in)
{
    struct sockaddr_storage peer;
    h2o_conn_t *conn = in->req->conn;
    struct text direct = TEXT_NONE;
    char *out = arena_alloc(in->arena, SENDER_MAX);

    if (out && conn->callbacks->get_peername(conn, (struct sockaddr *)&peer) != 0)
        direct = sender_text((struct sockaddr *)&peer, out);
    return sender_forwarded(direct, in->headers.forwarded_for, in->w->conf->proxy_hops, in->sender);
}
