/* guard.c -- an h2o output filter in front of all answers. */
#include "worker/guard.h"

#include "worker/context.h"
#include "worker/intake.h"
#include "worker/listen.h"
#include "worker/reply.h"

/* Stands in for the plain text of h2o. */
struct dressed {
    h2o_ostream_t super;
    h2o_iovec_t body;
};

static void count(struct worker *w, const h2o_req_t *req)
{
    int status = req->res.status;

    worker_count(w, COUNTER_requests, 1);
    worker_count(w, COUNTER_bytes_in, req->entity.len);
    if (status == 429)
        worker_count(w, COUNTER_requests_limited, 1);
    else if (status == 503)
        worker_count(w, COUNTER_requests_refused, 1);
    else if (status >= 400 && status < 500)
        worker_count(w, COUNTER_requests_bad, 1);
}

static const char *detail_of(int status)
{
    if (status == 413)
        return "request body exceeds the size limit";
    if (status == 417)
        return "unknown expectation";
    return "invalid HTTP request";
}

/* Handlers of ours never answer in plain text with these. */
static bool by_h2o(const h2o_req_t *req)
{
    const h2o_headers_t *h = &req->res.headers;
    ssize_t type;

    if (req->res.status != 413 && req->res.status != 400 && req->res.status != 417)
        return false;
    if (h2o_find_header(h, H2O_TOKEN_ACCESS_CONTROL_ALLOW_ORIGIN, -1) != -1)
        return false;
    type = h2o_find_header(h, H2O_TOKEN_CONTENT_TYPE, -1);
    return type != -1 && h2o_memis(h->entries[type].value.base, h->entries[type].value.len,
                                   H2O_STRLIT("text/plain; charset=utf-8"));
}

static void send_dressed(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count_,
                         h2o_send_state_t state)
{
    struct dressed *d = (struct dressed *)self;

    h2o_ostream_send_next(self, req, &d->body, d->body.len ? 1 : 0, state);
}

static void dress(h2o_req_t *req, h2o_ostream_t **slot)
{
    const char *detail = detail_of(req->res.status);
    struct dressed *d = (struct dressed *)h2o_add_ostream(req, sizeof *d, slot);
    bool head = h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));
    enum reply_dialect dialect = intake_dialect(req);
    struct text body = reply_refusal_body(req, dialect, req->res.status, detail);

    d->super.do_send = send_dressed;
    d->body = head ? h2o_iovec_init(NULL, 0) : h2o_iovec_init(body.at, body.len);
    req->res.reason = reply_reason(req->res.status);
    req->res.content_length = body.len;
    req->res.headers = (h2o_headers_t){0};
    if (dialect != REPLY_SENTRY)
        reply_cors_asked(req);
    reply_cors(req);
    reply_header(req, "content-type", text_of(reply_content_type(dialect)));
    if (dialect == REPLY_SENTRY)
        reply_header(req, "x-sentry-error", text_of(detail));
    if (req->version < 0x200)
        listen_linger(worker_of(req), req->conn);
}

static void on_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    count(worker_of(req), req);
    if (by_h2o(req)) {
        dress(req, slot);
        slot = &(*slot)->next;
    }
    h2o_setup_next_ostream(req, slot);
}

void guard_register(h2o_pathconf_t *path)
{
    h2o_filter_t *filter = h2o_create_filter(path, sizeof *filter);

    filter->on_setup_ostream = on_setup;
}
