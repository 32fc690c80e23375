/* group_explain.c -- why an event has the keys it has: the tree of its parts as JSON, in the shape
 * of Sentry's grouping-info: per variant a component tree, each node with id, name, contributes,
 * hint and values, and beside it all hashes, the rule that matched, and what each key is made of.
 */
#include <string.h>

#include "model/group_parts.h"

struct view_of {
    const struct grouping *g;
    enum view_kind view;
    bool loose;
};

/* The keys, and those of the time when the event came. */
struct found_keys {
    const struct group_result *now;
    const uint8_t (*stored)[16];
    uint32_t stored_count;
};

/* ---- nodes ---- */

/* Sentry's names for the nodes that people should see; the others have none. */
static const char *name_of(const char *id)
{
    static const char *const names[][2] = {{"app", "in-app"},
                                           {"exception", "exception"},
                                           {"chained_exception", "exception"},
                                           {"stacktrace", "stacktrace"},
                                           {"threads", "thread"},
                                           {"hostname", "hostname"},
                                           {"violation", "violation"},
                                           {"uri", "URL"},
                                           {"message", "message"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], id) == 0)
            return names[i][1];
    return NULL;
}

static void node_open(struct buf *b, const char *id, bool on, const char *hint,
                      const struct stack_rule *rule)
{
    json_open(b, NULL, '{');
    json_str(b, "id", id);
    json_str(b, "name", name_of(id));
    json_bool(b, "contributes", on);
    if (hint && rule)
        json_text(b, "hint",
                  arena_printf(b->arena, "%s (%s%.*s)", hint, rule->built_in ? "built-in: " : "",
                               TEXT_ARG(rule->text)));
    else
        json_str(b, "hint", hint);
    json_open(b, "values", '[');
}

static void node_close(struct buf *b)
{
    json_close(b, ']');
    json_close(b, '}');
}

static void leaf(struct buf *b, const char *id, const struct part *p, bool on, const char *hint)
{
    node_open(b, id, on, hint, NULL);
    if (p->value.at)
        json_text(b, NULL, p->value);
    node_close(b);
}

static void part(struct buf *b, const char *id, const struct part *p)
{
    if (p->value.at)
        leaf(b, id, p, p->on, p->hint);
}

/* ---- stacks ---- */

static void frame(struct buf *b, const struct view_of *o, const struct stack_parts *s, uint32_t i)
{
    const struct stack_view *v = &s->view[o->view];
    const struct frame_parts *f = &s->frames[i];
    bool line = f->line.on && (!o->loose || f->nameless);
    struct part module = f->module;

    if (o->loose && f->written.at)
        part_change(&module, f->written, "the class behind a proxy");
    node_open(b, "frame", v->on[i], v->hint[i], v->rule[i]);
    part(b, "module", &module);
    part(b, "filename", &f->filename);
    part(b, "function", o->loose ? &f->bare : &f->function);
    if (f->line.value.at)
        leaf(b, "context_line", &f->line, line,
             f->line.on && !line ? "source lines are left out here" : f->line.hint);
    node_close(b);
}

static void stack(struct buf *b, const struct view_of *o, const struct stack_parts *s, bool callee)
{
    const struct stack_view *v = &s->view[o->view];

    node_open(b, "stacktrace", v->contributes, v->why, v->why_rule);
    for (uint32_t i = 0; i < s->count; i++)
        frame(b, o, s, i);
    if (s->callee && o->view == VIEW_APP && callee) {
        node_open(b, "callee", true, "the library call that failed", NULL);
        part(b, "module", &s->callee->module);
        part(b, "function", &s->callee->function);
        node_close(b);
    }
    node_close(b);
}

/* ---- exceptions ---- */

static void exception(struct buf *b, const struct view_of *o, const struct exception_parts *x)
{
    bool in = !x->dropped && exception_in(x, o->view);
    bool numbered = x->domain.on || x->code.on;
    bool value = o->loose ? x->value.on && !numbered : exception_value_on(x, o->view);
    const char *why = numbered ? "ignored because ns_error takes precedence"
                      : exception_stack_on(x, o->view) && !o->loose
                          ? "ignored because stacktrace takes precedence"
                          : x->value.hint;

    node_open(b, "exception", in,
              x->dropped ? x->dropped
              : in       ? NULL
                         : "a link without stack is in the app variant",
              NULL);
    part(b, "type", &x->type);
    if (x->value.value.at)
        leaf(b, "value", &x->value, value, why);
    if (x->domain.value.at || x->code.value.at) {
        node_open(b, "ns_error", true, NULL, NULL);
        part(b, "domain", &x->domain);
        part(b, "code", &x->code);
        node_close(b);
    }
    if (x->stack)
        stack(b, o, x->stack, !o->loose || !x->value.on);
    node_close(b);
}

static void exceptions(struct buf *b, const struct view_of *o, bool on, const char *hint)
{
    const struct exception_list *l = &o->g->exceptions;
    bool chain = l->count > 1;

    if (l->count == 0)
        return;
    if (chain)
        node_open(b, "chained_exception", on, hint, NULL);
    for (uint32_t i = 0; i < l->kept_count; i++)
        exception(b, o, &l->all[l->kept[i]]);
    for (uint32_t i = 0; i < l->count; i++)
        if (l->all[i].dropped)
            exception(b, o, &l->all[i]);
    if (o->g->type_only) {
        struct part module, transaction;

        part_set(&module, l->all[l->kept[l->kept_count - 1]].x->module);
        part_set(&transaction, o->g->e->transaction);
        module.hint = transaction.hint = "helps a type that stands alone";
        part(b, "module", &module);
        part(b, "transaction", &transaction);
    }
    if (chain)
        node_close(b);
}

/* ---- plain strategies ---- */

static void plain(struct buf *b, const struct grouping *g, enum strategy s, bool on,
                  const char *hint)
{
    const struct plain_parts *p = &g->plain[s];
    bool nested = s != STRATEGY_MESSAGE; /* a message is its own node */

    if (p->count == 0)
        return;
    if (nested)
        node_open(b, strategy_name(s), on, hint, NULL);
    for (uint32_t i = 0; i < p->count; i++)
        if (p->parts[i].value.at)
            leaf(b, p->ids[i], &p->parts[i], on && p->parts[i].on, hint ? hint : p->parts[i].hint);
    if (nested)
        node_close(b);
}

static void fallback(struct buf *b, const struct grouping *g)
{
    const struct event *e = g->e;
    const struct {
        const char *id;
        struct text value;
    } parts[] = {{"platform", e->platform},
                 {"logger", e->logger},
                 {"transaction", e->transaction},
                 {"sdk", e->sdk_name}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct part p;

        part_set(&p, parts[i].value);
        part(b, parts[i].id, &p);
    }
}

/* ---- variants ---- */

static const struct group_hash *hash_of(const struct found_keys *r, const char *variant)
{
    for (uint32_t i = 0; i < r->now->count; i++)
        if (strcmp(r->now->hashes[i].variant, variant) == 0)
            return &r->now->hashes[i];
    return NULL;
}

static bool is_mismatch(const struct found_keys *r, const struct group_hash *h)
{
    for (uint32_t i = 0; i < r->stored_count; i++)
        if (memcmp(r->stored[i], h->bytes, sizeof h->bytes) == 0)
            return false;
    return r->stored_count > 0;
}

/* Why a strategy does not count, when another one does. */
static const char *precedence(const struct grouping *g, enum strategy s, struct arena *a)
{
    if (s == g->winner)
        return NULL;
    return g->winner == STRATEGY_NONE ? NULL
                                      : arena_printf(a, "ignored because %s takes precedence%c",
                                                     strategy_name(g->winner), '\0')
                                            .at;
}

static void fingerprint(struct buf *b, const struct grouping *g)
{
    const struct event *e = g->e;

    if (g->fingerprint == FINGERPRINT_DEFAULT)
        return;
    json_open(b, "values", '[');
    for (uint32_t i = 0; i < g->value_count; i++)
        json_text(b, NULL, g->resolved[i]);
    json_close(b, ']');
    if (e->fingerprint_count) {
        json_open(b, "client_values", '[');
        for (uint32_t i = 0; i < e->fingerprint_count; i++)
            json_text(b, NULL, e->fingerprint[i]);
        json_close(b, ']');
    }
    if (g->rule)
        json_text(b, "matched_rule", g->rule->text);
}

static void variant_open(struct buf *b, const struct grouping *g, const struct found_keys *r,
                         const char *key, const char *type, const char *why)
{
    const struct group_hash *h = hash_of(r, key);

    json_open(b, key, '{');
    json_str(b, "type", type);
    json_str(b, "key", key);
    if (h)
        json_text(b, "description", h->reason);
    else
        json_str(b, "description", key);
    if (h)
        json_hex(b, "hash", h->bytes, sizeof h->bytes);
    else
        json_null(b, "hash");
    json_bool(b, "hashMismatch", h && is_mismatch(r, h));
    json_bool(b, "contributes", h != NULL);
    json_str(b, "hint", h ? NULL : why);
    fingerprint(b, g);
}

static void config(struct buf *b)
{
    json_open(b, "config", '{');
    json_text(b, "id", GROUP_CONFIG_ID);
    json_str(b, "enhancements", RULES_BUILT_IN_VERSION);
    json_close(b, '}');
}

static void root_open(struct buf *b, const char *id, bool on, const char *hint)
{
    json_open(b, "component", '{');
    json_str(b, "id", id);
    json_str(b, "name", name_of(id));
    json_bool(b, "contributes", on);
    json_str(b, "hint", hint);
    json_open(b, "values", '[');
}

/* Why a stack variant has no key although it might have one. */
static const char *why_not(const struct grouping *g, const struct view_of *o)
{
    if (g->checksum.len)
        return "ignored because the checksum takes precedence";
    if (g->fingerprint == FINGERPRINT_CUSTOM)
        return "ignored because custom fingerprint takes precedence";
    if (o->loose)
        return "ignored because no in-app frame contributes";
    if (g->why[o->view])
        return g->why[o->view];
    if (g->on[o->view])
        return g->fingerprint == FINGERPRINT_HYBRID
                   ? "ignored because the in-app variant carries the fingerprint"
                   : "ignored because its key equals that of another variant";
    return NULL;
}

static void stack_variant(struct buf *b, const struct grouping *g, const struct found_keys *r,
                          const char *key, enum view_kind view, bool loose)
{
    struct view_of o = {g, view, loose};
    bool on = hash_of(r, key) != NULL, salted = g->fingerprint == FINGERPRINT_HYBRID;
    const char *why = why_not(g, &o);

    variant_open(b, g, r, key, salted ? "salted_component" : "component", why);
    root_open(b, key, on, on ? NULL : why);
    exceptions(b, &o, on && g->winner == STRATEGY_EXCEPTION,
               precedence(g, STRATEGY_EXCEPTION, b->arena));
    if (g->thread_stack) {
        node_open(b, "threads", on && g->winner == STRATEGY_THREADS,
                  precedence(g, STRATEGY_THREADS, b->arena), NULL);
        stack(b, &o, g->thread_stack, !loose);
        node_close(b);
    }
    if (g->top_stack)
        stack(b, &o, g->top_stack, !loose);
    json_close(b, ']');
    json_close(b, '}');
    config(b);
    json_close(b, '}');
}

static void plain_variant(struct buf *b, const struct grouping *g, const struct found_keys *r)
{
    bool empty = true, nothing = g->winner == STRATEGY_NONE;
    const char *key = nothing ? "fallback" : "default";
    bool on = hash_of(r, key) != NULL;

    for (enum strategy s = STRATEGY_TEMPLATE; s < STRATEGIES; s++)
        empty &= g->plain[s].count == 0;
    if (empty && !nothing)
        return;
    variant_open(b, g, r, key,
                 nothing                                ? "fallback"
                 : g->fingerprint == FINGERPRINT_HYBRID ? "salted_component"
                                                        : "component",
                 precedence(g, STRATEGY_NONE, b->arena));
    root_open(b, key, on, NULL);
    if (nothing)
        fallback(b, g);
    for (enum strategy s = STRATEGY_TEMPLATE; s < STRATEGIES; s++)
        plain(b, g, s, on && s == g->winner, precedence(g, s, b->arena));
    json_close(b, ']');
    json_close(b, '}');
    config(b);
    json_close(b, '}');
}

static void custom_variant(struct buf *b, const struct grouping *g, const struct found_keys *r)
{
    const char *key = g->checksum.len                        ? "checksum"
                      : g->fingerprint == FINGERPRINT_CUSTOM ? "custom"
                                                             : NULL;

    if (!key)
        return;
    variant_open(b, g, r, key,
                 g->checksum.len                ? "checksum"
                 : g->rule && g->rule->built_in ? "built_in_fingerprint"
                                                : "custom_fingerprint",
                 NULL);
    if (g->checksum.len)
        json_text(b, "checksum", g->checksum);
    json_close(b, '}');
}

static void hashes(struct buf *b, const struct found_keys *r)
{
    json_open(b, "hashes", '[');
    for (uint32_t i = 0; i < r->now->count; i++) {
        const struct group_hash *h = &r->now->hashes[i];

        json_open(b, NULL, '{');
        json_hex(b, "hash", h->bytes, sizeof h->bytes);
        json_str(b, "variant", h->variant);
        json_text(b, "reason", h->reason);
        json_bool(b, "mismatch", is_mismatch(r, h));
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void matched_rule(struct buf *b, const struct finger_rule *rule)
{
    if (!rule) {
        json_null(b, "matchedRule");
        return;
    }
    json_open(b, "matchedRule", '{');
    json_text(b, "text", rule->text);
    json_bool(b, "builtIn", rule->built_in);
    if (rule->built_in)
        json_null(b, "line");
    else
        json_uint(b, "line", rule->line);
    json_close(b, '}');
}

bool group_explain(struct event *e, const struct group_rules *rules, const uint8_t (*stored)[16],
                   uint32_t stored_count, struct arena *a, struct group_result *result,
                   struct buf *b)
{
    struct found_keys r = {result, stored, stored_count};
    struct grouping g;
    bool stacks;

    if (!group_make(&g, e, rules, a, true))
        return false;
    group_keys(&g, result);
    json_open(b, NULL, '{');
    json_text(b, "grouping_config", GROUP_CONFIG_ID);
    hashes(b, &r);
    matched_rule(b, g.rule);
    json_text(b, "title", result->title);
    json_open(b, "variants", '{');
    custom_variant(b, &g, &r);
    stacks = g.exceptions.count || g.thread_stack || g.top_stack;
    if (stacks) {
        stack_variant(b, &g, &r, "app", VIEW_APP, false);
        stack_variant(b, &g, &r, "full", VIEW_FULL, false);
        stack_variant(b, &g, &r, "loose", VIEW_APP, true);
    }
    plain_variant(b, &g, &r);
    json_close(b, '}');
    json_close(b, '}');
    return !arena_spent(a) && !b->failed;
}
