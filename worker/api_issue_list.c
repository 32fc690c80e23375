/* api_issue_list.c -- searching issues: lists, counts, figures of several. */
#include <string.h>

#include "worker/api_resources.h"
#include "worker/issue_list.h"
#include "worker/issue_search.h"
#include "worker/issue_view.h"
#include "worker/stored.h"

/* ---- what the request asks for ---- */

/* `project` names ids or slugs, -1 all of them; absent: all; the project route has just one. */
static bool read_projects(struct api_call *c, struct issue_search *s)
{
    uint32_t count, at = 0;
    const struct api_project *all = api_projects(c, &count), *p;
    struct text name;
    bool any = false;

    s->projects = arena_alloc(c->arena, (count + 1) * sizeof *s->projects);
    if (!s->projects)
        return false;
    if (c->project) {
        s->projects[s->project_count++] = c->project->id;
        return true;
    }
    while (api_param_next(c, "project", &at, &name)) {
        if (text_is(name, "-1") || text_empty(name))
            continue;
        any = true;
        if ((p = api_project_find(c, name)) && s->project_count < count)
            s->projects[s->project_count++] = p->id;
    }
    for (uint32_t i = 0; !any && i < count; i++)
        s->projects[s->project_count++] = all[i].id;
    return true;
}

static bool read_environments(struct api_call *c, struct issue_search *s)
{
    uint32_t at = 0;
    struct text name;

    s->environments = arena_alloc(c->arena, (c->param_count + 1) * sizeof *s->environments);
    while (s->environments && api_param_next(c, "environment", &at, &name))
        s->environments[s->environment_count++] = name;
    return s->environments != NULL;
}

/* `group` (on the list) or `id` (on changes) name issues. False: refused. */
static bool read_only(struct api_call *c, struct issue_search *s, const char *param)
{
    uint32_t at = 0;
    struct text value;
    unsigned long long id;

    if (!api_param(c, param).at)
        return true;
    s->only = arena_alloc(c->arena, (c->param_count + 1) * sizeof *s->only);
    while (s->only && api_param_next(c, param, &at, &value)) {
        if (!text_u64(value, &id)) {
            api_detail(c, 400, "Group ids must be integers");
            return false;
        }
        s->only[s->only_count++] = (int64_t)id;
    }
    return s->only != NULL;
}

/* Issues that fingerprints (hex) belong to: the project route's `hashes`. */
static bool read_hashes(struct api_call *c, struct issue_search *s)
{
    uint32_t at = 0;
    struct text value;
    uint8_t hash[16];

    if (!c->project || !api_param(c, "hashes").at)
        return true;
    if (api_param(c, "query").at) {
        api_detail(c, 400, "Cannot use 'hashes' with 'query'");
        return false;
    }
    if (!s->only)
        s->only = arena_alloc(c->arena, (c->param_count + 1) * sizeof *s->only);
    while (s->only && api_param_next(c, "hashes", &at, &value)) {
        struct db_stmt *q = api_event_id(value, hash) ? api_query(c, "api_hash_issue") : NULL;

        if (!q)
            continue;
        db_int(q, "project", c->project->id);
        db_blob(q, "hash", hash, sizeof hash);
        if (api_row(c, q))
            s->only[s->only_count++] = db_col_int(q, 0);
    }
    return s->only != NULL;
}

static enum issue_sort read_sort(struct api_call *c)
{
    struct text t = api_param(c, "sort");

    if (text_is(t, "new"))
        return ISSUE_BY_FIRST;
    if (text_is(t, "freq") || text_is(t, "trends"))
        return ISSUE_BY_EVENTS;
    return text_is(t, "user") ? ISSUE_BY_USERS : ISSUE_BY_LAST;
}

/* An absent query has a default, an empty one has none: scripts rely on both. */
static struct text read_query(struct api_call *c)
{
    struct text query = api_param(c, "query");

    if (query.at)
        return text_trim(query);
    if (api_param(c, "hashes").at)
        return TEXT("");
    return c->project ? TEXT("is:unresolved") : TEXT("is:unresolved issue.priority:[high, medium]");
}

bool issue_list_parse(struct api_call *c, struct text query, struct search *out)
{
    struct text error;

    if (search_parse(query, c->now_ms, c->arena, out, &error))
        return true;
    api_detailf(c, 400, "Error parsing search query: %.*s", TEXT_ARG(error));
    return false;
}

bool event_list_parse(struct api_call *c, struct text query, struct search_any *out)
{
    struct text error;

    if (search_parse_any(query, c->now_ms, c->arena, out, &error))
        return true;
    api_detailf(c, 400, "Error parsing search query: %.*s", TEXT_ARG(error));
    return false;
}

bool issue_list_scope(struct api_call *c, const char *ids, struct issue_search *s)
{
    return read_projects(c, s) && read_environments(c, s) && read_only(c, s, ids) &&
           read_hashes(c, s);
}

/* ---- how the rows look ---- */

static bool read_chart(struct api_call *c, const struct issue_search *s, struct issue_view *v)
{
    static const char *const PERIODS[] = {"24h", "14d", "auto"};
    struct text t = api_param(c, c->project ? "statsPeriod" : "groupStatsPeriod");

    if (!t.at)
        t = TEXT("24h");
    for (size_t i = 0; i < sizeof PERIODS / sizeof *PERIODS; i++) {
        if (text_is(t, PERIODS[i])) {
            v->chart = issue_chart_of(PERIODS[i], &s->range, c->now_ms);
            return true;
        }
    }
    if (text_empty(t))
        return true;
    api_detail(c, 400, "Invalid stats_period. Valid choices are '', '24h', '14d' and 'auto'");
    return false;
}

static void read_collapse(struct api_call *c, struct issue_view *v)
{
    uint32_t at = 0;
    struct text t;

    while (api_param_next(c, "collapse", &at, &t)) {
        v->collapse_stats |= text_is(t, "stats");
        v->collapse_lifetime |= text_is(t, "lifetime");
    }
}

static bool read_view(struct api_call *c, const struct issue_search *s, struct issue_view *v)
{
    *v = (struct issue_view){.range = &s->range};
    read_collapse(c, v);
    return read_chart(c, s, v);
}

static void write_rows(struct api_call *c, const struct issue_hit *hits, uint32_t count,
                       const struct issue_view *v)
{
    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; i < count; i++) {
        struct issue_row r;

        if (issue_row_get(c, hits[i].id, &r))
            issue_write(c, &r, v);
    }
    json_close(&c->out, ']');
}

/* ---- direct hits: an event id, or a short id, instead of a query ---- */

static bool direct(struct api_call *c, struct text query, int64_t *issue, struct text *event)
{
    struct stored_event e;
    uint8_t id[16];

    *event = TEXT_NONE;
    if (api_event_id(query, id) && stored_by_id(c, c->project, id, &e)) {
        struct buf hex = api_buf(c);

        for (size_t i = 0; i < sizeof id; i++)
            buf_printf(&hex, "%02x", id[i]);
        *event = buf_result(&hex);
        return (*issue = stored_issue(c, &e)) != 0;
    }
    return api_flag(c, "shortIdLookup") && text_find_byte(query, '-') < query.len &&
           issue_find(c, query, issue);
}

static void write_direct(struct api_call *c, int64_t issue, struct issue_view *v)
{
    struct issue_hit hit = {.id = issue};
    struct api_page p = {.limit = 1};

    api_header(c, "X-Sentry-Direct-Hit", TEXT("1"));
    api_header(c, "X-Hits", TEXT("1"));
    api_header(c, "X-Max-Hits", TEXT("1000"));
    page_link(c, &p, 0, false, (struct api_page_key){0}, (struct api_page_key){0});
    write_rows(c, &hit, 1, v);
    api_done(c, 200);
}

/* ---- endpoints ---- */

static void write_hits(struct api_call *c, struct issue_search *s, const struct api_page *p,
                       uint32_t shown, bool more)
{
    uint32_t hits = !p->given && !more ? shown : issue_search_count(c, s, ISSUE_HITS_MAX);

    api_header(c, "X-Hits", arena_printf(c->arena, "%u", hits));
    api_header(c, "X-Max-Hits", TEXT("1000"));
}

void issue_list(struct api_call *c)
{
    struct issue_search s = {.sort = read_sort(c)};
    struct text query = read_query(c);
    struct issue_hit *hits;
    struct api_page p;
    struct issue_view v;
    struct search terms;
    uint32_t count;
    int64_t issue;
    bool more;

    if (!page_read_clamped(c, &p) || (!c->project && !range_read(c, 0, &s.range)) ||
        !issue_list_scope(c, "group", &s) || !read_view(c, &s, &v))
        return;
    if (direct(c, query, &issue, &v.matching_event)) {
        write_direct(c, issue, &v);
        return;
    }
    s.terms = &terms;
    hits = arena_alloc(c->arena, p.limit * sizeof *hits);
    if (!hits || !issue_list_parse(c, query, &terms) || !issue_search_compile(c, &s) ||
        !issue_search_page(c, &s, &p, hits, &count, &more))
        return;
    write_hits(c, &s, &p, count, more);
    write_rows(c, hits, count, &v);
    page_link(
        c, &p, count, more,
        (struct api_page_key){count ? hits[0].value : 0, count ? hits[0].id : 0},
        (struct api_page_key){count ? hits[count - 1].value : 0, count ? hits[count - 1].id : 0});
    api_done(c, 200);
}

uint32_t issue_list_targets(struct api_call *c, int64_t *ids, bool by_query)
{
    struct issue_search s = {.sort = ISSUE_BY_LAST};
    struct api_page p = {.limit = API_IDS_MAX};
    struct text query = api_param(c, "query"), status = api_param(c, "status");
    struct issue_hit *hits = arena_alloc(c->arena, API_IDS_MAX * sizeof *hits);
    struct search terms;
    uint32_t count = 0;
    bool more;

    s.terms = &terms;
    if (!api_param(c, "id").at && status.at)
        query = arena_printf(c->arena, "is:%.*s %.*s", TEXT_ARG(status), TEXT_ARG(query));
    if (!hits || !issue_list_scope(c, "id", &s) || (!s.only && !by_query) ||
        !issue_list_parse(c, s.only ? TEXT("") : query, &terms) || !issue_search_compile(c, &s) ||
        !issue_search_page(c, &s, &p, hits, &count, &more))
        return 0;
    for (uint32_t i = 0; i < count; i++)
        ids[i] = hits[i].id;
    return count;
}

/* ?query=a&query=b → {"a":12,"b":3} */
void issue_count(struct api_call *c)
{
    struct issue_search base = {.sort = ISSUE_BY_LAST};
    uint32_t at = 0;
    struct text query;

    if (!range_read(c, 0, &base.range) || !issue_list_scope(c, "group", &base))
        return;
    json_open(&c->out, NULL, '{');
    while (api_param_next(c, "query", &at, &query)) {
        struct issue_search s = base;
        struct search terms;

        s.terms = &terms;
        if (!issue_list_parse(c, query, &terms) || !issue_search_compile(c, &s))
            return;
        json_key(&c->out, query);
        json_int(&c->out, NULL, issue_search_count(c, &s, ISSUE_HITS_MAX));
    }
    json_close(&c->out, '}');
    api_done(c, 200);
}

void issue_stats_list(struct api_call *c)
{
    struct issue_search s = {.sort = ISSUE_BY_LAST};
    struct issue_view v;
    struct issue_row r;

    if (!range_read(c, 0, &s.range) || !issue_list_scope(c, "groups", &s) || !read_view(c, &s, &v))
        return;
    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; i < s.only_count && i < API_PAGE_MAX; i++)
        if (issue_row_get(c, s.only[i], &r) && api_project_by_id(c, r.project))
            issue_write_figures(c, &r, &v);
    json_close(&c->out, ']');
    api_done(c, 200);
}
