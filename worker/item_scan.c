/* item_scan.c -- through the blocks in order of receipt, keeping the best of what fits. */
#include "worker/item_scan.h"

#include <stdlib.h>
#include <string.h>

#define SLACK_MS 5000   /* receipts of several workers are out of order by so much, at most */
#define LATE_MS 3600000 /* upwards: items later than that are found where they came */

struct scan {
    struct api_call *c;
    const struct item_wish *wish;
    struct item_at *heap; /* wish->limit + 1 of them, the worst on top */
    uint32_t count, room;
    uint32_t same; /* items equal to the cursor that are still to be passed over */
    struct text *environments;
    uint32_t environment_count;

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

static void keep_all(struct scan *s, const struct item_at *at)
{
    if (is_full(s)) {
        uint32_t room = s->room * 2;
        struct item_at *more = arena_alloc(s->c->arena, room * sizeof *more);

        if (!more)
            return; /* answered with 500 */
        memcpy(more, s->heap, s->count * sizeof *more);
        s->heap = more;
        s->room = room;
    }
    s->heap[s->count++] = *at;
}

static void keep(struct scan *s, const struct item_at *at)
{
    if (s->whole_blocks) {
        keep_all(s, at);
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

/* Was it shown on an earlier page? */
static bool is_shown(struct scan *s, const struct item_at *at)
{
    const struct item_cursor *from = &s->wish->from;
    struct item_at last = {.time_ns = from->time_ns, .tie = from->tie};
    int order;

    if (!from->given || !from->between)
        return false;
    order = compare(at, &last, s->wish->ascending);
    if (order != 0 || !s->same)
        return order < 0;
    s->same--;
    return true;
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
    if (!is_shown(s, &at))
        keep(s, &at);
    return true;
}

/* ---- records ---- */

/* Texts lie in a record as they are: most records can be passed over by their bytes. */
static bool may_hold(const struct scan *s, struct text record)
{
    struct text t = s->wish->contained;

    return !t.len || text_find_nocase(record, t) < record.len;
}

/* Can any of it be on this page, by its times alone? */
static bool may_fit(const struct scan *s, const struct item_head *h)
{
    int64_t first = h->first_ms < h->received_ms ? h->first_ms : h->received_ms;
    int64_t last = h->last_ms < h->received_ms ? h->last_ms : h->received_ms;
    const struct item_wish *w = s->wish;

    if (last < w->range.from_ms || first >= w->range.to_ms)
        return false;
    if (!w->from.given || !w->from.between)
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

static struct block_wish blocks_of(const struct item_wish *w, int64_t now_ms,
                                   struct query_need *needs)
{
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
        if (from->between && w->ascending)
            b.from_ms = from->time_ns / 1000000;
        else if (from->between)
            b.to_ms = from->time_ns / 1000000 + 1;
    }
    /* Times ahead of ours are taken as the receipt. */
    b.to_ms = b.to_ms > now_ms ? INT64_MAX : b.to_ms + BLOCK_SKEW_MS;
    return b;
}

/* Where to go on after the block read last. */
static struct block_at beyond(const struct scan *s)
{
    struct block_at at = s->block;

    at.block += s->wish->ascending ? 1 : -1;
    return at;
}

/* Blocks of other times need not be unpacked any more. */
static void narrow(struct scan *s, struct block_walk *walk)
{
    int64_t worst_ms = is_full(s) ? s->heap[0].time_ns / 1000000 : 0;

    if (!is_full(s))
        return;
    if (!s->narrowed)
        s->narrow_from = (struct item_at){.block = beyond(s), .walked = s->walked};
    s->narrowed = true;
    if (s->wish->ascending) /* an item is not older than its receipt says, once that is past */
        walk->wish.to_ms = worst_ms + 1 + (s->edge_ms > worst_ms ? 0 : BLOCK_SKEW_MS);
    else
        walk->wish.from_ms = worst_ms;
}

static void walk(struct scan *s, struct item_page *page)
{
    struct query_need needs[QUERY_NEEDS];
    struct block_wish wish = blocks_of(s->wish, s->c->now_ms, needs);
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    block_walk_begin(&walk, s->c, &wish);
    walk.blocks = SCAN_BLOCKS_MAX;
    while (block_walk_next(&walk, &ref, &view)) {
        read_block(s, &ref, &view);
        page->looked_ms = s->edge_ms;
        page->next.at = beyond(s);
        if (s->whole_blocks ? s->count >= s->wish->limit : is_settled(s)) {
            page->more = s->whole_blocks;
            return;
        }
        if (s->bytes > (s->wish->budget ? s->wish->budget : SCAN_BYTES_MAX)) {
            page->spent = true;
            return;
        }
        if (!s->whole_blocks)
            narrow(s, &walk);
    }
    page->spent = walk.spent;
    if (walk.spent)
        page->next.at = walk.here;
}

/* The index says which blocks: no budget, they are few. Newest last. */
static void of_one_trace(struct scan *s)
{
    const uint8_t *id = s->wish->trace;
    uint32_t count = 0;
    const struct block_ref *refs = block_of_traces(s->c, s->wish->kind, &id, 1, &count);

    for (uint32_t i = 0; refs && i < count && !is_settled(s); i++) {
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

static void sort(struct scan *s)
{
    if (s->count)
        qsort_r(s->heap, s->count, sizeof *s->heap, shown_order, (void *)s->wish);
}

/* After the last item shown, beginning with the first block that still has something. */
static void go_on_after(const struct scan *s, struct item_cursor *next)
{
    const struct item_cursor *from = &s->wish->from;
    const struct item_at *last = &s->heap[s->count - 1];

    next->given = next->between = true;
    if (s->left && (!s->narrowed || s->left_from.walked < s->narrow_from.walked))
        next->at = s->left_from.block;
    else if (s->narrowed)
        next->at = s->narrow_from.block;
    next->time_ns = last->time_ns;
    next->tie = last->tie;
    for (uint32_t i = s->count; i-- > 0 && compare(&s->heap[i], last, true) == 0;)
        next->same++;
    if (from->given && from->between && from->time_ns == next->time_ns && from->tie == next->tie)
        next->same += from->same;
}

/* Everything in the blocks so far was shown: the bound stays, the place moves. */
static void go_on_behind(const struct scan *s, struct item_cursor *next)
{
    struct block_at at = next->at;

    *next = s->wish->from;
    next->given = true;
    next->same = s->same;
    next->at = at;
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

static void finish(struct scan *s, struct item_page *page)
{
    while (s->count > s->wish->limit)
        leave(s, &s->heap[--s->count]);
    page->at = s->heap;
    page->count = s->count;
    page->more = s->left || page->spent;
    if (page->more && s->count)
        go_on_after(s, &page->next);
    else if (page->more)
        go_on_behind(s, &page->next);
}

static bool scan_init(struct scan *s)
{
    struct api_call *c = s->c;
    uint32_t at = 0;
    struct text name;

    s->room = s->wish->limit + 1;
    s->same = s->wish->from.same;
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
    walk(&s, page);
    sort(&s);
    page->at = s.heap;
    page->count = s.count;
    page->more |= page->spent;
    page->spent = true;
    go_on_behind(&s, &page->next);
    return !c->refused;
}

bool item_scan(struct api_call *c, const struct item_wish *wish, struct item_page *page)
{
    struct scan s = {.c = c, .wish = wish};

    *page = (struct item_page){.looked_ms = c->now_ms};
    if (!scan_init(&s))
        return false;
    if (wish->trace)
        of_one_trace(&s);
    else
        walk(&s, page);
    sort(&s);
    if (page->spent && !drop_unsure(&s, page))
        return take_blocks(c, wish, page);
    finish(&s, page);
    return !c->refused;
}
