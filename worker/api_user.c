/* api_user.c -- users: oneself, and the members of the organisation. */
#include "worker/api_user.h"

#include "worker/api_caller.h"
#include "worker/api_page.h"
#include "worker/api_resources.h"

static struct db_stmt *user_row(struct api_call *c, int64_t user)
{
    struct db_stmt *s = user ? api_query(c, "api_user_by_id") : NULL;

    if (s)
        db_int(s, "id", user);
    return api_row(c, s) ? s : NULL;
}

static void write_full(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;
    struct text email = api_col(s, 1), preferences = api_col(s, 7);

    json_bool(b, "isManaged", false);
    api_time(b, "dateJoined", db_col_int(s, 5));
    api_time(b, "lastLogin", db_col_int(s, 6));
    json_null(b, "lastActive");
    json_bool(b, "has2fa", false);
    json_bool(b, "isSuperuser", text_is(api_col(s, 3), "owner"));
    json_bool(b, "isStaff", false);
    json_bool(b, "hasPasswordAuth", db_col_int(s, 8) != 0);
    json_open(b, "emails", '[');
    json_open(b, NULL, '{');
    api_id(b, "id", db_col_int(s, 0));
    json_text(b, "email", email);
    json_bool(b, "is_verified", true);
    json_close(b, '}');
    json_close(b, ']');
    json_open(b, "avatar", '{');
    json_str(b, "avatarType", "letter_avatar");
    json_null(b, "avatarUuid");
    json_null(b, "avatarUrl");
    json_close(b, '}');
    json_open(b, "identities", '[');
    json_close(b, ']');
    json_raw(b, "options", text_empty(preferences) ? TEXT("{}") : preferences);
}

void user_write(struct api_call *c, const char *key, int64_t user, enum user_form form)
{
    struct db_stmt *s = user_row(c, user);
    struct buf *b = &c->out;

    if (!s) {
        json_null(b, key);
        return;
    }
    json_open(b, key, '{');
    api_id(b, "id", user);
    json_text(b, "name", api_col(s, 2));
    json_text(b, "username", api_col(s, 1));
    json_text(b, "email", api_col(s, 1));
    json_str(b, "avatarUrl", "");
    json_bool(b, "isActive", db_col_int(s, 4) != 0);
    json_text(b, "role", api_col(s, 3));
    if (form == USER_FULL)
        write_full(c, s);
    json_close(b, '}');
}

int64_t user_named(struct api_call *c, struct text name)
{
    unsigned long long id = 0;
    struct db_stmt *s;

    if (text_u64(name, &id))
        return user_row(c, (int64_t)id) ? (int64_t)id : 0;
    if (!(s = api_query(c, "api_user_by_email")))
        return 0;
    api_bind(s, "email", name);
    return api_row(c, s) ? db_col_int(s, 0) : 0;
}

/* ---- oneself ---- */

void user_me(struct api_call *c)
{
    struct buf *b = &c->out;

    if (c->caller.user) {
        user_write(c, NULL, c->caller.user, USER_FULL);
        api_done(c, 200);
        return;
    }
    if (c->caller.by != API_OPERATOR) {
        api_missing(c);
        return;
    }
    json_open(b, NULL, '{');
    json_str(b, "id", "0");
    json_str(b, "name", "operator");
    json_str(b, "username", "operator");
    json_str(b, "email", "");
    json_str(b, "role", "owner");
    json_bool(b, "isActive", true);
    json_close(b, '}');
    api_done(c, 200);
}

static void me_changed(struct api_call *c)
{
    user_me(c);
}

static bool check_password(struct api_call *c, struct text password)
{
    if (password.len < PASSWORD_MIN)
        api_wrong(c, "password",
                  "This password is too short. It must contain at least 8 characters.");
    else if (password.len > PASSWORD_MAX)
        api_wrong(c, "password",
                  "This password is too long. It may contain at most 128 characters.");
    return !c->refused;
}

static bool write_password(struct api_call *c, struct buf *b, struct text password)
{
    struct text hash;

    if (!check_password(c, password))
        return false;
    if (!(hash = caller_password_hash(c, password)).at) {
        api_detail(c, 503, "There is not enough memory to hash a password");
        return false;
    }
    json_text(b, "password", hash);
    return true;
}

/* A new password asks for the old one, and that cannot be guessed: a stolen session must not become a stolen
 * account. */
static bool knows_password(struct api_call *c)
{
    struct db_stmt *s;
    bool fits;

    if (!login_may_try(c, c->caller.email) || !(s = api_query(c, "api_user_by_email")))
        return false;
    api_bind(s, "email", c->caller.email);
    fits = api_row(c, s) && caller_password_fits(api_col(s, 5), api_member(c, "currentPassword"));
    db_reset(s);
    if (!fits)
        api_wrong(c, "currentPassword", "The password you entered is not correct.");
    return fits;
}

void user_me_put(struct api_call *c)
{
    struct text name = api_member(c, "name"), password = api_member(c, "password");
    const struct json *options = json_get(c->body, "options");
    struct buf b = api_buf(c);

    if (!c->caller.user) {
        api_missing(c);
        return;
    }
    json_open(&b, NULL, '{');
    json_int(&b, "id", c->caller.user);
    if (!text_empty(name))
        json_text(&b, "name", name);
    if (json_is(options, JSON_OBJECT)) {
        json_key(&b, TEXT("preferences"));
        json_write(&b, options);
    }
    if (password.at && (!knows_password(c) || !write_password(c, &b, password)))
        return;
    json_close(&b, '}');
    api_command(c, "user.update", buf_result(&b), me_changed);
}

/* ---- members ---- */

static void write_flags(struct buf *b)
{
    static const char *const FLAGS[] = {
        "idp:provisioned", "idp:role-restricted",     "sso:linked",
        "sso:invalid",     "member-limit:restricted", "partnership:restricted"};

    json_open(b, "flags", '{');
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
        json_bool(b, FLAGS[i], false);
    json_close(b, '}');
}

static void write_role_name(struct api_call *c, struct text role)
{
    char *name = arena_dup(c->arena, role.at, role.len);

    if (name && name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 32);
    json_str(&c->out, "roleName", name);
}

/* Columns of api_user_by_id. */
static void write_member(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;
    struct text role = api_keep_col(c, s, 3);
    int64_t id = db_col_int(s, 0);

    json_open(b, NULL, '{');
    api_id(b, "id", id);
    json_text(b, "email", api_col(s, 1));
    json_text(b, "name", api_col(s, 2));
    json_text(b, "orgRole", role);
    json_text(b, "role", role);
    write_role_name(c, role);
    json_bool(b, "pending", false);
    json_bool(b, "expired", false);
    json_bool(b, "isActive", db_col_int(s, 4) != 0);
    api_time(b, "dateCreated", db_col_int(s, 5));
    json_str(b, "inviteStatus", "approved");
    json_null(b, "inviterName");
    write_flags(b);
    json_open(b, "externalUsers", '[');
    json_close(b, ']');
    json_open(b, "projects", '[');
    json_close(b, ']');
    json_open(b, "user", '{');
    api_id(b, "id", id);
    json_text(b, "name", api_col(s, 2));
    json_text(b, "email", api_col(s, 1));
    json_text(b, "username", api_col(s, 1));
    json_bool(b, "isActive", db_col_int(s, 4) != 0);
    api_time(b, "lastLogin", db_col_int(s, 6));
    json_close(b, '}');
    json_close(b, '}');
}

void member_list(struct api_call *c)
{
    struct db_stmt *s;
    struct api_page p;

    if (!page_read(c, &p) || !(s = api_query(c, "api_users")))
        return;
    page_answer(c, s, &p, write_member);
}

void member_list_project(struct api_call *c)
{
    member_list(c); /* everybody sees every project */
}

static bool member_named(struct api_call *c, int64_t *id)
{
    *id = text_is(c->arg[0], "me") ? c->caller.user : user_named(c, c->arg[0]);
    if (!*id)
        api_missing(c);
    return *id != 0;
}

static void answer_member(struct api_call *c, int64_t id, uint16_t status)
{
    struct db_stmt *s = user_row(c, id);

    if (!s) {
        api_missing(c);
        return;
    }
    write_member(c, s);
    api_done(c, status);
}

void member_get(struct api_call *c)
{
    int64_t id;

    if (member_named(c, &id))
        answer_member(c, id, 200);
}

/* Nobody hands out more than they have: only an owner makes owners. */
static bool may_give(struct api_call *c, struct text role)
{
    if (scope_of_role(role) & ~c->caller.scopes)
        api_forbid(c);
    return !c->refused;
}

static bool read_role(struct api_call *c, struct text *role)
{
    *role = api_member(c, "orgRole");
    if (!role->at)
        *role = api_member(c, "role");
    if (!role->at)
        return true;
    if (!scope_role_known(*role)) {
        api_wrong(c, "orgRole",
                  "Not a valid role. Valid roles are owner, manager, admin, member and "
                  "viewer.");
        return false;
    }
    return may_give(c, *role);
}

static int64_t active_owners(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_user_owners");

    return api_row(c, s) ? db_col_int(s, 0) : 0;
}

/* May the caller change this member, and does an owner remain? */
static bool may_change(struct api_call *c, int64_t id, bool leaves)
{
    struct db_stmt *s = user_row(c, id);
    struct text role;
    bool active;

    if (!s)
        return false;
    role = api_keep_col(c, s, 3);
    active = db_col_int(s, 4) != 0;
    if (!may_give(c, role))
        return false;
    if (leaves && active && text_is(role, "owner") && active_owners(c) < 2) {
        api_detail(c, 403, "You cannot remove the only remaining owner of the organization.");
        return false;
    }
    return true;
}

static void member_added(struct api_call *c)
{
    answer_member(c, user_named(c, text_trim(api_member(c, "email"))), 201);
}

static bool user_is_active(struct api_call *c, int64_t user)
{
    struct db_stmt *s = user_row(c, user);

    return s && db_col_int(s, 4) != 0;
}

void member_post(struct api_call *c)
{
    struct text email = text_trim(api_member(c, "email")), name = api_member(c, "name"),
                password = api_member(c, "password"), role;
    struct buf b = api_buf(c);
    int64_t known;

    if (text_find_byte(email, '@') == email.len || email.len > 254) {
        api_wrong(c, "email", "Enter a valid email address.");
        return;
    }
    if (!read_role(c, &role))
        return;
    known = user_named(c, email);
    if (known && user_is_active(c, known)) {
        api_wrong(c, "email",
                  arena_printf(c->arena, "The user %.*s is already a member", TEXT_ARG(email)).at);
        return;
    }
    /* Who comes back has his old role at first; a newcomer whose role is not said is a member. */
    if (known ? !may_change(c, known, false) : !role.at && !may_give(c, TEXT("member")))
        return;
    json_open(&b, NULL, '{');
    if (known) { /* somebody comes back */
        json_int(&b, "id", known);
        json_bool(&b, "active", true);
    }
    json_text(&b, "email", email);
    if (!text_empty(name))
        json_text(&b, "name", name);
    if (role.at)
        json_text(&b, "role", role);
    if (password.at && !write_password(c, &b, password))
        return;
    json_close(&b, '}');
    api_command(c, known ? "user.update" : "user.add", buf_result(&b), member_added);
}

static void member_changed(struct api_call *c)
{
    int64_t id;

    if (member_named(c, &id))
        answer_member(c, id, 200);
}

void member_put(struct api_call *c)
{
    struct text name = api_member(c, "name"), password = api_member(c, "password"), role;
    const struct json *active = json_get(c->body, "isActive");
    struct buf b = api_buf(c);
    bool is_active = true;
    int64_t id;

    if (!member_named(c, &id) || !read_role(c, &role))
        return;
    if (active)
        json_boolean(active, &is_active);
    if (!may_change(c, id, !is_active || (role.at && !text_is(role, "owner"))) ||
        (password.at && id == c->caller.user && !knows_password(c)))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", id);
    if (!text_empty(name))
        json_text(&b, "name", name);
    if (role.at)
        json_text(&b, "role", role);
    if (active)
        json_bool(&b, "active", is_active);
    if (password.at && !write_password(c, &b, password))
        return;
    json_close(&b, '}');
    api_command(c, "user.update", buf_result(&b), member_changed);
}

static void member_gone(struct api_call *c)
{
    api_empty(c, 204);
}

/* The account is closed, not forgotten: what it did stays in the history. */
void member_delete(struct api_call *c)
{
    struct buf b = api_buf(c);
    int64_t id;

    if (!member_named(c, &id) || !may_change(c, id, true))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", id);
    json_bool(&b, "active", false);
    json_close(&b, '}');
    api_command(c, "user.update", buf_result(&b), member_gone);
}
