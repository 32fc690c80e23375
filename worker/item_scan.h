/* item_scan.h -- log records or spans that fit a query, in order of time, a page at a time.
 * For        lists of logs, live tail, Sentry's events/ of spans and logs. Query thread.
 * Time       what an item says, but not later than its receipt: so whoever walks blocks from new to old
 *            knows when nothing newer can come, and a page is right however late items arrive.
 * Order      the newest first (or the oldest); of equal times, by a digest of the item.
 * Budget     SCAN_BYTES_MAX and SCAN_BLOCKS_MAX are unpacked, BLOCK_MARKS_MAX marks looked at. A page that
 *            ends for that reason has what was found and nothing can come before any more, says how far it
 *            looked, and goes on from there. When that is nothing, because so much came late, the page has
 *            what lies in its first blocks, out of order, and may be longer: nothing is shown twice, or not
 *            at all.
 * Lateness   blocks may hold what was received long before or after the blocks beside them: a ring that
 *            nobody drained for a while. So a page does not trust that blocks it has not read have nothing
 *            that belongs before what was shown; when such turns up, a later page has it, out of order.
 * Paging     a cursor names the last item shown, the block to begin with, and how far pages have read. */
#ifndef QUERN_WORKER_ITEM_SCAN_H
#define QUERN_WORKER_ITEM_SCAN_H

#include "model/span_query.h"
#include "worker/api_page.h"
#include "worker/block_store.h"

struct item_cursor {
    bool given;
    bool between; /* time_ns and tie name an item; else only the block counts */
    int64_t time_ns;
    uint64_t tie;
    uint32_t same; /* items of that time and digest that were shown already */
    struct block_at at;
    struct block_at
        reached; /* of what lies beyond this block nothing was shown yet; none: as is `at` */
};

struct item_wish {
    uint32_t kind; /* RECORD_SPANS or RECORD_LOGS */
    struct api_range range;
    const struct span_query *query; /* may be NULL */
    uint32_t node;
    const uint8_t *trace; /* items of that trace alone; NULL: all */
    struct text
        contained; /* bytes without which no record of logs can hold an answer; may be absent */
    bool ascending;
    uint32_t limit;
    struct item_cursor from;
    struct block_at after; /* only what came behind that block; none: everything */
    size_t budget;         /* bytes to be unpacked; 0: SCAN_BYTES_MAX */
};

struct item_at { /* where an item lies */
    int64_t time_ns;
    uint64_t tie;
    struct block_at block;
    uint32_t record, row; /* in the block, in the record */
    uint32_t walked;      /* blocks that were read before its own */
};

struct item_page {
    struct item_at *at; /* in order */
    uint32_t count;
    bool more;         /* there are, or may be, further ones */
    bool spent;        /* the budget is; `looked_ms` says how far the search went */
    int64_t looked_ms; /* everything received since then (or until then, ascending) was looked at */
    struct item_cursor next; /* when there is more */
};

/* Every span or log record of a record, in the order in which it holds them, until `each` says no. They
 * live until the arena is reset. */
void item_read(uint32_t kind, struct text record, struct arena *a,
               bool (*each)(void *own, uint32_t row, const struct query_item *item), void *own);
/* What the head of a record says, without unpacking it. False: damaged. */
struct item_head {
    uint32_t project;
    int64_t received_ms, first_ms, last_ms; /* as the items say */
};
bool item_head(uint32_t kind, struct text record, struct item_head *out);

/* Find a page. False: refused, or the arena is spent. */
bool item_scan(struct api_call *c, const struct item_wish *wish, struct item_page *out);

struct item_seen {
    struct query_item item; /* lives until `each` returns */
    const struct item_at *at;
    const struct api_project *project;
    int64_t received_ms;
};
/* Read the items of a page, block by block; `place` is an item's number on the page. */
bool item_each(struct api_call *c, uint32_t kind, const struct item_page *page,
               void (*each)(void *own, uint32_t place, const struct item_seen *seen), void *own);

/* 32 hex digits: the same for as long as the item is stored. */
struct text item_id(struct arena *a, const struct item_at *at);

/* The block that was written last; none: there is none. */
struct block_at item_newest(struct api_call *c);

/* `cursor` of the request, and the Link header of an answer. False: refused. */
bool item_cursor_read(struct api_call *c, struct item_cursor *out);
void item_cursor_link(struct api_call *c, const struct item_page *page);

#endif
