/* api_release.c -- releases: lists, details, creating and changing them. Commits and files are not
 * kept; the endpoints that list them answer with empty lists, as tools expect. */
#include "worker/api_release.h"

#include <stdio.h>

#include "model/release.h"
#include "model/search.h"
#include "worker/api_page.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"

struct release {
    int64_t id, created_ms, released_ms, started_ms;
    struct text version, ref, url, status, data;
};

static void release_row(struct api_call *c, struct db_stmt *s, struct release *r)
{
    *r = (struct release){
        .id = db_col_int(s, 0),
        .version = api_keep_col(c, s, 2),
        .created_ms = db_col_int(s, 3),
        .released_ms = db_col_int(s, 4),
        .started_ms = db_col_int(s, 5),
        .ref = api_keep_col(c, s, 6),
        .url = api_keep_col(c, s, 7),
        .status = api_keep_col(c, s, 8),
        .data = api_keep_col(c, s, 9),
    };
}

static bool by_id(struct api_call *c, int64_t id, struct release *r)
{
    struct db_stmt *s = id ? api_query(c, "api_release_by_id") : NULL;

    if (s)
        db_int(s, "id", id);
    if (!api_row(c, s))
        return false;
    release_row(c, s, r);
    return true;
}

static bool by_version(struct api_call *c, struct text version, struct release *r)
{
    struct db_stmt *s = api_query(c, "api_release_by_version");

    if (!s)
        return false;
    db_int(s, "org", c->org);
    api_bind(s, "version", version);
    if (!api_row(c, s))
        return false;
    release_row(c, s, r);
    return true;
}

/* ---- the object ---- */

static void write_version_info(struct buf *b, struct text version)
{
    static const char *const PARTS[] = {"major", "minor", "patch", "revision"};
    struct release_name n;

    release_parse(version, &n);
    json_open(b, "versionInfo", '{');
    json_text(b, "package", n.package);
    json_open(b, "version", '{');
    json_text(b, "raw", n.version);
    for (size_t i = 0; n.semver && i < sizeof PARTS / sizeof *PARTS; i++)
        json_uint(b, PARTS[i], n.number[i]);
    json_text(b, "pre", n.pre);
    json_text(b, "buildCode", n.build);
    json_int(b, "components", n.components);
    json_close(b, '}');
    json_text(b, "description", n.version);
    json_text(b, "buildHash", release_is_hash(n.version) ? n.version : TEXT_NONE);
    json_close(b, '}');
}

static struct text short_version(struct text version)
{
    struct release_name n;

    release_parse(version, &n);
    return n.version;
}

struct figures {
    int64_t first_ms, last_ms, new_issues;
};

/* Its projects, and what they sum up to. */
static void write_projects(struct api_call *c, int64_t release, struct figures *sum)
{
    struct db_stmt *s = api_query(c, "api_release_projects");
    struct buf *b = &c->out;

    if (s)
        db_int(s, "release", release);
    json_open(b, "projects", '[');
    while (api_row(c, s)) {
        const struct api_project *p = api_project_by_id(c, db_col_int(s, 0));
        int64_t first = db_col_int(s, 1), last = db_col_int(s, 2), fresh = db_col_int(s, 4);

        if (!p)
            continue;
        json_open(b, NULL, '{');
        json_int(b, "id", p->id); /* a number here, as Sentry has it */
        json_text(b, "slug", p->slug);
        json_text(b, "name", p->name);
        json_int(b, "newGroups", fresh);
        json_text(b, "platform", p->platform);
        json_open(b, "platforms", '[');
        if (!text_empty(p->platform))
            json_text(b, NULL, p->platform);
        json_close(b, ']');
        json_bool(b, "hasHealthData", false);
        json_close(b, '}');
        sum->new_issues += fresh;
        if (first && (!sum->first_ms || first < sum->first_ms))
            sum->first_ms = first;
        if (last > sum->last_ms)
            sum->last_ms = last;
    }
    json_close(b, ']');
}

static void write_constants(struct buf *b)
{
    json_null(b, "owner");
    json_int(b, "commitCount", 0);
    json_null(b, "lastCommit");
    json_open(b, "authors", '[');
    json_close(b, ']');
    json_open(b, "currentProjectMeta", '{');
    json_close(b, '}');
    json_null(b, "userAgent");
}

static void write_release(struct api_call *c, const char *key, const struct release *r)
{
    struct buf *b = &c->out;
    struct figures sum = {0};

    json_open(b, key, '{');
    json_int(b, "id", r->id); /* a number, unlike most ids */
    json_text(b, "version", r->version);
    json_text(b, "shortVersion", short_version(r->version));
    write_version_info(b, r->version);
    json_text(b, "status", r->status);
    json_text(b, "ref", r->ref);
    json_text(b, "url", r->url);
    api_time(b, "dateCreated", r->created_ms);
    api_time(b, "dateReleased", r->released_ms);
    api_time(b, "dateStarted", r->started_ms);
    json_raw(b, "data", text_empty(r->data) ? TEXT("{}") : r->data);
    write_projects(c, r->id, &sum);
    json_int(b, "newGroups", sum.new_issues);
    api_time(b, "firstEvent", sum.first_ms);
    api_time(b, "lastEvent", sum.last_ms);
    deploy_write_members(c, r->id);
    write_constants(b);
    json_close(b, '}');
}

void release_write_short(struct api_call *c, const char *key, int64_t release)
{
    struct release r;

    if (by_id(c, release, &r))
        write_release(c, key, &r);
    else
        json_null(&c->out, key);
}

void release_write_named(struct api_call *c, const char *key, struct text version)
{
    struct release r;

    if (text_empty(version)) {
        json_null(&c->out, key);
    } else if (by_version(c, version, &r)) {
        write_release(c, key, &r);
    } else {
        json_open(&c->out, key, '{');
        json_text(&c->out, "version", version);
        json_text(&c->out, "shortVersion", short_version(version));
        json_close(&c->out, '}');
    }
}

/* ---- lists ---- */

static bool of_projects(struct api_call *c, struct text *ids)
{
    struct buf b = api_buf(c);
    const struct api_project *p;
    struct text name;
    uint32_t at = 0, n = 0;

    buf_str(&b, "[");
    if (c->project) {
        buf_printf(&b, "%lld", (long long)c->project->id);
        n++;
    }
    while (!c->project && api_param_next(c, "project", &at, &name))
        if (!text_is(name, "-1") && (p = api_project_find(c, name)))
            buf_printf(&b, "%s%lld", n++ ? "," : "", (long long)p->id);
    buf_str(&b, "]");
    *ids = n ? buf_result(&b) : TEXT_NONE;
    return !b.failed;
}

static void write_row(struct api_call *c, struct db_stmt *s)
{
    struct release r;

    release_row(c, s, &r);
    write_release(c, NULL, &r);
}

void release_list(struct api_call *c)
{
    struct text query = api_param(c, "query"), status = api_param(c, "status"), projects;
    struct db_stmt *s;
    struct api_page p;

    if (!page_read(c, &p) || !of_projects(c, &projects) || !(s = api_query(c, "api_releases")))
        return;
    if (text_starts(query, "release:"))
        query = text_cut(query, 8, query.len);
    db_int(s, "org", c->org);
    api_bind(s, "projects", projects);
    api_bind(s, "like", text_empty(query) ? TEXT("%") : search_like_within(query, c->arena));
    api_bind(s, "status", text_empty(status) ? TEXT_NONE : status);
    page_answer(c, s, &p, write_row);
}

/* ---- one ---- */

static bool named(struct api_call *c, struct release *r)
{
    if (by_version(c, c->arg[0], r))
        return true;
    api_missing(c);
    return false;
}

static void write_named(struct api_call *c, uint16_t status)
{
    struct release r;

    if (!named(c, &r))
        return;
    write_release(c, NULL, &r);
    api_done(c, status);
}

int64_t release_of_path(struct api_call *c)
{
    struct release r;

    return named(c, &r) ? r.id : 0;
}

void release_get(struct api_call *c)
{
    write_named(c, 200);
}

void release_meta(struct api_call *c)
{
    struct buf *b = &c->out;
    struct figures sum = {0};
    struct release r;

    if (!named(c, &r))
        return;
    json_open(b, NULL, '{');
    json_text(b, "version", r.version);
    write_version_info(b, r.version);
    write_projects(c, r.id, &sum);
    json_int(b, "newGroups", sum.new_issues);
    json_int(b, "deployCount", deploy_count(c, r.id));
    json_int(b, "commitCount", 0);
    json_int(b, "commitFilesChanged", 0);
    json_int(b, "releaseFileCount", 0);
    api_time(b, "released", r.released_ms ? r.released_ms : r.created_ms);
    json_bool(b, "isArtifactBundle", false);
    json_null(b, "bundleId");
    json_close(b, '}');
    api_done(c, 200);
}

void release_nothing(struct api_call *c)
{
    struct release r;

    if (!named(c, &r))
        return;
    json_open(&c->out, NULL, '[');
    json_close(&c->out, ']');
    api_done(c, 200);
}

/* No commits are kept, so no earlier release has any. */
void release_previous(struct api_call *c)
{
    struct release r;

    if (!named(c, &r))
        return;
    json_open(&c->out, NULL, '{');
    json_close(&c->out, '}');
    api_done(c, 200);
}

void release_resolved(struct api_call *c)
{
    struct issue_view v = {.collapse_stats = true};
    struct db_stmt *s;
    struct release r;
    int64_t ids[API_PAGE_MAX];
    uint32_t n = 0;

    if (!named(c, &r) || !(s = api_query(c, "api_issues_resolved_in")))
        return;
    db_int(s, "release", r.id);
    while (n < API_PAGE_MAX && api_row(c, s))
        ids[n++] = db_col_int(s, 0);
    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; i < n; i++) {
        struct issue_row row;

        if (issue_row_get(c, ids[i], &row))
            issue_write(c, &row, &v);
    }
    json_close(&c->out, ']');
    api_done(c, 200);
}

/* ---- changes ---- */

static bool check_version(struct api_call *c, struct text version)
{
    if (!json_get(c->body, "version"))
        api_wrong(c, "version", "This field is required.");
    else if (!release_valid(version))
        api_wrong(c, "version",
                  arena_printf(c->arena, "Release with name %.*s is not allowed",
                               TEXT_ARG(text_clip(version, 100)))
                      .at);
    return !c->refused;
}

/* Slugs or ids → "projects":[…]. The project route names its own. */
static bool write_project_ids(struct api_call *c, struct buf *b, bool needed)
{
    const struct json *list = json_get(c->body, "projects");

    if (!c->project && !list && !needed)
        return true;
    if (!c->project && !json_is(list, JSON_ARRAY)) {
        api_wrong(c, "projects", "This field is required.");
        return false;
    }
    json_open(b, "projects", '[');
    if (c->project)
        json_int(b, NULL, c->project->id);
    for (const struct json *v = c->project ? NULL : list->child; v; v = v->next) {
        const struct api_project *p = api_project_find(c, json_as_text(v, c->arena));

        if (!p) {
            api_wrong(c, "projects", "Invalid project ids or slugs");
            return false;
        }
        json_int(b, NULL, p->id);
    }
    json_close(b, ']');
    return true;
}

static bool write_date(struct api_call *c, struct buf *b, const char *name)
{
    const struct json *v = json_get(c->body, name);
    struct text t = json_as_text(v, c->arena);
    bool whole_day;
    int64_t ms;

    if (!v)
        return true;
    if (text_empty(t)) {
        json_null(b, name);
        return true;
    }
    if (!search_date(t, &ms, &whole_day)) {
        api_wrong(c, name,
                  "Datetime has wrong format. Use one of these formats instead: "
                  "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].");
        return false;
    }
    api_time(b, name, ms);
    return true;
}

/* Repositories are not known here, so a ref to one cannot be right; [] clears what is not there. */
static bool check_refs(struct api_call *c)
{
    const struct json *refs = json_get(c->body, "refs");
    struct text name;

    if (!json_is(refs, JSON_ARRAY) || !refs->child)
        return true;
    name = json_string(json_get(refs->child, "repository"), c->arena);
    api_wrong(
        c, "refs",
        arena_printf(c->arena, "Invalid repository names: %.*s", TEXT_ARG(text_clip(name, 100)))
            .at);
    return false;
}

static bool write_fields(struct api_call *c, struct buf *b)
{
    static const char *const TEXTS[] = {"ref", "url", "status"};
    struct text status = api_member(c, "status");

    if (!text_empty(status) && !text_is(status, "open") && !text_is(status, "archived")) {
        api_wrong(c, "status", "Invalid value for status. Valid values are open and archived.");
        return false;
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (json_get(c->body, TEXTS[i]))
            json_text(b, TEXTS[i], api_member(c, TEXTS[i]));
    return write_date(c, b, "dateReleased") && write_date(c, b, "dateStarted") && check_refs(c);
}

static void added(struct api_call *c)
{
    struct release r;

    if (!by_version(c, text_trim(api_member(c, "version")), &r)) {
        api_missing(c);
        return;
    }
    write_release(c, NULL, &r);
    api_done(c, c->reply_status);
}

void release_post(struct api_call *c)
{
    struct text version = text_trim(api_member(c, "version"));
    struct buf b = api_buf(c);

    if (!check_version(c, version))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "org", c->org);
    json_text(&b, "version", version);
    if (!write_project_ids(c, &b, true) || !write_fields(c, &b))
        return;
    json_close(&b, '}');
    api_command(c, "release.add", buf_result(&b), added);
}

static void updated(struct api_call *c)
{
    write_named(c, 200);
}

void release_put(struct api_call *c)
{
    struct buf b = api_buf(c);
    struct release r;

    if (!named(c, &r))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", r.id);
    if ((!c->project && !write_project_ids(c, &b, false)) || !write_fields(c, &b))
        return;
    json_close(&b, '}');
    api_command(c, "release.update", buf_result(&b), updated);
}

void release_delete(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_release_in_use");
    struct buf b = api_buf(c);
    struct release r;

    if (!s || !named(c, &r))
        return;
    db_int(s, "release", r.id);
    if (api_row(c, s)) {
        api_detail(c, 400, "This release is referenced by active issues and cannot be removed.");
        return;
    }
    json_open(&b, NULL, '{');
    json_int(&b, "id", r.id);
    json_close(&b, '}');
    api_command(c, "release.delete", buf_result(&b), NULL);
}
