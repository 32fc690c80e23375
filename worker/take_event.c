/* take_event.c -- the way of one event inside the worker. */
#include "worker/take_event.h"

#include <string.h>
#include <sys/random.h>

#include "model/filter.h"
#include "model/group.h"
#include "model/scrub.h"
#include "model/title.h"
#include "proto/limits.h"
#include "proto/security.h"
#include "worker/context.h"
#include "worker/settings.h"
#include "worker/take_trace.h"

void event_new_id(uint8_t id[16])
{
    while (getrandom(id, 16, 0) != 16)
        ;
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40); /* RFC 9562 §5.4 */
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

struct event_context event_context_of(struct intake *in)
{
    return (struct event_context){.received_us = in->now_us,
                                  .client_ip = intake_sender(in),
                                  .sentry_client = in->claim.client};
}

/* ---- which issue ---- */

/* The first known hash decides. Of a new error the first hash is claimed; the others are learnt by
 * the writer from the record. `by` is the hash that decided. */
static uint32_t find_issue(struct worker *w, uint32_t project, const struct group_result *g,
                           uint32_t *by)
{
    struct index *x = w->world->index;
    uint32_t issue;

    index_refresh(x);
    for (uint32_t i = 0; i < g->count; i++)
        if (index_find(x, index_key(project, g->hashes[i].bytes), &issue)) {
            *by = i;
            return issue;
        }
    *by = 0;
    issue = index_next_issue(x);
    index_claim(x, index_key(project, g->hashes[0].bytes), w->conf->slot, w->conf->generation,
                &issue);
    return issue;
}

/* ---- the record ---- */

static uint8_t flags_of(const struct event *e)
{
    const struct exception *x = event_main_exception(e);

    if (!x || !x->mechanism.present || x->mechanism.handled == TRI_UNKNOWN)
        return 0;
    return x->mechanism.handled == TRI_YES ? RECORD_EVENT_HANDLED : RECORD_EVENT_UNHANDLED;
}

static struct record_tag *tags_of(const struct event *e, struct arena *a, uint32_t *count)
{
    uint32_t n = e->tag_count < RECORD_TAGS_MAX ? e->tag_count : RECORD_TAGS_MAX;
    struct record_tag *out = n ? arena_alloc(a, n * sizeof *out) : NULL;

    *count = out ? n : 0;
    for (uint32_t i = 0; out && i < n; i++)
        out[i] = (struct record_tag){e->tags[i].key, e->tags[i].value};
    return out;
}

static bool add_record(struct intake *in, struct event *e, const struct group_result *g,
                       const struct title *t)
{
    struct arena *a = in->arena;
    struct buf payload, out;
    uint32_t by;
    struct record_event r = {
        .project = in->key->project,
        .timestamp_ms = e->timestamp_us / 1000,
        .received_ms = in->now_us / 1000,
        .level = (uint8_t)e->level,
        .type = (uint8_t)e->type,
        .flags = flags_of(e),
        .hash_count = (uint8_t)g->count,
        .platform = e->platform,
        .logger = e->logger,
        .title = g->title.at ? g->title : t->title,
        .culprit = t->culprit,
        .transaction = e->transaction,
        .metadata = t->metadata,
        .release = e->release,
        .dist = e->dist,
        .environment = e->environment,
        .user = e->user_key,
    };

    memcpy(r.id, e->id, sizeof r.id);
    for (uint32_t i = 0; i < g->count; i++)
        memcpy(r.hashes[i], g->hashes[i].bytes, sizeof r.hashes[i]);
    if (e->has_trace)
        memcpy(r.trace_id, e->trace_id, sizeof r.trace_id);
    if (e->has_span)
        memcpy(r.span_id, e->span_id, sizeof r.span_id);
    r.tags = tags_of(e, a, &r.tag_count);
    /* An envelope is mostly its event; a body of spans may be large, and its errors are small. */
    buf_init(&payload, a, (in->body.len < 64 * KIB ? in->body.len : 64 * KIB) + 1024, RECORD_MAX);
    event_write(e, &payload);
    r.payload = buf_result(&payload);
    if (!r.payload.at)
        return false;
    r.issue = find_issue(in->w, r.project, g, &by);
    r.reason = g->hashes[by].reason;
    buf_init(&out, a, r.payload.len + 2048, RECORD_MAX);
    record_event_write(&out, &r);
    if (out.failed)
        return false;
    intake_add(in, RECORD_EVENT, buf_result(&out));
    worker_count(in->w, COUNTER_events_taken, 1);
    return true;
}

/* ---- the way ---- */

static const char *category_of(const struct event *e)
{
    switch (e->type) {
    case EVENT_CSP:
    case EVENT_HPKP:
    case EVENT_EXPECTCT:
    case EVENT_EXPECTSTAPLE:
        return "security";
    case EVENT_ERROR:
        return "error";
    default:
        return "default";
    }
}

static enum event_fate invalid(struct intake *in, const char *reason)
{
    intake_outcome(in, OUTCOME_INVALID, "error", reason, 1);
    worker_count(in->w, COUNTER_items_invalid, 1);
    return EVENT_INVALID;
}

/* Reports about what browser extensions do to a page are no choice of a project: nobody can mend
 * it. */
static const char *unwanted_by(struct intake *in, const struct event *e)
{
    if (e->type >= EVENT_CSP && e->type <= EVENT_EXPECTSTAPLE && security_is_noise(e))
        return "invalid-csp";
    return filter_event(e, in->headers.user_agent, &in->settings->filter);
}

/* From here on it is a tree, checked and trimmed. */
static enum event_fate mill(struct intake *in, struct event *e, enum event_rc *why)
{
    const struct project_settings *s = in->settings;
    struct arena *a = in->arena;
    struct group_result groups;
    struct title title;
    const char *unwanted;

    if (!e->has_id) {
        uint8_t id[16];

        event_new_id(id);
        event_set_id(e, a, id);
    }
    if (e->type == EVENT_TRANSACTION) {
        struct sentry_context sentry = trace_context(in, NULL, NULL);

        return take_transaction(in, e, &sentry);
    }
    *why = EVENT_SPENT;
    if (!scrub_event(e, &s->scrub, a) || event_fill(e, a) != EVENT_OK)
        return invalid(in, "too_large:event");
    if ((unwanted = unwanted_by(in, e)) != NULL) {
        intake_outcome(in, OUTCOME_FILTERED, category_of(e), unwanted, 1);
        worker_count(in->w, COUNTER_items_filtered, 1);
        return EVENT_FILTERED;
    }
    if (!group_event(e, s->rules, a, &groups) || !title_make(e, a, &title) ||
        !add_record(in, e, &groups, &title))
        return invalid(in, "too_large:event");
    return EVENT_TAKEN;
}

static bool limited(struct intake *in)
{
    if (intake_take(in, BUCKET_ERROR, 1))
        return false;
    intake_outcome(in, OUTCOME_RATE_LIMITED, "error", limit_reason(&in->hits), 1);
    return true;
}

enum event_fate take_event_json(struct intake *in, struct text json,
                                const struct event_context *ctx, struct event *e,
                                enum event_rc *why)
{
    *why = EVENT_OK;
    if (limited(in)) /* before anything is parsed: a flood must be cheap */
        return EVENT_LIMITED;
    if ((*why = event_read(json, ctx, in->arena, e)) != EVENT_OK)
        return invalid(in, *why == EVENT_SPENT ? "too_large:event" : "invalid_json");
    return mill(in, e, why);
}

enum event_fate take_event_tree(struct intake *in, struct json *root,
                                const struct event_context *ctx, struct event *e,
                                enum event_rc *why)
{
    *why = EVENT_OK;
    if (limited(in))
        return EVENT_LIMITED;
    if ((*why = event_from_tree(root, ctx, in->arena, e)) != EVENT_OK)
        return invalid(in, *why == EVENT_SPENT ? "too_large:event" : "invalid_json");
    return mill(in, e, why);
}
