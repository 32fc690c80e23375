/* rules_finger.c -- which fingerprint rule an event meets. Matchers that look at the same kind of
 * thing must all hold for one and the same thing: one frame, one exception. */
#include "model/group_parts.h"
#include "model/rules.h"

enum thing {
    THING_EVENT,
    THING_LOG,
    THING_MESSAGE,
    THING_EXCEPTION,
    THING_FRAME,
    THING_THREAD,
    THINGS
};

static enum thing thing_of(const struct matcher *m)
{
    switch (m->field) {
    case FIELD_MODULE:
    case FIELD_FUNCTION:
    case FIELD_PATH:
    case FIELD_PACKAGE:
    case FIELD_APP:
        return THING_FRAME;
    case FIELD_ERROR_TYPE:
    case FIELD_ERROR_VALUE:
        return THING_EXCEPTION;
    case FIELD_MESSAGE:
        return THING_MESSAGE;
    case FIELD_LOGGER:
    case FIELD_LEVEL:
        return THING_LOG;
    case FIELD_THREAD_NAME:
    case FIELD_THREAD_ID:
    case FIELD_THREAD_CRASHED:
    case FIELD_THREAD_CURRENT:
        return THING_THREAD;
    default:
        return THING_EVENT;
    }
}

struct finger_run {
    const struct event *e;
    struct arena *arena;
    enum platform platform;
};

static bool text_holds(const struct matcher *m, struct text value)
{
    return value.at && glob_match(&m->glob, value);
}

static bool trimmed_holds(const struct matcher *m, struct text value)
{
    return value.len && glob_match(&m->glob, text_trim(value));
}

static bool in_list(struct text list, struct text name)
{
    while (list.len) {
        size_t comma = text_find_byte(list, ',');
        struct text one = text_trim(text_cut(list, 0, comma));

        if (text_is(one, "all") || (name.len && text_eq(one, name)))
            return true;
        list = text_cut(list, comma + (comma < list.len), list.len);
    }
    return false;
}

static bool tag_holds(const struct matcher *m, const struct event *e)
{
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (text_eq(e->tags[i].key, m->name))
            return trimmed_holds(m, e->tags[i].value);
    return false;
}

static bool event_holds(const struct matcher *m, const struct finger_run *run)
{
    const struct event *e = run->e;

    switch (m->field) {
    case FIELD_TAG:
        return tag_holds(m, e);
    case FIELD_RELEASE:
        return trimmed_holds(m, e->release);
    case FIELD_SDK:
        return in_list(m->argument, e->sdk_name);
    case FIELD_FAMILY:
        return m->families >> group_family(run->platform) & 1;
    case FIELD_LOGGER:
        return text_holds(m, e->logger);
    case FIELD_LEVEL:
        return text_holds(m, text_of(level_name(e->level)));
    default:
        return false;
    }
}

static bool truth_holds(const struct matcher *m, bool truth)
{
    return m->truth != TRI_UNKNOWN && (m->truth == TRI_YES) == truth;
}

static bool frame_holds(const struct matcher *m, const struct frame *f,
                        const struct finger_run *run)
{
    switch (m->field) {
    case FIELD_MODULE:
        return text_holds(m, f->module);
    case FIELD_FUNCTION:
        return text_holds(m, group_function(f, group_frame_platform(f, run->platform), run->arena));
    case FIELD_PATH:
        return text_holds(m, f->abs_path) || text_holds(m, f->filename);
    case FIELD_PACKAGE:
        return text_holds(m, f->package);
    default:
        return f->in_app != TRI_UNKNOWN && truth_holds(m, f->in_app == TRI_YES);
    }
}

static bool exception_holds(const struct matcher *m, const struct exception *x)
{
    return m->field == FIELD_ERROR_TYPE ? text_holds(m, x->type) : trimmed_holds(m, x->value);
}

static bool thread_holds(const struct matcher *m, const struct thread *t)
{
    switch (m->field) {
    case FIELD_THREAD_NAME:
        return text_holds(m, t->name);
    case FIELD_THREAD_ID:
        return text_holds(m, t->id);
    case FIELD_THREAD_CRASHED:
        return truth_holds(m, t->crashed);
    default:
        return truth_holds(m, t->current);
    }
}

static bool holds(const struct matcher *m, enum thing thing, const void *one,
                  const struct finger_run *run)
{
    bool positive;

    switch (thing) {
    case THING_FRAME:
        positive = frame_holds(m, one, run);
        break;
    case THING_EXCEPTION:
        positive = exception_holds(m, one);
        break;
    case THING_THREAD:
        positive = thread_holds(m, one);
        break;
    case THING_MESSAGE:
        positive = trimmed_holds(m, *(const struct text *)one);
        break;
    default:
        positive = event_holds(m, run);
    }
    return positive != m->negated;
}

/* All matchers of this kind, for this one thing. */
static bool all_hold(const struct finger_rule *r, enum thing thing, const void *one,
                     const struct finger_run *run)
{
    for (uint16_t i = 0; i < r->matcher_count; i++)
        if (thing_of(&r->matchers[i]) == thing && !holds(&r->matchers[i], thing, one, run))
            return false;
    return true;
}

static bool some_frame(const struct finger_rule *r, const struct stack *s,
                       const struct finger_run *run)
{
    for (uint32_t i = 0; s && i < s->count; i++)
        if (all_hold(r, THING_FRAME, &s->frames[i], run))
            return true;
    return false;
}

/* Frames of all exceptions; without any those that stand for the event. */
static bool frames_hold(const struct finger_rule *r, const struct finger_run *run)
{
    const struct event *e = run->e;
    const struct thread *t;
    bool any = false;

    for (uint32_t i = 0; i < e->exception_count; i++) {
        any |= e->exceptions[i].stack != NULL;
        if (some_frame(r, e->exceptions[i].stack, run))
            return true;
    }
    if (any)
        return false;
    if (e->stacktrace)
        return some_frame(r, e->stacktrace, run);
    t = group_thread(e);
    return t && some_frame(r, t->stack, run);
}

static bool messages_hold(const struct finger_rule *r, const struct finger_run *run)
{
    const struct event *e = run->e;

    if (e->message.len && all_hold(r, THING_MESSAGE, &e->message, run))
        return true;
    for (uint32_t i = 0; i < e->exception_count; i++)
        if (all_hold(r, THING_MESSAGE, &e->exceptions[i].value, run))
            return true;
    return false;
}

static bool things_hold(const struct finger_rule *r, enum thing thing, const struct finger_run *run)
{
    const struct event *e = run->e;

    switch (thing) {
    case THING_FRAME:
        return frames_hold(r, run);
    case THING_MESSAGE:
        return messages_hold(r, run);
    case THING_EXCEPTION:
        for (uint32_t i = 0; i < e->exception_count; i++)
            if (all_hold(r, thing, &e->exceptions[i], run))
                return true;
        return false;
    case THING_THREAD:
        for (uint32_t i = 0; i < e->thread_count; i++)
            if (all_hold(r, thing, &e->threads[i], run))
                return true;
        return false;
    default: /* the event is always there */
        return all_hold(r, thing, NULL, run);
    }
}

/* The cheap questions first: most rules fail there. */
static bool rule_holds(const struct finger_rule *r, const struct finger_run *run)
{
    unsigned asked = 0;

    for (uint16_t i = 0; i < r->matcher_count; i++)
        asked |= 1u << thing_of(&r->matchers[i]);
    for (unsigned thing = 0; thing < THINGS; thing++)
        if (asked >> thing & 1 && !things_hold(r, thing, run))
            return false;
    return true;
}

static const struct finger_rule *first_of(const struct finger_rules *rules,
                                          const struct finger_run *run)
{
    for (uint32_t i = 0; i < rules->count; i++)
        if (rule_holds(&rules->rules[i], run))
            return &rules->rules[i];
    return NULL;
}

const struct finger_rule *rules_match_finger(const struct group_rules *project,
                                             const struct event *e, struct arena *a)
{
    struct finger_run run = {e, a, group_platform(e->platform)};
    const struct finger_rule *r = project ? first_of(&project->finger, &run) : NULL;

    return r ? r : first_of(&rules_built_in()->finger, &run);
}
