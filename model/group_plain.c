/* group_plain.c -- what stands for an event without a stack: security report, template, message. */
#include <string.h>

#include "model/group_parts.h"
#include "model/param.h"

static struct part *add(struct plain_parts *p, const char *id, struct text value)
{
    struct part *out = &p->parts[p->count];

    p->ids[p->count++] = id;
    part_set(out, value.len ? value : TEXT_NONE);
    return out;
}

static bool is_local(struct text uri)
{
    return !uri.len || text_is(uri, "self") || text_is(uri, "'self'");
}

/* What a blocked address has in common with others of its host. */
static struct text reduced_uri(struct text uri, struct arena *a)
{
    size_t colon = text_find_byte(uri, ':'), slash;
    struct text scheme = text_cut(uri, 0, colon), rest;

    if (is_local(uri))
        return TEXT("'self'");
    if (colon == uri.len)
        return uri; /* "inline", "eval", "data" */
    rest = text_cut(uri, colon + 1, uri.len);
    if (!text_starts(rest, "//"))
        return text_cut(uri, 0, colon + 1);
    rest = text_cut(rest, 2, rest.len);
    for (slash = 0; slash < rest.len && !strchr("/?#", rest.at[slash]);)
        slash++;
    rest.len = slash;
    if (text_is(scheme, "http") || text_is(scheme, "https"))
        return rest;
    return rest.len ? arena_printf(a, "%.*s://%.*s", TEXT_ARG(scheme), TEXT_ARG(rest))
                    : text_cut(uri, 0, colon + 1);
}

static void csp(struct grouping *g, struct plain_parts *p)
{
    const struct event *e = g->e;
    struct text violated =
        json_string(json_get(json_get(e->root, "csp"), "violated_directive"), g->arena);

    if (!violated.len)
        violated = json_string(json_get(json_get(e->root, "csp"), "violated-directive"), g->arena);
    add(p, "salt", e->security.directive);
    if (text_is(e->security.directive, "script-src") && is_local(e->security.blocked_uri)) {
        static const char *const words[] = {"'unsafe-inline'", "'unsafe-eval'"};

        for (unsigned i = 0; i < 2; i++)
            if (text_find(violated, text_of(words[i])) < violated.len) {
                add(p, "violation", text_of(words[i]));
                return;
            }
    }
    add(p, "uri", reduced_uri(e->security.blocked_uri, g->arena));
}

static void message(struct grouping *g, struct plain_parts *p)
{
    const struct event *e = g->e;
    struct text raw = e->message_template.len ? e->message_template : e->message;
    struct text text = param_message(raw, g->arena);
    struct part *part = add(p, "message", text);

    if (part->on && !text_eq(text, raw))
        part->hint = "stripped event-specific values";
}

static void host(struct grouping *g, struct plain_parts *p, const char *salt)
{
    add(p, "salt", text_of(salt));
    add(p, "hostname", g->e->security.host);
}

void group_plain(struct grouping *g, enum strategy s)
{
    const struct event *e = g->e;
    struct plain_parts *p = &g->plain[s];

    p->count = 0;
    switch (s) {
    case STRATEGY_TEMPLATE:
        if (e->template_filename.len || e->template_context_line.len) {
            add(p, "filename", e->template_filename);
            add(p, "context_line", e->template_context_line);
        }
        break;
    case STRATEGY_CSP:
        if (e->type == EVENT_CSP)
            csp(g, p);
        break;
    case STRATEGY_HPKP:
        if (e->type == EVENT_HPKP)
            host(g, p, "hpkp");
        break;
    case STRATEGY_EXPECT_STAPLE:
        if (e->type == EVENT_EXPECTSTAPLE)
            host(g, p, "expect-staple");
        break;
    case STRATEGY_EXPECT_CT:
        if (e->type == EVENT_EXPECTCT)
            host(g, p, "expect-ct");
        break;
    case STRATEGY_MESSAGE:
        if (e->message.len || e->message_template.len)
            message(g, p);
        break;
    default:
        break;
    }
}
