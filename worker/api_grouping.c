/* api_grouping.c -- what grouping says of stored events.
 * grouping-info: why an event is in its issue: the components of its keys, computed again from the
 * stored document under the project's present rules. Keys that were others when the event came are
 * marked: rules or the version of grouping changed in between. */
#include "model/group.h"
#include "worker/api_page.h"
#include "worker/api_project.h"
#include "worker/api_resources.h"
#include "worker/stored.h"

static const struct group_rules *rules_of(struct api_call *c, const struct api_project *p,
                                          struct arena *a)
{
    struct group_rules_error error;
    struct json *settings;
    struct text finger, stack;

    if (!p || json_read(p->settings, a, &settings, NULL) != JSON_OK)
        return NULL;
    finger = json_string(json_get(settings, "fingerprintingRules"), a);
    stack = json_string(json_get(settings, "groupingEnhancements"), a);
    return finger.len || stack.len ? group_rules_compile(finger, stack, a, &error) : NULL;
}

/* The stored document as an event again; what the rules once wrote into it is undone. */
static bool read_again(struct text payload, struct arena *a, struct event *e)
{
    struct event_context context = {.received_us = 0};

    if (event_read(payload, &context, a, e) != EVENT_OK || event_fill(e, a) != EVENT_OK)
        return false;
    group_restore(e);
    return true;
}

static bool find(struct api_call *c, struct stored_event *stored, struct record_event *r)
{
    if (api_event_find(c, c->arg[0], stored) && stored_read(c, stored, r))
        return true;
    api_detail(c, 404, "No matching event");
    return false;
}

static void explain(struct api_call *c, const struct record_event *r,
                    const struct group_rules *rules)
{
    struct group_result result;
    struct event e;

    if (!read_again(r->payload, c->arena, &e) ||
        !group_explain(&e, rules, (const uint8_t(*)[16])r->hashes, r->hash_count, c->arena, &result,
                       &c->out)) {
        api_detail(c, 500, "The event cannot be grouped again");
        return;
    }
    api_done(c, 200);
}

void event_grouping(struct api_call *c)
{
    struct stored_event stored;
    struct record_event r;

    if (find(c, &stored, &r))
        explain(c, &r, rules_of(c, api_project_by_id(c, stored.project), c->arena));
}

/* The same under the rules of the body, as project_put takes them: to be tried before they are
 * saved. Changes nothing. */
void event_grouping_try(struct api_call *c)
{
    const struct group_rules *rules;
    struct stored_event stored;
    struct record_event r;

    if (project_rules(c, &rules) && find(c, &stored, &r))
        explain(c, &r, rules);
}

/* ---- regrouping ---- */

enum {
    PAGE_EVENTS = 200,   /* one page must not hold up other readers */
    PAGE_BYTES = 8 << 20 /* of documents */
};

/* Stored documents with the issue and the first hash they have, newest first, for `quern regroup`:
 * the tool computes keys anew, so that this thread only reads. */
void event_grouping_list(struct api_call *c)
{
    struct text cursor = api_param(c, "before");
    unsigned long long before = UINT64_MAX;
    struct buf *b = &c->out;
    struct stored_event e;
    struct record_event r;
    struct stored_walk w;
    uint64_t last = 0;
    uint32_t shown = 0;

    if (cursor.at && !text_u64(cursor, &before)) {
        api_wrong(c, "before", "Enter the sequence of an event.");
        return;
    }
    stored_walk_project(c, c->project->id, before, &w);
    json_open(b, NULL, '{');
    json_open(b, "events", '[');
    while (shown < PAGE_EVENTS && b->len < PAGE_BYTES && stored_walk_next(&w, &e)) {
        last = e.seq;
        shown++;
        if (!stored_read(c, &e, &r) || r.hash_count == 0)
            continue;
        json_open(b, NULL, '{');
        json_uint(b, "seq", e.seq);
        json_int(b, "issue", stored_issue(c, &e));
        json_hex(b, "hash", r.hashes[0], 16);
        json_raw(b, "event", r.payload);
        json_close(b, '}');
    }
    json_close(b, ']');
    if (shown && stored_walk_next(&w, &e))
        json_uint(b, "next", last);
    else
        json_null(b, "next");
    json_close(b, '}');
    api_done(c, 200);
}
