/* api_grouping.c -- why an event is in its issue: the components of its keys, computed again from the
 * stored document under the project's present rules. Keys that were others when the event came are
 * marked: rules or the version of grouping changed in between. */
#include "model/group.h"
#include "worker/api_page.h"
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

void event_grouping(struct api_call *c)
{
    struct group_result result;
    struct stored_event stored;
    struct record_event r;
    struct event e;

    if (!api_event_find(c, c->arg[0], &stored) || !stored_read(c, &stored, &r)) {
        api_detail(c, 404, "No matching event");
        return;
    }
    if (!read_again(r.payload, c->arena, &e) ||
        !group_explain(&e, rules_of(c, api_project_by_id(c, stored.project), c->arena),
                       (const uint8_t(*)[16])r.hashes, r.hash_count, c->arena, &result, &c->out)) {
        api_detail(c, 500, "The event cannot be grouped again");
        return;
    }
    api_done(c, 200);
}
