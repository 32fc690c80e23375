/* trace_path.c -- the critical path: from the end of the root backwards, always along the child
 * that ended last before that moment. */
#include "model/trace.h"

#include <stdlib.h>

/* A child that ends a little after its parent was waited for all the same: two clocks, or the time
 * it took to write the parent's end down. Beyond that it went on by itself. */
#define OVERHANG_NS 1000000ULL

struct frame {
    uint32_t node;
    uint32_t *children; /* by end, latest first */
    uint32_t count, at;
    uint64_t until; /* what lies behind it is explained */
};

struct walk {
    struct trace *t;
    struct arena *a;
    struct frame *stack;
    uint32_t depth, room;
    struct trace_section *sections;
    uint32_t count, section_room;
};

static int by_end(const void *a, const void *b, void *of)
{
    const struct trace_node *nodes = of;
    uint64_t x = nodes[*(const uint32_t *)a].end_ns;
    uint64_t y = nodes[*(const uint32_t *)b].end_ns;

    return x > y ? -1 : x < y;
}

static bool is_waited_for(const struct trace_node *child, const struct trace_node *parent)
{
    uint64_t slack = (parent->end_ns - parent->start_ns) / 20;

    if (child->key->kind == SPAN_CONSUMER || child->start_ns >= parent->end_ns ||
        child->end_ns <= parent->start_ns)
        return false;
    return child->end_ns <= parent->end_ns + (slack > OVERHANG_NS ? slack : OVERHANG_NS);
}

static bool push(struct walk *w, uint32_t node, uint64_t until)
{
    const struct trace_node *n = &w->t->nodes[node];
    struct frame *f;

    if (w->depth == w->room) {
        uint32_t room = w->room ? w->room * 2 : 32;
        struct frame *stack = arena_alloc(w->a, room * sizeof *stack);

        if (!stack)
            return false;
        if (w->depth)
            memcpy(stack, w->stack, w->depth * sizeof *stack);
        w->stack = stack;
        w->room = room;
    }
    f = &w->stack[w->depth++];
    *f = (struct frame){.node = node, .until = until};
    if (!(f->children = arena_alloc(w->a, n->child_count * sizeof *f->children)))
        return false;
    for (uint32_t c = n->first_child; c != TRACE_NONE; c = w->t->nodes[c].next_sibling)
        if (is_waited_for(&w->t->nodes[c], n))
            f->children[f->count++] = c;
    qsort_r(f->children, f->count, sizeof *f->children, by_end, w->t->nodes);
    return true;
}

static bool emit(struct walk *w, uint32_t node, uint64_t from, uint64_t to)
{
    if (from >= to)
        return true;
    if (w->count == w->section_room) {
        uint32_t room = w->section_room ? w->section_room * 2 : 64;
        struct trace_section *sections = arena_alloc(w->a, room * sizeof *sections);

        if (!sections)
            return false;
        if (w->count)
            memcpy(sections, w->sections, w->count * sizeof *sections);
        w->sections = sections;
        w->section_room = room;
    }
    w->sections[w->count++] = (struct trace_section){node, from, to};
    w->t->nodes[node].critical_ns += to - from;
    w->t->nodes[node].flags |= NODE_CRITICAL;
    return true;
}

/* The next child of the frame that ended no later than what is explained already, or, with an
 * overhang, that is still running then although its parent has ended. */
static uint32_t next_child(struct walk *w, struct frame *f)
{
    const struct trace_node *nodes = w->t->nodes;

    while (f->at < f->count) {
        const struct trace_node *c = &nodes[f->children[f->at]];
        uint64_t parent_end = nodes[f->node].end_ns;
        uint64_t end = c->end_ns < parent_end ? c->end_ns : parent_end;

        f->at++;
        if (end <= f->until)
            return f->children[f->at - 1];
    }
    return TRACE_NONE;
}

static void reverse(struct trace_section *list, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++) {
        struct trace_section swap = list[i];

        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swap;
    }
}

bool trace_critical(struct trace *t, uint32_t root, struct arena *a, struct trace_section **out,
                    uint32_t *count)
{
    struct walk w = {.t = t, .a = a};

    *out = NULL;
    *count = 0;
    if (root >= t->count)
        return true;
    if (!push(&w, root, t->nodes[root].end_ns))
        return false;
    while (w.depth) {
        struct frame *f = &w.stack[w.depth - 1];
        const struct trace_node *s = &t->nodes[f->node];
        uint32_t child = next_child(&w, f);
        uint64_t until = f->until;

        if (child == TRACE_NONE) {
            if (!emit(&w, f->node, s->start_ns, until))
                return false;
            /* a child may have begun before this one did: clocks differ */
            if (until > s->start_ns)
                until = s->start_ns;
            w.depth--;
            if (w.depth && w.stack[w.depth - 1].until > until)
                w.stack[w.depth - 1].until = until;
        } else {
            uint64_t end = t->nodes[child].end_ns;

            end = end < until ? end : until;
            if (!emit(&w, f->node, end, until))
                return false;
            f->until = end;
            if (!push(&w, child, end))
                return false;
        }
    }
    reverse(w.sections, w.count);
    *out = w.sections;
    *count = w.count;
    return true;
}
