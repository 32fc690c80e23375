/* explore_issue.c -- error events added up, a row per issue: what issues count about themselves. */
#include "proto/event.h"
#include "worker/explore.h"
#include "worker/issue_list.h"
#include "worker/issue_view.h"

enum column {
    COLUMN_NONE,
    COLUMN_ISSUE,
    COLUMN_ISSUE_ID,
    COLUMN_TITLE,
    COLUMN_CULPRIT,
    COLUMN_LEVEL,
    COLUMN_PROJECT,
    COLUMN_PROJECT_ID,
    COLUMN_PLATFORM,
    COLUMN_COUNT,
    COLUMN_USERS,
    COLUMN_LAST,
    COLUMN_FIRST
};

static const struct {
    const char *name;
    uint8_t column, type;
} COLUMNS[] = {{"issue", COLUMN_ISSUE, EXPLORE_STRING},
               {"issue.id", COLUMN_ISSUE_ID, EXPLORE_INTEGER},
               {"title", COLUMN_TITLE, EXPLORE_STRING},
               {"culprit", COLUMN_CULPRIT, EXPLORE_STRING},
               {"level", COLUMN_LEVEL, EXPLORE_STRING},
               {"project", COLUMN_PROJECT, EXPLORE_STRING},
               {"project.name", COLUMN_PROJECT, EXPLORE_STRING},
               {"project.id", COLUMN_PROJECT_ID, EXPLORE_INTEGER},
               {"platform", COLUMN_PLATFORM, EXPLORE_STRING},
               {"count()", COLUMN_COUNT, EXPLORE_INTEGER},
               {"count_unique(user)", COLUMN_USERS, EXPLORE_INTEGER},
               {"last_seen()", COLUMN_LAST, EXPLORE_DATE},
               {"first_seen()", COLUMN_FIRST, EXPLORE_DATE}};

bool explore_issue_column(struct text name, uint8_t *column, uint8_t *type)
{
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++) {
        if (!text_is(name, COLUMNS[i].name))
            continue;
        *column = COLUMNS[i].column;
        *type = COLUMNS[i].type;
        return true;
    }
    return false;
}

/* Every column has to be one of an issue, and the issue one of them: else rows would have to be joined. */
static bool read_columns(struct api_call *c, struct explore *e, uint8_t *columns)
{
    bool by_issue = false;

    for (uint32_t i = 0; i < e->count; i++) {
        if (!explore_issue_column(e->fields[i], &columns[i], &e->types[i])) {
            api_detailf(
                c, 400,
                "%.*s cannot be added up: errors are counted per issue, with issue, issue.id, "
                "title, culprit, level, platform, project, count(), count_unique(user), "
                "last_seen() and first_seen()",
                TEXT_ARG(text_clip(e->fields[i], 64)));
            return false;
        }
        by_issue |= columns[i] == COLUMN_ISSUE || columns[i] == COLUMN_ISSUE_ID ||
                    columns[i] == COLUMN_TITLE;
    }
    if (!by_issue)
        api_detail(c, 400,
                   "Errors are counted per issue: ask for issue, issue.id or title as well");
    return by_issue;
}

/* The first `sort`, from most to least. */
static bool read_order(struct api_call *c, enum issue_sort *out)
{
    static const struct {
        const char *word;
        enum issue_sort sort;
    } words[] = {{"-count", ISSUE_BY_EVENTS},
                 {"-count()", ISSUE_BY_EVENTS},
                 {"-count_unique_user", ISSUE_BY_USERS},
                 {"-count_unique(user)", ISSUE_BY_USERS},
                 {"-last_seen", ISSUE_BY_LAST},
                 {"-last_seen()", ISSUE_BY_LAST},
                 {"-first_seen", ISSUE_BY_FIRST},
                 {"-first_seen()", ISSUE_BY_FIRST}};
    struct text t = api_param(c, "sort");

    *out = ISSUE_BY_LAST;
    if (text_empty(t))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(t, words[i].word)) {
            *out = words[i].sort;
            return true;
        }
    api_detail(
        c, 400,
        "Issues can be sorted by -count(), -count_unique(user), -last_seen(), -first_seen()");
    return false;
}

void explore_issue_write(struct api_call *c, struct buf *b, uint8_t column,
                         const struct issue_row *r)
{
    const struct api_project *p = api_project_by_id(c, r->project);

    switch (column) {
    case COLUMN_ISSUE:
        json_text(b, NULL, issue_short_id(c, r));
        break;
    case COLUMN_ISSUE_ID:
        json_int(b, NULL, r->id);
        break;
    case COLUMN_TITLE:
        json_text(b, NULL, r->title);
        break;
    case COLUMN_CULPRIT:
        json_text(b, NULL, r->culprit);
        break;
    case COLUMN_LEVEL:
        json_str(b, NULL, level_name((enum level)r->level));
        break;
    case COLUMN_PROJECT:
        json_text(b, NULL, p ? p->slug : TEXT_NONE);
        break;
    case COLUMN_PROJECT_ID:
        json_int(b, NULL, r->project);
        break;
    case COLUMN_PLATFORM:
        json_text(b, NULL, r->platform);
        break;
    case COLUMN_COUNT:
        json_int(b, NULL, r->events);
        break;
    case COLUMN_USERS:
        json_int(b, NULL, r->users);
        break;
    case COLUMN_LAST:
        json_time_us(b, NULL, r->last_ms * 1000);
        break;
    default:
        json_time_us(b, NULL, r->first_ms * 1000);
    }
}

static void write_rows(struct api_call *c, const struct explore *e, const uint8_t *columns,
                       const struct issue_hit *hits, uint32_t count, const struct api_range *range)
{
    for (uint32_t i = 0; i < count; i++) {
        struct issue_row r;

        if (!issue_row_get(c, hits[i].id, &r))
            continue;
        json_open(&c->out, NULL, '{');
        for (uint32_t k = 0; k < e->count; k++) {
            json_key(&c->out, e->fields[k]);
            if (columns[k] == COLUMN_COUNT && range->given)
                json_int(&c->out, NULL, issue_events_in(c, &r, range));
            else
                explore_issue_write(c, &c->out, columns[k], &r);
        }
        json_close(&c->out, '}');
    }
}

void explore_issues(struct api_call *c, struct explore *e)
{
    struct text query = api_param(c, "query");
    uint8_t columns[EXPLORE_FIELDS_MAX];
    struct issue_search s = {0};
    struct issue_hit *hits;
    struct search terms;
    struct api_page p;
    uint32_t count;
    bool more;

    if (!read_columns(c, e, columns) || !read_order(c, &s.sort) || !page_read(c, &p) ||
        !range_read(c, 0, &s.range) || !issue_list_scope(c, "group", &s) ||
        !issue_list_parse(c, query.at ? text_trim(query) : TEXT(""), &terms))
        return;
    s.terms = &terms;
    hits = arena_alloc(c->arena, p.limit * sizeof *hits);
    if (!hits || !issue_search_compile(c, &s) || !issue_search_page(c, &s, &p, hits, &count, &more))
        return;
    explore_begin(c);
    write_rows(c, e, columns, hits, count, &s.range);
    page_link(
        c, &p, count, more,
        (struct api_page_key){count ? hits[0].value : 0, count ? hits[0].id : 0},
        (struct api_page_key){count ? hits[count - 1].value : 0, count ? hits[count - 1].id : 0});
    explore_end(c, e);
}
