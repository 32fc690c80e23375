#include "worker/take_span.h"

#include <string.h>

#include "model/otel_error.h"
#include "model/scrub_attr.h"
#include "model/span_name.h"
#include "proto/limits.h"
#include "proto/record_log.h"
#include "proto/record_span.h"
#include "worker/context.h"
#include "worker/settings.h"
#include "worker/take_event.h"

bool span_work_begin(struct span_work *k, struct intake *in)
{
    struct worker *w = in->w;

    *k = (struct span_work){.in = in};
    k->filter = scrub_attr_filter(&in->settings->scrub, in->arena);
    if (!w->span_packer)
        w->span_packer = span_packer_new();
    if (!w->log_packer)
        w->log_packer = log_packer_new();
    if (!w->span_packer || !w->log_packer)
        return false;
    span_packer_open(w->span_packer, in->key->project, in->now_us / 1000, k->filter);
    log_packer_open(w->log_packer, in->key->project, in->now_us / 1000, k->filter);
    return !arena_spent(in->arena);
}

struct span_work *span_work_of(struct intake *in)
{
    struct span_work *k;

    if (in->spans)
        return in->spans;
    if (!(k = arena_alloc(in->arena, sizeof *k)) || !span_work_begin(k, in))
        return NULL;
    return in->spans = k;
}

/* ---- errors ---- */

static bool is_new(struct span_work *k, const uint8_t id[16])
{
    struct arena *a = k->in->arena;

    for (uint32_t i = 0; i < k->seen_count; i++)
        if (memcmp(k->seen[i], id, 16) == 0)
            return false;
    if (!k->seen && !(k->seen = arena_alloc(a, SPAN_ERRORS_MAX * sizeof *k->seen)))
        return false;
    if (k->seen_count == SPAN_ERRORS_MAX || a->taken > REQUEST_ARENA_MAX / 2) {
        intake_outcome(k->in, OUTCOME_RATE_LIMITED, "error", "otlp_errors", 1);
        return false;
    }
    memcpy(k->seen[k->seen_count++], id, 16);
    return true;
}

/* The carriers come children first, so the first of several is the deepest. */
static void take_error(struct span_work *k, const struct otel_error *e)
{
    struct event_context ctx = event_context_of(k->in);
    struct event event;
    struct json *root;
    enum event_rc why;

    if (e->level < OTEL_ISSUE_LEVEL || !is_new(k, e->id))
        return;
    ctx.client_ip = TEXT_NONE; /* a collector's, as a rule */
    if ((root = otel_error_event(e, k->in->arena)))
        take_event_tree(k->in, root, &ctx, &event, &why);
}

static void span_errors(struct span_work *k, const struct span *s)
{
    struct otel_error *list;
    uint32_t count;

    if (s->flags & SPAN_SENTRY) /* these SDKs send their errors themselves */
        return;
    if (!otel_span_errors(s, k->in->key->project, k->in->arena, &list, &count))
        return;
    for (uint32_t i = 0; i < count; i++)
        take_error(k, &list[i]);
}

/* ---- packing ---- */

static void add_record(struct span_work *k, enum record_kind kind)
{
    struct worker *w = k->in->w;
    struct buf out;

    buf_init(&out, k->in->arena, 32 * KIB, RECORD_MAX);
    if (kind == RECORD_SPANS)
        span_packer_finish(w->span_packer, &out);
    else
        log_packer_finish(w->log_packer, &out);
    k->failed |= out.failed;
    if (!out.failed)
        intake_add(k->in, kind, buf_result(&out));
}

/* A name that is a URL with ids in it would be an operation for each of them. */
static void settle_name(struct span_work *k, struct span *s)
{
    struct text source = attr_string(&s->attrs, "sentry.source");

    if (!source.len)
        source = attr_string(&s->attrs, "sentry.span.source");
    if (s->flags & SPAN_SENTRY && s->flags & SPAN_ENTRY && span_name_is_raw(source, s->name))
        s->name = span_name_sanitise(s->name, k->in->arena);
}

void span_work_span(struct span_work *k, const struct span *span)
{
    struct span_packer *p = k->in->w->span_packer;
    struct span s = *span;
    enum pack_rc rc;

    span_errors(k, span);
    settle_name(k, &s);
    if ((rc = span_packer_add(p, &s)) == PACK_FULL) {
        add_record(k, RECORD_SPANS);
        rc = span_packer_add(p, &s);
    }
    k->failed |= rc != PACK_OK;
    k->spans++;
}

void span_work_log(struct span_work *k, const struct logrec *l)
{
    struct log_packer *p = k->in->w->log_packer;
    struct otel_error e;
    enum pack_rc rc;

    if (!(l->flags & LOG_SENTRY) && otel_log_error(l, k->in->key->project, &e))
        take_error(k, &e);
    if ((rc = log_packer_add(p, l)) == PACK_FULL) {
        add_record(k, RECORD_LOGS);
        rc = log_packer_add(p, l);
    }
    k->failed |= rc != PACK_OK;
    k->logs++;
}

bool span_work_end(struct span_work *k)
{
    struct worker *w = k->in->w;

    if (span_packer_count(w->span_packer))
        add_record(k, RECORD_SPANS);
    if (log_packer_count(w->log_packer))
        add_record(k, RECORD_LOGS);
    worker_count(w, COUNTER_spans_taken, k->spans);
    worker_count(w, COUNTER_logs_taken, k->logs);
    return !k->failed && !arena_spent(k->in->arena);
}
