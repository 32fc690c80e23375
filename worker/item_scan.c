/* item_scan.c -- through the blocks in order of receipt, keeping the best of what fits. */
#include "worker/item_scan.h"

#include <stdlib.h>
#include <string.h>

#define SLACK_MS 5000   /* receipts of several workers are out of order by so much, at most */
#define LATE_MS 3600000 /* upwards: items later than that are found where they came */

struct late {
    struct item_at *at;
    uint32_t count, room;
    uint32_t same; /* of them equal to the cursor */
};

struct scan {
    struct api_call *c;
    const struct item_wish *wish;
    struct item_at *heap; /* wish->limit + 1 of them, the worst on top */
    uint32_t count, room;
    uint32_t same;    /* items equal to the cursor that are still to be passed over */
    struct late late; /* belong before the cursor, but were out of reach then */
    bool beyond;      /* the block being read is one that no page has read */
    struct text *environments;
    uint32_t environment_count;
    struct query_hold holds[QUERY_HOLDS];
    uint32_t hold_count;

    struct block_at block; /* the one being read */
    uint32_t record, walked;
    size_t bytes;
    int64_t received_ms; /* of the record being read … */
    int64_t edge_ms;     /* … of the block: nothing newer comes after it (older, upwards) */
    const struct api_project *project;

    bool whole_blocks;          /* take what comes, block by block */
    bool left;                  /* something fits that is not on the page … */
    struct item_at left_from;   /* … and this is the first block of such */
    bool narrowed;              /* blocks are passed over unread, for their times, … */
    struct item_at narrow_from; /* … from here on: they have something for later pages */
};

/* ---- order ---- */

/* Negative: a is shown before b. */
static int compare(const struct item_at *a, const struct item_at *b, bool ascending)
{
    int order = a->time_ns != b->time_ns ? (a->time_ns < b->time_ns ? -1 : 1)
                : a->tie != b->tie       ? (a->tie < b->tie ? -1 : 1)
                                         : 0;

    return ascending ? order : -order;
}

static bool is_worse(const struct scan *s, uint32_t a, uint32_t b)
{
    return compare(&s->heap[a], &s->heap[b], s->wish->ascending) > 0;
}

static void swap(struct scan *s, uint32_t a, uint32_t b)
{
    struct item_at t = s->heap[a];

    s->heap[a] = s->heap[b];
    s->heap[b] = t;
}

static void sift_up(struct scan *s, uint32_t i)
{
    for (; i && is_worse(s, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(s, i, (i - 1) / 2);
}

static void sift_down(struct scan *s, uint32_t i)
{
    for (uint32_t child; (child = 2 * i + 1) < s->count; i = child) {
        if (child + 1 < s->count && is_worse(s, child + 1, child))
            child++;
        if (!is_worse(s, child, i))
            return;
        swap(s, i, child);
    }
}

/* It fits, but not on this page. */
static void leave(struct scan *s, const struct item_at *at)
{
    if (!s->left || at->walked < s->left_from.walked)
        s->left_from = *at;
    s->left = true;
}

static bool is_full(const struct scan *s)
{
    return s->count == s->room;
}

/* Room for one more; false: the arena is spent, which is answered with 500. */
static bool grown(struct scan *s, struct item_at **list, uint32_t count, uint32_t *room)
{
    uint32_t twice = *room ? *room * 2 : 64;
    struct item_at *more;

    if (count < *room)
        return true;
    if (!(more = arena_alloc(s->c->arena, twice * sizeof *more)))
        return false;
    if (count)
        memcpy(more, *list, count * sizeof *more);
    *list = more;
    *room = twice;
    return true;
}

static void keep(struct scan *s, const struct item_at *at)
{
    if (s->whole_blocks) {
        if (grown(s, &s->heap, s->count, &s->room))
            s->heap[s->count++] = *at;
        return;
    }
    if (!is_full(s)) {
        s->heap[s->count++] = *at;
        sift_up(s, s->count - 1);
        return;
    }
    if (compare(at, &s->heap[0], s->wish->ascending) >= 0) {
        leave(s, at);
        return;
    }
    leave(s, &s->heap[0]);
    s->heap[0] = *at;
    sift_down(s, 0);
}

/* ---- one item ---- */

static uint64_t hash_text(uint64_t h, struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (uint8_t)t.at[i]) * 0x100000001b3;
    return (h ^ 0xff) * 0x100000001b3;
}

static uint64_t tie_of(const struct query_item *item)
{
    const struct logrec *l = item->log;
    uint64_t h = 0xcbf29ce484222325;

    if (item->span)
        return hash_text(hash_text(h, (struct text){(const char *)item->span->span_id, 8}),
                         item->span->resource->service);
    h = hash_text(h, (struct text){(const char *)l->trace_id, 16});
    h = hash_text(h, (struct text){(const char *)l->span_id, 8});
    h = hash_text(hash_text(h + l->severity, l->resource->service), l->body.text);
    for (uint32_t i = 0; i < l->attrs.count; i++) {
        const struct attr *at = &l->attrs.at[i];

        h = hash_text(hash_text(h, at->key), at->text);
        if (at->kind == ATTR_INT || at->kind == ATTR_DOUBLE || at->kind == ATTR_BOOL)
            h = (h ^ (uint64_t)at->integer) * 0x100000001b3;
    }
    return h;
}

static int64_t time_of(const struct query_item *item, int64_t received_ms)
{
    uint64_t ns = item->span ? item->span->start_ns : item->log->time_ns;
    uint64_t received = (uint64_t)received_ms * 1000000;

    return (int64_t)(ns < received ? ns : received);
}

static bool of_environment(const struct scan *s, const struct query_item *item)
{
    const struct resource *r = item->span ? item->span->resource : item->log->resource;
    struct text name = r->environment.at ? r->environment : TEXT("");

    for (uint32_t i = 0; i < s->environment_count; i++)
        if (text_eq(s->environments[i], name))
            return true;
    return !s->environment_count;
}

static bool of_trace(const struct scan *s, const struct query_item *item)
{
    const uint8_t *id = item->span ? item->span->trace_id : item->log->trace_id;

    return !s->wish->trace || memcmp(id, s->wish->trace, 16) == 0;
}

static void keep_late(struct scan *s, const struct item_at *at, bool same)
{
    struct late *l = &s->late;

    if (!grown(s, &l->at, l->count, &l->room))
        return;
    l->at[l->count++] = *at;
    l->same += same;
}

/* What stands before the cursor was shown on an earlier page, unless none has read its block. */
static void consider(struct scan *s, const struct item_at *at)
{
    const struct item_cursor *from = &s->wish->from;
    struct item_at last = {.time_ns = from->time_ns, .tie = from->tie};
    int order = from->given && from->between ? compare(at, &last, s->wish->ascending) : 1;

    if (order > 0 || (s->beyond && s->whole_blocks))
        keep(s, at);
    else if (s->beyond)
        keep_late(s, at, order == 0);
    else if (order == 0 && s->same)
        s->same--;
    else if (order == 0)
        keep(s, at);
}

static bool look_at(void *own, uint32_t row, const struct query_item *given)
{
    struct scan *s = own;
    const struct item_wish *w = s->wish;
    struct query_item item = *given;
    struct item_at at = {.time_ns = time_of(given, s->received_ms),
                         .block = s->block,
                         .record = s->record,
                         .row = row,
                         .walked = s->walked};
    int64_t ms = at.time_ns / 1000000;

    item.project = s->project->slug;
    if (ms < w->range.from_ms || ms >= w->range.to_ms || !of_trace(s, &item) ||
        !of_environment(s, &item))
        return true;
    if (w->query && query_ask(w->query, w->node, &item, query_scratch(s->c->q)) != QUERY_YES)
        return true;
    at.tie = tie_of(&item);
    consider(s, &at);
    return true;
}

/* ---- records ---- */

/* Texts lie in a record as they are: most records can be passed over by their bytes. */
static bool may_hold(const struct scan *s, struct text record)
{
    struct text t = s->wish->contained;

    return query_may_hold(s->holds, s->hold_count, record) &&
           (!t.len || text_find_nocase(record, t) < record.len);
}

/* Can any of it be on this page, by its times alone? */
static bool may_fit(const struct scan *s, const struct item_head *h)
{
    int64_t first = h->first_ms < h->received_ms ? h->first_ms : h->received_ms;
    int64_t last = h->last_ms < h->received_ms ? h->last_ms : h->received_ms;
    const struct item_wish *w = s->wish;

    if (last < w->range.from_ms || first >= w->range.to_ms)
        return false;
    if (!w->from.given || !w->from.between || s->beyond)
        return true;
    return w->ascending ? last >= w->from.time_ns / 1000000 : first <= w->from.time_ns / 1000000;
}

static void read_record(struct scan *s, struct text record)
{
    uint32_t kind = s->wish->kind;
    struct item_head head;

    if (!item_head(kind, record, &head))
        return;
    s->received_ms = head.received_ms;
    if (s->wish->ascending ? s->received_ms > s->edge_ms : s->received_ms < s->edge_ms)
        s->edge_ms = s->received_ms;
    s->project = api_project_by_id(s->c, head.project);
    if (!s->project || !api_project_wanted(s->c, s->project) || !may_fit(s, &head)) {
        s->bytes += record.len / 8; /* unpacked with its block, no more */
        return;
    }
    s->bytes += record.len;
    if (may_hold(s, record))
        item_read(kind, record, query_scratch(s->c->q), look_at, s);
}

static void read_block(struct scan *s, const struct block_ref *ref, const struct block_view *view)
{
    s->block = block_at_of(ref);
    s->edge_ms = s->wish->ascending ? INT64_MIN : INT64_MAX;
    for (s->record = 0; s->record < view->count; s->record++)
        read_record(s, view->records[s->record]);
    s->walked++;
}

/* Nothing that is better than the worst on the page can come any more. */
static bool is_settled(const struct scan *s)
{
    int64_t worst_ms = is_full(s) ? s->heap[0].time_ns / 1000000 : 0;

    if (!is_full(s))
        return false;
    return s->wish->ascending ? s->edge_ms - LATE_MS > worst_ms : s->edge_ms + SLACK_MS < worst_ms;
}

/* ---- the walk ---- */

static struct block_wish blocks_of(const struct scan *s, struct query_need *needs)
{
    const struct item_wish *w = s->wish;
    const struct item_cursor *from = &w->from;
    struct block_wish b = {.kind = w->kind,
                           .from_ms = w->range.from_ms,
                           .to_ms = w->range.to_ms,
                           .needs = needs,
                           .need_count =
                               w->query ? query_needs(w->query, w->node, needs, QUERY_NEEDS) : 0,
                           .ascending = w->ascending,
                           .stop = w->after};

    if (from->given) {
        b.from = from->at;
        if (from->between && !s->beyond && w->ascending)
            b.from_ms = from->time_ns / 1000000;
        else if (from->between && !s->beyond)
            b.to_ms = from->time_ns / 1000000 + 1;
    }
    /* Times ahead of ours are taken as the receipt. */
    b.to_ms = b.to_ms > s->c->now_ms ? INT64_MAX : b.to_ms + BLOCK_SKEW_MS;
    return b;
}

/* The next place in the walk. */
static struct block_at behind(const struct scan *s, struct block_at at)
{
    at.block += s->wish->ascending ? 1 : -1;
    return at;
}

/* Does the walk meet `a` after `b`? */
static bool is_further(const struct scan *s, struct block_at a, struct block_at b)
{
    return s->wish->ascending ? block_older(s->c, b, a) : block_older(s->c, a, b);
}

/* Blocks of other times need not be unpacked any more. */
static void narrow(struct scan *s, struct block_walk *walk)
{
    int64_t worst_ms = is_full(s) ? s->heap[0].time_ns / 1000000 : 0;

    if (!is_full(s))
        return;
    if (!s->narrowed)
        s->narrow_from = (struct item_at){.block = behind(s, s->block), .walked = s->walked};
    s->narrowed = true;
    if (s->wish->ascending) /* an item is not older than its receipt says, once that is past */
        walk->wish.to_ms = worst_ms + 1 + (s->edge_ms > worst_ms ? 0 : BLOCK_SKEW_MS);
    else
        walk->wish.from_ms = worst_ms;
}

/* Has the page, with the block that was just read, what it needs or may cost? */
static bool is_done(const struct scan *s, struct item_page *page)
{
    if (s->bytes > (s->wish->budget ? s->wish->budget : SCAN_BYTES_MAX))
        page->spent = true;
    if (s->whole_blocks)
        page->more = s->count >= s->wish->limit;
    return page->more || page->spent || s->late.count >= s->wish->limit ||
           (!s->whole_blocks && is_settled(s));
}

/* False: the page is done. */
static bool walk(struct scan *s, const struct block_wish *wish, struct item_page *page)
{
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    block_walk_begin(&walk, s->c, wish);
    walk.blocks = SCAN_BLOCKS_MAX > s->walked ? SCAN_BLOCKS_MAX - s->walked : 0;
    if (!s->whole_blocks)
        narrow(s, &walk);
    while (block_walk_next(&walk, &ref, &view)) {
        read_block(s, &ref, &view);
        page->looked_ms = s->edge_ms;
        page->next.at = behind(s, s->block);
        if (s->beyond)
            page->next.reached = s->block;
        if (is_done(s, page))
            return false;
        if (!s->whole_blocks)
            narrow(s, &walk);
    }
    page->spent = walk.spent;
    if (walk.spent)
        page->next.at = walk.here;
    return !walk.spent;
}

/* First what earlier pages have read, of which only times behind the cursor count; then the rest. */
static void walk_all(struct scan *s, struct item_page *page)
{
    const struct item_cursor *from = &s->wish->from;
    struct query_need needs[QUERY_NEEDS];
    struct block_wish wish;

    page->next.reached = from->reached;
    if (from->reached.segment && !is_further(s, from->at, from->reached)) {
        wish = blocks_of(s, needs);
        wish.stop = behind(s, from->reached);
        if (!walk(s, &wish, page))
            return;
        s->beyond = true;
        wish = blocks_of(s, needs);
        wish.from = behind(s, from->reached);
    } else {
        s->beyond = true;
        wish = blocks_of(s, needs);
    }
    walk(s, &wish, page);
}

/* The index says which blocks: no budget, they are few. Newest last. */
static void of_one_trace(struct scan *s)
{
    const struct block_sought sought = {.id = s->wish->trace};
    uint32_t count = 0;
    const struct block_ref *refs = block_of_traces(s->c, s->wish->kind, &sought, 1, &count);

    for (uint32_t i = 0; refs && i < count; i++) {
        const struct block_ref *ref = &refs[s->wish->ascending ? i : count - 1 - i];
        struct block_view view;

        if (block_load(s->c, ref, &view))
            read_block(s, ref, &view);
    }
}

/* ---- the page ---- */

static int shown_order(const void *a, const void *b, void *own)
{
    return compare(a, b, ((const struct item_wish *)own)->ascending);
}

static void sort(const struct scan *s, struct item_at *list, uint32_t count)
{
    if (count)
        qsort_r(list, count, sizeof *list, shown_order, (void *)s->wish);
}

/* The first block that still has something; false: those that were read have nothing more. */
static bool rest_begins(const struct scan *s, struct block_at *at)
{
    if (s->left && (!s->narrowed || s->left_from.walked < s->narrow_from.walked))
        *at = s->left_from.block;
    else if (s->narrowed)
        *at = s->narrow_from.block;
    return s->left || s->narrowed;
}

/* After the last item shown. */
static void go_on_after(const struct scan *s, struct item_cursor *next)
{
    const struct item_cursor *from = &s->wish->from;
    const struct item_at *last = &s->heap[s->count - 1];

    next->given = next->between = true;
    rest_begins(s, &next->at);
    next->time_ns = last->time_ns;
    next->tie = last->tie;
    for (uint32_t i = s->count; i-- > 0 && compare(&s->heap[i], last, true) == 0;)
        next->same++;
    if (from->given && from->between && from->time_ns == next->time_ns && from->tie == next->tie)
        next->same += from->same + s->late.same;
}

/* The bound stays; the place moves, behind the blocks so far if all of them was shown. */
static void go_on_behind(const struct scan *s, struct item_cursor *next)
{
    struct item_cursor on = s->wish->from;

    on.given = true;
    on.at = next->at;
    on.reached = next->reached;
    if (rest_begins(s, &on.at))
        on.same += s->late.same;
    else
        on.same = s->same;
    *next = on;
}

/* The budget is spent. Items before which something from the blocks beyond may have to stand are left
 * for later; false: there are no others. */
static bool drop_unsure(struct scan *s, const struct item_page *page)
{
    int64_t edge_ms = page->looked_ms;
    uint32_t sure = 0;

    for (; sure < s->count; sure++) {
        int64_t ms = s->heap[sure].time_ns / 1000000;

        if (s->wish->ascending ? ms >= edge_ms - LATE_MS : ms <= edge_ms + SLACK_MS)
            break;
    }
    if (sure == 0)
        return s->count == 0;
    while (s->count > sure)
        leave(s, &s->heap[--s->count]);
    return true;
}

/* The page is what came late and what is in order, together in order. */
static void put_together(struct scan *s, struct item_page *page)
{
    struct late *l = &s->late;

    page->at = s->heap;
    page->count = s->count;
    if (!l->count)
        return;
    for (uint32_t i = 0; i < s->count && grown(s, &l->at, l->count, &l->room); i++)
        l->at[l->count++] = s->heap[i];
    sort(s, l->at, l->count);
    page->at = l->at;
    page->count = l->count;
}

static void finish(struct scan *s, struct item_page *page)
{
    bool late = s->late.count >= s->wish->limit; /* a page of these alone: the walk ended early */

    while (s->count > (late ? 0 : s->wish->limit))
        leave(s, &s->heap[--s->count]);
    page->more = s->left || page->spent || late;
    if (page->more && s->count)
        go_on_after(s, &page->next);
    else if (page->more)
        go_on_behind(s, &page->next);
    put_together(s, page);
}

static bool scan_init(struct scan *s)
{
    struct api_call *c = s->c;
    uint32_t at = 0;
    struct text name;

    s->room = s->wish->limit + 1;
    s->same = s->wish->from.same;
    if (s->wish->query)
        s->hold_count = query_holds(s->wish->query, s->wish->node, s->holds, QUERY_HOLDS);
    s->heap = arena_alloc(c->arena, s->room * sizeof *s->heap);
    s->environments = arena_alloc(c->arena, (c->param_count + 1) * sizeof *s->environments);
    if (!s->heap || !s->environments)
        return false;
    while (api_param_next(c, "environment", &at, &name))
        s->environments[s->environment_count++] = name;
    return true;
}

/* So much came late that a page's budget does not reach what belongs on it: the next blocks as they are. */
static bool take_blocks(struct api_call *c, const struct item_wish *wish, struct item_page *page)
{
    struct scan s = {.c = c, .wish = wish, .whole_blocks = true};

    *page = (struct item_page){.looked_ms = c->now_ms};
    if (!scan_init(&s))
        return false;
    walk_all(&s, page);
    sort(&s, s.heap, s.count);
    page->at = s.heap;
    page->count = s.count;
    page->more |= page->spent;
    page->spent = true;
    go_on_behind(&s, &page->next);
    return !c->refused;
}

bool item_scan(struct api_call *c, const struct item_wish *asked, struct item_page *page)
{
    struct item_wish wish = *asked;
    struct scan s = {.c = c, .wish = &wish};

    /* A segment that was packed since the last page: all of it counts as read, so what stands behind the
     * last item shown is still to come, whatever block it lies in now. */
    wish.from.at = block_renewed(c, asked->from.at, asked->ascending);
    wish.from.reached = block_renewed(c, asked->from.reached, !asked->ascending);
    *page = (struct item_page){.looked_ms = c->now_ms};
    if (!scan_init(&s))
        return false;
    if (wish.trace)
        of_one_trace(&s);
    else
        walk_all(&s, page);
    sort(&s, s.heap, s.count);
    if (page->spent && !drop_unsure(&s, page))
        return take_blocks(c, &wish, page);
    finish(&s, page);
    return !c->refused;
}
