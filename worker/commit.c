/* commit.c -- the end of an intake: files first, then all records at once (in parts, when they are more
 * than the ring holds), then the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/hex.h"
#include "proto/limits.h"
#include "worker/context.h"
#include "worker/intake.h"
#include "worker/keeper.h"
#include "worker/reply.h"
#include "worker/take_span.h"

/* ---- collecting ---- */

void intake_add(struct intake *in, enum record_kind kind, struct text body)
{
    struct intake_record *r = body.at ? arena_alloc(in->arena, sizeof *r) : NULL;

    if (!r)
        return; /* intake_commit sees that the arena is spent */
    *r = (struct intake_record){.kind = kind, .body = body};
    *in->last_record = r;
    in->last_record = &r->next;
    in->record_count++;
}

const char *intake_file(struct intake *in, struct text data)
{
    struct keeper_file *f = arena_alloc(in->arena, sizeof *f);

    if (!f)
        return NULL;
    *f = (struct keeper_file){.data = data};
    keeper_name(f);
    *in->last_file = f;
    in->last_file = &f->next;
    in->file_bytes += data.len;
    return f->name;
}

void intake_outcome_text(struct intake *in, enum outcome outcome, struct text category,
                         struct text reason, uint32_t quantity)
{
    struct record_outcome what = {.project = in->key->project,
                                  .quantity = quantity,
                                  .time_ms = in->now_us / 1000,
                                  .outcome = (uint8_t)outcome,
                                  .category = category,
                                  .reason = reason};

    outcome_add(&in->outcomes, in->arena, &what);
}

void intake_outcome(struct intake *in, enum outcome outcome, const char *category,
                    const char *reason, uint32_t quantity)
{
    intake_outcome_text(in, outcome, text_of(category), text_of(reason), quantity);
}

/* ---- answers that wait ---- */

struct answer {
    h2o_generator_t super;
    struct waiter waiter;
    struct worker *w;
    h2o_req_t *req;
    h2o_iovec_t body;
    enum reply_dialect dialect;
    bool listening;
};

/* While a request waits for its commit h2o takes the socket out of the poll set, and puts it in
 * again afterwards: two epoll_ctl calls per request. We keep it in, looking only; should something
 * happen on it meanwhile (a next request, the client going away), it leaves the set after all. */
static void on_early(h2o_socket_t *sock, const char *err)
{
    h2o_socket_read_stop(sock);
}

static void stay_polled(struct answer *a)
{
    h2o_socket_t *sock;

    if (a->req->version >= 0x200 || !(sock = a->req->conn->callbacks->get_socket(a->req->conn)))
        return; /* HTTP/2: the socket is not this request's alone */
    h2o_socket_dont_read(sock, 1);
    h2o_socket_read_start(sock, on_early);
    a->listening = true;
}

static void leave_polled(struct answer *a)
{
    h2o_socket_t *sock;

    if (!a->listening)
        return;
    sock = a->req->conn->callbacks->get_socket(a->req->conn);
    h2o_socket_read_stop(sock);
    h2o_socket_dont_read(sock, 0);
}

static void on_ready(struct waiter *waiter, bool durable)
{
    struct answer *a = H2O_STRUCT_FROM_MEMBER(struct answer, waiter, waiter);

    leave_polled(a);
    if (!durable) {
        /* Headers leave with the first bytes of the body, so there is still time to change them. */
        struct text body = reply_refusal_body(a->req, a->dialect, 503, "not stored in time");

        a->body = h2o_iovec_init(body.at, body.len);
        a->req->res.status = 503;
        a->req->res.reason = reply_reason(503);
        a->req->res.content_length = a->body.len;
        reply_retry_after(a->req, RETRY_RING_S);
        worker_count(a->w, COUNTER_requests_refused, 1);
    }
    h2o_send(a->req, &a->body, a->body.len ? 1 : 0, H2O_SEND_STATE_FINAL);
}

static void on_gone(h2o_generator_t *self, h2o_req_t *req)
{
    struct answer *a = (struct answer *)self;

    worker_forget(a->w, &a->waiter);
}

static void answer_init(struct answer *a, struct worker *w, h2o_req_t *req, struct text body)
{
    *a = (struct answer){.super.stop = on_gone, .waiter.ready = on_ready, .w = w, .req = req};
    a->body = h2o_strdup(&req->pool, body.at, body.len);
}

/* ---- appending ---- */

static void limits_tell(h2o_req_t *req, const struct limit_hits *hits)
{
    char header[LIMIT_HEADER_MAX];

    if (hits->any)
        reply_header(req, "x-sentry-rate-limits", reply_keep(req, limit_header(hits, header)));
}

/* What a record takes in the ring beside its body: a frame, and filling up to a word (shm/ring.c).
 */
#define FRAME_BYTES 32

/* Room for all of them beside `used` bytes, wherever the ring's end comes: a record never lies across it,
 * so up to one record's length may go unused. */
static bool fits(const struct ring *ring, const struct intake_record *records, uint64_t used)
{
    uint64_t sum = 0, most = 0;

    for (; records; records = records->next) {
        uint64_t need = records->body.len + FRAME_BYTES;

        sum += need;
        if (need > most)
            most = need;
    }
    return sum + most <= ring_bytes(ring) - used;
}

/* With durability = process the ring is the promise, and nobody waits. */
static bool append(struct worker *w, const struct intake_record *records, struct waiter *waiter)
{
    if (!fits(w->ring, records, ring_tail(w->ring) - ring_released(w->ring))) {
        worker_count(w, COUNTER_ring_full, 1);
        return false;
    }
    for (; records; records = records->next)
        if (worker_append(w, records->kind, records->body,
                          records->next || !w->conf->durability_power ? NULL : waiter) != RING_OK)
            return false;
    return true;
}

static void start(struct answer *a, int status, const char *type)
{
    reply_start(a->req, status, type, a->body.len, &a->super);
    stay_polled(a);
}

struct refusal { /* what is said when the ring is full */
    int status;
    enum reply_dialect dialect;
};

static void refuse_full(h2o_req_t *req, const struct refusal *r)
{
    reply_retry_after(req, RETRY_RING_S);
    reply_refusal(req, r->dialect, r->status, "the server is busy", NULL);
}

/* False: refused, nothing of it is kept. */
static bool finish(struct worker *w, h2o_req_t *req, const struct intake_record *records,
                   int status, const char *type, struct text body, const struct refusal *full)
{
    struct answer *a;

    if (!records) {
        reply_text(req, status, type, reply_keep(req, body));
        return true;
    }
    a = h2o_mem_alloc_pool(&req->pool, sizeof *a);
    answer_init(a, w, req, body);
    a->dialect = full->dialect;
    if (!append(w, records, &a->waiter)) {
        if (fits(w->ring, records, 0))
            refuse_full(req, full);
        else /* not even an empty ring takes it: coming back would not help */
            reply_refusal(req, full->dialect, 413,
                          "more than can be stored at once: send less in one request", NULL);
        return false;
    }
    if (w->conf->durability_power) {
        start(a, status, type);
        return true;
    }
    reply_start(req, status, type, body.len, &a->super);
    h2o_send(req, &a->body, a->body.len ? 1 : 0, H2O_SEND_STATE_FINAL);
    return true;
}

/* ---- more than the ring holds ---- */

/* Records that go through the ring in parts, each when the one before it is stored. Should it end in the
 * middle, by a 503 or since the client is gone, what went is stored: spans and events that are sent again
 * are one with those. One at a time, for it took the arena along. */
struct pour {
    struct answer answer; /* first */
    struct arena arena;
    const struct intake_record *rest;
};

static void pour_end(struct pour *p)
{
    p->answer.w->pouring = false;
    arena_free(&p->arena);
}

/* Up to half of the ring: others find room meanwhile. False: the next record fits into no ring at all. */
static bool pour_part(struct pour *p)
{
    const struct intake_record *first = p->rest;
    struct worker *w = p->answer.w;

    while (p->rest && ring_tail(w->ring) - ring_released(w->ring) < ring_bytes(w->ring) / 2 &&
           p->rest->body.len <= ring_room(w->ring)) {
        if (worker_append(w, p->rest->kind, p->rest->body, NULL) != RING_OK)
            return false;
        p->rest = p->rest->next;
    }
    if (p->rest && p->rest == first && ring_tail(w->ring) == ring_released(w->ring))
        return false; /* and nothing is under way whose end would change that */
    worker_await(w, &p->answer.waiter);
    return true;
}

static void on_part(struct waiter *waiter, bool durable)
{
    struct pour *p = H2O_STRUCT_FROM_MEMBER(struct pour, answer.waiter, waiter);

    if (durable && p->rest && pour_part(p))
        return;
    pour_end(p);
    on_ready(waiter, durable && !p->rest);
}

static void on_pour_gone(h2o_generator_t *self, h2o_req_t *req)
{
    on_gone(self, req);
    pour_end((struct pour *)self);
}

static void pour(struct intake *in, int status, const char *type, struct text body,
                 const struct refusal *full)
{
    struct worker *w = in->w;
    struct pour *p;

    if (w->pouring) {
        refuse_full(in->req, full);
        return;
    }
    p = h2o_mem_alloc_pool(&in->req->pool, sizeof *p);
    *p = (struct pour){.arena = *in->arena, .rest = in->records};
    answer_init(&p->answer, w, in->req, body);
    p->answer.dialect = in->dialect;
    p->answer.super.stop = on_pour_gone;
    p->answer.waiter.ready = on_part;
    arena_init(in->arena, REQUEST_ARENA_MAX);
    w->pouring = true;
    if (pour_part(p)) {
        start(&p->answer, status, type);
        return;
    }
    pour_end(p);
    refuse_full(in->req, full);
}

/* ---- files first ---- */

/* An intake whose files are being written: it took the arena and the decoded bodies along. */
struct kept {
    struct keeper_job job;
    struct arena arena;
    struct inflate_buf inflate[2];
    struct intake_record *records;
    h2o_req_t *req; /* NULL: gone */
    struct kept **guard;
    int status;
    const char *type;
    struct text body;
    struct refusal full;
};

static void on_kept(struct worker *w, struct keeper_job *job)
{
    struct kept *k = H2O_STRUCT_FROM_MEMBER(struct kept, job, job);
    struct arena arena = k->arena;
    bool wanted = k->req != NULL; /* else nobody is there to be told that it was stored */

    if (k->guard)
        *k->guard = NULL;
    if (k->job.rc == 0 && wanted)
        wanted = finish(w, k->req, k->records, k->status, k->type, k->body, &k->full);
    if (k->job.rc == 0 && !wanted)
        keeper_remove(w, k->job.files);
    if (k->job.rc != 0 && k->req) {
        reply_retry_after(k->req, RETRY_DISK_S);
        reply_error(k->req, 503, "attachment could not be stored", NULL);
    }
    inflate_buf_free(&k->inflate[0]);
    inflate_buf_free(&k->inflate[1]);
    arena_free(&arena); /* and k with it */
}

static void on_request_gone(void *guard)
{
    struct kept *k = *(struct kept **)guard;

    if (k) {
        k->req = NULL;
        k->guard = NULL;
    }
}

/* The request's own buffer may go before the file is written. */
static bool own_data(struct intake *in)
{
    const char *from = in->req->entity.base, *to = from + in->req->entity.len;

    for (struct keeper_file *f = in->files; f; f = f->next)
        if (f->data.at >= from && f->data.at < to)
            f->data = arena_text(in->arena, f->data);
    return !arena_spent(in->arena);
}

static void keep_first(struct intake *in, int status, const char *type, struct text body)
{
    struct worker *w = in->w;
    struct kept *k = own_data(in) ? arena_alloc(in->arena, sizeof *k) : NULL;

    if (!k) {
        intake_refuse(in, 413, "request needs too much memory", NULL);
        return;
    }
    *k = (struct kept){.job = {.files = in->files, .bytes = in->file_bytes, .done = on_kept},
                       .records = in->records,
                       .req = in->req,
                       .status = status,
                       .type = type,
                       .body = arena_text(in->arena, body),
                       .full = {intake_busy_status(in), in->dialect}};
    k->guard = h2o_mem_alloc_shared(&in->req->pool, sizeof *k->guard, on_request_gone);
    *k->guard = k;
    if (!keeper_send(w, &k->job)) {
        *k->guard = NULL;
        refuse_full(in->req, &k->full);
        return;
    }
    k->inflate[0] = w->inflate;
    k->inflate[1] = w->inflate_inner;
    w->inflate = w->inflate_inner = (struct inflate_buf){0};
    k->arena = *in->arena;
    arena_init(in->arena, REQUEST_ARENA_MAX);
}

/* ---- the ends ---- */

static void tally(struct intake *in)
{
    for (const struct outcome_entry *e = in->outcomes.first; e; e = e->next)
        outcome_tally_add(in->w->tally, &e->what);
}

void intake_commit(struct intake *in, int status, const char *type, struct text body)
{
    bool packed = !in->spans || span_work_end(in->spans);
    struct text outcomes = outcome_body(&in->outcomes, in->arena);
    struct refusal full = {intake_busy_status(in), in->dialect};

    if (outcomes.len)
        intake_add(in, RECORD_OUTCOMES, outcomes);
    if (!packed || arena_spent(in->arena)) {
        intake_refuse(in, 413, "request needs too much memory", NULL);
        return;
    }
    limits_tell(in->req, &in->hits);
    if (in->files)
        keep_first(in, status, type, body);
    else if (in->records && !fits(in->w->ring, in->records, 0))
        pour(in, status, type, body, &full);
    else
        finish(in->w, in->req, in->records, status, type, body, &full);
}

void intake_limited(struct intake *in)
{
    tally(in);
    limits_tell(in->req, &in->hits);
    if (in->never_429) {
        reply_text(in->req, 200, NULL, TEXT(""));
        return;
    }
    reply_retry_after(in->req, limit_wait(&in->hits));
    reply_refusal(in->req, in->dialect, 429, "rate limit reached", NULL);
}

void intake_refuse(struct intake *in, int status, const char *detail, const char *cause)
{
    tally(in);
    reply_refusal(in->req, in->dialect, status, detail, cause);
}

struct text intake_id_json(struct intake *in, const uint8_t id[16])
{
    static const char shape[] = "{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}";
    char *out = arena_dup(in->arena, shape, sizeof shape - 1);

    if (!out)
        return TEXT_NONE;
    hex_write(id, 16, out + 7);
    return (struct text){out, sizeof shape - 1};
}
