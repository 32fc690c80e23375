/* group.c -- the keys of an event: what counts of it, in the order in which they are looked up.
 *
 * app     what the application did: its frames, or type and words of an exception without stack.
 * full    all frames. Finds an issue again when other frames are taken for the application's.
 * loose   the application's functions without source lines, and what the exception says. Finds an
 *         issue again when a line was edited. */
#include "model/group.h"

#include <assert.h>
#include <string.h>

#include "model/group_parts.h"

static_assert(GROUP_HASHES_MAX >= VIEWS + 1, "app, full, loose");

const char *strategy_name(enum strategy s)
{
    static const char *const names[] = {[STRATEGY_EXCEPTION] = "exception",
                                        [STRATEGY_THREADS] = "threads",
                                        [STRATEGY_STACKTRACE] = "stacktrace",
                                        [STRATEGY_TEMPLATE] = "template",
                                        [STRATEGY_CSP] = "csp",
                                        [STRATEGY_HPKP] = "hpkp",
                                        [STRATEGY_EXPECT_STAPLE] = "expect-staple",
                                        [STRATEGY_EXPECT_CT] = "expect-ct",
                                        [STRATEGY_MESSAGE] = "message",
                                        [STRATEGY_NONE] = "fallback"};

    return names[s];
}

/* ---- which strategy ---- */

/* A type without a stack must not compete with a real stack in the other view. */
static void weigh(struct grouping *g)
{
    for (enum view_kind v = 0; v < VIEWS; v++)
        if (g->on[v] && !g->stack_on[v] && g->stack_on[!v]) {
            g->on[v] = false;
            g->why[v] = v == VIEW_APP ? "ignored because the full stack trace takes precedence"
                                      : "ignored because the in-app stack trace takes precedence";
        }
}

static void weigh_exceptions(struct grouping *g)
{
    const struct exception_list *l = &g->exceptions;
    bool value = false;

    for (uint32_t i = 0; i < l->kept_count; i++) {
        const struct exception_parts *x = &l->all[l->kept[i]];

        for (enum view_kind v = 0; v < VIEWS; v++) {
            g->stack_on[v] |= exception_stack_on(x, v);
            g->on[v] |=
                exception_in(x, v) && (x->type.on || x->domain.on || x->code.on ||
                                       exception_stack_on(x, v) || exception_value_on(x, v));
        }
        value |= x->value.on || x->domain.on || x->code.on;
    }
    /* Types alone in the full view say less than types and words in the other. */
    if (!g->stack_on[VIEW_FULL])
        g->on[VIEW_FULL] = false;
    g->type_only = g->on[VIEW_APP] && !value && !g->stack_on[VIEW_APP] && !g->stack_on[VIEW_FULL];
    weigh(g);
}

static void weigh_stack(struct grouping *g, const struct stack_parts *s)
{
    for (enum view_kind v = 0; v < VIEWS; v++)
        g->on[v] = g->stack_on[v] = s->view[v].contributes;
}

static bool plain_on(const struct plain_parts *p)
{
    bool on = false;

    for (uint32_t i = 0; i < p->count; i++)
        on |= p->parts[i].on;
    return on;
}

static enum strategy choose(struct grouping *g)
{
    enum strategy winner = STRATEGY_NONE;

    weigh_exceptions(g);
    if (g->on[VIEW_APP] || g->on[VIEW_FULL])
        winner = STRATEGY_EXCEPTION;
    if (winner == STRATEGY_NONE && g->thread_stack) {
        weigh_stack(g, g->thread_stack);
        if (g->on[VIEW_APP] || g->on[VIEW_FULL])
            winner = STRATEGY_THREADS;
    }
    if (winner == STRATEGY_NONE && g->top_stack) {
        weigh_stack(g, g->top_stack);
        if (g->on[VIEW_APP] || g->on[VIEW_FULL])
            winner = STRATEGY_STACKTRACE;
    }
    for (enum strategy s = STRATEGY_TEMPLATE; s < STRATEGIES; s++) {
        /* The message has a say in the loose key of a bare stack. */
        bool wanted = g->all || winner == STRATEGY_NONE ||
                      (s == STRATEGY_MESSAGE && winner != STRATEGY_EXCEPTION);

        if (!wanted)
            continue;
        group_plain(g, s);
        if (winner == STRATEGY_NONE && plain_on(&g->plain[s]))
            winner = s;
    }
    return winner;
}

/* ---- stacks that belong to no exception ---- */

static bool view_bare_stack(struct grouping *g, struct stack *s, const struct thread *t, bool views,
                            struct stack_parts **out)
{
    struct rule_owner owner = {.type = TEXT_NONE, .thread = t};

    *out = NULL;
    if (!s)
        return true;
    *out = group_classify(g->e, s, &owner, g->rules, g->arena);
    return *out && (!views || group_stack_views(g->e, *out, &owner, g->all, g->arena));
}

/* Classified already, for the exception that names the thread. */
static bool is_taken(const struct grouping *g, const struct stack *s)
{
    for (uint32_t i = 0; s && i < g->exceptions.count; i++)
        if (g->exceptions.all[i].stack && g->exceptions.all[i].stack->stack == s)
            return true;
    return false;
}

static bool bare_stacks(struct grouping *g)
{
    struct event *e = g->e;
    struct stack_parts *parts;

    g->thread = group_thread(e);
    for (uint32_t i = 0; i < e->thread_count; i++) {
        struct thread *t = &e->threads[i];

        /* All are classified, since people read them; one may stand for the event. */
        if (is_taken(g, t->stack))
            continue;
        if (!view_bare_stack(g, t->stack, t, t == g->thread, &parts))
            return false;
        if (t == g->thread)
            g->thread_stack = parts;
    }
    return view_bare_stack(g, e->stacktrace, NULL, true, &g->top_stack);
}

bool group_make(struct grouping *g, struct event *e, const struct group_rules *rules,
                struct arena *a, bool all)
{
    *g = (struct grouping){.e = e, .arena = a, .rules = rules, .all = all, .winner = STRATEGY_NONE};
    g->checksum = json_string(json_get(e->root, "checksum"), a);
    /* Before classifying: rules may ask what the SDK itself took for the application. */
    g->rule = rules_match_finger(rules, e, a);
    if (!group_exceptions(e, rules, all, a, &g->exceptions) || !bare_stacks(g) ||
        !group_fingerprint(g))
        return false;
    g->winner = choose(g);
    return !arena_spent(a);
}

/* ---- keys ---- */

/* app and full share a space: the same frames are the same, whoever calls them the application's.
 */
static struct text space_of(bool loose)
{
    return loose ? TEXT("loose") : TEXT("stack");
}

static void plain_key(struct key *k, const struct plain_parts *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->parts[i].on) {
            key_text(k, 'i', text_of(p->ids[i]));
            key_masked(k, 'p', p->parts[i].value);
        }
}

static void exceptions_key(const struct grouping *g, struct key *k, enum view_kind view, bool loose)
{
    const struct exception_list *l = &g->exceptions;

    for (uint32_t i = 0; i < l->kept_count; i++)
        exception_key(k, &l->all[l->kept[i]], view, loose, g->arena);
    if (g->type_only) {
        key_text(k, 'm', g->e->exceptions[l->kept[l->kept_count - 1]].module);
        key_text(k, 'T', g->e->transaction);
    }
}

static void stack_key(const struct grouping *g, struct key *k, const struct stack_parts *s,
                      enum view_kind view, bool loose)
{
    group_stack_key(k, s, view, loose, g->arena);
    if (view == VIEW_APP && s->callee && !loose)
        key_digest(k, 'C', &s->callee_id);
    if (loose)
        plain_key(k, &g->plain[STRATEGY_MESSAGE]);
}

/* What the event itself says, without any fingerprint. */
static void content_key(const struct grouping *g, struct key *k, enum view_kind view, bool loose)
{
    const struct event *e = g->e;

    switch (g->winner) {
    case STRATEGY_EXCEPTION:
        exceptions_key(g, k, view, loose);
        return;
    case STRATEGY_THREADS:
        stack_key(g, k, g->thread_stack, view, loose);
        return;
    case STRATEGY_STACKTRACE:
        stack_key(g, k, g->top_stack, view, loose);
        return;
    case STRATEGY_NONE: /* too little to tell errors apart, but never one key for all */
        key_text(k, 'P', e->platform);
        key_text(k, 'L', e->logger);
        key_text(k, 'T', e->transaction);
        key_text(k, 'S', e->sdk_name);
        return;
    default:
        plain_key(k, &g->plain[g->winner]);
    }
}

static void add_hash(struct group_result *out, struct digest d, const char *variant,
                     struct text reason)
{
    struct group_hash *h = &out->hashes[out->count];

    for (uint32_t i = 0; i < out->count; i++)
        if (memcmp(out->hashes[i].bytes, d.bytes, sizeof d.bytes) == 0)
            return;
    memcpy(h->bytes, d.bytes, sizeof h->bytes);
    h->variant = variant;
    h->reason = reason;
    out->count++;
}

static struct digest key_of(const struct grouping *g, enum view_kind view, bool loose)
{
    struct key k;

    key_begin(&k, g->arena);
    key_text(&k, 'V', space_of(loose));
    if (g->fingerprint != FINGERPRINT_HYBRID) {
        content_key(g, &k, view, loose);
        return key_end(&k);
    }
    for (uint32_t i = 0; i < g->value_count; i++) {
        if (group_is_default(g->values[i]))
            content_key(g, &k, view, loose);
        else
            key_text(&k, 'E', g->resolved[i]);
    }
    return key_end(&k);
}

static struct text reason_of(const struct grouping *g, const char *variant)
{
    bool stack = g->stack_on[VIEW_APP] || g->stack_on[VIEW_FULL];

    if (strcmp(variant, "loose") == 0)
        return TEXT("in-app functions without their lines, and message");
    switch (g->winner) {
    case STRATEGY_EXCEPTION:
        if (!stack)
            return g->type_only ? TEXT("exception type, module and transaction")
                                : TEXT("exception type and message");
        return strcmp(variant, "app") == 0 ? TEXT("exception type and in-app frames")
                                           : TEXT("exception type and all frames");
    case STRATEGY_THREADS:
    case STRATEGY_STACKTRACE:
        return strcmp(variant, "app") == 0 ? TEXT("in-app frames") : TEXT("all frames");
    case STRATEGY_TEMPLATE:
        return TEXT("template file and line");
    case STRATEGY_MESSAGE:
        return TEXT("message");
    case STRATEGY_NONE:
        return TEXT("insufficient data: platform, logger, transaction and SDK");
    default:
        return TEXT("security report");
    }
}

static bool is_hex_key(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!((t.at[i] >= '0' && t.at[i] <= '9') || (t.at[i] >= 'a' && t.at[i] <= 'f')))
            return false;
    return t.len == 32;
}

/* Old clients compute a key of their own: it beats everything. */
static void checksum_key(const struct grouping *g, struct group_result *out)
{
    struct text t = g->checksum;
    struct digest d;
    struct key k;

    if (is_hex_key(t)) {
        for (unsigned i = 0; i < 16; i++) {
            unsigned high = (unsigned char)t.at[2 * i], low = (unsigned char)t.at[2 * i + 1];

            d.bytes[i] = (uint8_t)((high <= '9' ? high - '0' : high - 'a' + 10) << 4 |
                                   (low <= '9' ? low - '0' : low - 'a' + 10));
        }
    } else {
        key_begin(&k, g->arena);
        key_text(&k, 'K', t);
        d = key_end(&k);
    }
    add_hash(out, d, "checksum", TEXT("checksum of the client"));
}

static void custom_key(const struct grouping *g, struct group_result *out)
{
    struct key k;

    key_begin(&k, g->arena);
    key_text(&k, 'V', TEXT("custom"));
    for (uint32_t i = 0; i < g->value_count; i++)
        key_text(&k, 'E', g->resolved[i]);
    add_hash(out, key_end(&k), "custom",
             !g->rule            ? TEXT("fingerprint of the client")
             : g->rule->built_in ? TEXT("built-in fingerprint rule")
                                 : TEXT("fingerprint rule"));
}

void group_keys(const struct grouping *g, struct group_result *out)
{
    *out = (struct group_result){.title = TEXT_NONE};
    if (g->rule && g->rule->title.at)
        out->title = group_title(g, g->rule->title);
    if (g->checksum.len) {
        checksum_key(g, out);
        return;
    }
    if (g->fingerprint == FINGERPRINT_CUSTOM) {
        custom_key(g, out);
        return;
    }
    if (g->winner > STRATEGY_STACKTRACE) {
        const char *variant = g->winner == STRATEGY_NONE ? "fallback" : "default";

        add_hash(out, key_of(g, VIEW_APP, false), variant, reason_of(g, variant));
        return;
    }
    if (g->on[VIEW_APP])
        add_hash(out, key_of(g, VIEW_APP, false), "app", reason_of(g, "app"));
    /* A salted key is split by library versions if all frames have a say in it. */
    if (g->on[VIEW_FULL] && (g->fingerprint == FINGERPRINT_DEFAULT || !g->on[VIEW_APP]))
        add_hash(out, key_of(g, VIEW_FULL, false), "full", reason_of(g, "full"));
    if (g->on[VIEW_APP] && g->stack_on[VIEW_APP])
        add_hash(out, key_of(g, VIEW_APP, true), "loose", reason_of(g, "loose"));
}

bool group_event(struct event *e, const struct group_rules *rules, struct arena *a,
                 struct group_result *out)
{
    struct grouping g;

    if (!group_make(&g, e, rules, a, false))
        return false;
    group_keys(&g, out);
    return !arena_spent(a);
}
