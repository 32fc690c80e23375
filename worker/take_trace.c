#include "worker/take_trace.h"

#include "model/filter.h"
#include "model/scrub.h"
#include "worker/context.h"
#include "worker/settings.h"
#include "worker/take_span.h"

#define SPANS_V2 "application/vnd.sentry.items.span.v2+json"

struct sentry_context trace_context(const struct intake *in, const struct envelope *env,
                                    const struct envelope_item *item)
{
    const struct reg_text *slug = &in->project->slug;
    struct sentry_context ctx = {.received_us = in->now_us,
                                 .project_slug = {in->view->heap + slug->at, slug->len}};

    if (env) {
        ctx.sent_at = env->sent_at;
        ctx.trace = env->trace;
        ctx.sdk = env->sdk;
    }
    if (item)
        ctx.platform = item->platform;
    return ctx;
}

/* ---- transactions ---- */

static enum event_fate invalid(struct intake *in, const char *category, const char *reason)
{
    intake_outcome(in, OUTCOME_INVALID, category, reason, 1);
    worker_count(in->w, COUNTER_items_invalid, 1);
    return EVENT_INVALID;
}

static enum event_fate store(struct intake *in, struct event *e,
                             const struct sentry_context *sentry)
{
    struct span_work *k = span_work_of(in);
    struct sentry_spans spans;
    enum sentry_rc rc = sentry_transaction(e, sentry, in->arena, &spans);

    if (rc != SENTRY_OK || !k) {
        /* For the client nothing is wrong: it is told as little as Relay tells it. */
        invalid(in, "transaction", k ? sentry_rc_reason(rc) : "too_large");
        return EVENT_UNPROCESSED;
    }
    for (uint32_t i = 0; i < spans.count; i++)
        span_work_span(k, &spans.spans[i]);
    if (spans.broken)
        intake_outcome(in, OUTCOME_INVALID, "span", "invalid_span", spans.broken);
    return EVENT_TAKEN;
}

enum event_fate take_transaction(struct intake *in, struct event *e,
                                 const struct sentry_context *sentry)
{
    const struct project_settings *s = in->settings;
    const char *unwanted;

    if (!scrub_event(e, &s->scrub, in->arena) || event_fill(e, in->arena) != EVENT_OK)
        return invalid(in, "transaction", "too_large:transaction");
    if ((unwanted = filter_event(e, in->headers.user_agent, &s->filter)) != NULL) {
        intake_outcome(in, OUTCOME_FILTERED, "transaction", unwanted, 1);
        worker_count(in->w, COUNTER_items_filtered, 1);
        return EVENT_FILTERED;
    }
    return store(in, e, sentry);
}

/* The item's type counts, whatever the document says of itself. */
static enum event_rc read_event(struct intake *in, struct text json,
                                const struct event_context *ctx, struct event *e)
{
    struct json *root;

    *e = (struct event){0};
    switch (json_read(json, in->arena, &root, NULL)) {
    case JSON_OK:
        break;
    case JSON_TOO_MANY:
    case JSON_SPENT:
        return EVENT_SPENT;
    default:
        return EVENT_NOT_JSON;
    }
    if (root->kind != JSON_OBJECT)
        return EVENT_NOT_OBJECT;
    json_set(in->arena, root, "type", json_new_string(in->arena, TEXT("transaction")));
    return event_from_tree(root, ctx, in->arena, e);
}

enum event_fate take_transaction_json(struct intake *in, struct text json,
                                      const struct event_context *ctx,
                                      const struct sentry_context *sentry, struct event *e,
                                      enum event_rc *why)
{
    *why = EVENT_OK;
    if (!intake_take(in, BUCKET_TRANSACTION, 1)) {
        intake_outcome(in, OUTCOME_RATE_LIMITED, "transaction", limit_reason(&in->hits), 1);
        return EVENT_LIMITED;
    }
    if ((*why = read_event(in, json, ctx, e)) != EVENT_OK)
        return invalid(in, "transaction",
                       *why == EVENT_SPENT ? "too_large:transaction" : "invalid_json");
    if (!e->has_id) {
        uint8_t id[16];

        event_new_id(id);
        event_set_id(e, in->arena, id);
    }
    return take_transaction(in, e, sentry);
}

/* ---- containers ---- */

static struct trace_count count_of(uint32_t stored, uint32_t broken, const char *reason)
{
    return (struct trace_count){stored, broken, reason};
}

/* The whole item is no use: as many broken ones as it said it holds. */
static struct trace_count all_broken(const struct envelope_item *item, enum sentry_rc rc)
{
    bool stated = item->item_count > 0 && item->item_count < (int64_t)item->payload.len;

    return count_of(0, stated ? (uint32_t)item->item_count : 1, sentry_rc_reason(rc));
}

static struct trace_count spans(struct intake *in, const struct envelope_item *item,
                                const struct json *root, const struct sentry_context *sentry)
{
    struct span_work *k = span_work_of(in);
    struct sentry_spans got;
    enum sentry_rc rc;

    if (text_is(item->content_type, SPANS_V2))
        rc = sentry_span_items(root, item->item_count, sentry, in->arena, &got);
    else
        rc = sentry_span(root, sentry, in->arena, &got);
    if (rc != SENTRY_OK || !k)
        return all_broken(item, k ? rc : SENTRY_SPENT);
    for (uint32_t i = 0; i < got.count; i++)
        span_work_span(k, &got.spans[i]);
    return count_of(got.count, got.broken, "invalid_span");
}

static struct trace_count logs(struct intake *in, const struct envelope_item *item,
                               const struct json *root, const struct sentry_context *sentry)
{
    struct span_work *k = span_work_of(in);
    struct sentry_logs got;
    enum sentry_rc rc = sentry_log_items(root, item->item_count, sentry, in->arena, &got);

    if (rc != SENTRY_OK || !k)
        return all_broken(item, k ? rc : SENTRY_SPENT);
    for (uint32_t i = 0; i < got.count; i++)
        span_work_log(k, &got.logs[i]);
    return count_of(got.count, got.broken, "invalid_log");
}

struct trace_count take_trace_item(struct intake *in, const struct envelope_item *item,
                                   const struct sentry_context *sentry)
{
    struct json *root;
    uint32_t valid, broken;
    enum sentry_rc rc;

    if (json_read(item->payload, in->arena, &root, NULL) != JSON_OK)
        return all_broken(item, SENTRY_NOT_OBJECT);
    switch (item->type) {
    case ITEM_SPAN:
        return spans(in, item, root, sentry);
    case ITEM_LOG:
        return logs(in, item, root, sentry);
    default:
        rc = sentry_metric_items(root, item->item_count, &valid, &broken);
        return rc == SENTRY_OK ? count_of(valid, broken, "invalid_metric") : all_broken(item, rc);
    }
}
