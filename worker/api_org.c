/* api_org.c -- organisations. There are no teams, repositories or monitors (yet): lists of them are
 * empty, since tools ask for them before anything else. */
#include "worker/api_project.h"
#include "worker/api_resources.h"

static void write_avatar(struct buf *b)
{
    json_open(b, "avatar", '{');
    json_str(b, "avatarType", "letter_avatar");
    json_null(b, "avatarUuid");
    json_null(b, "avatarUrl");
    json_close(b, '}');
}

static void write_features(struct buf *b)
{
    json_open(b, "features", '[');
    json_str(b, NULL, "discover-basic");
    json_str(b, NULL, "event-attachments");
    json_close(b, ']');
}

/* Into an object that is open. */
static void write_members(struct api_call *c, int64_t id, struct text slug, struct text name,
                          int64_t created_ms)
{
    struct buf *b = &c->out;

    api_id(b, "id", id);
    json_text(b, "slug", slug);
    json_text(b, "name", name);
    json_open(b, "status", '{');
    json_str(b, "id", "active");
    json_str(b, "name", "active");
    json_close(b, '}');
    api_time(b, "dateCreated", created_ms);
    json_bool(b, "isEarlyAdopter", false);
    json_bool(b, "require2FA", false);
    json_bool(b, "requireEmailVerification", false);
    write_avatar(b);
    write_features(b);
    json_open(b, "links", '{');
    json_text(b, "organizationUrl", c->req.base_url);
    json_text(b, "regionUrl", c->req.base_url);
    json_close(b, '}');
    json_bool(b, "hasAuthProvider", false);
    json_bool(b, "allowMemberInvite", true);
    json_bool(b, "allowMemberProjectCreation", true);
    json_bool(b, "allowSuperuserAccess", false);
    scope_write(b, "access", c->caller.scopes);
    json_open(b, "onboardingTasks", '[');
    json_close(b, ']');
}

void org_list(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_orgs");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    json_open(&c->out, NULL, '[');
    while (api_row(c, s)) {
        json_open(&c->out, NULL, '{');
        write_members(c, db_col_int(s, 0), api_col(s, 1), api_col(s, 2), db_col_int(s, 3));
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
    page_link_offset(c, &p, false);
    api_done(c, 200);
}

void org_get(struct api_call *c)
{
    struct text detailed = api_param(c, "detailed");
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    write_members(c, c->org, c->org_slug, c->org_name, c->org_created_ms);
    if (!text_is(detailed, "0") && (c->caller.scopes & SCOPE(PROJECT_READ))) {
        project_write_list(c, "projects", NULL);
        json_open(b, "teams", '[');
        json_close(b, ']');
    }
    json_close(b, '}');
    api_done(c, 200);
}

void org_region(struct api_call *c)
{
    json_open(&c->out, NULL, '{');
    json_str(&c->out, "name", "main");
    json_text(&c->out, "url", c->req.base_url);
    json_close(&c->out, '}');
    api_done(c, 200);
}

void org_nothing(struct api_call *c)
{
    struct api_page p;

    if (!page_read(c, &p))
        return;
    json_open(&c->out, NULL, '[');
    json_close(&c->out, ']');
    page_link_offset(c, &p, false);
    api_done(c, 200);
}
