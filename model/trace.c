/* trace.c -- building the tree. */
#include "model/trace.h"

#include "proto/hex.h"

/* What became of a span that was sent. */
#define HAS_TWINS 0x01 /* several have its id */
#define LEFT_OUT 0x02  /* a copy of it was kept */

struct slot {
    uint32_t tag; /* of the id: what is not meant is told apart without a look at its key */
    uint32_t at;  /* TRACE_NONE: free */
};

/* The tree while it is being made; numbers are positions in the input. */
struct maker {
    const struct trace_key *keys;
    uint32_t sent;
    uint32_t count;  /* of them that were not left out: `order` lists those */
    uint32_t *order; /* by start */
    uint8_t *fate;
    struct slot *index; /* open addressing, span id → a span of that id */
    uint32_t *same;     /* the next span of the same id */
    uint32_t room;      /* of the index; a power of two */
    uint32_t *parent;
    uint8_t *flags;
    struct trace *out;
};

/* ---- one copy of each ---- */

uint64_t trace_segment(const struct attrs *attrs)
{
    uint8_t id[8];

    return hex_read(attr_string(attrs, "sentry.segment.id"), id, 8) ? id_word(id) : 0;
}

struct trace_key trace_key_of(const struct span *s)
{
    return (struct trace_key){.id = id_word(s->span_id),
                              .parent = id_word(s->parent_id),
                              .segment = s->flags & SPAN_SENTRY ? trace_segment(&s->attrs) : 0,
                              .start_ns = s->start_ns,
                              .end_ns = s->end_ns,
                              .resource = s->resource,
                              .name = s->name,
                              .parent_at = TRACE_NONE,
                              .parts = s->attrs.count + s->event_count,
                              .flags = s->flags,
                              .kind = s->kind};
}

static bool is_same_service(const struct trace_key *a, const struct trace_key *b)
{
    return a->resource == b->resource || text_eq(a->resource->service, b->resource->service);
}

/* Where spans of that id are listed in the index, or where they would be. Ids that are counted up differ in
 * their last bytes only, the highest of the word. */
static struct slot *slot_of(const struct maker *m, uint64_t id)
{
    uint64_t hash = (id ^ id >> 32) * 0x9e3779b97f4a7c15;
    uint32_t tag = (uint32_t)hash, at = (uint32_t)(hash >> 32) & (m->room - 1);
    struct slot *slot;

    while ((slot = &m->index[at])->at != TRACE_NONE &&
           (slot->tag != tag || m->keys[slot->at].id != id))
        at = (at + 1) & (m->room - 1);
    slot->tag = tag;
    return slot;
}

static uint32_t first_of(const struct maker *m, uint64_t id)
{
    return slot_of(m, id)->at;
}

/* Zipkin's bridges give the client's and the server's span of one call the same id. */
static bool is_copy(const struct trace_key *a, const struct trace_key *b)
{
    return (a->kind == SPAN_SERVER) == (b->kind == SPAN_SERVER) && is_same_service(a, b);
}

/* Streaming SDKs and re-exporting proxies send a span again when more of it is known. */
static bool is_fuller(const struct trace_key *a, const struct trace_key *than)
{
    return a->end_ns != than->end_ns ? a->end_ns > than->end_ns : a->parts > than->parts;
}

/* Put span `i` into the index. Of two copies one is left out; the one that stays has the place in the chain. */
static void enter(struct maker *m, uint32_t i)
{
    uint32_t *link = &slot_of(m, m->keys[i].id)->at;

    for (; *link != TRACE_NONE; link = &m->same[*link]) {
        m->fate[i] |= HAS_TWINS;
        m->fate[*link] |= HAS_TWINS;
        if (!is_copy(&m->keys[i], &m->keys[*link]))
            continue;
        m->out->duplicates++;
        if (!is_fuller(&m->keys[i], &m->keys[*link])) {
            m->fate[i] |= LEFT_OUT;
            return;
        }
        m->fate[*link] |= LEFT_OUT;
        m->same[i] = m->same[*link];
        *link = i;
        return;
    }
    *link = i;
}

struct start {
    uint64_t start_ns;
    uint32_t span;
};

static bool is_before(const struct start *a, const struct start *b)
{
    return a->start_ns != b->start_ns ? a->start_ns < b->start_ns : a->span < b->span;
}

/* Where the runs end that are in order already; how many there are. */
static uint32_t find_runs(const struct start *list, uint32_t count, uint32_t *ends)
{
    uint32_t runs = 0;

    for (uint32_t i = 1; i <= count; i++)
        if (i == count || !is_before(&list[i - 1], &list[i]))
            ends[runs++] = i;
    return runs;
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

/* In order, in one of the two lists. Each bundle is in order already: few runs have to be merged.
 * `ends`: room for as many numbers. */
static const struct start *sorted(struct start *list, struct start *spare, uint32_t *ends,
                                  uint32_t count)
{
    uint32_t runs = find_runs(list, count, ends);

    while (runs > 1) {
        struct start *swap = list;
        uint32_t merged = 0, at = 0;

        for (uint32_t i = 0; i < runs; i += 2) {
            uint32_t end = ends[i + 1 < runs ? i + 1 : i];

            merge(list, at, ends[i], end, spare);
            ends[merged++] = at = end;
        }
        runs = merged;
        list = spare;
        spare = swap;
    }
    return list;
}

static bool make_room(struct maker *m, struct arena *a)
{
    m->room = 64;
    while (m->room < m->sent * 2ULL)
        m->room *= 2;
    m->index = arena_alloc(a, m->room * sizeof *m->index);
    m->same = arena_alloc(a, m->sent * sizeof *m->same);
    m->order = arena_alloc(a, m->sent * sizeof *m->order);
    m->parent = arena_alloc(a, m->sent * sizeof *m->parent);
    m->fate = arena_zero(a, m->sent, sizeof *m->fate);
    m->flags = arena_zero(a, m->sent, sizeof *m->flags);
    if (arena_spent(a))
        return false;
    memset(m->index, 0xff, m->room * sizeof *m->index);
    memset(m->same, 0xff, m->sent * sizeof *m->same);
    return true;
}

static bool take_in(struct maker *m, struct arena *a)
{
    struct start *starts = arena_alloc(a, m->sent * sizeof *starts);
    struct start *spare = arena_alloc(a, m->sent * sizeof *spare);
    const struct start *in_order;

    if (!make_room(m, a))
        return false;
    for (uint32_t i = 0; i < m->sent; i++)
        enter(m, i);
    for (uint32_t i = 0; i < m->sent; i++)
        if (!(m->fate[i] & LEFT_OUT))
            starts[m->count++] = (struct start){m->keys[i].start_ns, i};
    in_order = sorted(starts, spare, m->order, m->count);
    for (uint32_t i = 0; i < m->count; i++)
        m->order[i] = in_order[i].span;
    return true;
}

/* ---- parents ---- */

/* Whoever made the key knew its parent, and no other span has that one's id. */
static bool is_parent_known(const struct maker *m, const struct trace_key *s)
{
    return s->parent_at < m->sent && !m->fate[s->parent_at] &&
           m->keys[s->parent_at].id == s->parent;
}

/* Of several spans with that id, the one this span is likely to mean: its own service's; a remote
 * child means the client. */
static uint32_t parent_of(const struct maker *m, uint32_t child)
{
    const struct trace_key *s = &m->keys[child];
    uint32_t best = TRACE_NONE;
    int best_score = -1;

    if (is_parent_known(m, s))
        return s->parent_at;
    for (uint32_t i = first_of(m, s->parent); i != TRACE_NONE; i = m->same[i]) {
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
    uint64_t id = m->keys[child].segment;
    uint32_t at = id ? first_of(m, id) : TRACE_NONE;

    return at == child ? TRACE_NONE : at;
}

/* The server's half of a call whose two spans share one id hangs below the client's half. */
static uint32_t sharing_client(const struct maker *m, uint32_t child)
{
    if (m->keys[child].kind != SPAN_SERVER || !(m->fate[child] & HAS_TWINS))
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
static bool cut_cycles(struct maker *m, struct arena *a)
{
    uint32_t *way = arena_zero(a, m->sent, sizeof *way); /* 0: not been there */

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

static bool make_lists(struct maker *m, struct arena *a, struct lists *l)
{
    l->first = arena_alloc(a, m->sent * sizeof *l->first);
    l->last = arena_alloc(a, m->sent * sizeof *l->last);
    l->next = arena_alloc(a, m->sent * sizeof *l->next);
    if (arena_spent(a))
        return false;
    memset(l->first, 0xff, m->sent * sizeof *l->first);
    memset(l->next, 0xff, m->sent * sizeof *l->next);
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

    return (m->keys[i].flags & SPAN_ENTRY) ||
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

        *n = (struct trace_node){.key = &m->keys[i],
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
        bool real = !t->nodes[i].key->parent;

        if (best == TRACE_NONE || (real && t->nodes[best].key->parent))
            best = i;
    }
    t->root = best;
}

bool trace_build_keys(const struct trace_key *keys, uint32_t count, struct arena *a,
                      struct trace *out)
{
    struct maker m = {.keys = keys, .sent = count, .out = out};
    struct lists lists;

    *out = (struct trace){.root = TRACE_NONE};
    if (count == 0)
        return true;
    if (!take_in(&m, a))
        return false;
    find_parents(&m);
    if (!cut_cycles(&m, a) || !make_lists(&m, a, &lists) ||
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

bool trace_build(const struct span *spans, uint32_t count, struct arena *a, struct trace *out)
{
    struct trace_key *keys = arena_alloc(a, count * sizeof *keys);

    if (!keys)
        return false;
    for (uint32_t i = 0; i < count; i++)
        keys[i] = trace_key_of(&spans[i]);
    if (!trace_build_keys(keys, count, a, out))
        return false;
    for (uint32_t i = 0; i < out->count; i++)
        out->nodes[i].span = &spans[out->nodes[i].key - keys];
    return true;
}

uint32_t trace_find(const struct trace *t, const uint8_t span_id[8])
{
    uint64_t id = id_word(span_id);

    for (uint32_t i = 0; i < t->count; i++)
        if (t->nodes[i].key->id == id)
            return i;
    return TRACE_NONE;
}
