/* trace_compare.c -- two traces side by side. Ids differ in every span, so spans are matched by
 * place: the services and names from the root down. Spans of one place are counted together, or a
 * loop that ran 10 times and now runs 200 times would be 190 new rows. */
#include "model/trace.h"

struct place {
    struct trace_change change;
    uint32_t first_child, last_child, next;
};

struct places {
    struct place *list;
    uint32_t count, room;
    uint32_t *index, index_room; /* open addressing */
    uint32_t first_root, last_root;
    struct arena *a;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15;
    return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.at[i]) * 0x100000001b3;
    return mix(h, t.len);
}

/* Room for every span of both sides, so that nothing moves later. */
static bool begin(struct places *p, uint32_t most, struct arena *a)
{
    *p = (struct places){.a = a, .room = most, .first_root = TRACE_NONE, .last_root = TRACE_NONE};
    for (p->index_room = 64; p->index_room < most * 2ULL;)
        p->index_room *= 2;
    p->list = arena_alloc(a, most * sizeof *p->list);
    p->index = arena_alloc(a, p->index_room * sizeof *p->index);
    if (arena_spent(a))
        return false;
    memset(p->index, 0xff, p->index_room * sizeof *p->index);
    return true;
}

static void append(struct places *p, uint32_t parent, uint32_t child)
{
    uint32_t *first = parent == TRACE_NONE ? &p->first_root : &p->list[parent].first_child;
    uint32_t *last = parent == TRACE_NONE ? &p->last_root : &p->list[parent].last_child;

    if (*first == TRACE_NONE)
        *first = child;
    else
        p->list[*last].next = child;
    *last = child;
}

static uint32_t place_of(struct places *p, uint32_t parent, const struct span *s)
{
    struct text service = s->resource->service;
    uint64_t h = mix_text(mix_text(mix(1, parent), service), s->name);
    uint32_t at = (uint32_t)(h >> 20) & (p->index_room - 1);
    struct place *new;

    for (; p->index[at] != TRACE_NONE; at = (at + 1) & (p->index_room - 1)) {
        const struct trace_change *c = &p->list[p->index[at]].change;

        if (c->parent == parent && text_eq(c->service, service) && text_eq(c->name, s->name))
            return p->index[at];
    }
    new = &p->list[p->count];
    *new = (struct place){.first_child = TRACE_NONE, .last_child = TRACE_NONE, .next = TRACE_NONE};
    new->change.service = service;
    new->change.name = s->name;
    new->change.parent = parent;
    new->change.depth = parent == TRACE_NONE ? 0 : p->list[parent].change.depth + 1;
    p->index[at] = p->count;
    append(p, parent, p->count);
    return p->count++;
}

static bool add_side(struct places *p, const struct trace *t, bool left)
{
    uint32_t *place = arena_alloc(p->a, t->count * sizeof *place);

    if (!place)
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trace_node *n = &t->nodes[i];
        struct trace_side *side;

        place[i] = place_of(p, n->parent == TRACE_NONE ? TRACE_NONE : place[n->parent], n->span);
        side = left ? &p->list[place[i]].change.left : &p->list[place[i]].change.right;
        side->spans++;
        side->errors += (n->span->flags & SPAN_ERROR) != 0;
        side->total_ns += n->span->end_ns - n->span->start_ns;
        side->self_ns += n->self_ns;
    }
    return true;
}

bool trace_compare(const struct trace *left, const struct trace *right, struct arena *a,
                   struct trace_change **out, uint32_t *count)
{
    struct places p;
    struct trace_change *list;
    uint32_t *number, at, made = 0;

    if (!begin(&p, left->count + right->count, a) || !add_side(&p, left, true) ||
        !add_side(&p, right, false))
        return false;
    list = arena_alloc(a, p.count * sizeof *list);
    number = arena_alloc(a, p.count * sizeof *number);
    if (arena_spent(a))
        return false;
    for (at = p.first_root; at != TRACE_NONE;) {
        uint32_t parent = p.list[at].change.parent;

        list[made] = p.list[at].change;
        list[made].parent = parent == TRACE_NONE ? TRACE_NONE : number[parent];
        number[at] = made++;
        if (p.list[at].first_child != TRACE_NONE) {
            at = p.list[at].first_child;
            continue;
        }
        while (at != TRACE_NONE && p.list[at].next == TRACE_NONE)
            at = p.list[at].change.parent;
        if (at != TRACE_NONE)
            at = p.list[at].next;
    }
    *out = list;
    *count = made;
    return true;
}
