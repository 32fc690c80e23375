/* api_page.c -- cursors, Link headers, time ranges. */
#include "worker/api_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/search.h"

#define OFFSET_MAX \
    (INT64_MAX / 2) /* the next page's is still a number; some name a segment and a row in it */

/* A signed integer; "1750000000000.0" is one as well (older cursors are floats). */
static bool number_read(struct text t, int64_t *out)
{
    char digits[32], *end;

    if (t.len == 0 || t.len >= sizeof digits ||
        (t.at[0] != '-' && (t.at[0] < '0' || t.at[0] > '9')))
        return false;
    memcpy(digits, t.at, t.len);
    digits[t.len] = 0;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    if (*end == '.')
        for (end++; *end == '0';)
            end++;
    return *end == 0 && errno == 0;
}

static bool cursor_read(struct api_call *c, struct api_page *p)
{
    struct text t = api_param(c, "cursor"), value, offset;
    size_t colon;

    if (text_empty(t))
        return true;
    colon = text_find_byte(t, ':');
    value = text_cut(t, 0, colon);
    t = text_cut(t, colon + 1, t.len);
    colon = text_find_byte(t, ':');
    offset = text_cut(t, 0, colon);
    t = text_cut(t, colon + 1, t.len);
    p->given = true;
    p->prev = text_is(t, "1");
    if (number_read(value, &p->value) && number_read(offset, &p->offset) && p->offset >= 0 &&
        p->offset <= OFFSET_MAX && (p->prev || text_is(t, "0")))
        return true;
    api_detail(c, 400, "Invalid cursor parameter.");
    return false;
}

bool page_read(struct api_call *c, struct api_page *p)
{
    struct text per_page = api_param(c, "per_page");
    unsigned long long n = API_PAGE_MAX;

    *p = (struct api_page){.limit = API_PAGE_MAX};
    if (per_page.at && (!text_u64(per_page, &n) || n < 1 || n > API_PAGE_MAX)) {
        api_detailf(c, 400, "Invalid per_page value. Must be between 1 and %d.", API_PAGE_MAX);
        return false;
    }
    p->limit = (uint32_t)n;
    return cursor_read(c, p);
}

bool page_read_clamped(struct api_call *c, struct api_page *p)
{
    struct text limit = api_param(c, "limit");
    unsigned long long n;

    if (!limit.at)
        return page_read(c, p);
    *p = (struct api_page){.limit = API_PAGE_MAX};
    if (!text_u64(limit, &n)) {
        api_detail(c, 400, "invalid limit");
        return false;
    }
    if (n < API_PAGE_MAX)
        p->limit = n ? (uint32_t)n : 1;
    return cursor_read(c, p);
}

/* The request's parameters but for the cursor, as they were sent. */
static void query_without_cursor(struct buf *b, struct text query)
{
    while (query.len) {
        size_t amp = text_find_byte(query, '&');
        struct text one = text_cut(query, 0, amp);

        if (one.len && !text_starts(one, "cursor=") && !text_is(one, "cursor")) {
            buf_text(b, one);
            buf_byte(b, '&');
        }
        query = text_cut(query, amp + 1, query.len);
    }
}

static void link_add(struct api_call *c, struct buf *b, const char *rel, bool results,
                     struct api_page_key at, bool prev)
{
    buf_str(b, "<");
    buf_text(b, c->req.base_url);
    buf_text(b, c->req.path);
    buf_byte(b, '?');
    query_without_cursor(b, c->req.query);
    buf_printf(b, "cursor=%lld:%lld:%d>; rel=\"%s\"; results=\"%s\"; cursor=\"%lld:%lld:%d\"",
               (long long)at.value, (long long)at.offset, prev, rel, results ? "true" : "false",
               (long long)at.value, (long long)at.offset, prev);
}

static void link_header(struct api_call *c, bool before, struct api_page_key previous, bool after,
                        struct api_page_key next)
{
    struct buf b = api_buf(c);

    link_add(c, &b, "previous", before, previous, true);
    buf_str(&b, ", ");
    link_add(c, &b, "next", after, next, false);
    if (!b.failed)
        api_header(c, "Link", buf_result(&b));
}

void page_link(struct api_call *c, const struct api_page *p, uint32_t rows, bool more,
               struct api_page_key first, struct api_page_key last)
{
    struct api_page_key here = {p->value, p->offset};

    if (rows == 0)
        first = last = here;
    link_header(c, p->prev ? more : p->given, first, p->prev ? true : more, last);
}

void page_link_offset(struct api_call *c, const struct api_page *p, bool more)
{
    int64_t before = p->offset > p->limit ? p->offset - p->limit : 0;

    link_header(c, p->offset > 0, (struct api_page_key){0, before}, more,
                (struct api_page_key){0, p->offset + p->limit});
}

void page_answer(struct api_call *c, struct db_stmt *s, const struct api_page *p,
                 void (*write)(struct api_call *c, struct db_stmt *s))
{
    uint32_t n = 0;
    bool more = false;

    db_int(s, "limit", p->limit + 1);
    db_int(s, "offset", p->offset);
    json_open(&c->out, NULL, '[');
    for (; api_row(c, s) && !(more = n == p->limit); n++)
        write(c, s);
    json_close(&c->out, ']');
    page_link_offset(c, p, more);
    api_done(c, 200);
}

static void cursor_add(struct api_call *c, struct buf *b, const char *rel, bool results,
                       struct text cursor)
{
    buf_str(b, "<");
    buf_text(b, c->req.base_url);
    buf_text(b, c->req.path);
    buf_byte(b, '?');
    query_without_cursor(b, c->req.query);
    buf_printf(b, "cursor=%.*s>; rel=\"%s\"; results=\"%s\"; cursor=\"%.*s\"", TEXT_ARG(cursor),
               rel, results ? "true" : "false", TEXT_ARG(cursor));
}

void page_link_cursor(struct api_call *c, struct text next, bool more)
{
    struct buf b = api_buf(c);

    cursor_add(c, &b, "previous", false, TEXT("0:0:0"));
    buf_str(&b, ", ");
    cursor_add(c, &b, "next", more, next);
    if (!b.failed)
        api_header(c, "Link", buf_result(&b));
}

/* ---- time ranges ---- */

static bool moment_read(struct text t, int64_t *ms)
{
    unsigned long long seconds;
    bool whole_day;

    if (text_u64(t, &seconds) && seconds < 1ULL << 40) {
        *ms = (int64_t)seconds * 1000;
        return true;
    }
    return search_date(t, ms, &whole_day);
}

static bool period_read(struct api_call *c, const char *name, struct text t, int64_t *ms)
{
    if (search_duration(t, ms))
        return true;
    api_detailf(c, 400, "Invalid %s: '%.*s'", name, TEXT_ARG(text_clip(t, 64)));
    return false;
}

bool range_read(struct api_call *c, int64_t fallback_ms, struct api_range *out)
{
    struct text period = api_param(c, "statsPeriod"), start = api_param(c, "start"),
                end = api_param(c, "end"), far = api_param(c, "statsPeriodStart"),
                near = api_param(c, "statsPeriodEnd");
    int64_t back = fallback_ms, until = 0;

    *out = (struct api_range){.to_ms = c->now_ms + 1};
    out->given = !text_empty(period) || start.at || end.at || far.at;
    if (!text_empty(period)) {
        if (!period_read(c, "statsPeriod", period, &back))
            return false;
    } else if (far.at) {
        if (!period_read(c, "statsPeriodStart", far, &back) ||
            (near.at && !period_read(c, "statsPeriodEnd", near, &until)))
            return false;
    } else if (start.at || end.at) {
        if (text_empty(start) || text_empty(end)) {
            api_detail(c, 400, "start and end are both required");
            return false;
        }
        if (!moment_read(start, &out->from_ms) || !moment_read(end, &out->to_ms)) {
            api_detail(c, 400, "start and end must be ISO 8601 dates or epoch seconds");
            return false;
        }
        if (out->from_ms < out->to_ms)
            return true;
        api_detail(c, 400, "start must be before end");
        return false;
    }
    out->from_ms = c->now_ms - back;
    out->to_ms = c->now_ms + 1 - until;
    if (out->from_ms < out->to_ms)
        return true;
    api_detail(c, 400, "start must be before end");
    return false;
}
