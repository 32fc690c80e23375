/* trace_part.c -- the first rows of a trace that is too large to be drawn at once, and the way to one of
 * its spans. */
#include "worker/trace_view.h"

static void keep(struct trace_part *p, uint32_t node)
{
    if (p->row[node] == TRACE_NONE) {
        p->row[node] = 0;
        p->count++;
    }
}

/* Depth first order puts parents before children, so that what is kept has its parent, unless the way
 * from the root to the span is longer than the part. */
bool trace_part_make(const struct trace *t, uint32_t node, uint32_t most, struct arena *a,
                     struct trace_part *out)
{
    *out = (struct trace_part){.count = t->count};
    if (t->count <= most)
        return true;
    out->count = 0;
    if (!(out->row = arena_alloc(a, t->count * sizeof *out->row)))
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        out->row[i] = TRACE_NONE;
    keep(out, t->root);
    for (uint32_t i = node; i != TRACE_NONE && out->count < most; i = t->nodes[i].parent)
        keep(out, i);
    if (node != TRACE_NONE) { /* half of the rest for what is in the span */
        uint32_t room = (most - out->count) / 2, inside = t->nodes[node].subtree;

        for (uint32_t i = 0; i < room && i < inside; i++)
            keep(out, node + i);
    }
    for (uint32_t i = 0; i < t->count && out->count < most; i++)
        keep(out, i);
    for (uint32_t i = 0, row = 0; i < t->count; i++)
        if (out->row[i] != TRACE_NONE)
            out->row[i] = row++;
    return true;
}

uint32_t trace_part_row(const struct trace_part *p, uint32_t node)
{
    return !p->row || node == TRACE_NONE ? node : p->row[node];
}
