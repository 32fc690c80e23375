/* api_log.c -- log records: searched, listed, and followed as they come. */
#include <stdio.h>
#include <string.h>

#include "proto/record.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"
#include "worker/item_query.h"
#include "worker/trace_error.h"

#define TAIL "X-Quern-Tail"
#define ERRORS_MAX 32 /* of one trace, looked through for the one that a record speaks of */
#define DAYS_14 (14 * 86400000LL)

/* ---- one record ---- */

struct linked { /* the errors of the trace that was asked for last */
    uint8_t trace[16];
    struct trace_error errors[ERRORS_MAX];
    uint32_t count;
    bool known;
};

struct log_list {
    struct api_call *c;
    struct item_page page;
    struct text *rows; /* as JSON, by place */
    struct log_row {
        uint8_t trace[16], span[8];
        bool failed; /* severity of an error, in a span */
    } * ids;
};

/* Milliseconds, with the microseconds as a fraction. */
static void write_time(struct buf *b, const char *key, uint64_t ns)
{
    char number[32];
    int n = snprintf(number, sizeof number, "%llu.%03u", (unsigned long long)(ns / 1000000),
                     (unsigned)(ns / 1000 % 1000));

    json_raw(b, key, (struct text){number, (size_t)n});
}

static void write_id(struct buf *b, const char *key, const uint8_t *id, size_t len)
{
    if (id_is_zero(id, len))
        json_null(b, key);
    else
        json_hex(b, key, id, len);
}

/* Events have a name, and often no body. */
static struct text message_of(const struct logrec *l, struct arena *a)
{
    struct text body = attr_as_text(&l->body, a);

    return body.len ? body : l->event_name;
}

static void write_record(struct buf *b, struct arena *a, const struct item_seen *seen)
{
    const struct logrec *l = seen->item.log;
    const char *level = severity_name(l->severity);

    json_text(b, "id", item_id(a, seen->at));
    write_time(b, "timestamp", l->time_ns);
    json_str(b, "level", *level ? level : "none");
    json_text(b, "severity", l->severity_text.len ? l->severity_text : text_of(level));
    json_int(b, "severityNumber", l->severity);
    json_text(b, "message", message_of(l, a));
    json_text(b, "service", l->resource->service);
    json_text(b, "project", seen->project->slug);
    json_text(b, "release", l->resource->release);
    json_text(b, "environment", l->resource->environment);
    write_id(b, "traceId", l->trace_id, 16);
    write_id(b, "spanId", l->span_id, 8);
    json_text(b, "scope", l->scope ? l->scope->name : TEXT_NONE);
    json_text(b, "eventName", l->event_name);
    attrs_write_pairs(b, "attributes", &l->attrs);
    attrs_write_pairs(b, "resource", &l->resource->attrs);
}

/* Without its end: the issue follows, and that needs other blocks. */
static void take(void *own, uint32_t place, const struct item_seen *seen)
{
    struct log_list *list = own;
    const struct logrec *l = seen->item.log;
    struct buf b;

    buf_init(&b, list->c->arena, 1024, API_ANSWER_MAX);
    json_open(&b, NULL, '{');
    write_record(&b, list->c->arena, seen);
    list->rows[place] = buf_result(&b);
    memcpy(list->ids[place].trace, l->trace_id, 16);
    memcpy(list->ids[place].span, l->span_id, 8);
    list->ids[place].failed = l->severity >= 17 && !id_is_zero(l->span_id, 8);
}

/* The error event of that span, if there is one. */
static const struct trace_error *error_of(struct api_call *c, struct linked *linked,
                                          const struct log_row *row)
{
    if (!row->failed)
        return NULL;
    if (!linked->known || memcmp(linked->trace, row->trace, 16) != 0) {
        memcpy(linked->trace, row->trace, 16);
        linked->count = trace_errors(c, row->trace, linked->errors, ERRORS_MAX);
        linked->known = true;
    }
    for (uint32_t i = 0; i < linked->count; i++)
        if (linked->errors[i].issue && memcmp(linked->errors[i].span, row->span, 8) == 0)
            return &linked->errors[i];
    return NULL;
}

static void write_issue(struct api_call *c, const struct trace_error *e)
{
    struct issue_row issue;

    if (!e || !issue_row_get(c, e->issue, &issue)) {
        json_null(&c->out, "issue");
        return;
    }
    json_open(&c->out, "issue", '{');
    api_id(&c->out, "id", e->issue);
    json_text(&c->out, "shortId", issue_short_id(c, &issue));
    json_hex(&c->out, "eventId", e->at.id, 16);
    json_close(&c->out, '}');
}

static void write_rows(struct api_call *c, const struct log_list *list)
{
    struct linked *linked = arena_zero(c->arena, 1, sizeof *linked);

    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; linked && i < list->page.count; i++) {
        if (!list->rows[i].len) /* damaged between two looks */
            continue;
        json_raw(&c->out, NULL, list->rows[i]);
        write_issue(c, error_of(c, linked, &list->ids[i]));
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
}

/* ---- what is asked for ---- */

static bool read_sort(struct api_call *c, bool *ascending)
{
    struct text t = api_param(c, "sort");

    *ascending = text_is(t, "timestamp");
    if (text_empty(t) || *ascending || text_is(t, "-timestamp"))
        return true;
    api_detail(c, 400, "Invalid sort: -timestamp or timestamp");
    return false;
}

static bool read_after(struct api_call *c, struct block_at *out)
{
    struct text t = api_param(c, "after");
    size_t dot = text_find_byte(t, '.');
    unsigned long long segment, block;

    *out = (struct block_at){0};
    if (text_empty(t))
        return true;
    if (text_u64(text_cut(t, 0, dot), &segment) && text_u64(text_cut(t, dot + 1, t.len), &block) &&
        segment <= INT64_MAX && block <= INT64_MAX) {
        *out = (struct block_at){(int64_t)segment, (int64_t)block};
        return true;
    }
    api_detail(c, 400, "Invalid after: the value of a " TAIL " header");
    return false;
}

static bool read_limit(struct api_call *c, uint32_t *limit)
{
    struct text t = api_param(c, "per_page");
    unsigned long long n = API_PAGE_MAX;

    if (t.at && (!text_u64(t, &n) || n < 1 || n > API_PAGE_MAX)) {
        api_detailf(c, 400, "Invalid per_page value. Must be between 1 and %d.", API_PAGE_MAX);
        return false;
    }
    *limit = (uint32_t)n;
    return true;
}

static void write_headers(struct api_call *c, const struct item_page *page, struct block_at newest,
                          bool tail)
{
    api_header(
        c, TAIL,
        arena_printf(c->arena, "%lld.%lld", (long long)newest.segment, (long long)newest.block));
    if (page->spent)
        api_header(c, "X-Quern-Searched",
                   arena_printf(c->arena, "%lld", (long long)page->looked_ms));
    if (tail && page->more) /* more came than a page holds: the newest are on it */
        api_header(c, "X-Quern-Skipped", TEXT("1"));
    if (!tail)
        item_cursor_link(c, page);
}

static void answer(struct api_call *c, const struct item_query *q, struct item_wish *wish)
{
    struct block_at newest = item_newest(c);
    struct log_list list = {.c = c};

    wish->query = &q->query;
    wish->node = q->node;
    wish->trace = q->of_trace ? q->trace : NULL;
    wish->contained = item_query_contained(q);
    if (!item_scan(c, wish, &list.page))
        return;
    list.rows = arena_zero(c->arena, list.page.count + 1, sizeof *list.rows);
    list.ids = arena_zero(c->arena, list.page.count + 1, sizeof *list.ids);
    if (!list.rows || !list.ids || !item_each(c, RECORD_LOGS, &list.page, take, &list))
        return;
    write_headers(c, &list.page, newest, wish->after.segment != 0);
    write_rows(c, &list);
    api_done(c, 200);
}

void log_list(struct api_call *c)
{
    struct item_wish wish = {.kind = RECORD_LOGS};
    struct item_query q;

    if (!read_limit(c, &wish.limit) || !read_sort(c, &wish.ascending) ||
        !range_read(c, DAYS_14, &wish.range) || !item_cursor_read(c, &wish.from) ||
        !read_after(c, &wish.after))
        return;
    if (wish.after.segment)
        wish.ascending = false;
    if (item_query_read(c, &q)) {
        if (q.of_trace && !wish.range.given) /* it knows where they are, however old */
            wish.range.from_ms = 0;
        answer(c, &q, &wish);
    }
    item_query_end(&q);
}
