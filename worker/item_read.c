/* item_read.c -- the items of a record, and those of a page. */
#include <stdlib.h>

#include "proto/record_log.h"
#include "proto/record_span.h"
#include "worker/item_scan.h"

static bool read_spans(struct text record, struct arena *a,
                       bool (*each)(void *own, uint32_t row, const struct query_item *item),
                       void *own)
{
    struct span_bundle b;
    uint32_t row = 0;

    if (!span_bundle_open(record, a, &b))
        return false;
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct query_item item = {0};
        struct span_cursor cursor;
        struct span span;

        item.span = &span;
        span_cursor_open(&cursor, &b, &b.groups[i], a);
        while (span_cursor_next(&cursor, &span))
            if (!each(own, row++, &item))
                return true;
    }
    return true;
}

void item_read(uint32_t kind, struct text record, struct arena *a,
               bool (*each)(void *own, uint32_t row, const struct query_item *item), void *own)
{
    struct query_item item = {0};
    struct log_cursor cursor;
    struct log_bundle b;
    struct logrec log;
    uint32_t row = 0;

    if (kind == RECORD_SPANS) {
        read_spans(record, a, each, own);
        return;
    }
    if (!log_bundle_open(record, a, &b))
        return;
    item.log = &log;
    log_cursor_open(&cursor, &b, a);
    while (log_cursor_next(&cursor, &log))
        if (!each(own, row++, &item))
            return;
}

bool item_head(uint32_t kind, struct text record, struct item_head *out)
{
    struct span_head spans;
    struct log_head logs;

    if (kind == RECORD_SPANS) {
        if (!span_bundle_head(record, &spans))
            return false;
        *out = (struct item_head){spans.project, spans.received_ms,
                                  (int64_t)(spans.first_ns / 1000000),
                                  (int64_t)(spans.last_ns / 1000000)};
    } else {
        if (!log_bundle_head(record, &logs))
            return false;
        *out =
            (struct item_head){logs.project, logs.received_ms, (int64_t)(logs.first_ns / 1000000),
                               (int64_t)(logs.last_ns / 1000000)};
    }
    return true;
}

/* ---- reading what was found ---- */

struct reading {
    struct api_call *c;
    const struct item_page *page;
    const uint32_t *places; /* of the items of this record, by row */
    uint32_t count;
    const struct api_project *project;
    int64_t received_ms;
    void (*each)(void *own, uint32_t place, const struct item_seen *seen);
    void *own;
};

static int by_place(const void *a, const void *b, void *own)
{
    const struct item_at *x = (const struct item_at *)own + *(const uint32_t *)a;
    const struct item_at *y = (const struct item_at *)own + *(const uint32_t *)b;

    if (x->walked != y->walked)
        return x->walked < y->walked ? -1 : 1;
    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool hand_out(void *own, uint32_t row, const struct query_item *item)
{
    struct reading *r = own;
    const struct item_at *at = &r->page->at[*r->places];
    struct item_seen seen = {
        .item = *item, .at = at, .project = r->project, .received_ms = r->received_ms};

    if (at->row != row)
        return true;
    seen.item.project = r->project->slug;
    r->each(r->own, *r->places++, &seen);
    return --r->count > 0;
}

static void read_found(struct reading *r, uint32_t kind, const struct block_view *view,
                       const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0, n; i < count; i += n) {
        uint32_t record = r->page->at[order[i]].record;
        struct item_head head;

        for (n = 1; i + n < count && r->page->at[order[i + n]].record == record;)
            n++;
        r->places = order + i;
        r->count = n;
        if (record < view->count && item_head(kind, view->records[record], &head) &&
            (r->project = api_project_by_id(r->c, head.project))) {
            r->received_ms = head.received_ms;
            item_read(kind, view->records[record], query_scratch(r->c->q), hand_out, r);
        }
    }
}

static struct query_segment *segment_of(struct api_call *c, int64_t id)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = 0; i < count; i++)
        if (list[i].id == id)
            return &list[i];
    return NULL;
}

bool item_each(struct api_call *c, uint32_t kind, const struct item_page *page,
               void (*each)(void *own, uint32_t place, const struct item_seen *seen), void *own)
{
    struct reading r = {.c = c, .page = page, .each = each, .own = own};
    uint32_t *order = arena_alloc(c->arena, (page->count + 1) * sizeof *order), n;

    if (!order)
        return false;
    for (uint32_t i = 0; i < page->count; i++)
        order[i] = i;
    qsort_r(order, page->count, sizeof *order, by_place, page->at);
    for (uint32_t i = 0; i < page->count && !c->refused; i += n) {
        const struct item_at *at = &page->at[order[i]];
        struct block_ref ref = {segment_of(c, at->block.segment), at->block.block, kind};
        struct block_view view;

        for (n = 1; i + n < page->count && page->at[order[i + n]].walked == at->walked;)
            n++;
        if (ref.segment && block_load(c, &ref, &view))
            read_found(&r, kind, &view, order + i, n);
    }
    return !c->refused;
}
