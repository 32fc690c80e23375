/* series_error.c -- figures over time of errors: the hours that issues count, added up. */
#include <stdlib.h>

#include "worker/issue_list.h"
#include "worker/issue_view.h"
#include "worker/series.h"

#define HOUR_MS 3600000LL
#define ADDED_MAX 2000 /* that are added up; those with the most events */
#define APART_MAX 500  /* told apart, before the largest are chosen */

struct line {
    struct text *values;
    uint64_t *at, total;
};

struct adding {
    struct series *s;
    uint8_t columns[SERIES_GROUPS_MAX];
    struct line *lines;
    uint32_t count;
};

static bool read_axes(struct api_call *c, struct series *s)
{
    for (uint32_t i = 0; i < s->axis_count; i++) {
        bool count = text_is(s->axes[i], "count()");

        if (!count && !text_is(s->axes[i], "eps()") && !text_is(s->axes[i], "epm()")) {
            api_detailf(c, 400,
                        "%.*s of errors is not counted over time: count(), eps(), epm() are",
                        TEXT_ARG(text_clip(s->axes[i], 64)));
            return false;
        }
        s->types[i] = count ? EXPLORE_INTEGER : EXPLORE_NUMBER;
    }
    return true;
}

static bool read_groups(struct api_call *c, struct adding *a)
{
    for (uint32_t i = 0; i < a->s->group_count; i++) {
        uint8_t type;

        if (!explore_issue_column(a->s->groups[i], &a->columns[i], &type)) {
            api_detailf(c, 400,
                        "Errors are not counted per %.*s over time: per issue, issue.id, title, "
                        "culprit, level, platform or project they are",
                        TEXT_ARG(text_clip(a->s->groups[i], 64)));
            return false;
        }
    }
    return true;
}

/* ---- lines ---- */

static bool is_of(const struct adding *a, const struct line *line, const struct text *values)
{
    for (uint32_t i = 0; i < a->s->group_count; i++)
        if (!text_eq(line->values[i], values[i]))
            return false;
    return true;
}

static struct line *line_of(struct api_call *c, struct adding *a, struct text *values)
{
    struct line *line = &a->lines[a->count];

    for (uint32_t i = 0; i < a->count; i++)
        if (is_of(a, &a->lines[i], values))
            return &a->lines[i];
    if (a->count == APART_MAX) {
        a->s->e.partial = true;
        return NULL;
    }
    line->values = values;
    line->at = arena_zero(c->arena, a->s->buckets, sizeof *line->at);
    return line->at ? &a->lines[a->count++] : NULL;
}

static struct text *values_of(struct api_call *c, const struct adding *a, const struct issue_row *r)
{
    struct text *values = arena_zero(c->arena, a->s->group_count + 1, sizeof *values);

    for (uint32_t i = 0; values && i < a->s->group_count; i++) {
        struct buf b;

        buf_init(&b, c->arena, 64, API_ANSWER_MAX);
        explore_issue_write(c, &b, a->columns[i], r);
        values[i] = buf_result(&b);
    }
    return values;
}

/* ---- hours ---- */

static void add_hours(struct api_call *c, const struct series *s, struct line *line,
                      struct db_stmt *hours)
{
    int64_t from = s->begin_ms / HOUR_MS, step = s->step_ms / HOUR_MS;

    db_int(hours, "from", from);
    db_int(hours, "to", (s->e.range.to_ms + HOUR_MS - 1) / HOUR_MS);
    while (api_row(c, hours)) {
        uint64_t bucket = (uint64_t)((db_col_int(hours, 0) - from) / step);

        if (bucket >= s->buckets)
            continue;
        line->at[bucket] += (uint64_t)db_col_int(hours, 1);
        line->total += (uint64_t)db_col_int(hours, 1);
    }
}

static void add_issue(struct api_call *c, struct adding *a, int64_t id)
{
    struct issue_row r;
    struct text *values;
    struct db_stmt *hours;
    struct line *line;

    if (!issue_row_get(c, id, &r) || !(values = values_of(c, a, &r)) ||
        !(line = line_of(c, a, values)) || !(hours = api_query(c, "api_issue_hours")))
        return;
    db_int(hours, "issue", id);
    add_hours(c, a->s, line, hours);
}

static bool add_issues(struct api_call *c, struct adding *a, struct issue_search *search)
{
    struct api_page p = {.limit = API_PAGE_MAX};
    struct issue_hit hits[API_PAGE_MAX];
    uint32_t count, seen = 0;
    bool more = true;

    while (more && seen < ADDED_MAX) {
        if (!issue_search_page(c, search, &p, hits, &count, &more) || c->refused)
            return false;
        for (uint32_t i = 0; i < count; i++)
            add_issue(c, a, hits[i].id);
        if (!count)
            break;
        seen += count;
        p.given = true;
        p.value = hits[count - 1].value;
        p.offset = hits[count - 1].id;
    }
    a->s->e.partial |= more;
    return true;
}

/* Without conditions what projects count is enough, however many issues there are. */
static void add_projects(struct api_call *c, struct adding *a, const struct issue_search *search)
{
    struct text none = TEXT_NONE;
    struct line *line = line_of(c, a, &none);
    struct db_stmt *hours;

    for (uint32_t i = 0; i < search->project_count && line; i++) {
        if (!(hours = api_query(c, "api_project_hours")))
            return;
        db_int(hours, "project", search->projects[i]);
        add_hours(c, a->s, line, hours);
    }
}

/* ---- the answer ---- */

static int larger(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return (x->total < y->total) - (x->total > y->total);
}

static bool write_lines(struct api_call *c, struct adding *a)
{
    struct series *s = a->s;
    double seconds = (double)s->step_ms / 1000;
    uint32_t shown = s->top ? s->top : 1;

    if (a->count)
        qsort(a->lines, a->count, sizeof *a->lines, larger);
    for (uint32_t n = 0; n < a->count && n < shown; n++) {
        struct series_line *line = series_line_add(c, s);

        if (!line)
            return false;
        line->values = a->lines[n].values;
        for (uint32_t axis = 0; axis < s->axis_count; axis++) {
            double unit = text_is(s->axes[axis], "eps()")   ? seconds
                          : text_is(s->axes[axis], "epm()") ? seconds / 60
                                                            : 1;

            for (uint32_t i = 0; i < s->buckets; i++)
                line->at[axis * s->buckets + i] = (double)a->lines[n].at[i] / unit;
        }
    }
    return s->count || s->group_count || series_line_add(c, s);
}

bool series_of_errors(struct api_call *c, struct series *s)
{
    struct text query = api_param(c, "query");
    struct issue_search search = {.sort = ISSUE_BY_EVENTS, .range = s->e.range};
    struct adding a = {.s = s};
    struct search terms;

    query = query.at ? text_trim(query) : TEXT("");
    if (!read_axes(c, s) || !read_groups(c, &a) || !issue_list_scope(c, "group", &search) ||
        !issue_list_parse(c, query, &terms) ||
        !(a.lines = arena_zero(c->arena, APART_MAX, sizeof *a.lines)))
        return false;
    if (!query.len && !search.environment_count && !search.only && !s->group_count) {
        add_projects(c, &a, &search);
        return write_lines(c, &a);
    }
    search.terms = &terms;
    return issue_search_compile(c, &search) && add_issues(c, &a, &search) && write_lines(c, &a);
}
