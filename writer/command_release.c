/* command_release.c -- releases made by hand or by tools, and environments. */
#include "model/release.h"
#include "writer/command_parts.h"

#define URL_MAX 2048
#define REF_MAX 250

struct release {
    int64_t id, org;
    struct text version, ref, url, status;
    int64_t released_ms, started_ms; /* 0: none */
};

/* ---- arguments ---- */

static bool read_fields(struct command *c, struct release *r)
{
    struct text status = command_text(c, "status");

    if (json_get(c->args, "ref"))
        r->ref = text_clip(command_text(c, "ref"), REF_MAX);
    if (json_get(c->args, "url"))
        r->url = text_clip(command_text(c, "url"), URL_MAX);
    if (status.len && !text_is(status, "open") && !text_is(status, "archived")) {
        command_wrong(c, "status", "\"%.*s\" is not a valid choice.",
                      TEXT_ARG(text_clip(status, 50)));
        return false;
    }
    if (status.len)
        r->status = status;
    return command_date(c, "dateReleased", &r->released_ms) &&
           command_date(c, "dateStarted", &r->started_ms);
}

static void bind_fields(struct db_stmt *q, const struct release *r)
{
    if (r->released_ms)
        db_int(q, "released", r->released_ms);
    if (r->started_ms)
        db_int(q, "started", r->started_ms);
    command_bind_name(q, "ref", r->ref.len ? r->ref : TEXT_NONE);
    command_bind_name(q, "url", r->url.len ? r->url : TEXT_NONE);
    command_bind_name(q, "status", r->status);
}

/* Link the projects that were named; *added: how many had not been. False: refused. */
static bool link_projects(struct command *c, int64_t release, int *added)
{
    const struct json *list = json_get(c->args, "projects");

    *added = 0;
    if (!json_is(list, JSON_ARRAY))
        return true;
    for (const struct json *v = list->child; v; v = v->next) {
        uint32_t project = command_project_named(c, json_as_text(v, c->arena));
        struct db_stmt *q;

        if (!project) {
            command_wrong(c, "projects", "Invalid project ids or slugs");
            return false;
        }
        if (!(q = command_query(c, "release_link")))
            return false;
        db_int_at(q, 1, release);
        db_int_at(q, 2, project);
        if (!command_do(c, q))
            return false;
        *added += db_changes(c->db);
    }
    return true;
}

static int64_t known(struct command *c, int64_t org, struct text version)
{
    struct db_stmt *q = command_query(c, "release_find");

    if (!q)
        return 0;
    db_int_at(q, 1, org);
    command_bind(q, 2, version);
    return command_number(c, q, 0);
}

static bool get(struct command *c, int64_t id, struct release *r)
{
    struct db_stmt *q = command_query(c, "release_get");
    bool found;

    if (!q)
        return false;
    db_int_at(q, 1, id);
    if ((found = command_row(c, q))) {
        *r = (struct release){.id = id,
                              .org = db_col_int(q, 0),
                              .version = command_column(c, q, 1),
                              .released_ms = db_col_int(q, 2),
                              .started_ms = db_col_int(q, 3),
                              .ref = command_column(c, q, 4),
                              .url = command_column(c, q, 5),
                              .status = command_column(c, q, 6)};
    }
    db_reset(q);
    return found;
}

static bool change(struct command *c, const struct release *r)
{
    struct db_stmt *q = command_query(c, "release_change");

    if (!q)
        return false;
    db_int(q, "id", r->id);
    bind_fields(q, r);
    return command_do(c, q);
}

/* ---- commands ---- */

static int64_t insert(struct command *c, const struct release *r)
{
    struct db_stmt *q = command_query(c, "release_put");

    if (!q)
        return 0;
    db_int(q, "org", r->org);
    command_bind_name(q, "version", r->version);
    db_int(q, "now", c->now_ms);
    bind_fields(q, r);
    return command_do(c, q) ? db_last_id(c->db) : 0;
}

uint16_t command_release_add(struct command *c)
{
    struct release r = {.status = TEXT("open")};
    struct text version = command_text(c, "version");
    bool is_new;
    int added;

    if (!command_int(c, "org", &r.org))
        return command_wrong(c, "org", "This field is required.");
    if (!release_valid(version))
        return command_wrong(c, "version", "Release with name %.*s is not allowed",
                             TEXT_ARG(text_clip(version, 200)));
    r.id = known(c, r.org, version);
    is_new = !r.id;
    if (!is_new && !get(c, r.id, &r))
        return command_missing(c);
    r.version = version;
    if (!read_fields(c, &r))
        return 400;
    if (is_new ? !(r.id = insert(c, &r)) : !change(c, &r))
        return 500;
    if (!link_projects(c, r.id, &added))
        return c->broken ? 500 : 400;
    return command_id(c, is_new || added ? 201 : 208, r.id);
}

uint16_t command_release_update(struct command *c)
{
    struct release r;
    int64_t id = 0;
    int added;

    if (!command_int(c, "id", &id) || !get(c, id, &r))
        return command_missing(c);
    if (!read_fields(c, &r))
        return 400;
    if (!change(c, &r))
        return 500;
    if (!link_projects(c, r.id, &added))
        return c->broken ? 500 : 400;
    return command_empty(c, 200);
}

static bool run_id(struct command *c, const char *name, int64_t id)
{
    struct db_stmt *q = command_query(c, name);

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_do(c, q);
}

uint16_t command_release_delete(struct command *c)
{
    struct db_stmt *q;
    struct release r;
    int64_t id = 0;

    if (!command_int(c, "id", &id) || !get(c, id, &r))
        return command_missing(c);
    if (!(q = command_query(c, "release_used")))
        return 500;
    db_int_at(q, 1, id);
    if (command_number(c, q, 0))
        return command_refuse(c, 400,
                              "This release is referenced by active issues and cannot be removed.");
    if (!run_id(c, "release_unlink", id) || !run_id(c, "deploy_drop", id) ||
        !run_id(c, "release_delete", id))
        return 500;
    return command_empty(c, 204);
}

uint16_t command_environment_update(struct command *c)
{
    uint32_t project = command_project_named(c, command_text(c, "project"));
    struct db_stmt *q = project ? command_query(c, "environment_hide") : NULL;
    struct text name = command_text(c, "name");
    bool hidden;

    if (!q)
        return command_missing(c);
    if (!json_boolean(json_get(c->args, "hidden"), &hidden))
        return command_wrong(c, "isHidden", "This field is required.");
    db_int_at(q, 1, project);
    command_bind(q, 2, name.at ? name : TEXT(""));
    db_int_at(q, 3, hidden);
    if (!command_do(c, q))
        return 500;
    return db_changes(c->db) ? command_empty(c, 200) : command_missing(c);
}
