/* traceql_find.c -- which spans of a trace a query finds: sets of marks, one for each node. */
#include "model/traceql.h"

#include <string.h>

struct finder {
    const struct traceql *q;
    const struct trace *t;
    const struct trace_summary *summary;
    struct arena *arena;
};

static void filter(const struct finder *f, uint32_t node, bool *hit)
{
    for (uint32_t i = 0; i < f->t->count; i++) {
        struct query_item item = {
            .span = f->t->nodes[i].span, .node = &f->t->nodes[i], .summary = f->summary};

        hit[i] = query_ask(&f->q->query, node, &item, f->arena) == QUERY_YES;
    }
}

static bool any(const struct finder *f, const bool *hit)
{
    for (uint32_t i = 0; i < f->t->count; i++)
        if (hit[i])
            return true;
    return false;
}

/* Parents come before their children, so one pass passes marks down, one backwards passes them up. */
static void below(const struct finder *f, bool *a)
{
    for (uint32_t i = 0; i < f->t->count; i++) {
        uint32_t parent = f->t->nodes[i].parent;

        a[i] |= parent != TRACE_NONE && a[parent]; /* itself is taken out again by the caller */
    }
}

static void above(const struct finder *f, bool *a)
{
    for (uint32_t i = f->t->count; i-- > 0;) {
        uint32_t parent = f->t->nodes[i].parent;

        if (a[i] && parent != TRACE_NONE)
            a[parent] = true;
    }
}

static bool has_child(const struct finder *f, uint32_t i, const bool *a)
{
    for (uint32_t c = f->t->nodes[i].first_child; c != TRACE_NONE; c = f->t->nodes[c].next_sibling)
        if (a[c])
            return true;
    return false;
}

/* Children of each span that are in `a`. */
static uint32_t *children_in(const struct finder *f, const bool *a)
{
    uint32_t *count = arena_zero(f->arena, f->t->count, sizeof *count);

    for (uint32_t i = 0; count && i < f->t->count; i++)
        if (a[i] && f->t->nodes[i].parent != TRACE_NONE)
            count[f->t->nodes[i].parent]++;
    return count;
}

/* `a` is overwritten; `b` becomes the answer. */
static void relate(const struct finder *f, uint8_t kind, bool *a, bool *b)
{
    const struct trace_node *nodes = f->t->nodes;
    uint32_t *siblings = kind == TRACEQL_SIBLING ? children_in(f, a) : NULL;

    if (kind == TRACEQL_DESCENDANT)
        below(f, a);
    if (kind == TRACEQL_ANCESTOR)
        above(f, a);
    for (uint32_t i = 0; i < f->t->count; i++) {
        uint32_t parent = nodes[i].parent;

        if (!b[i])
            continue;
        if (kind == TRACEQL_CHILD || kind == TRACEQL_DESCENDANT)
            b[i] = parent != TRACE_NONE && a[parent];
        else if (kind == TRACEQL_PARENT || kind == TRACEQL_ANCESTOR)
            b[i] = has_child(f, i, a);
        else
            b[i] = siblings && parent != TRACE_NONE && siblings[parent] > a[i];
    }
}

/* Depth: at most TRACEQL_SETS. */
static bool find(const struct finder *f, uint32_t set, bool *hit)
{
    const struct traceql_set *s = &f->q->sets[set];
    bool *left, found;

    if (s->kind == TRACEQL_FILTER) {
        filter(f, s->node, hit);
        return any(f, hit);
    }
    if (!(left = arena_zero(f->arena, f->t->count, sizeof *left)))
        return false;
    found = find(f, s->a, left);
    if (s->kind == TRACEQL_OR)
        found = find(f, s->b, hit) || found;
    else if (!found || !find(f, s->b, hit))
        return false;
    if (s->kind == TRACEQL_AND || s->kind == TRACEQL_OR) {
        for (uint32_t i = 0; i < f->t->count; i++)
            hit[i] |= left[i];
        return found;
    }
    relate(f, s->kind, left, hit);
    return any(f, hit);
}

static double figure_of(const struct finder *f, uint8_t figure, const bool *hit)
{
    double count = 0, sum = 0, least = 0, most = 0;

    for (uint32_t i = 0; i < f->t->count; i++) {
        const struct span *s = f->t->nodes[i].span;
        double ns = (double)(s->end_ns - s->start_ns);

        if (!hit[i])
            continue;
        least = count == 0 || ns < least ? ns : least;
        most = ns > most ? ns : most;
        sum += ns;
        count++;
    }
    switch (figure) {
    case TRACEQL_COUNT:
        return count;
    case TRACEQL_AVG:
        return count > 0 ? sum / count : 0;
    case TRACEQL_MIN:
        return least;
    case TRACEQL_MAX:
        return most;
    default:
        return sum;
    }
}

static bool fits(double have, uint8_t op, double want)
{
    switch (op) {
    case QUERY_EQ:
        return have == want;
    case QUERY_LT:
        return have < want;
    case QUERY_LE:
        return have <= want;
    case QUERY_GT:
        return have > want;
    case QUERY_GE:
        return have >= want;
    default:
        return have != want;
    }
}

bool traceql_find(const struct traceql *q, const struct trace *t, const struct trace_summary *s,
                  struct arena *a, bool *hit, uint32_t *hits)
{
    struct finder f = {q, t, s, a};

    memset(hit, 0, t->count * sizeof *hit);
    if (!find(&f, q->root, hit))
        return false;
    for (uint32_t i = 0; i < q->step_count; i++)
        if (!fits(figure_of(&f, q->steps[i].figure, hit), q->steps[i].op, q->steps[i].value))
            return false;
    *hits = 0;
    for (uint32_t i = 0; i < t->count; i++)
        *hits += hit[i];
    return true;
}
