/* trace.c -- building the tree. */
#include "model/trace.h"

#include "proto/hex.h"

/* What is asked of a span again and again, in no order: close together, since spans are large. */
struct key {
    uint64_t id, parent; /* the bytes as they are; 0: none */
    uint64_t start_ns, end_ns;
    const struct resource *resource;
    uint8_t kind;
    bool entry;
};

/* A span while the tree is being made; numbers are positions in the input. */
struct maker {
    const struct span *spans;
    struct key *keys;
    uint32_t count;  /* of them that are no duplicates: `order` lists those */
    uint32_t *order; /* by start */
    uint32_t *index; /* open addressing, span id → a span of that id */
    uint32_t *same;  /* the next span of the same id */
    uint32_t room;   /* of the index; a power of two */
    uint32_t *parent;
    uint8_t *flags;
    struct trace *out;
};

/* ---- one copy of each ---- */

static uint64_t id_word(const uint8_t id[8])
{
    uint64_t word;

    memcpy(&word, id, 8);
    return word;
}

static struct key key_of(const struct span *s)
{
    return (struct key){.id = id_word(s->span_id),
                        .parent = id_word(s->parent_id),
                        .start_ns = s->start_ns,
                        .end_ns = s->end_ns,
                        .resource = s->resource,
                        .kind = s->kind,
                        .entry = (s->flags & SPAN_ENTRY) != 0};
}

static bool is_same_service(const struct key *a, const struct key *b)
{
    return a->resource == b->resource || text_eq(a->resource->service, b->resource->service);
}

/* Where spans of that id are listed in the index, or where they would be. Ids that are counted up differ in
 * their last bytes only, the highest of the word. */
static uint32_t slot_of(const struct maker *m, uint64_t id)
{
    uint32_t at = (uint32_t)((id ^ id >> 32) * 0x9e3779b97f4a7c15 >> 32) & (m->room - 1);

    while (m->index[at] != TRACE_NONE && m->keys[m->index[at]].id != id)
        at = (at + 1) & (m->room - 1);
    return at;
}

static uint32_t first_of(const struct maker *m, uint64_t id)
{
    return m->index[slot_of(m, id)];
}

/* Zipkin's bridges give the client's and the server's span of one call the same id. */
static bool is_copy(const struct key *a, const struct key *b)
{
    return (a->kind == SPAN_SERVER) == (b->kind == SPAN_SERVER) && is_same_service(a, b);
}

/* Streaming SDKs and re-exporting proxies send a span again when more of it is known. */
static bool is_fuller(const struct span *a, const struct span *than)
{
    if (a->end_ns != than->end_ns)
        return a->end_ns > than->end_ns;
    return a->attrs.count + a->event_count > than->attrs.count + than->event_count;
}

/* Put span `i` into the index. False: another copy of it stays. A copy that is replaced gives its
 * place in the chain. */
static bool enter(struct maker *m, uint32_t i, uint32_t *replaced)
{
    uint32_t *link = &m->index[slot_of(m, m->keys[i].id)];

    *replaced = TRACE_NONE;
    for (; *link != TRACE_NONE; link = &m->same[*link]) {
        if (!is_copy(&m->keys[i], &m->keys[*link]))
            continue;
        m->out->duplicates++;
        if (!is_fuller(&m->spans[i], &m->spans[*link]))
            return false;
        *replaced = *link;
        m->same[i] = m->same[*link];
        *link = i;
        return true;
    }
    m->same[i] = TRACE_NONE;
    *link = i;
    return true;
}

struct start {
    uint64_t start_ns;
    uint32_t span;
};

static bool is_before(const struct start *a, const struct start *b)
{
    return a->start_ns != b->start_ns ? a->start_ns < b->start_ns : a->span < b->span;
}

/* The end of what is in order from `at` on. */
static uint32_t run_end(const struct start *list, uint32_t at, uint32_t count)
{
    for (at++; at < count && is_before(&list[at - 1], &list[at]);)
        at++;
    return at < count ? at : count;
}

static void merge(const struct start *list, uint32_t at, uint32_t middle, uint32_t end,
                  struct start *to)
{
    uint32_t second = middle;

    for (uint32_t i = at; i < end; i++) {
        bool first = second == end || (at < middle && is_before(&list[at], &list[second]));

        to[i] = list[first ? at++ : second++];
    }
}

/* In order, in one of the two lists. Each bundle is in order already: few runs have to be merged. */
static const struct start *sorted(struct start *list, struct start *spare, uint32_t count)
{
    while (run_end(list, 0, count) < count) {
        struct start *swap = list;

        for (uint32_t at = 0, end; at < count; at = end) {
            uint32_t middle = run_end(list, at, count);

            end = middle < count ? run_end(list, middle, count) : count;
            merge(list, at, middle, end, spare);
        }
        list = spare;
        spare = swap;
    }
    return list;
}

static bool take_in(struct maker *m, uint32_t sent, struct arena *a)
{
    struct start *starts, *spare;
    const struct start *in_order;
    bool *out_of;

    m->room = 64;
    while (m->room < sent * 2ULL)
        m->room *= 2;
    m->keys = arena_alloc(a, sent * sizeof *m->keys);
    m->index = arena_alloc(a, m->room * sizeof *m->index);
    m->same = arena_alloc(a, sent * sizeof *m->same);
    m->order = arena_alloc(a, sent * sizeof *m->order);
    m->parent = arena_alloc(a, sent * sizeof *m->parent);
    m->flags = arena_zero(a, sent, 1);
    starts = arena_alloc(a, sent * sizeof *starts);
    spare = arena_alloc(a, sent * sizeof *spare);
    out_of = arena_zero(a, sent, sizeof *out_of);
    if (arena_spent(a))
        return false;
    memset(m->index, 0xff, m->room * sizeof *m->index);
    for (uint32_t i = 0; i < sent; i++) {
        uint32_t replaced;

        m->keys[i] = key_of(&m->spans[i]);
        out_of[i] = !enter(m, i, &replaced);
        if (replaced != TRACE_NONE)
            out_of[replaced] = true;
    }
    for (uint32_t i = 0; i < sent; i++)
        if (!out_of[i])
            starts[m->count++] = (struct start){m->keys[i].start_ns, i};
    in_order = sorted(starts, spare, m->count);
    for (uint32_t i = 0; i < m->count; i++)
        m->order[i] = in_order[i].span;
    return true;
}

/* ---- parents ---- */

/* Of several spans with that id, the one this span is likely to mean: its own service's; a remote
 * child means the client. */
static uint32_t parent_of(const struct maker *m, uint32_t child)
{
    const struct key *s = &m->keys[child];
    uint32_t first = first_of(m, s->parent), best = TRACE_NONE;
    int best_score = -1;

    for (uint32_t i = first; i != TRACE_NONE; i = m->same[i]) {
        bool own = is_same_service(&m->keys[i], s);
        bool server = m->keys[i].kind == SPAN_SERVER;
        int score = own * 2 + (s->kind == SPAN_SERVER ? !server : server);

        if (i != child && score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

/* The transaction that a Sentry span says it belongs to. */
static uint32_t segment_of(const struct maker *m, uint32_t child)
{
    const struct span *s = &m->spans[child];
    uint8_t id[8];
    uint32_t at;

    if (!(s->flags & SPAN_SENTRY) || !hex_read(attr_string(&s->attrs, "sentry.segment.id"), id, 8))
        return TRACE_NONE;
    at = first_of(m, id_word(id));
    return at == child ? TRACE_NONE : at;
}

/* The server's half of a call whose two spans share one id hangs below the client's half. */
static uint32_t sharing_client(const struct maker *m, uint32_t child)
{
    if (m->keys[child].kind != SPAN_SERVER)
        return TRACE_NONE;
    for (uint32_t i = first_of(m, m->keys[child].id); i != TRACE_NONE; i = m->same[i])
        if (m->keys[i].kind == SPAN_CLIENT)
            return i;
    return TRACE_NONE;
}

static void find_parents(struct maker *m)
{
    for (uint32_t k = 0; k < m->count; k++) {
        uint32_t i = m->order[k];

        m->parent[i] = sharing_client(m, i);
        if (m->parent[i] != TRACE_NONE || !m->keys[i].parent)
            continue;
        if ((m->parent[i] = parent_of(m, i)) != TRACE_NONE)
            continue;
        m->parent[i] = segment_of(m, i);
        m->flags[i] |= m->parent[i] == TRACE_NONE ? NODE_ORPHAN : NODE_GUESSED;
        m->out->orphans += m->parent[i] == TRACE_NONE;
    }
}

/* From each span upwards until a root or known ground. A span met twice on one way up is part of a
 * circle: its earliest member becomes a root. */
static bool cut_cycles(struct maker *m, uint32_t sent, struct arena *a)
{
    uint32_t *way = arena_zero(a, sent, sizeof *way); /* 0: not been there */

    if (!way)
        return false;
    for (uint32_t k = 0; k < m->count; k++) {
        uint32_t mark = k + 1, i = m->order[k];

        while (i != TRACE_NONE && !way[i]) {
            way[i] = mark;
            i = m->parent[i];
        }
        if (i != TRACE_NONE && way[i] == mark) {
            uint32_t earliest = i;

            for (uint32_t j = m->parent[i]; j != i; j = m->parent[j])
                if (m->keys[j].start_ns < m->keys[earliest].start_ns ||
                    (m->keys[j].start_ns == m->keys[earliest].start_ns && j < earliest))
                    earliest = j;
            m->parent[earliest] = TRACE_NONE;
            m->flags[earliest] |= NODE_CUT;
            m->out->cycles++;
        }
    }
    return true;
}

/* ---- the tree ---- */

/* Lists of children, in order of start, over positions in the input. */
struct lists {
    uint32_t *first, *last, *next;
    uint32_t root_first, root_last;
};

static bool make_lists(struct maker *m, uint32_t sent, struct arena *a, struct lists *l)
{
    l->first = arena_alloc(a, sent * sizeof *l->first);
    l->last = arena_alloc(a, sent * sizeof *l->last);
    l->next = arena_alloc(a, sent * sizeof *l->next);
    if (arena_spent(a))
        return false;
    memset(l->first, 0xff, sent * sizeof *l->first);
    memset(l->next, 0xff, sent * sizeof *l->next);
    l->root_first = l->root_last = TRACE_NONE;
    for (uint32_t k = 0; k < m->count; k++) {
        uint32_t i = m->order[k], parent = m->parent[i];
        uint32_t *first = parent == TRACE_NONE ? &l->root_first : &l->first[parent];
        uint32_t *last = parent == TRACE_NONE ? &l->root_last : &l->last[parent];

        if (*first == TRACE_NONE)
            *first = i;
        else
            l->next[*last] = i;
        *last = i;
    }
    return true;
}

static bool starts_work(const struct maker *m, uint32_t i)
{
    uint32_t parent = m->parent[i];

    return m->keys[i].entry ||
           (parent != TRACE_NONE && !is_same_service(&m->keys[i], &m->keys[parent]));
}

static void lay_down(struct maker *m, const struct lists *l)
{
    struct trace *t = m->out;
    uint32_t i = l->root_first, above = TRACE_NONE; /* above: node whose children we are among */
    uint32_t *number = m->same; /* position in the input → node; the chains are done with */

    while (i != TRACE_NONE) {
        struct trace_node *n = &t->nodes[t->count],
                          *parent = above == TRACE_NONE ? NULL : &t->nodes[above];

        *n = (struct trace_node){.span = &m->spans[i],
                                 .start_ns = m->keys[i].start_ns,
                                 .end_ns = m->keys[i].end_ns,
                                 .parent = above,
                                 .first_child = TRACE_NONE,
                                 .next_sibling = TRACE_NONE,
                                 .subtree = 1,
                                 .depth = parent ? parent->depth + 1 : 0,
                                 .flags = m->flags[i]};
        if (starts_work(m, i))
            n->flags |= NODE_ENTRY;
        if (parent) {
            if (parent->child_count++ == 0)
                parent->first_child = t->count;
        } else {
            t->root_count++;
        }
        number[i] = t->count++;
        if (l->first[i] != TRACE_NONE) {
            above = number[i];
            i = l->first[i];
            continue;
        }
        while (i != TRACE_NONE && l->next[i] == TRACE_NONE) { /* up, until there is a sibling */
            i = m->parent[i];
            if (i != TRACE_NONE)
                above = t->nodes[above].parent;
        }
        if (i != TRACE_NONE) {
            t->nodes[number[i]].next_sibling = t->count;
            i = l->next[i];
        }
    }
}

/* What no child covers of a span's time. Children come by start, so one sweep will do. */
static void count_self(struct trace *t)
{
    for (uint32_t i = t->count; i-- > 0;) {
        struct trace_node *n = &t->nodes[i];
        uint64_t end = n->end_ns, at = n->start_ns;

        for (uint32_t c = n->first_child; c != TRACE_NONE; c = t->nodes[c].next_sibling) {
            const struct trace_node *s = &t->nodes[c];

            if (s->start_ns > at) {
                n->self_ns += (s->start_ns < end ? s->start_ns : end) - at;
                at = s->start_ns < end ? s->start_ns : end;
            }
            if (s->end_ns > at)
                at = s->end_ns < end ? s->end_ns : end;
            n->subtree += s->subtree;
        }
        n->self_ns += end - at;
    }
}

/* The earliest span that never had a parent, else the earliest that has lost it. */
static void choose_root(struct trace *t)
{
    uint32_t best = TRACE_NONE;

    for (uint32_t i = t->count ? 0 : TRACE_NONE; i != TRACE_NONE; i = t->nodes[i].next_sibling) {
        bool real = id_is_zero(t->nodes[i].span->parent_id, 8);

        if (best == TRACE_NONE || (real && !id_is_zero(t->nodes[best].span->parent_id, 8)))
            best = i;
    }
    t->root = best;
}

bool trace_build(const struct span *spans, uint32_t count, struct arena *a, struct trace *out)
{
    struct maker m = {.spans = spans, .out = out};
    struct lists lists;

    *out = (struct trace){.root = TRACE_NONE};
    if (count == 0)
        return true;
    if (!take_in(&m, count, a))
        return false;
    find_parents(&m);
    if (!cut_cycles(&m, count, a) || !make_lists(&m, count, a, &lists) ||
        !(out->nodes = arena_alloc(a, m.count * sizeof *out->nodes)))
        return false;
    lay_down(&m, &lists);
    count_self(out);
    choose_root(out);
    out->start_ns = UINT64_MAX;
    for (uint32_t i = 0; i < out->count; i++) {
        const struct trace_node *s = &out->nodes[i];

        out->start_ns = s->start_ns < out->start_ns ? s->start_ns : out->start_ns;
        out->end_ns = s->end_ns > out->end_ns ? s->end_ns : out->end_ns;
    }
    return true;
}

uint32_t trace_find(const struct trace *t, const uint8_t span_id[8])
{
    for (uint32_t i = 0; i < t->count; i++)
        if (memcmp(t->nodes[i].span->span_id, span_id, 8) == 0)
            return i;
    return TRACE_NONE;
}
