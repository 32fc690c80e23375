/* explore_error.c -- error events as rows of columns, newest first by receipt. */
#include "model/search.h"
#include "proto/event.h"
#include "worker/explore.h"
#include "worker/issue_list.h"
#include "worker/issue_view.h"
#include "worker/span_store.h"
#include "worker/trace_error.h"

#define ROWS_MAX 20000 /* looked at for one page … */
#define READS_MAX 2000 /* … and read, when a query asks what is in them */

enum column {
    ERROR_TAG, /* any other: a tag */
    ERROR_ID,
    ERROR_TITLE,
    ERROR_CULPRIT,
    ERROR_ISSUE,
    ERROR_ISSUE_ID,
    ERROR_PROJECT,
    ERROR_PROJECT_ID,
    ERROR_TIMESTAMP,
    ERROR_LEVEL,
    ERROR_RELEASE,
    ERROR_ENVIRONMENT,
    ERROR_PLATFORM,
    ERROR_TRANSACTION,
    ERROR_TRACE,
    ERROR_SPAN,
    ERROR_USER
};

static const struct {
    const char *name;
    uint8_t column;
} NAMES[] = {{"id", ERROR_ID},
             {"event_id", ERROR_ID},
             {"title", ERROR_TITLE},
             {"message", ERROR_TITLE},
             {"culprit", ERROR_CULPRIT},
             {"issue", ERROR_ISSUE},
             {"issue.id", ERROR_ISSUE_ID},
             {"project", ERROR_PROJECT},
             {"project.name", ERROR_PROJECT},
             {"project.id", ERROR_PROJECT_ID},
             {"timestamp", ERROR_TIMESTAMP},
             {"level", ERROR_LEVEL},
             {"release", ERROR_RELEASE},
             {"environment", ERROR_ENVIRONMENT},
             {"platform", ERROR_PLATFORM},
             {"transaction", ERROR_TRANSACTION},
             {"trace", ERROR_TRACE},
             {"trace.span", ERROR_SPAN},
             {"user", ERROR_USER},
             {"user.display", ERROR_USER}};

struct errors {
    struct api_call *c;
    struct explore *e;
    struct search_any search;
    uint8_t columns[EXPLORE_FIELDS_MAX];
    uint32_t looked, read, shown;
    struct api_page page;
    struct api_page_key first, last;
};

static uint8_t column_of(struct text name)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (text_is(name, NAMES[i].name))
            return NAMES[i].column;
    return ERROR_TAG;
}

static uint8_t type_of(uint8_t column)
{
    return column == ERROR_TIMESTAMP                                ? EXPLORE_DATE
           : column == ERROR_ISSUE_ID || column == ERROR_PROJECT_ID ? EXPLORE_INTEGER
                                                                    : EXPLORE_STRING;
}

/* ---- one row ---- */

static struct text tag_of(const struct record_event *r, struct text key)
{
    if (text_starts(key, "tags[") && text_ends(key, "]"))
        key = text_cut(key, 5, key.len - 6);
    for (uint32_t i = 0; i < r->tag_count; i++)
        if (text_eq(r->tags[i].key, key))
            return r->tags[i].value;
    return TEXT_NONE;
}

static struct text or_none(struct text t)
{
    return t.len ? t : TEXT_NONE;
}

static void write_id(struct buf *b, const uint8_t *id, size_t len)
{
    if (id_is_zero(id, len))
        json_null(b, NULL);
    else
        json_hex(b, NULL, id, len);
}

static void write_value(struct errors *x, uint32_t i, const struct issue_row *issue,
                        const struct stored_event *e, const struct record_event *r)
{
    const struct api_project *p = api_project_by_id(x->c, e->project);
    struct buf *b = &x->c->out;

    switch (x->columns[i]) {
    case ERROR_ID:
        json_hex(b, NULL, e->id, 16);
        break;
    case ERROR_TITLE:
        json_text(b, NULL, r->title);
        break;
    case ERROR_CULPRIT:
        json_text(b, NULL, r->culprit);
        break;
    case ERROR_ISSUE:
        json_text(b, NULL, issue_short_id(x->c, issue));
        break;
    case ERROR_ISSUE_ID:
        json_int(b, NULL, issue->id);
        break;
    case ERROR_PROJECT:
        json_text(b, NULL, p ? p->slug : TEXT_NONE);
        break;
    case ERROR_PROJECT_ID:
        json_int(b, NULL, e->project);
        break;
    case ERROR_TIMESTAMP:
        json_time_us(b, NULL, e->timestamp_ms * 1000);
        break;
    case ERROR_LEVEL:
        json_str(b, NULL, level_name(r->level));
        break;
    case ERROR_RELEASE:
        json_text(b, NULL, or_none(r->release));
        break;
    case ERROR_ENVIRONMENT:
        json_text(b, NULL, or_none(r->environment));
        break;
    case ERROR_PLATFORM:
        json_text(b, NULL, or_none(r->platform));
        break;
    case ERROR_TRANSACTION:
        json_text(b, NULL, or_none(r->transaction));
        break;
    case ERROR_TRACE:
        write_id(b, r->trace_id, 16);
        break;
    case ERROR_SPAN:
        write_id(b, r->span_id, 8);
        break;
    case ERROR_USER:
        json_text(b, NULL, or_none(r->user));
        break;
    default:
        json_text(b, NULL, tag_of(r, x->e->fields[i]));
    }
}

static void show(struct errors *x, const struct stored_event *e)
{
    struct issue_row issue;
    struct record_event r;
    int64_t id = stored_issue(x->c, e);

    if (!id || !issue_row_get(x->c, id, &issue) || !stored_read(x->c, e, &r))
        return;
    x->read++;
    if (!api_of_environment(x->c, r.environment) ||
        !search_event_any(&x->search, &r, query_scratch(x->c->q)))
        return;
    if (!x->shown++)
        x->first = (struct api_page_key){0, (int64_t)e->seq};
    json_open(&x->c->out, NULL, '{');
    for (uint32_t i = 0; i < x->e->count; i++) {
        json_key(&x->c->out, x->e->fields[i]);
        write_value(x, i, &issue, e, &r);
    }
    json_close(&x->c->out, '}');
}

/* ---- rows ---- */

static bool is_over(const struct errors *x)
{
    return x->shown == x->e->limit || x->looked == ROWS_MAX || x->read == READS_MAX ||
           x->c->out.failed;
}

static void look_at(struct errors *x, const struct stored_event *e)
{
    const struct api_project *p = api_project_by_id(x->c, e->project);

    x->looked++;
    x->last = (struct api_page_key){0, (int64_t)e->seq};
    if (p && api_project_wanted(x->c, p) && e->timestamp_ms >= x->e->range.from_ms &&
        e->timestamp_ms < x->e->range.to_ms)
        show(x, e);
}

/* True: it was stopped, there is more. */
static bool walk_segment(struct errors *x, struct query_segment *g, uint64_t before)
{
    struct db *d = query_segment_db(x->c->q, g);
    struct db_stmt *s = d ? api_segment_query(x->c, d, "api_stored_before") : NULL;
    bool over = false;

    if (!s)
        return false;
    db_int(s, "before", before > INT64_MAX ? INT64_MAX : (int64_t)before);
    while (db_step(s) == 1 && !(over = is_over(x))) {
        struct stored_event e;

        stored_event_row(s, g, &e);
        look_at(x, &e);
    }
    db_reset(s);
    return over;
}

static bool walk(struct errors *x)
{
    uint64_t before = x->page.given ? (uint64_t)x->page.offset : UINT64_MAX;
    struct query_segment *list;
    uint32_t count = query_segments(x->c->q, &list);

    for (uint32_t i = 0; i < count; i++) {
        if (list[i].first_seq >= before)
            continue;
        /* Clocks differ, and SDKs send what they kept while offline: a day of grace. */
        if (list[i].ended_ms != INT64_MAX && list[i].ended_ms + 86400000 < x->e->range.from_ms)
            return false;
        if (walk_segment(x, &list[i], before))
            return true;
    }
    return false;
}

/* "trace:…" has to hold: the indexes know its events, which are few. */
static bool of_one_trace(const struct errors *x, uint8_t id[16])
{
    const struct search *s = &x->search.of[0];

    for (uint32_t i = 0; x->search.count == 1 && i < s->count; i++) {
        const struct search_term *t = &s->terms[i];

        if (t->key == SEARCH_TRACE && !t->negated && t->count == 1 && !t->values[0].wild &&
            span_trace_id(t->values[0].text, id))
            return true;
    }
    return false;
}

/* True: there are, or may be, more. */
static bool walk_trace(struct errors *x, const uint8_t id[16])
{
    uint64_t before = x->page.given ? (uint64_t)x->page.offset : UINT64_MAX;
    struct stored_event *list = arena_alloc(x->c->arena, TRACE_ERRORS_MAX * sizeof *list);
    uint32_t i = list ? trace_error_places(x->c, id, list, TRACE_ERRORS_MAX) : 0;

    while (i-- > 0) {
        if (list[i].seq >= before)
            continue;
        if (is_over(x))
            return true;
        look_at(x, &list[i]);
    }
    return false;
}

void explore_errors(struct api_call *c, struct explore *e)
{
    uint8_t trace[16];
    struct errors x = {.c = c, .e = e};
    struct text query = api_param(c, "query");
    bool more;

    if (e->ascending) {
        api_detail(c, 400, "Error events are listed newest first: sort=-timestamp");
        return;
    }
    if (!page_read(c, &x.page) ||
        !event_list_parse(c, query.at ? text_trim(query) : TEXT(""), &x.search))
        return;
    for (uint32_t i = 0; i < e->count; i++) {
        x.columns[i] = column_of(e->fields[i]);
        e->types[i] = type_of(x.columns[i]);
    }
    explore_begin(c);
    more = of_one_trace(&x, trace) ? walk_trace(&x, trace) : walk(&x);
    x.page.prev = false;
    page_link(c, &x.page, x.looked, more, x.first, x.last);
    explore_end(c, e);
}
