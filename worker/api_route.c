/* api_route.c -- the routing table of the management API, and the way of a call through it. */
#include <string.h>

#include "worker/api_caller.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"

/* What stands in front of the rest of a path, and is looked up before the handler is called. */
enum base {
    ROOT,    /* /api/0/… */
    ORG,     /* /api/0/organizations/{o}/… */
    PROJECT, /* /api/0/projects/{o}/{p}/… */
    ISSUE, /* /api/0/organizations/{o}/issues/{i}/…, /api/0/issues/{i}/…; "groups" for "issues" */
    PLAIN,     /* not below /api/0/: /metrics … */
    JAEGER,    /* /jaeger/api/… */
    JAEGER_V3, /* /jaeger/api/v3/… */
    TEMPO      /* /tempo/api/… */
};

/* Which scopes a family of endpoints asks for: any one of them will do. */
enum family {
    OPEN,
    SELF,
    ORGS,
    EVENTS,
    PROJECTS,
    PROJECT_EVENTS,
    RELEASES,
    MEMBERS,
    TOKENS,
    OPERATE
};

static const struct {
    scope_set read, write, remove;
} NEEDS[] = {
    [OPEN] = {0, 0, 0}, /* anybody, no login */
    [SELF] = {0, 0, 0}, /* any login */
    [ORGS] = {SCOPE(ORG_READ), SCOPE(ORG_WRITE), SCOPE(ORG_ADMIN)},
    [EVENTS] = {SCOPE(EVENT_READ), SCOPE(EVENT_WRITE), SCOPE(EVENT_ADMIN)},
    [PROJECTS] = {SCOPE(PROJECT_READ), SCOPE(PROJECT_WRITE), SCOPE(PROJECT_ADMIN)},
    [PROJECT_EVENTS] = {SCOPE(PROJECT_READ) | SCOPE(EVENT_READ), SCOPE(EVENT_WRITE),
                        SCOPE(EVENT_ADMIN)},
    [RELEASES] = {SCOPE(PROJECT_READ) | SCOPE(PROJECT_RELEASES) | SCOPE(ORG_CI),
                  SCOPE(PROJECT_WRITE) | SCOPE(PROJECT_RELEASES) | SCOPE(ORG_CI),
                  SCOPE(PROJECT_ADMIN) | SCOPE(PROJECT_RELEASES)},
    [MEMBERS] = {SCOPE(MEMBER_READ), SCOPE(MEMBER_WRITE) | SCOPE(MEMBER_INVITE),
                 SCOPE(MEMBER_ADMIN)},
    [TOKENS] = {SCOPE(ORG_READ), SCOPE(ORG_WRITE), SCOPE(ORG_WRITE)},
    [OPERATE] = {SCOPE(ORG_READ), SCOPE(ORG_ADMIN), SCOPE(ORG_ADMIN)},
};

/* "*" is a free part of the path: c->arg, in order. */
static const struct route {
    enum base base;
    enum family family;
    const char *rest;
    api_handler *get, *post, *put, *remove;
} ROUTES[] = {
    {PLAIN, OPEN, "healthz", .get = root_health_text},
    {PLAIN, OPEN, "_health", .get = root_health_text},
    {PLAIN, OPEN, "readyz", .get = root_ready},
    {PLAIN, OPEN, "metrics", .get = metrics_get},

    {ROOT, OPEN, "", .get = root_get},
    {ROOT, OPEN, "auth/login", .post = login_post},
    {ROOT, SELF, "auth/logout", .post = logout_post},
    {ROOT, SELF, "auth", .get = root_auth},
    {ROOT, SELF, "users/me", .get = user_me, .put = user_me_put},
    {ROOT, SELF, "users/me/regions", .get = root_regions},
    {ROOT, SELF, "internal/health", .get = root_health},
    {ROOT, SELF, "api-tokens", .get = token_list, .post = token_post, .remove = token_delete},
    {ROOT, SELF, "api-tokens/*", .remove = token_delete},
    {ROOT, ORGS, "organizations", .get = org_list},
    {ROOT, PROJECTS, "projects", .get = project_list_all},
    {ROOT, OPERATE, "quern/status", .get = status_get},
    {ROOT, OPERATE, "quern/commands/*", .post = operate_command},
    {ROOT, PROJECTS, "teams/*/*/projects", .get = project_list_all, .post = project_post},

    {ORG, ORGS, "", .get = org_get},
    {ORG, ORGS, "region", .get = org_region},
    {ORG, ORGS, "teams", .get = org_nothing},
    {ORG, RELEASES, "repos", .get = org_nothing},
    {ORG, ORGS, "monitors", .get = org_nothing},
    {ORG, PROJECTS, "projects", .get = project_list, .post = project_post},
    {ORG, EVENTS, "issues", issue_list, NULL, issue_bulk_put, issue_bulk_delete},
    {ORG, EVENTS, "groups", issue_list, NULL, issue_bulk_put, issue_bulk_delete},
    {ORG, EVENTS, "issues-count", .get = issue_count},
    {ORG, EVENTS, "issues-stats", .get = issue_stats_list},
    {ORG, EVENTS, "shortids/*", .get = issue_short},
    {ORG, EVENTS, "eventids/*", .get = issue_event_id},
    {ORG, ORGS, "tags", .get = tag_list_org},
    {ORG, ORGS, "environments", .get = environment_list},
    {ORG, RELEASES, "releases", .get = release_list, .post = release_post},
    {ORG, RELEASES, "releases/*", release_get, NULL, release_put, release_delete},
    {ORG, RELEASES, "releases/*/meta", .get = release_meta},
    {ORG, RELEASES, "releases/*/commits", .get = release_nothing},
    {ORG, RELEASES, "releases/*/commitfiles", .get = release_nothing},
    {ORG, RELEASES, "releases/*/deploys", .get = deploy_list, .post = deploy_post},
    {ORG, RELEASES, "releases/*/files", .get = release_nothing},
    {ORG, RELEASES, "releases/*/resolved", .get = release_resolved},
    {ORG, RELEASES, "releases/*/compare", .get = release_beside},
    {ORG, RELEASES, "releases/*/previous-with-commits", .get = release_previous},
    {ORG, EVENTS, "services", .get = service_list},
    {ORG, EVENTS, "services/*/operations", .get = service_operations},
    {ORG, EVENTS, "red", .get = red_get},
    {ORG, EVENTS, "service-graph", .get = service_map},
    {ORG, EVENTS, "trace-items/attributes", .get = trace_item_attributes},
    {ORG, EVENTS, "trace-items/attributes/*/values", .get = trace_item_values},
    {ORG, EVENTS, "events", .get = explore_events},
    {ORG, EVENTS, "events-stats", .get = series_stats},
    {ORG, EVENTS, "events-timeseries", .get = series_times},
    {ORG, EVENTS, "logs", .get = log_list},
    {ORG, EVENTS, "logs/volume", .get = log_volume},
    {ORG, EVENTS, "traces", .get = trace_list},
    {ORG, EVENTS, "traces/compare", .get = trace_beside},
    {ORG, EVENTS, "trace/*", .get = trace_nested},
    {ORG, EVENTS, "trace-meta/*", .get = trace_meta},
    {ORG, EVENTS, "trace/*/table", .get = trace_table},
    {ORG, EVENTS, "trace/*/spans/*", .get = trace_span},
    {ORG, ORGS, "stats", .get = stats_org},
    {ORG, ORGS, "stats_v2", .get = stats_v2},
    {ORG, ORGS, "stats-summary", .get = stats_summary},
    {ORG, MEMBERS, "members", .get = member_list, .post = member_post},
    {ORG, MEMBERS, "members/*", member_get, NULL, member_put, member_delete},
    {ORG, MEMBERS, "users", .get = member_list},
    {ORG, TOKENS, "org-auth-tokens", .get = org_token_list, .post = org_token_post},
    {ORG, TOKENS, "org-auth-tokens/*", .remove = org_token_delete},

    {PROJECT, PROJECTS, "", project_get, NULL, project_put, project_delete},
    {PROJECT, PROJECTS, "keys", .get = key_list, .post = key_post},
    {PROJECT, PROJECTS, "keys/*", key_get, NULL, key_put, key_delete},
    {PROJECT, PROJECTS, "keys/*/stats", .get = key_stats},
    {PROJECT, PROJECTS, "filters", .get = project_filters},
    {PROJECT, PROJECTS, "filters/*", .put = project_filter_put},
    {PROJECT, PROJECTS, "environments", .get = environment_list_project},
    {PROJECT, PROJECTS, "environments/*", .get = environment_get, .put = environment_put},
    {PROJECT, PROJECTS, "members", .get = member_list_project},
    {PROJECT, PROJECTS, "teams", .get = org_nothing},
    {PROJECT, PROJECTS, "stats", .get = stats_project},
    {PROJECT, PROJECTS, "tags", .get = tag_list_project},
    {PROJECT, PROJECTS, "tags/*", .get = tag_get_project},
    {PROJECT, PROJECTS, "tags/*/values", .get = tag_values_project},
    {PROJECT, EVENTS, "issues", issue_list, NULL, issue_bulk_put, issue_bulk_delete},
    {PROJECT, EVENTS, "groups", issue_list, NULL, issue_bulk_put, issue_bulk_delete},
    {PROJECT, PROJECT_EVENTS, "events", .get = event_list_project},
    {PROJECT, PROJECT_EVENTS, "grouping-events", .get = event_grouping_list},
    {PROJECT, PROJECT_EVENTS, "events/*", .get = event_get_project},
    {PROJECT, PROJECT_EVENTS, "events/*/json", .get = event_json},
    {PROJECT, PROJECT_EVENTS, "events/*/grouping-info", .get = event_grouping,
     .post = event_grouping_try},
    {PROJECT, PROJECT_EVENTS, "events/*/attachments", .get = attachment_list_event},
    {PROJECT, PROJECT_EVENTS, "events/*/attachments/*", .get = attachment_get},
    {PROJECT, PROJECT_EVENTS, "user-feedback", .get = feedback_list, .post = feedback_post},
    {PROJECT, PROJECT_EVENTS, "user-reports", .get = feedback_list, .post = feedback_post},
    {PROJECT, RELEASES, "releases", .get = release_list, .post = release_post},
    {PROJECT, RELEASES, "releases/*", release_get, NULL, release_put, release_delete},
    {PROJECT, RELEASES, "releases/*/commits", .get = release_nothing},
    {PROJECT, RELEASES, "releases/*/files", .get = release_nothing},

    {ISSUE, EVENTS, "", issue_get, NULL, issue_put, issue_delete},
    {ISSUE, EVENTS, "events", .get = event_list_issue},
    {ISSUE, EVENTS, "events/*", .get = event_get_issue},
    {ISSUE, EVENTS, "events/*/attachments", .get = attachment_list_event},
    {ISSUE, EVENTS, "events/*/grouping-info", .get = event_grouping},
    {ISSUE, EVENTS, "hashes", issue_hashes, NULL, issue_hashes_put, issue_hashes_put},
    {ISSUE, EVENTS, "tags", .get = tag_list_issue},
    {ISSUE, EVENTS, "tags/*", .get = tag_get_issue},
    {ISSUE, EVENTS, "tags/*/values", .get = tag_values_issue},
    {ISSUE, EVENTS, "comments", .get = comment_list, .post = comment_post},
    {ISSUE, EVENTS, "notes", .get = comment_list, .post = comment_post},
    {ISSUE, EVENTS, "comments/*", NULL, NULL, comment_put, comment_delete},
    {ISSUE, EVENTS, "notes/*", NULL, NULL, comment_put, comment_delete},
    {ISSUE, EVENTS, "activities", .get = activity_list},
    {ISSUE, EVENTS, "stats", .get = issue_stats},
    {ISSUE, EVENTS, "attachments", .get = attachment_list_issue},
    {ISSUE, EVENTS, "user-reports", .get = issue_user_reports},
    {ISSUE, EVENTS, "user-feedback", .get = issue_user_reports},
    {ISSUE, EVENTS, "external-issues", .get = org_nothing},
    {ISSUE, EVENTS, "similar", .get = issue_similar},
    {ISSUE, EVENTS, "first-last-release", .get = issue_releases},
    {ISSUE, EVENTS, "current-release", .get = issue_current_release},

    {JAEGER, EVENTS, "services", .get = jaeger_services},
    {JAEGER, EVENTS, "services/*/operations", .get = jaeger_service_operations},
    {JAEGER, EVENTS, "services/*/*/operations", .get = jaeger_service_operations},
    {JAEGER, EVENTS, "services/*/*/*/operations", .get = jaeger_service_operations},
    {JAEGER, EVENTS, "operations", .get = jaeger_operations},
    {JAEGER, EVENTS, "traces", .get = jaeger_search},
    {JAEGER, EVENTS, "traces/*", .get = jaeger_trace},
    {JAEGER, EVENTS, "dependencies", .get = jaeger_dependencies},
    {JAEGER, EVENTS, "metrics/latencies", .get = jaeger_latencies},
    {JAEGER, EVENTS, "metrics/calls", .get = jaeger_calls},
    {JAEGER, EVENTS, "metrics/errors", .get = jaeger_errors},
    {JAEGER, EVENTS, "metrics/minstep", .get = jaeger_min_step},
    {JAEGER_V3, EVENTS, "services", .get = jaeger3_services},
    {JAEGER_V3, EVENTS, "operations", .get = jaeger3_operations},
    {JAEGER_V3, EVENTS, "traces", .get = jaeger3_search},
    {JAEGER_V3, EVENTS, "trace-summaries", .get = jaeger3_summaries},
    {JAEGER_V3, EVENTS, "traces/*", .get = jaeger3_trace},
    {JAEGER_V3, EVENTS, "dependencies", .get = jaeger3_dependencies},

    {TEMPO, EVENTS, "echo", .get = tempo_echo},
    {TEMPO, EVENTS, "status/buildinfo", .get = tempo_build},
    {TEMPO, EVENTS, "traces/*", .get = tempo_trace},
    {TEMPO, EVENTS, "v2/traces/*", .get = tempo_trace_v2},
    {TEMPO, EVENTS, "search", .get = tempo_search},
    {TEMPO, EVENTS, "search/tags", .get = tempo_tags},
    {TEMPO, EVENTS, "v2/search/tags", .get = tempo_tags_v2},
    {TEMPO, EVENTS, "search/tag/*/values", .get = tempo_values},
    {TEMPO, EVENTS, "v2/search/tag/*/values", .get = tempo_values_v2},
};

/* ---- the path ---- */

struct path {
    enum base base;
    struct text org, project, issue; /* as the path names them */
    struct text rest[API_SEGMENTS_MAX];
    uint32_t count;
};

static uint32_t path_split(struct api_call *c, struct text path, struct text *segment)
{
    uint32_t n = 0;

    while (path.len) {
        size_t slash = text_find_byte(path, '/');

        if (slash) {
            if (n == API_SEGMENTS_MAX)
                return 0;
            segment[n++] = api_decode(c->arena, text_cut(path, 0, slash), false);
        }
        path = text_cut(path, slash + 1, path.len);
    }
    return n;
}

static bool is_issues(struct text t)
{
    return text_is(t, "issues") || text_is(t, "groups");
}

/* Which base, and where its rest begins. */
static uint32_t path_base(const struct text *s, uint32_t n, struct path *p)
{
    if (n >= 2 && text_is(s[0], "organizations")) {
        p->org = s[1];
        if (n >= 4 && is_issues(s[2])) {
            p->issue = s[3];
            p->base = ISSUE;
            return 4;
        }
        p->base = ORG;
        return 2;
    }
    if (n >= 3 && text_is(s[0], "projects")) {
        p->org = s[1];
        p->project = s[2];
        p->base = PROJECT;
        return 3;
    }
    if (n >= 2 && is_issues(s[0])) {
        p->issue = s[1];
        p->base = ISSUE;
        return 2;
    }
    p->base = ROOT;
    return 0;
}

/* Other servers' APIs, below their names. 0: none of them. */
static uint32_t path_other(const struct text *s, uint32_t n, struct api_call *c, struct path *p)
{
    if (text_is(s[0], "tempo")) {
        c->dialect = API_TEMPO;
        p->base = TEMPO;
        return 2;
    }
    if (!text_is(s[0], "jaeger"))
        return 0;
    c->dialect = n >= 3 && text_is(s[2], "v3") ? API_JAEGER_V3 : API_JAEGER;
    p->base = c->dialect == API_JAEGER ? JAEGER : JAEGER_V3;
    return p->base == JAEGER ? 2 : 3;
}

static bool path_read(struct api_call *c, struct path *p)
{
    struct text all[API_SEGMENTS_MAX], *s = all;
    uint32_t n = path_split(c, c->req.path, all), skip;

    *p = (struct path){.base = PLAIN};
    if (n >= 2 && text_is(s[0], "api") && text_is(s[1], "0")) {
        s += 2;
        n -= 2;
        skip = path_base(s, n, p);
        s += skip;
        n -= skip;
    } else if (n >= 2 && text_is(s[1], "api") && (skip = path_other(s, n, c, p))) {
        s += skip;
        n -= skip;
    } else if (n == 2 && text_is(s[0], "api") && text_is(s[1], "traces")) {
        /* Grafana 12.0 and 12.1 lose the path of the data source's URL here (grafana #108651). */
        c->dialect = API_JAEGER;
        p->base = JAEGER;
        s++;
        n--;
    } else if (n != 1) {
        return false;
    }
    memcpy(p->rest, s, n * sizeof *s);
    p->count = n;
    return true;
}

/* The pattern's parts against the rest of the path; free ones become arguments. */
static bool route_fits(struct api_call *c, const struct route *r, const struct path *p)
{
    struct text pattern = text_of(r->rest);

    c->arg_count = 0;
    if (r->base != p->base)
        return false;
    for (uint32_t i = 0; i < p->count; i++) {
        size_t slash = text_find_byte(pattern, '/');
        struct text part = text_cut(pattern, 0, slash);

        if (text_empty(part))
            return false;
        if (text_is(part, "*") && c->arg_count < API_ARGS_MAX)
            c->arg[c->arg_count++] = p->rest[i];
        else if (!text_eq(part, p->rest[i]))
            return false;
        pattern = text_cut(pattern, slash + 1, pattern.len);
    }
    return text_empty(pattern);
}

static const struct route *route_of(struct api_call *c, const struct path *p)
{
    for (size_t i = 0; i < sizeof ROUTES / sizeof *ROUTES; i++)
        if (route_fits(c, &ROUTES[i], p))
            return &ROUTES[i];
    return NULL;
}

static api_handler *route_handler(const struct route *r, enum api_method method)
{
    switch (method) {
    case API_GET:
        return r->get;
    case API_POST:
        return r->post;
    case API_PUT:
        return r->put;
    case API_DELETE:
        return r->remove;
    case API_OTHER:
        break;
    }
    return NULL;
}

static void not_allowed(struct api_call *c, const struct route *r)
{
    api_header(c, "Allow",
               arena_printf(c->arena, "%s%s%s%sOPTIONS", r->get ? "GET, HEAD, " : "",
                            r->post ? "POST, " : "", r->put ? "PUT, " : "",
                            r->remove ? "DELETE, " : ""));
    api_detailf(c, 405, "Method \"%.*s\" not allowed.", TEXT_ARG(text_clip(c->req.method, 16)));
}

/* ---- the request ---- */

static void method_read(struct api_call *c)
{
    struct text m = c->req.method;

    c->head = text_is(m, "HEAD");
    c->method = c->head || text_is(m, "GET") ? API_GET
                : text_is(m, "POST")         ? API_POST
                : text_is(m, "PUT")          ? API_PUT
                : text_is(m, "DELETE")       ? API_DELETE
                                             : API_OTHER;
}

static void params_read(struct api_call *c)
{
    struct text q = c->req.query;
    uint32_t room = 1;

    for (size_t i = 0; i < q.len; i++)
        room += q.at[i] == '&';
    if (room > API_PARAMS_MAX)
        room = API_PARAMS_MAX;
    if (!(c->params = arena_alloc(c->arena, room * sizeof *c->params)))
        return;
    while (q.len && c->param_count < room) {
        size_t amp = text_find_byte(q, '&');
        struct text one = text_cut(q, 0, amp);
        size_t equals = text_find_byte(one, '=');

        if (one.len) {
            c->params[c->param_count++] = (struct api_param){
                .key = api_decode(c->arena, text_cut(one, 0, equals), true),
                .value = api_decode(c->arena, text_cut(one, equals + 1, one.len), true),
            };
        }
        q = text_cut(q, amp + 1, q.len);
    }
}

/* JSON, or nothing. A body that says it is something else is refused; one that says nothing is
 * taken for JSON, since many scripts forget the header. */
static void body_read(struct api_call *c)
{
    struct text type = c->req.content_type;
    enum json_rc rc;
    size_t at = 0;

    if (text_empty(text_trim(c->req.body)))
        return;
    type = text_trim(text_cut(type, 0, text_find_byte(type, ';')));
    if (!text_empty(type) && !text_eq_nocase(type, TEXT("application/json")) &&
        !text_ends(type, "+json")) {
        api_detailf(c, 415, "Unsupported media type \"%.*s\" in request.",
                    TEXT_ARG(text_clip(type, 100)));
        return;
    }
    rc = json_read(c->req.body, c->arena, &c->body, &at);
    if (rc != JSON_OK)
        api_detailf(c, 400, "JSON parse error - %s at byte %zu", json_rc_text(rc), at);
}

/* ---- what the path names ---- */

static bool find_org_by(struct api_call *c, int64_t id, struct text slug)
{
    struct db_stmt *s = api_query(c, "api_org_find");

    if (!s)
        return false;
    db_int(s, "id", id);
    api_bind(s, "slug", slug);
    if (!api_row(c, s)) {
        api_missing(c);
        return false;
    }
    c->org = db_col_int(s, 0);
    c->org_slug = api_keep_col(c, s, 1);
    c->org_name = api_keep_col(c, s, 2);
    c->org_created_ms = db_col_int(s, 3);
    return true;
}

static bool find_org(struct api_call *c, struct text name)
{
    unsigned long long id;

    return find_org_by(c, text_u64(name, &id) ? (int64_t)id : 0, name);
}

static bool find_project(struct api_call *c, struct text name)
{
    if (!(c->project = api_project_find(c, name)) && !project_moved(c, name))
        api_missing(c);
    return c->project != NULL;
}

/* /api/0/issues/{i}/ does not name the organisation: it is that of the issue's project. */
static bool find_issue(struct api_call *c, const struct path *p)
{
    const struct api_project *of;
    struct issue_row r;

    if (!issue_find(c, p->issue, &c->issue) || !issue_row_get(c, c->issue, &r) ||
        !(of = api_project_by_id(c, r.project))) {
        api_missing(c);
        return false;
    }
    return c->org || find_org_by(c, of->org, TEXT(""));
}

static bool look_up(struct api_call *c, const struct path *p)
{
    if (p->org.at && !find_org(c, p->org))
        return false;
    if (p->base == PROJECT)
        return find_project(c, p->project);
    return p->base != ISSUE || find_issue(c, p);
}

/* ---- the call ---- */

static bool may(struct api_call *c, const struct route *r)
{
    scope_set need = c->method == API_GET      ? NEEDS[r->family].read
                     : c->method == API_DELETE ? NEEDS[r->family].remove
                                               : NEEDS[r->family].write;

    if (!caller_identify(c))
        return false;
    if (r->family == OPEN)
        return true;
    if (c->caller.by == API_NOBODY) {
        caller_demand(c);
        return false;
    }
    if (!caller_csrf(c))
        return false;
    if (need && !(c->caller.scopes & need)) {
        api_forbid(c);
        return false;
    }
    return true;
}

static void call_begin(struct api_call *c)
{
    c->content_type = "application/json";
    buf_init(&c->out, c->arena, 4096, API_ANSWER_MAX);
    if (!(c->db = query_catalogue(c->q)))
        api_detail(c, 503, "The catalogue cannot be read");
}

/* Without the arena, which is what ran out. */
static struct text sorry_for(enum api_dialect dialect)
{
    switch (dialect) {
    case API_JAEGER:
        return TEXT("{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\"errors\":"
                    "[{\"code\":500,\"msg\":\"The answer is too large\"}]}");
    case API_JAEGER_V3:
        return TEXT("{\"error\":{\"httpCode\":500,\"message\":\"The answer is too large\"}}");
    case API_TEMPO:
        return TEXT("The answer is too large");
    default:
        return TEXT("{\"detail\":\"The answer is too large\"}");
    }
}

/* Whatever happened: an answer there is, and no statement keeps its transaction. */
static void call_end(struct api_call *c)
{
    for (uint32_t i = 0; i < c->stmt_count; i++)
        db_reset(c->stmts[i]);
    c->stmt_count = 0;
    if (c->command && !c->refused)
        return;
    c->command = NULL;
    if (arena_spent(c->arena) || c->out.failed)
        c->status = 0;
    if (c->status == 0) {
        struct text sorry = sorry_for(c->dialect);

        c->refused = true;
        c->status = 500;
        c->file = TEXT_NONE;
        c->content_type = c->dialect == API_TEMPO ? "text/plain" : "application/json";
        c->out = (struct buf){.at = (char *)sorry.at, .len = sorry.len};
    }
}

static void call(struct api_call *c)
{
    const struct route *r;
    api_handler *handler;
    struct path p;

    if (!path_read(c, &p) || !(r = route_of(c, &p))) {
        api_missing(c);
        return;
    }
    if (!(handler = route_handler(r, c->method))) {
        not_allowed(c, r);
        return;
    }
    /* Lists and figures below an organisation come from aggregates; the rest does not wait. */
    if (p.base != ROOT && p.base != PLAIN)
        query_settle(c->q);
    call_begin(c);
    if (c->refused || !may(c, r))
        return;
    params_read(c);
    body_read(c);
    if (!c->refused && look_up(c, &p))
        handler(c);
}

void api_run(struct api_call *c)
{
    c->content_type = "application/json";
    method_read(c);
    call(c);
    call_end(c);
}

void api_resume(struct api_call *c)
{
    api_handler *then = c->then;
    struct json *answer;

    c->command = NULL;
    c->then = NULL;
    call_begin(c);
    if (c->refused) {
        call_end(c);
        return;
    }
    if (then && c->reply_status >= 200 && c->reply_status < 300) {
        then(c);
    } else if (c->reply_status == 503) {
        api_detail(c, 503, "The change was not confirmed in time; it may still be made");
    } else {
        if (json_read(c->reply, c->arena, &answer, NULL) == JSON_OK)
            buf_text(&c->out, c->reply);
        api_done(c, c->reply_status);
    }
    call_end(c);
}
