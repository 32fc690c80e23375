/* group_finger.c -- fingerprints: whose entries hold, and what their {{ variables }} stand for. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"
#include "model/param.h"

/* The name in "{{ name }}", when that is all there is; TEXT_NONE otherwise. */
static struct text variable_of(struct text entry)
{
    struct text t = text_trim(entry);

    if (t.len < 5 || !text_starts(t, "{{") || !text_ends(t, "}}"))
        return TEXT_NONE;
    t = text_trim(text_cut(t, 2, t.len - 4));
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] == ' ' || (t.at[i] >= '\t' && t.at[i] <= '\r'))
            return TEXT_NONE;
    return t.len ? t : TEXT_NONE;
}

bool group_is_default(struct text entry)
{
    return text_is(variable_of(entry), "default");
}

static const struct exception *last_exception(const struct event *e)
{
    return e->exception_count ? &e->exceptions[e->exception_count - 1] : NULL;
}

/* The last frame of the application, else the last frame, of what crashed. */
static const struct frame *crash_frame(const struct event *e)
{
    const struct exception *x = last_exception(e);
    const struct thread *t = group_thread(e);
    const struct stack *s = x && x->stack   ? x->stack
                            : e->stacktrace ? e->stacktrace
                            : t             ? t->stack
                                            : NULL;

    if (!s)
        return NULL;
    for (uint32_t i = s->count; i-- > 0;)
        if (s->frames[i].in_app == TRI_YES)
            return &s->frames[i];
    return &s->frames[s->count - 1];
}

static struct text or (struct text t, struct text otherwise)
{
    return t.len ? t : otherwise;
}

static struct text message_of(const struct event *e)
{
    const struct exception *x = last_exception(e);

    return or (or (e->message, e->message_template), x ? x->value : TEXT_NONE);
}

static struct text tag_of(const struct grouping *g, struct text name)
{
    const struct event *e = g->e;

    for (uint32_t i = 0; i < e->tag_count; i++)
        if (text_eq(e->tags[i].key, name))
            return e->tags[i].value;
    return arena_printf(g->arena, "<no-value-for-tag-%.*s>", TEXT_ARG(text_clip(name, 200)));
}

static struct text of_frame(const struct frame *f, struct text name)
{
    static const struct frame none;

    if (!f)
        f = &none;
    if (text_is(name, "function") || text_is(name, "stack.function"))
        return or (f->function, TEXT("<no-function>"));
    if (text_is(name, "path") || text_is(name, "stack.abs_path"))
        return or (or (f->abs_path, f->filename), TEXT("<no-abs-path>"));
    if (text_is(name, "stack.filename"))
        return or (or (f->filename, f->abs_path), TEXT("<no-filename>"));
    if (text_is(name, "module") || text_is(name, "stack.module"))
        return or (f->module, TEXT("<no-module>"));
    if (text_is(name, "package") || text_is(name, "stack.package"))
        return or (scan_base_name(f->package), TEXT("<no-package>"));
    return TEXT_NONE;
}

/* What a variable stands for. `raw`: titles show messages as they are. */
static struct text resolve(const struct grouping *g, struct text name, bool raw)
{
    const struct event *e = g->e;
    const struct exception *x = last_exception(e);
    struct text value;

    raw |= text_starts(name, "raw_") || text_is(name, "error.raw_value");
    if (text_is(name, "message") || text_is(name, "raw_message")) {
        value = message_of(e);
        return !value.len ? TEXT("<no-message>") : raw ? value : param_text(value, g->arena);
    }
    if (text_is(name, "value") || text_is(name, "error.value") || text_is(name, "raw_value") ||
        text_is(name, "error.raw_value")) {
        value = x ? x->value : TEXT_NONE;
        return !value.len ? TEXT("<no-value>") : raw ? value : param_text(value, g->arena);
    }
    if (text_is(name, "type") || text_is(name, "error.type"))
        return or (x ? x->type : TEXT_NONE, TEXT("<no-type>"));
    if (text_is(name, "transaction"))
        return or (e->transaction, TEXT("<no-transaction>"));
    if (text_is(name, "release"))
        return or (e->release, TEXT("<no-release>"));
    if (text_is(name, "level"))
        return text_of(level_name(e->level));
    if (text_is(name, "logger"))
        return or (e->logger, TEXT("<no-logger>"));
    if (text_starts(name, "tags.") && name.len > 5)
        return tag_of(g, text_cut(name, 5, name.len));
    value = of_frame(crash_frame(e), name);
    return value.at ? value
                    : arena_printf(g->arena, "<unrecognized-variable-%.*s>",
                                   TEXT_ARG(text_clip(name, 200)));
}

/* A constant that repeats a message of the event was meant as a variable. */
static bool repeats_message(const struct event *e, struct text entry)
{
    if (!entry.len)
        return false;
    if (text_eq(entry, e->message) || text_eq(entry, e->message_template))
        return true;
    for (uint32_t i = 0; i < e->exception_count; i++)
        if (text_eq(entry, e->exceptions[i].value))
            return true;
    return false;
}

static struct text resolve_entry(const struct grouping *g, struct text entry)
{
    struct text name = variable_of(entry);

    if (name.at)
        return text_is(name, "default") ? entry : resolve(g, name, false);
    return repeats_message(g->e, entry) ? param_text(entry, g->arena) : entry;
}

bool group_fingerprint(struct grouping *g)
{
    const struct event *e = g->e;
    uint32_t defaults = 0;

    g->values = e->fingerprint;
    g->value_count = e->fingerprint_count;
    if (g->rule && g->rule->value_count) { /* a rule may give but a title */
        g->values = g->rule->values;
        g->value_count = g->rule->value_count;
    }
    for (uint32_t i = 0; i < g->value_count; i++)
        defaults += group_is_default(g->values[i]);
    g->fingerprint = g->value_count == defaults && defaults < 2 ? FINGERPRINT_DEFAULT
                     : defaults                                 ? FINGERPRINT_HYBRID
                                                                : FINGERPRINT_CUSTOM;
    if (g->fingerprint == FINGERPRINT_DEFAULT)
        return true;
    if (!(g->resolved = arena_alloc(g->arena, g->value_count * sizeof *g->resolved)))
        return false;
    for (uint32_t i = 0; i < g->value_count; i++)
        g->resolved[i] = resolve_entry(g, g->values[i]);
    return !arena_spent(g->arena);
}

struct text group_title(const struct grouping *g, struct text title)
{
    struct buf b;

    buf_init(&b, g->arena, title.len + 256, 8 * KIB);
    while (title.len) {
        size_t open = text_find(title, TEXT("{{")), close;
        struct text rest = text_cut(title, open, title.len), name;

        buf_text(&b, text_cut(title, 0, open));
        close = text_find(rest, TEXT("}}"));
        if (close == rest.len) {
            buf_text(&b, rest);
            break;
        }
        name = variable_of(text_cut(rest, 0, close + 2));
        buf_text(&b, name.at ? resolve(g, name, true) : text_cut(rest, 0, close + 2));
        title = text_cut(rest, close + 2, rest.len);
    }
    return text_clip(buf_result(&b), EVENT_TITLE_MAX);
}
