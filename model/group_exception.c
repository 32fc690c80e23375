/* group_exception.c -- exceptions, their chains, and groups that several of them were thrown in. */
#include <string.h>

#include "model/group_parts.h"
#include "model/param.h"

/* ---- one exception ---- */

static struct text int_text(int64_t v, struct arena *a)
{
    return arena_printf(a, "%lld", (long long)v);
}

/* The one that the exception names; NULL: it names none. */
static const struct thread *thread_named(const struct event *e, const struct exception *x)
{
    for (uint32_t i = 0; x->thread_id.len && i < e->thread_count; i++)
        if (text_eq(e->threads[i].id, x->thread_id))
            return &e->threads[i];
    return NULL;
}

/* The exception that was thrown last may leave its stack to the thread it names. */
static struct stack *stack_of(const struct event *e, const struct exception *x,
                              const struct thread *named)
{
    bool last = x == &e->exceptions[e->exception_count - 1];

    return x->stack ? x->stack : named && last ? named->stack : NULL;
}

static bool is_of_expressions(const struct event *e, const struct exception *x)
{
    return group_family(group_platform(e->platform)) == FAMILY_JAVASCRIPT &&
           (text_is(x->type, "TypeError") || text_is(x->type, "ReferenceError")) &&
           x->value.len <= EXPRESSION_MAX;
}

static bool parts_of(const struct event *e, const struct exception *x,
                     const struct group_rules *rules, bool all, struct arena *a,
                     struct exception_parts *out)
{
    const struct thread *thread = thread_named(e, x);
    struct stack *stack = stack_of(e, x, thread);
    struct rule_owner owner = {.type = x->type.len ? x->type : TEXT_NONE,
                               .value = x->value.len ? x->value : TEXT_NONE,
                               .mechanism = x->mechanism.type.len ? x->mechanism.type : TEXT_NONE,
                               .thread = thread ? thread : group_thread(e)};

    *out = (struct exception_parts){.x = x};
    part_set(&out->type, x->type.len ? x->type : TEXT_NONE);
    if (out->type.on && group_platform(e->platform) == PLATFORM_CSHARP &&
        memchr(x->type.at, '`', x->type.len))
        part_change(&out->type, text_cut(x->type, 0, text_find_byte(x->type, '`')),
                    "removed type arguments");
    if (begins(x->type, "minified:")) /* dart2js */
        part_off(&out->type, "ignored minifier's name");
    out->type_minified =
        x->type.len <= 2 && group_family(group_platform(e->platform)) == FAMILY_JAVASCRIPT;
    if (out->type.on && x->mechanism.synthetic)
        part_off(&out->type, "ignored because exception is synthetic");
    part_set(&out->domain,
             x->mechanism.ns_error_domain.len ? x->mechanism.ns_error_domain : TEXT_NONE);
    if (x->mechanism.ns_error_code != INT64_MIN && x->mechanism.present)
        part_set(&out->code, int_text(x->mechanism.ns_error_code, a));
    part_set(&out->value, TEXT_NONE);
    if (x->value.len) {
        struct text value = param_message(x->value, a);

        if (is_of_expressions(e, x))
            value = group_script_words(value, a);
        part_set(&out->value, value.len ? value : TEXT_NONE);
        if (!text_eq(value, x->value))
            out->value.hint = "stripped event-specific values";
    }
    if (!stack)
        return !arena_spent(a);
    out->stack = group_classify(e, stack, &owner, rules, a);
    return out->stack && group_stack_views(e, out->stack, &owner, all, a);
}

bool exception_stack_on(const struct exception_parts *x, enum view_kind view)
{
    return x->stack && x->stack->view[view].contributes;
}

bool exception_in(const struct exception_parts *x, enum view_kind view)
{
    return view == VIEW_APP || x->stack;
}

/* Words come in the user's language where a number says the same. */
static bool value_counts(const struct exception_parts *x)
{
    return x->value.on && !x->domain.on && !x->code.on;
}

bool exception_value_on(const struct exception_parts *x, enum view_kind view)
{
    return value_counts(x) && (!exception_stack_on(x, view) || x->stack->view[view].weak);
}

bool exception_key(struct key *k, const struct exception_parts *x, enum view_kind view, bool loose,
                   struct arena *a)
{
    size_t before = k->len;

    if (!exception_in(x, view))
        return false;
    if (x->type.on && !(loose && x->type_minified && value_counts(x)))
        key_text(k, 't', x->type.value);
    if (loose ? value_counts(x) : exception_value_on(x, view))
        key_masked(k, 'v', x->value.value);
    if (x->domain.on)
        key_text(k, 'd', x->domain.value);
    if (x->code.on)
        key_text(k, 'c', x->code.value);
    if (exception_stack_on(x, view)) {
        /* Without words there must be names, whoever chose them. */
        bool named = x->stack->view[view].weak && !value_counts(x);

        group_stack_key(k, x->stack, view, loose && !named, a);
        /* Two calls of one function that failed in the same words, or without any. */
        if (view == VIEW_APP && x->stack->callee && (!loose || !x->value.on))
            key_digest(k, 'C', &x->stack->callee_id);
    }
    return k->len > before;
}

/* ---- groups ---- */

struct family_tree {
    struct exception_list *list;
    uint16_t leaves[EXCEPTIONS_MAX]; /* top-level exceptions */
    struct digest content[EXCEPTIONS_MAX];
    uint32_t leaf_count;
    bool failed;
};

static int64_t id_of(const struct exception_list *l, uint32_t i)
{
    return l->all[i].x->mechanism.exception_id;
}

static int64_t parent_of(const struct exception_list *l, uint32_t i)
{
    return l->all[i].x->mechanism.parent_id;
}

/* Index of the exception with that id; count: there is none. */
static uint32_t by_id(const struct exception_list *l, int64_t id)
{
    uint32_t i = 0;

    while (i < l->count && id_of(l, i) != id)
        i++;
    return i;
}

/* Only a tree that is whole is read as one; everything else stays the list that it is. */
static bool is_tree(const struct exception_list *l)
{
    if (l->count < 2 || l->count > EXCEPTIONS_MAX || by_id(l, 0) == l->count)
        return false;
    for (uint32_t i = 0; i < l->count; i++)
        if (id_of(l, i) < 0 || id_of(l, i) == parent_of(l, i) || by_id(l, id_of(l, i)) != i)
            return false;
    return true;
}

/* The child that stands last in the list before `before`; count: none. */
static uint32_t child_before(const struct exception_list *l, int64_t id, uint32_t before)
{
    for (uint32_t i = before; i-- > 0;)
        if (parent_of(l, i) == id)
            return i;
    return l->count;
}

static void find_leaves(struct family_tree *t, uint32_t i, unsigned depth)
{
    const struct exception_list *l = t->list;

    if (depth > l->count || t->leaf_count == EXCEPTIONS_MAX) { /* a cycle */
        t->failed = true;
        return;
    }
    if (!l->all[i].x->mechanism.is_group) {
        t->leaves[t->leaf_count++] = (uint16_t)i;
        return;
    }
    for (uint32_t c = child_before(l, id_of(l, i), l->count); c < l->count && !t->failed;
         c = child_before(l, id_of(l, i), c))
        find_leaves(t, c, depth + 1);
}

static int type_order(const struct exception_list *l, uint16_t a, uint16_t b)
{
    struct text x = l->all[a].x->type, y = l->all[b].x->type;
    size_t n = x.len < y.len ? x.len : y.len;
    int order = n ? memcmp(x.at, y.at, n) : 0;

    return order ? order : x.len < y.len ? -1 : x.len > y.len;
}

/* By type, descending, and by content, since what runs at once fails in any order. Few. */
static bool leaf_before(const struct family_tree *t, uint32_t a, uint32_t b)
{
    int order = type_order(t->list, t->leaves[a], t->leaves[b]);

    return order ? order > 0 : memcmp(&t->content[a], &t->content[b], sizeof *t->content) < 0;
}

static void sort_leaves(struct family_tree *t)
{
    for (uint32_t i = 1; i < t->leaf_count; i++)
        for (uint32_t k = i; k > 0 && leaf_before(t, k, k - 1); k--) {
            struct digest content = t->content[k];
            uint16_t leaf = t->leaves[k];

            t->content[k] = t->content[k - 1];
            t->content[k - 1] = content;
            t->leaves[k] = t->leaves[k - 1];
            t->leaves[k - 1] = leaf;
        }
}

static struct digest content_of(const struct exception_parts *x, struct arena *a)
{
    struct key k;

    key_begin(&k, a);
    for (enum view_kind v = 0; v < VIEWS; v++) {
        exception_key(&k, x, v, false, a);
        key_text(&k, '|', TEXT(""));
    }
    return key_end(&k);
}

/* Of sorted leaves: equal ones are neighbours. */
static void merge_equal_leaves(struct family_tree *t)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->leaf_count; i++) {
        if (n && digest_eq(&t->content[n - 1], &t->content[i])) {
            t->list->all[t->leaves[i]].dropped =
                "ignored because an equal exception is in the group";
            continue;
        }
        t->content[n] = t->content[i];
        t->leaves[n++] = t->leaves[i];
    }
    t->leaf_count = n;
}

/* The one exception of a group, and what caused it, as if the group were not there. */
static void keep_path(struct family_tree *t)
{
    struct exception_list *l = t->list;
    uint16_t path[EXCEPTIONS_MAX];
    uint32_t n = 0, i = t->leaves[0];

    while (i < l->count && n < l->count) {
        path[n++] = (uint16_t)i;
        i = child_before(l, id_of(l, i), l->count);
    }
    for (i = 0; i < n; i++) /* cause first, as in every list of exceptions */
        l->kept[i] = path[n - 1 - i];
    l->kept_count = n;
}

static void keep_only(struct exception_list *l, const char *why)
{
    for (uint32_t i = 0; i < l->count; i++) {
        bool kept = false;

        for (uint32_t k = 0; k < l->kept_count; k++)
            kept |= l->kept[k] == i;
        if (!kept && !l->all[i].dropped)
            l->all[i].dropped = why;
    }
}

static void set_main(struct event *e, uint32_t i, struct arena *a)
{
    int64_t id = e->exceptions[i].mechanism.exception_id;

    if (id < 0 || e->main_exception_id >= 0)
        return;
    e->main_exception_id = id;
    json_set(a, e->root, "main_exception_id", json_new_int(a, id));
}

/* ExceptionGroup, AggregateException, AggregateError: what was thrown together, without wrappers.
 */
static void filter_group(struct event *e, struct exception_list *l, struct arena *a)
{
    struct family_tree t = {.list = l};
    uint32_t root;

    if (!is_tree(l))
        return;
    root = by_id(l, 0);
    find_leaves(&t, root, 0);
    if (t.failed || t.leaf_count == 0)
        return;
    for (uint32_t i = 0; i < t.leaf_count; i++)
        t.content[i] = content_of(&l->all[t.leaves[i]], a);
    sort_leaves(&t);
    merge_equal_leaves(&t);
    if (t.leaf_count == 1) {
        keep_path(&t);
        set_main(e, t.leaves[0], a);
    } else {
        memcpy(l->kept, t.leaves, t.leaf_count * sizeof *l->kept);
        l->kept[t.leaf_count] = (uint16_t)root;
        l->kept_count = t.leaf_count + 1;
    }
    keep_only(l, "ignored because exception is in a group");
}

/* ---- wrappers ---- */

static bool is_diagnostic(const struct exception *x)
{
    return text_is(x->type, "DiagnosticCoroutineContextException") ||
           text_is(x->type, "DiagnosticComposeException");
}

/* They only carry where a coroutine came from. */
static void drop_diagnostics(struct exception_list *l)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < l->kept_count; k++) {
        struct exception_parts *x = &l->all[l->kept[k]];

        if (is_diagnostic(x->x) && !x->stack && !x->value.on && l->kept_count > 1)
            x->dropped = "ignored diagnostic wrapper";
        else
            l->kept[n++] = l->kept[k];
    }
    l->kept_count = n;
}

static bool is_rx_wrapper(const struct exception *x)
{
    return text_is(x->mechanism.type, "UncaughtExceptionHandler") &&
           (text_is(x->type, "CompositeException") || text_is(x->type, "UndeliverableException") ||
            text_is(x->type, "OnErrorNotImplementedException"));
}

static bool is_react_recovery(const struct exception *x)
{
    return text_is(x->type, "Error") &&
           text_starts(x->value,
                       "There was an error during concurrent rendering but React was able "
                       "to recover");
}

/* Whose name a title should bear, when the outermost exception only wraps it. */
static void choose_main(struct event *e, const struct exception_list *l, struct arena *a)
{
    const struct exception *last = &e->exceptions[e->exception_count - 1];
    uint32_t i = e->exception_count - 1;

    if (is_react_recovery(last) || is_rx_wrapper(last)) {
        uint32_t child = child_before(l, id_of(l, i), l->count);

        if (id_of(l, i) >= 0 && child < l->count)
            set_main(e, child, a);
    } else if (is_diagnostic(last)) {
        for (uint32_t n = 0; n < l->count && i < l->count && is_diagnostic(l->all[i].x); n++)
            i = by_id(l, parent_of(l, i));
        if (i < l->count)
            set_main(e, i, a);
    }
}

bool group_exceptions(struct event *e, const struct group_rules *rules, bool all, struct arena *a,
                      struct exception_list *out)
{
    *out = (struct exception_list){.count = e->exception_count};
    if (out->count == 0)
        return true;
    out->all = arena_alloc(a, out->count * sizeof *out->all);
    out->kept = arena_alloc(a, (out->count + 1) * sizeof *out->kept);
    if (!out->all || !out->kept)
        return false;
    for (uint32_t i = 0; i < out->count; i++) {
        if (!parts_of(e, &e->exceptions[i], rules, all, a, &out->all[i]))
            return false;
        out->kept[i] = (uint16_t)i;
    }
    out->kept_count = out->count;
    if (out->count > 1) {
        filter_group(e, out, a);
        drop_diagnostics(out);
        choose_main(e, out, a);
    }
    return !arena_spent(a);
}
