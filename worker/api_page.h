/* api_page.h -- pages and time ranges: what the list endpoints have in common.
 * Cursors    "value:offset:is_prev". Key-set lists put the sort key into `value` and the row's id into
 *            `offset`, so that rows of equal value are never skipped or shown twice; lists that are
 *            short by nature put the row number into `offset`.
 * Source     getsentry/sentry, api/paginator.py, utils/cursors.py, api/utils.py (get_date_range). */
#ifndef QUERN_WORKER_API_PAGE_H
#define QUERN_WORKER_API_PAGE_H

#include "worker/api_call.h"

struct api_page {
    int64_t value, offset;
    bool given; /* a cursor was sent */
    bool prev;  /* rows before it are asked for, nearest first */
    uint32_t limit;
};

struct api_page_key {
    int64_t value, offset;
};

/* Read `cursor` and per_page. False: refused with 400. */
bool page_read(struct api_call *c, struct api_page *p);
/* The same for issue lists, whose `limit` is cut to the maximum instead of refused. */
bool page_read_clamped(struct api_call *c, struct api_page *p);
/* The Link header of a key-set page, rows in the order they are shown; `more`: there is at least
 * one row further in the direction that was asked for. */
void page_link(struct api_call *c, const struct api_page *p, uint32_t rows, bool more,
               struct api_page_key first, struct api_page_key last);
/* Answer an offset page: the rows of `s`, which is bound but for :limit and :offset, each put into
 * the list by `write`. */
void page_answer(struct api_call *c, struct db_stmt *s, const struct api_page *p,
                 void (*write)(struct api_call *c, struct db_stmt *s));
/* The Link header of an offset page. */
void page_link_offset(struct api_call *c, const struct api_page *p, bool more);
/* … of a list with cursors of its own, which only goes forth. */
void page_link_cursor(struct api_call *c, struct text next, bool more);

struct api_range {
    int64_t from_ms, to_ms; /* [from, to) */
    bool given;
};

/* statsPeriod, start and end, or statsPeriodStart and statsPeriodEnd; `fallback_ms` back from now
 * when none is given. False: refused with 400. */
bool range_read(struct api_call *c, int64_t fallback_ms, struct api_range *out);

#endif
