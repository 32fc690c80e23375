/* take_envelope.c -- everything modern: one request, many items. The item that makes an event goes
 * first, since others share its fate; all accepted ones are appended together. */
#include "worker/take_envelope.h"

#include <string.h>

#include "proto/check_in.h"
#include "proto/client_report.h"
#include "proto/envelope.h"
#include "proto/feedback.h"
#include "proto/limits.h"
#include "proto/session.h"
#include "worker/context.h"
#include "worker/take.h"
#include "worker/take_attachments.h"
#include "worker/take_event.h"
#include "worker/take_minidump.h"
#include "worker/take_report.h"
#include "worker/take_security.h"
#include "worker/take_trace.h"

struct envelope_work {
    struct intake *in;
    struct envelope env;
    struct event_context ctx;
    uint8_t id[16]; /* of the event that the envelope speaks of */
    bool has_id;
    /* The event of this envelope was not stored, nor is what belongs to it. */
    bool event_lost;
    enum outcome lost_outcome;
    const char *lost_reason;

    uint32_t seen[ITEM_TYPES];
    uint32_t accepted;        /* items that a 200 can stand on */
    enum item_type too_large; /* the last one, for the answer; ITEM_UNKNOWN: none */
    const char *invalid;      /* why the event item was no event; NULL: it was */
};

static enum bucket_category bucket_of(enum item_type type)
{
    switch (type) {
    case ITEM_EVENT:
    case ITEM_RAW_SECURITY:
        return BUCKET_ERROR;
    case ITEM_TRANSACTION:
    case ITEM_SPAN:
    case ITEM_OTEL_SPAN:
    case ITEM_OTEL_TRACES:
        return BUCKET_TRANSACTION;
    case ITEM_LOG:
    case ITEM_OTEL_LOG:
        return BUCKET_LOG;
    case ITEM_TRACE_METRIC:
    case ITEM_STATSD:
    case ITEM_METRIC_BUCKETS:
    case ITEM_METRIC_META:
        return BUCKET_METRIC;
    case ITEM_PROFILE:
    case ITEM_PROFILE_CHUNK:
        return BUCKET_PROFILE;
    case ITEM_ATTACHMENT:
        return BUCKET_ATTACHMENT;
    case ITEM_USER_REPORT:
    case ITEM_FEEDBACK:
        return BUCKET_FEEDBACK;
    case ITEM_REPLAY_EVENT:
    case ITEM_REPLAY_RECORDING:
    case ITEM_REPLAY_VIDEO:
        return BUCKET_REPLAY;
    case ITEM_SESSION:
    case ITEM_SESSIONS:
        return BUCKET_SESSION;
    case ITEM_CHECK_IN:
        return BUCKET_MONITOR;
    default:
        return BUCKET_OTHER;
    }
}

static const char *category_of(const struct envelope_item *item)
{
    const char *category = item_kind(item->type)->category;

    return category ? category : "internal";
}

/* ---- fates ---- */

static void invalid(struct envelope_work *k, const struct envelope_item *item, const char *reason)
{
    intake_outcome(k->in, OUTCOME_INVALID, category_of(item), reason, 1);
    worker_count(k->in->w, COUNTER_items_invalid, 1);
}

/* A container says how many it holds; it cannot hold more than it has bytes. */
static uint32_t quantity_of(const struct envelope_item *item)
{
    if (item->item_count <= 0)
        return 1;
    return item->item_count < (int64_t)item->payload.len ? (uint32_t)item->item_count
                                                         : (uint32_t)item->payload.len;
}

static bool limited(struct envelope_work *k, const struct envelope_item *item, uint32_t quantity)
{
    if (intake_take(k->in, bucket_of(item->type), quantity))
        return false;
    intake_outcome(k->in, OUTCOME_RATE_LIMITED, category_of(item), limit_reason(&k->in->hits),
                   quantity);
    return true;
}

/* Accepted and counted, of a kind that is not processed (yet). */
static void unprocessed(struct envelope_work *k, const struct envelope_item *item,
                        uint32_t quantity)
{
    if (limited(k, item, quantity))
        return;
    intake_outcome(k->in, OUTCOME_UNPROCESSED, category_of(item), item_kind(item->type)->name,
                   quantity);
    worker_count(k->in->w, COUNTER_items_unprocessed, 1);
    k->accepted++;
}

static void lose_event(struct envelope_work *k, enum outcome outcome, const char *reason)
{
    k->event_lost = true;
    k->lost_outcome = outcome;
    k->lost_reason = reason;
}

/* True: it went the way of its event, and was counted. */
static bool shares_loss(struct envelope_work *k, const struct envelope_item *item)
{
    if (!k->event_lost)
        return false;
    intake_outcome(k->in, k->lost_outcome, category_of(item), k->lost_reason, 1);
    return true;
}

/* ---- items that make an event ---- */

static void know_id(struct envelope_work *k, const uint8_t id[16])
{
    memcpy(k->id, id, sizeof k->id);
    k->has_id = true;
}

static void settle_event(struct envelope_work *k, enum event_fate fate, const struct event *e,
                         enum event_rc why)
{
    switch (fate) {
    case EVENT_TAKEN:
    case EVENT_UNPROCESSED:
        know_id(k, e->id);
        k->accepted++;
        break;
    case EVENT_FILTERED:
        know_id(k, e->id);
        lose_event(k, OUTCOME_FILTERED, "event");
        k->accepted++; /* for the client nothing is wrong */
        break;
    case EVENT_LIMITED:
        lose_event(k, OUTCOME_RATE_LIMITED, limit_reason(&k->in->hits));
        break;
    case EVENT_INVALID:
        lose_event(k, OUTCOME_INVALID, "event");
        k->invalid = event_rc_text(why);
        break;
    }
}

static void event_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct event e;
    enum event_rc why;
    enum event_fate fate = take_event_json(k->in, item->payload, &k->ctx, &e, &why);

    settle_event(k, fate, &e, why);
}

static void security_item(struct envelope_work *k, const struct envelope_item *item)
{
    uint32_t taken;
    enum security_rc rc =
        take_security_reports(k->in, item->payload, item->release, item->environment, &taken);

    if (rc != SECURITY_OK)
        k->invalid = security_rc_text(rc);
    k->accepted += taken;
}

static void feedback_item(struct envelope_work *k, const struct envelope_item *item)
{
    uint8_t id[16];
    const char *why;

    if (limited(k, item, 1)) {
        lose_event(k, OUTCOME_RATE_LIMITED, limit_reason(&k->in->hits));
        return;
    }
    if ((why = take_feedback_event(k->in, item->payload, &k->ctx, id)) != NULL) {
        invalid(k, item, why);
        lose_event(k, OUTCOME_INVALID, "event");
        k->invalid = why;
        return;
    }
    know_id(k, id);
    k->accepted++;
}

static void transaction_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct sentry_context sentry = trace_context(k->in, &k->env, item);
    struct event e;
    enum event_rc why;
    enum event_fate fate = take_transaction_json(k->in, item->payload, &k->ctx, &sentry, &e, &why);

    settle_event(k, fate, &e, why);
}

/* A crash dump without an event item makes its own event, out of what the SDK wrote down before. */
static void minidump_item(struct envelope_work *k)
{
    struct minidump_notes notes = {TEXT_NONE, {TEXT_NONE, TEXT_NONE}};
    struct event e;
    enum event_rc why;
    enum event_fate fate;

    for (uint32_t i = 0; i < k->env.count; i++)
        if (k->env.items[i].type == ITEM_ATTACHMENT)
            minidump_note(&notes, TEXT_NONE, k->env.items[i].attachment_type,
                          k->env.items[i].payload);
    fate = take_minidump_event(k->in, NULL, &notes, &k->ctx, &e, &why);
    settle_event(k, fate, &e, why);
}

/* ---- items that belong to one ---- */

static void attachment_item(struct envelope_work *k, const struct envelope_item *item)
{
    const struct attachment file = {item->filename, item->content_type, item->attachment_type,
                                    item->payload};
    enum attachment_fate fate;

    if (shares_loss(k, item))
        return;
    if (!k->has_id) {
        invalid(k, item, "missing_event_id");
        k->accepted++; /* dropped, but no error: nothing in the request is wrong */
        return;
    }
    fate = take_attachment(k->in, k->id, &file);
    k->accepted += fate == ATTACHMENT_TAKEN;
    if (fate == ATTACHMENT_TOO_LARGE)
        k->too_large = item->type;
}

static void report_item(struct envelope_work *k, const struct envelope_item *item)
{
    const char *why;

    if (limited(k, item, 1))
        return;
    if ((why = take_user_report(k->in, item->payload, k->has_id ? k->id : NULL)) != NULL)
        invalid(k, item, why);
    k->accepted++; /* old SDKs send reports without text: their envelope is no error */
}

/* ---- items that stand alone ---- */

static void client_report_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct client_report report;
    struct intake *in = k->in;

    k->accepted++; /* never limited, never refused */
    if (!client_report_read(item->payload, in->now_us / 1000, in->arena, &report)) {
        invalid(k, item, "invalid_json");
        return;
    }
    for (uint32_t i = 0; i < report.count; i++) {
        report.outcomes[i].project = in->key->project;
        outcome_add(&in->outcomes, in->arena, &report.outcomes[i]);
    }
}

/* Of what is counted only: the valid part as unprocessed, the rest as invalid. Both leave the
 * client in peace, since an SDK cannot mend them. */
static void count_checked(struct envelope_work *k, const struct envelope_item *item, uint32_t good,
                          uint32_t bad, const char *why)
{
    if (bad) {
        intake_outcome(k->in, OUTCOME_INVALID, category_of(item), why, bad);
        worker_count(k->in->w, COUNTER_items_invalid, 1);
        k->accepted++;
    }
    if (good)
        unprocessed(k, item, good);
    else if (!bad)
        k->accepted++; /* an empty list of aggregates */
}

static void session_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct intake *in = k->in;
    struct session_count n =
        item->type == ITEM_SESSION
            ? session_read(item->payload, k->env.sent_at, in->now_us, in->arena)
            : sessions_read(item->payload, k->env.sent_at, in->now_us, in->arena);

    count_checked(k, item, n.updates, n.invalid, n.reason);
}

static void check_in_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct check_in check_in;
    const char *why = check_in_read(item->payload, k->in->arena, &check_in);

    count_checked(k, item, why == NULL, why != NULL, why);
}

/* Spans, logs, metrics: alone or in containers. What is broken is no fault that an SDK could mend. */
static void trace_item(struct envelope_work *k, const struct envelope_item *item)
{
    struct sentry_context sentry = trace_context(k->in, &k->env, item);
    struct trace_count n;

    if (item->type != ITEM_SPAN && !item->content_type.len) {
        invalid(k, item, "missing_content_type"); /* what form it has cannot be told (Relay) */
        k->accepted++;
        return;
    }
    if (item->type == ITEM_TRACE_METRIC) {
        n = take_trace_item(k->in, item, &sentry);
        count_checked(k, item, n.stored, n.broken, n.reason);
        return;
    }
    if (limited(k, item, quantity_of(item)))
        return;
    n = take_trace_item(k->in, item, &sentry);
    if (n.broken) {
        intake_outcome(k->in, OUTCOME_INVALID, category_of(item), n.reason, n.broken);
        worker_count(k->in->w, COUNTER_items_invalid, 1);
    }
    k->accepted++;
}

static void unknown_item(struct envelope_work *k, const struct envelope_item *item)
{
    intake_outcome_text(k->in, OUTCOME_UNKNOWN, TEXT("unknown"), item->type_name, 1);
    worker_count(k->in->w, COUNTER_items_unknown, 1);
    k->accepted++;
}

/* ---- all of them ---- */

static void other_item(struct envelope_work *k, const struct envelope_item *item)
{
    switch (item->type) {
    case ITEM_ATTACHMENT:
        attachment_item(k, item);
        break;
    case ITEM_USER_REPORT:
        report_item(k, item);
        break;
    case ITEM_CLIENT_REPORT:
        client_report_item(k, item);
        break;
    case ITEM_SESSION:
    case ITEM_SESSIONS:
        session_item(k, item);
        break;
    case ITEM_CHECK_IN:
        check_in_item(k, item);
        break;
    case ITEM_SPAN:
    case ITEM_LOG:
    case ITEM_TRACE_METRIC:
        trace_item(k, item);
        break;
    case ITEM_UNKNOWN:
        unknown_item(k, item);
        break;
    default:
        unprocessed(k, item, quantity_of(item));
        break;
    }
}

static void event_making_item(struct envelope_work *k, const struct envelope_item *item)
{
    switch (item->type) {
    case ITEM_TRANSACTION:
        transaction_item(k, item);
        break;
    case ITEM_FEEDBACK:
        feedback_item(k, item);
        break;
    case ITEM_RAW_SECURITY:
        security_item(k, item);
        break;
    default:
        event_item(k, item);
        break;
    }
}

/* Sizes and numbers. An offender is dropped and counted, the rest goes on. */
static bool admissible(struct envelope_work *k, const struct envelope_item *item)
{
    const struct item_kind *kind = item_kind(item->type);

    k->seen[item->type]++;
    if (kind->bytes_max && item->payload.len > kind->bytes_max) {
        k->too_large = item->type;
        intake_outcome_text(k->in, OUTCOME_INVALID, text_of(category_of(item)),
                            arena_printf(k->in->arena, "too_large:%s", kind->name), 1);
        worker_count(k->in->w, COUNTER_items_invalid, 1);
        return false;
    }
    if (kind->count_max && k->seen[item->type] > kind->count_max) {
        invalid(k, item, kind->is_event ? "duplicate_item" : "too_many");
        return false;
    }
    return true;
}

static bool is_dump(const struct envelope_item *item)
{
    return item->type == ITEM_ATTACHMENT &&
           (text_is(item->attachment_type, "event.minidump") ||
            text_is(item->attachment_type, "event.applecrashreport"));
}

/* The first that makes an event, wherever it stands; later ones are counted as duplicates. */
static const struct envelope_item *first_event(struct envelope_work *k)
{
    const struct envelope_item *found = NULL, *dump = NULL;

    for (uint32_t i = 0; i < k->env.count; i++) {
        const struct envelope_item *item = &k->env.items[i];

        if (item_kind(item->type)->is_event) {
            if (!admissible(k, item))
                continue;
            if (found)
                invalid(k, item, "duplicate_item");
            else
                found = item;
        } else if (!dump && is_dump(item)) {
            dump = item;
        }
    }
    return found ? found : dump;
}

static void run(struct envelope_work *k)
{
    const struct envelope_item *event = first_event(k);

    if (event && is_dump(event))
        minidump_item(k);
    else if (event)
        event_making_item(k, event);
    else if (k->too_large != ITEM_UNKNOWN)
        lose_event(k, OUTCOME_INVALID, "event");
    for (uint32_t i = 0; i < k->env.count; i++) {
        const struct envelope_item *item = &k->env.items[i];

        if (!item_kind(item->type)->is_event && admissible(k, item))
            other_item(k, item);
    }
}

static void answer(struct envelope_work *k)
{
    struct intake *in = k->in;
    char detail[96];

    if (k->accepted || k->env.count == 0) {
        intake_commit(in, 200, "application/json",
                      k->has_id ? intake_id_json(in, k->id) : TEXT("{}"));
    } else if (in->hits.any) {
        intake_limited(in);
    } else if (k->too_large != ITEM_UNKNOWN) {
        snprintf(detail, sizeof detail, "envelope exceeded size limits for type '%s'",
                 item_kind(k->too_large)->name);
        intake_refuse(in, 413, detail, NULL);
    } else {
        intake_refuse(in, 400, "invalid event envelope", k->invalid);
    }
}

static bool read_envelope(struct envelope_work *k)
{
    struct intake *in = k->in;
    enum envelope_rc rc = envelope_read(in->body, in->arena, &k->env);

    if (rc == ENVELOPE_OK)
        return true;
    worker_count(in->w, COUNTER_items_invalid, 1);
    if (in->key)
        intake_outcome(in, OUTCOME_INVALID, "default", "invalid_envelope", 1);
    if (rc == ENVELOPE_BAD_HEADER && !in->key)
        intake_refuse(in, 401, claim_detail(CLAIM_BAD_ENVELOPE), NULL);
    else
        intake_refuse(in, rc == ENVELOPE_TOO_MANY || rc == ENVELOPE_SPENT ? 413 : 400,
                      "invalid event envelope", envelope_rc_text(rc));
    return false;
}

void take_envelope_body(struct intake *in)
{
    struct envelope_work k = {.in = in};

    if (!read_envelope(&k) || !intake_claim_dsn(in, k.env.has_dsn ? &k.env.dsn : NULL))
        return;
    worker_count(in->w, COUNTER_envelopes, 1);
    worker_count(in->w, COUNTER_items, k.env.count);
    k.ctx = event_context_of(in);
    k.ctx.envelope_event_id = k.env.event_id_text;
    k.ctx.sent_at = k.env.sent_at;
    k.ctx.envelope_sdk = k.env.sdk;
    if (k.env.has_event_id)
        know_id(&k, k.env.event_id);
    run(&k);
    answer(&k);
}

void take_envelope(struct intake *in)
{
    if (intake_claim_early(in) && intake_admit(in, BUCKET_OTHER) && intake_body(in))
        take_envelope_body(in);
}

/* The project is in the dsn of the envelope's header, and nowhere else. */
void take_tunnel(struct intake *in)
{
    take_envelope(in);
}
