/* api_project.c -- projects and their settings. */
#include "worker/api_project.h"

#include "model/group.h"
#include "worker/api_resources.h"

/* ---- the object ---- */

static void write_environments(struct api_call *c, int64_t project)
{
    struct db_stmt *s = api_query(c, "api_environments_of");

    if (s)
        db_int(s, "project", project);
    json_open(&c->out, "environments", '[');
    while (api_row(c, s))
        if (db_col_int(s, 4) == 0)
            json_text(&c->out, NULL, api_col(s, 0));
    json_close(&c->out, ']');
}

static void write_latest_release(struct api_call *c, const struct api_project *p)
{
    struct db_stmt *s = api_query(c, "api_project_latest_release");

    if (s) {
        db_int(s, "org", p->org);
        db_int(s, "project", p->id);
    }
    if (!api_row(c, s)) {
        json_null(&c->out, "latestRelease");
        return;
    }
    json_open(&c->out, "latestRelease", '{');
    json_text(&c->out, "version", api_col(s, 0));
    json_close(&c->out, '}');
}

static void write_constants(struct buf *b)
{
    static const char *const NO[] = {
        "isBookmarked", "hasSessions",  "hasProfiles",     "hasReplays",
        "hasMonitors",  "hasFeedbacks", "hasNewFeedbacks", "hasMinifiedStackTrace",
        "hasLogs",      "hasFlags",     "hasTraceMetrics", "hasUserReports",
        "isInternal",   "isPublic"};

    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++)
        json_bool(b, NO[i], false);
    json_bool(b, "isMember", true);
    json_bool(b, "hasAccess", true);
    json_null(b, "team");
    json_open(b, "teams", '[');
    json_close(b, ']');
    json_null(b, "latestDeploys");
    json_str(b, "color", "#3f8f8f");
    json_str(b, "status", "active");
    json_open(b, "features", '[');
    json_str(b, NULL, "releases");
    json_close(b, ']');
    json_open(b, "avatar", '{');
    json_str(b, "avatarType", "letter_avatar");
    json_null(b, "avatarUuid");
    json_close(b, '}');
}

static void write_org(struct api_call *c, int64_t org)
{
    struct db_stmt *s = api_query(c, "api_org_find");
    struct buf *b = &c->out;

    if (!s)
        return;
    db_int(s, "id", org);
    db_null(s, "slug");
    if (!api_row(c, s))
        return;
    json_open(b, "organization", '{');
    api_id(b, "id", org);
    json_text(b, "slug", api_col(s, 1));
    json_text(b, "name", api_col(s, 2));
    json_close(b, '}');
}

static void write_members(struct api_call *c, const struct api_project *p)
{
    struct buf *b = &c->out;

    api_id(b, "id", p->id);
    json_text(b, "slug", p->slug);
    json_text(b, "name", p->name);
    json_text(b, "platform", p->platform);
    api_time(b, "dateCreated", p->created_ms);
    api_time(b, "firstEvent", p->first_event_ms);
    json_bool(b, "firstTransactionEvent", p->has_spans);
    scope_write(b, "access", c->caller.scopes);
    json_open(b, "platforms", '[');
    if (!text_empty(p->platform))
        json_text(b, NULL, p->platform);
    json_close(b, ']');
    write_environments(c, p->id);
    write_latest_release(c, p);
    write_org(c, p->org);
    write_constants(b);
}

void project_write_list(struct api_call *c, const char *key, const struct api_page *page)
{
    struct text query = api_param(c, "query");
    uint32_t count, skipped = 0, shown = 0;
    const struct api_project *list = api_projects(c, &count);
    bool more = false;

    json_open(&c->out, key, '[');
    for (uint32_t i = 0; i < count && !more; i++) {
        if (page && !text_empty(query) &&
            text_find_nocase(list[i].slug, query) == list[i].slug.len &&
            text_find_nocase(list[i].name, query) == list[i].name.len)
            continue;
        if (page && skipped < page->offset) {
            skipped++;
            continue;
        }
        if (page && (more = shown == page->limit))
            break;
        json_open(&c->out, NULL, '{');
        write_members(c, &list[i]);
        json_close(&c->out, '}');
        shown++;
    }
    json_close(&c->out, ']');
    if (page)
        page_link_offset(c, page, more);
}

static void list(struct api_call *c)
{
    struct api_page page;

    if (!page_read(c, &page))
        return;
    project_write_list(c, NULL, &page);
    api_done(c, 200);
}

void project_list(struct api_call *c)
{
    list(c);
}

void project_list_all(struct api_call *c)
{
    list(c);
}

/* ---- settings: what may be set, and what holds when it is not ---- */

static const struct setting {
    const char *name, *otherwise; /* JSON */
} SETTINGS[] = {
    {"dataScrubber", "true"},
    {"dataScrubberDefaults", "true"},
    {"scrubIPAddresses", "false"},
    {"sensitiveFields", "[]"},
    {"safeFields", "[]"},
    {"allowedDomains", "[\"*\"]"},
    {"rateLimit", "null"},
    {"resolveAge", "0"},
    {"fingerprintingRules", "\"\""},
    {"groupingEnhancements", "\"\""},
    {"filters", "{}"},
    {"webhooks", "[]"},
    {"highlightTags", "[]"},
    {"highlightContext", "{}"},
    {"defaultEnvironment", "null"},
    {"subjectPrefix", "\"\""},
    {"subjectTemplate", "\"$shortID - $title\""},
    {"digestsMinDelay", "300"},
    {"digestsMaxDelay", "1800"},
    {"scrapeJavaScript", "true"},
    {"enableAutoReleaseCreation", "true"},
};

static void write_settings(struct api_call *c, const struct api_project *p)
{
    struct json *have = NULL;

    if (json_read(p->settings, c->arena, &have, NULL) != JSON_OK)
        have = NULL;
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        const struct json *v = json_get(have, SETTINGS[i].name);

        if (v) {
            json_key(&c->out, text_of(SETTINGS[i].name));
            json_write(&c->out, v);
        } else {
            json_raw(&c->out, SETTINGS[i].name, text_of(SETTINGS[i].otherwise));
        }
    }
}

static void write_detail(struct api_call *c, const struct api_project *p, uint16_t status)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    write_members(c, p);
    write_settings(c, p);
    json_open(b, "options", '{');
    json_close(b, '}');
    json_str(b, "groupingConfig", "quern:1");
    json_bool(b, "verifySSL", true);
    json_int(b, "storeCrashReports", 0);
    json_int(b, "processingIssues", 0);
    json_close(b, '}');
    api_done(c, status);
}

void project_get(struct api_call *c)
{
    write_detail(c, c->project, 200);
}

/* ---- changes ---- */

/* Rules that do not compile are told now, not met at the next event. */
bool project_rules(struct api_call *c, const struct group_rules **rules)
{
    struct text finger = api_member(c, "fingerprintingRules"),
                stack = api_member(c, "groupingEnhancements");
    struct group_rules_error error;

    *rules = NULL;
    if ((text_empty(finger) && text_empty(stack)) ||
        (*rules = group_rules_compile(finger, stack, c->arena, &error)))
        return true;
    api_wrong(c, error.which[0] == 'f' ? "fingerprintingRules" : "groupingEnhancements",
              arena_printf(c->arena, "Invalid %s: line %u, column %u: %.*s", error.which,
                           error.line, error.column, TEXT_ARG(error.reason))
                  .at);
    return false;
}

static bool check_name(struct api_call *c, const char *member, size_t max)
{
    struct text t = api_member(c, member);

    if (!json_get(c->body, member))
        return true;
    if (text_empty(text_trim(t)))
        api_wrong(c, member, "This field may not be blank.");
    else if (t.len > max)
        api_wrong(
            c, member,
            arena_printf(c->arena, "Ensure this field has no more than %zu characters.", max).at);
    return !c->refused;
}

static bool check_slug(struct api_call *c)
{
    struct text t = api_member(c, "slug");
    bool letters = false;

    if (!json_get(c->body, "slug"))
        return true;
    for (size_t i = 0; i < t.len; i++) {
        char k = t.at[i];
        bool digit = k >= '0' && k <= '9';

        if (!digit && !(k >= 'a' && k <= 'z') && k != '_' && k != '-')
            t.len = 0;
        letters |= !digit;
    }
    if (t.len && t.len <= 50 && letters)
        return true;
    api_wrong(c, "slug",
              "Enter a valid slug consisting of lowercase letters, numbers, underscores or "
              "hyphens. It cannot be entirely numeric.");
    return false;
}

static void added(struct api_call *c)
{
    const struct api_project *p;

    c->projects_loaded = false;
    c->project_count = 0;
    if ((p = api_project_by_id(c, api_reply_id(c))))
        write_detail(c, p, 201);
    else
        api_missing(c);
}

/* /organizations/{o}/projects/, and /teams/{o}/{t}/projects/ for tools that know only that. */
static bool org_of_team(struct api_call *c)
{
    struct db_stmt *s;

    if (c->org || c->arg_count < 2)
        return true;
    if (!(s = api_query(c, "api_org_find")))
        return false;
    db_int(s, "id", 0);
    api_bind(s, "slug", c->arg[0]);
    if (!api_row(c, s)) {
        api_missing(c);
        return false;
    }
    c->org = db_col_int(s, 0);
    return true;
}

void project_post(struct api_call *c)
{
    struct text slug = api_member(c, "slug"), platform = api_member(c, "platform");
    struct buf b = api_buf(c);

    if (!json_get(c->body, "name")) {
        api_wrong(c, "name", "This field is required.");
        return;
    }
    if (!check_name(c, "name", 50) || !check_slug(c) || !org_of_team(c))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "org", c->org);
    json_text(&b, "name", text_trim(api_member(c, "name")));
    if (!text_empty(slug))
        json_text(&b, "slug", slug);
    if (!text_empty(platform))
        json_text(&b, "platform", platform);
    json_close(&b, '}');
    api_command(c, "project.add", buf_result(&b), added);
}

static void changed(struct api_call *c)
{
    int64_t id = c->project->id;

    c->projects_loaded = false;
    c->project_count = 0;
    if ((c->project = api_project_by_id(c, id)))
        write_detail(c, c->project, 200);
    else
        api_missing(c);
}

static void pass(struct api_call *c, struct buf *b, const char *name)
{
    const struct json *v = json_get(c->body, name);

    if (v) {
        json_key(b, text_of(name));
        json_write(b, v);
    }
}

void project_put(struct api_call *c)
{
    const struct group_rules *rules;
    struct buf b = api_buf(c);

    if (!json_is(c->body, JSON_OBJECT)) {
        api_detail(c, 400, "The body must be a JSON object");
        return;
    }
    if (!check_name(c, "name", 50) || !check_slug(c) || !project_rules(c, &rules))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", c->project->id);
    pass(c, &b, "name");
    pass(c, &b, "slug");
    pass(c, &b, "platform");
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++)
        pass(c, &b, SETTINGS[i].name);
    json_close(&b, '}');
    api_command(c, "project.update", buf_result(&b), changed);
}

void project_delete(struct api_call *c)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "id", c->project->id);
    json_close(&b, '}');
    api_command(c, "project.delete", buf_result(&b), NULL);
}

/* ---- inbound filters, in the form of their own that tools know ---- */

static const char *const FILTERS[] = {"localhost", "browser-extensions", "web-crawlers"};

static struct json *filters_of(struct api_call *c)
{
    struct json *settings = NULL, *filters;

    if (json_read(c->project->settings, c->arena, &settings, NULL) != JSON_OK)
        settings = NULL;
    filters = json_get(settings, "filters");
    return json_is(filters, JSON_OBJECT) ? filters : json_new(c->arena, JSON_OBJECT);
}

void project_filters(struct api_call *c)
{
    const struct json *have = filters_of(c);
    struct buf *b = &c->out;

    json_open(b, NULL, '[');
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++) {
        bool active = false;

        json_boolean(json_get(have, FILTERS[i]), &active);
        json_open(b, NULL, '{');
        json_str(b, "id", FILTERS[i]);
        json_bool(b, "active", active);
        json_close(b, '}');
    }
    json_close(b, ']');
    api_done(c, 200);
}

static void filter_changed(struct api_call *c)
{
    api_empty(c, 204);
}

void project_filter_put(struct api_call *c)
{
    struct json *filters = filters_of(c), *active;
    const char *name = NULL;
    struct buf b = api_buf(c);
    bool on;

    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++)
        if (text_is(c->arg[0], FILTERS[i]))
            name = FILTERS[i];
    if (!name) {
        api_missing(c);
        return;
    }
    if (!json_boolean(json_get(c->body, "active"), &on)) {
        api_wrong(c, "active", "This field is required.");
        return;
    }
    if (!filters || !(active = json_new(c->arena, on ? JSON_TRUE : JSON_FALSE)))
        return;
    json_set(c->arena, filters, name, active);
    json_open(&b, NULL, '{');
    json_int(&b, "id", c->project->id);
    json_key(&b, TEXT("filters"));
    json_write(&b, filters);
    json_close(&b, '}');
    api_command(c, "project.update", buf_result(&b), filter_changed);
}

/* ---- under another name ---- */

/* The request's own address with the project's segment, the fifth, put in other words. */
static struct text address_with(struct api_call *c, struct text slug)
{
    struct text path = c->req.path, query = c->req.query;
    size_t from = 0, to = 0;

    for (int segment = 0; segment < 5; segment++) {
        for (from = to; from < path.len && path.at[from] == '/'; from++)
            ;
        for (to = from; to < path.len && path.at[to] != '/'; to++)
            ;
    }
    return arena_printf(c->arena, "%.*s%.*s%.*s%s%.*s", TEXT_ARG(text_cut(path, 0, from)),
                        TEXT_ARG(slug), TEXT_ARG(text_cut(path, to, path.len)),
                        query.len ? "?" : "", TEXT_ARG(query));
}

bool project_moved(struct api_call *c, struct text slug)
{
    struct db_stmt *s = api_query(c, "api_project_renamed");
    struct text now, url;

    if (!s)
        return true;
    db_int(s, "org", c->org);
    api_bind(s, "slug", slug);
    if (!api_row(c, s))
        return c->refused;
    now = api_keep_col(c, s, 0);
    url = address_with(c, now);
    json_open(&c->out, NULL, '{');
    json_text(&c->out, "slug", now);
    json_open(&c->out, "detail", '{');
    json_str(&c->out, "code", "resource-moved");
    json_str(&c->out, "message", "Resource moved");
    json_open(&c->out, "extra", '{');
    json_text(&c->out, "url", url);
    json_text(&c->out, "slug", now);
    json_close(&c->out, '}');
    json_close(&c->out, '}');
    json_close(&c->out, '}');
    api_header(c, "Location", url);
    api_done(c, 302);
    return true;
}
