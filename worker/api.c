/* api.c -- the loop's side of the management API: a request is copied into a job, the job goes to
 * the query thread, perhaps a command to the writer, the job once more to the query thread, and its
 * answer to the client. Nothing here reads a database or waits. */
#include "worker/api.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "proto/deflate.h"
#include "worker/api_call.h"
#include "worker/api_caller.h"
#include "worker/context.h"
#include "worker/reply.h"
#include "worker/sender.h"

#define COMPRESS_MIN 2048 /* bytes of an answer */

struct api_job {
    struct query_job query; /* first */
    struct command_wait wait;
    struct worker *w;
    h2o_req_t *req; /* NULL: the client is gone */
    bool asked;     /* a command is with the writer */
    bool resumed;   /* the query thread runs the call's second half */
    bool out;       /* with the query thread or the writer: not ours to free */
    bool gzip;      /* the client can read it */
    struct arena arena;
    struct api_call call;
};

/* In the request's pool: tells the job when the request ends, whichever way. */
struct link {
    struct api_job *job;
};

struct touch { /* a token's last use, on its way to the writer */
    struct command_wait wait;
};

/* ---- end of a job ---- */

static void job_free(struct api_job *job)
{
    arena_free(&job->arena);
    free(job);
}

static void on_request_end(void *at)
{
    struct api_job *job = ((struct link *)at)->job;

    job->req = NULL;
    job->w->open_requests--;
    if (job->asked)
        job->wait.cancelled = true;
    if (!job->out)
        job_free(job);
}

/* ---- sending ---- */

/* Names in lower case: h2o compares them so. */
static void send_headers(struct api_job *job)
{
    struct api_call *c = &job->call;

    for (uint32_t i = 0; i < c->header_count; i++) {
        struct text name = text_of(c->headers[i].name);
        char *lower = h2o_mem_alloc_pool(&job->req->pool, name.len + 1);

        for (size_t k = 0; k <= name.len; k++)
            lower[k] =
                name.at[k] >= 'A' && name.at[k] <= 'Z' ? (char)(name.at[k] + 32) : name.at[k];
        reply_header(job->req, lower, c->headers[i].value);
    }
}

static void cors(h2o_req_t *req)
{
    reply_header(req, "access-control-allow-origin", TEXT("*"));
    reply_header(req, "access-control-expose-headers",
                 TEXT("X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, "
                      "Retry-After, Link"));
}

/* Generous and constant: tools slow down by them, nothing here enforces them. */
static void rate_headers(struct api_job *job)
{
    struct arena *a = &job->arena;

    reply_header(job->req, "x-sentry-rate-limit-limit", TEXT("40"));
    reply_header(job->req, "x-sentry-rate-limit-remaining", TEXT("39"));
    reply_header(job->req, "x-sentry-rate-limit-reset",
                 arena_printf(a, "%lld", (long long)(job->call.now_ms / 1000 + 1)));
}

static void send_file(struct api_job *job)
{
    struct world *world = job->w->world;
    struct text path = arena_printf(&job->arena, "%s/%.*s", world->dir, TEXT_ARG(job->call.file));
    h2o_req_t *req = job->req;

    if (path.at && h2o_file_send(req, 200, "OK", path.at,
                                 h2o_iovec_init(H2O_STRLIT("application/octet-stream")), 0) == 0)
        return;
    reply_error(req, 404, "The file is gone", NULL);
}

static void send_answer(struct api_job *job)
{
    struct api_call *c = &job->call;
    bool empty = c->out.len == 0;

    send_headers(job);
    cors(job->req);
    rate_headers(job);
    reply_header(job->req, "cache-control", TEXT("no-store"));
    reply_header(job->req, "vary", TEXT("Accept-Encoding"));
    if (c->file.at) {
        send_file(job);
        return;
    }
    if (text_of(c->content_type).len && !text_starts(text_of(c->content_type), "application/octet"))
        reply_header(job->req, "x-content-type-options", TEXT("nosniff"));
    reply_text(job->req, c->status, empty ? NULL : c->content_type,
               (struct text){c->out.at, c->out.len});
}

/* A refusal made here, in the same form. */
static void refuse(h2o_req_t *req, int status, const char *detail)
{
    cors(req);
    if (status == 503)
        reply_retry_after(req, RETRY_RING_S);
    reply_error(req, status, detail, NULL);
}

/* ---- commands ---- */

static void on_answered(struct command_wait *wait, uint16_t status, struct text body)
{
    struct api_job *job = H2O_STRUCT_FROM_MEMBER(struct api_job, wait, wait);

    job->asked = false;
    job->out = false;
    if (!job->req) {
        job_free(job);
        return;
    }
    job->call.reply_status = status;
    job->call.reply = arena_text(&job->arena, body);
    job->resumed = true;
    job->out = true;
    query_send(job->w, &job->query);
}

static void ask_writer(struct api_job *job)
{
    struct api_call *c = &job->call;

    job->wait = (struct command_wait){.answered = on_answered};
    if (!worker_command(job->w, c->command_actor, c->command, c->command_args, &job->wait)) {
        refuse(job->req, 503, "The writer is busy");
        return;
    }
    job->asked = job->out = true;
}

static void on_touched(struct command_wait *wait, uint16_t status, struct text body)
{
    free(H2O_STRUCT_FROM_MEMBER(struct touch, wait, wait));
}

static void touch_token(struct api_job *job)
{
    struct api_caller *who = &job->call.caller;
    struct touch *touch = who->stale ? calloc(1, sizeof *touch) : NULL;
    struct text args = arena_printf(&job->arena, "{\"id\":%lld,\"time_ms\":%lld}",
                                    (long long)who->token, (long long)job->call.now_ms);

    who->stale = false;
    if (!touch)
        return;
    touch->wait.answered = on_touched;
    if (!args.at || !worker_command(job->w, (uint32_t)who->user, "token.used", args, &touch->wait))
        free(touch);
}

/* ---- to the query thread and back ---- */

/* Here, where it delays no other request. Small answers fit one packet as they are. */
static void compress(struct api_job *job)
{
    struct api_call *c = &job->call;
    struct text plain = {c->out.at, c->out.len}, small;

    if (!job->gzip || c->command || c->file.at || plain.len < COMPRESS_MIN)
        return;
    small = deflate_gzip(plain, &job->arena);
    if (!small.at)
        return;
    c->out.at = (char *)small.at;
    c->out.len = small.len;
    api_header(c, "Content-Encoding", TEXT("gzip"));
}

static void job_run(struct query_thread *q, struct query_job *query)
{
    struct api_job *job = (struct api_job *)query;
    struct api_call *c = &job->call;
    int64_t begun = world_ticks_us();

    c->q = q;
    c->arena = &job->arena;
    if (job->resumed)
        api_resume(c);
    else
        api_run(c);
    compress(job);
    counter_add(job->w->world->counters, job->w->conf->slot, COUNTER_queries, 1);
    counter_add(job->w->world->counters, job->w->conf->slot, COUNTER_query_us,
                (uint64_t)(world_ticks_us() - begun));
}

static void job_done(struct worker *w, struct query_job *query)
{
    struct api_job *job = (struct api_job *)query;

    job->out = false;
    if (!job->req) { /* a change that nobody waits for any more is not asked for */
        job_free(job);
        return;
    }
    if (job->call.caller.stale)
        touch_token(job);
    if (job->call.command)
        ask_writer(job);
    else
        send_answer(job);
}

/* ---- copying the request ---- */

static struct text keep(struct api_job *job, h2o_iovec_t v)
{
    char *copy = arena_dup(&job->arena, v.base, v.len);

    return (struct text){copy, copy ? v.len : 0};
}

struct forwarded {
    struct text addresses, proto;
    bool any;
};

/* "gzip, deflate, br"; "gzip;q=0" is a no. */
static bool accepts_gzip(struct text accept)
{
    size_t at = text_find(accept, TEXT("gzip"));

    return at < accept.len && !text_starts(text_cut(accept, at, accept.len), "gzip;q=0");
}

static void copy_headers(struct api_job *job, h2o_req_t *req, struct forwarded *f)
{
    struct api_request *r = &job->call.req;

    for (size_t i = 0; i < req->headers.size; i++) {
        const h2o_header_t *h = &req->headers.entries[i];
        struct text name = {h->name->base, h->name->len};

        if (text_is(name, "authorization"))
            r->authorization = keep(job, h->value);
        else if (text_is(name, "cookie"))
            r->cookie = keep(job, h->value);
        else if (text_is(name, "content-type"))
            r->content_type = keep(job, h->value);
        else if (text_is(name, "x-csrftoken"))
            r->csrf = keep(job, h->value);
        else if (text_is(name, "accept"))
            r->accept = keep(job, h->value);
        else if (text_is(name, "accept-encoding"))
            job->gzip = accepts_gzip((struct text){h->value.base, h->value.len});
        else if (text_is(name, "x-forwarded-proto"))
            f->proto = keep(job, h->value);
        else if (text_is(name, "x-forwarded-for"))
            f->addresses = f->addresses.len
                               ? arena_printf(&job->arena, "%.*s,%.*s", TEXT_ARG(f->addresses),
                                              (int)h->value.len, h->value.base)
                               : keep(job, h->value);
        f->any |= text_starts(name, "x-forwarded") || text_is(name, "forwarded") ||
                  text_is(name, "x-real-ip");
    }
}

static bool private_address(const struct sockaddr *sa)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;
    uint32_t a;

    if (sa->sa_family == AF_UNIX)
        return true;
    if (sa->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ||
               (v6->sin6_addr.s6_addr[0] & 0xfe) == 0xfc;
    memcpy(&a,
           sa->sa_family == AF_INET ? (const void *)&v4->sin_addr
                                    : (const void *)&v6->sin6_addr.s6_addr[12],
           sizeof a);
    a = ntohl(a);
    return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
           a >> 16 == 0xa9fe; /* RFC 1918, RFC 3927 */
}

static void copy_peer(struct api_job *job, h2o_req_t *req, const struct forwarded *f)
{
    struct api_request *r = &job->call.req;
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    char direct[SENDER_MAX], sender[SENDER_MAX];
    struct text t;

    req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&peer);
    t = sender_forwarded(sender_text((struct sockaddr *)&peer, direct), f->addresses,
                         job->w->conf->proxy_hops, sender);
    r->address = arena_text(&job->arena, t);
    r->operator= worker_peer_is_operator(req);
    r->local = r->operator||(!f->any && private_address((struct sockaddr *)&peer));
}

static void copy_url(struct api_job *job, h2o_req_t *req, const struct forwarded *f)
{
    struct api_request *r = &job->call.req;
    const char *base = job->w->conf->base_url;
    struct text path = keep(job, req->input.path);
    size_t question = text_find_byte(path, '?');
    bool tls = req->scheme == &H2O_URL_SCHEME_HTTPS || text_is(f->proto, "https");

    r->path = text_cut(path, 0, question);
    r->query = text_cut(path, question + 1, path.len);
    if (base && *base) {
        r->base_url = text_of(base);
        r->secure = text_starts(r->base_url, "https:");
        return;
    }
    r->secure = tls;
    r->base_url = arena_printf(&job->arena, "%s://%.*s", tls ? "https" : "http",
                               (int)req->input.authority.len, req->input.authority.base);
}

static bool copy_request(struct api_job *job, h2o_req_t *req)
{
    struct api_request *r = &job->call.req;
    struct forwarded f = {TEXT_NONE, TEXT_NONE, false};

    r->method = keep(job, req->input.method);
    if (req->entity.base)
        r->body = keep(job, req->entity);
    copy_headers(job, req, &f);
    copy_peer(job, req, &f);
    copy_url(job, req, &f);
    return !arena_spent(&job->arena);
}

/* ---- the door ---- */

static bool is_ours(struct text path)
{
    static const char *const PLAIN[] = {"/healthz", "/_health", "/_health/",  "/readyz",
                                        "/metrics", "/api/0",   "/api/traces"};

    if (text_starts(path, "/api/0/") || text_starts(path, "/jaeger/api/") ||
        text_starts(path, "/tempo/api/"))
        return true;
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
        if (text_is(path, PLAIN[i]))
            return true;
    return false;
}

static void preflight(h2o_req_t *req)
{
    cors(req);
    reply_header(req, "access-control-allow-methods", TEXT("GET, POST, PUT, DELETE, OPTIONS"));
    reply_header(req, "access-control-allow-headers",
                 TEXT("X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, "
                      "Authentication, Authorization, X-CSRFToken"));
    reply_header(req, "access-control-max-age", TEXT("3600"));
    reply_text(req, 200, NULL, TEXT(""));
}

static void take(struct worker *w, h2o_req_t *req)
{
    struct api_job *job = calloc(1, sizeof *job);
    struct link *link;

    if (!job) {
        refuse(req, 503, "Out of memory");
        return;
    }
    *job = (struct api_job){.query = {.run = job_run, .done = job_done}, .w = w, .req = req};
    job->call.now_ms = world_now_ms();
    arena_init(&job->arena, API_ARENA_MAX);
    link = h2o_mem_alloc_shared(&req->pool, sizeof *link, on_request_end);
    link->job = job;
    w->open_requests++;
    if (!copy_request(job, req) || query_pending(w) >= QUERY_JOBS_MAX) {
        refuse(req, 503, "Too many requests are waiting");
        return;
    }
    job->out = true;
    query_send(w, &job->query);
}

int api_accept(struct worker *w, h2o_req_t *req)
{
    struct text path = {req->input.path.base, req->input.path.len};

    path = text_cut(path, 0, text_find_byte(path, '?'));
    if (!is_ours(path))
        return -1;
    if (h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("OPTIONS")))
        preflight(req);
    else if (req->entity.base && req->entity.len > API_BODY_MAX)
        refuse(req, 413, "Request body too large");
    else if (!w->query)
        refuse(req, 503, "Not ready");
    else
        take(w, req);
    return 0;
}
