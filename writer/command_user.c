/* command_user.c -- people. */
#include <stdio.h>

#include "writer/command_parts.h"

#define NAME_MAX_BYTES 200
#define PREFERENCES_MAX (16 * KIB)

static bool role_is_fine(struct text role)
{
    static const char *const roles[] = {"owner", "manager", "admin", "member", "viewer"};

    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
        if (text_is(role, roles[i]))
            return true;
    return false;
}

/* A string as libsodium makes it, no plain password by accident. */
static bool hash_is_fine(struct text password)
{
    return text_starts(password, "$argon2") && password.len < 256;
}

static uint32_t by_email(struct command *c, struct text email)
{
    struct db_stmt *q = command_query(c, "user_by_email");

    if (!q)
        return 0;
    command_bind(q, 1, email);
    return (uint32_t)command_number(c, q, 0);
}

uint16_t command_user_add(struct command *c)
{
    struct text email = command_text(c, "email"), name = command_text(c, "name");
    struct text role = command_text(c, "role"), password = command_text(c, "password");
    struct db_stmt *q;

    if (!command_email(email))
        return command_wrong(c, "email", "Enter a valid email address.");
    if (by_email(c, email))
        return command_wrong(c, "email", "The user %.*s is already a member", TEXT_ARG(email));
    if (role.len && !role_is_fine(role))
        return command_wrong(c, "role", "\"%.*s\" is not a valid choice.",
                             TEXT_ARG(text_clip(role, 50)));
    if (password.len && !hash_is_fine(password))
        return command_wrong(c, "password", "Expected an argon2 string.");
    if (!(q = command_query(c, "user_insert")))
        return 500;
    command_bind(q, 1, email);
    command_bind(q, 2, name.len ? text_clip(name, NAME_MAX_BYTES) : email);
    command_bind(q, 3, password.len ? password : TEXT_NONE);
    command_bind(q, 4, role.len ? role : TEXT("member"));
    db_int_at(q, 5, c->now_ms);
    if (!command_do(c, q))
        return 500;
    return command_id(c, 201, db_last_id(c->db));
}

/* ---- changing ---- */

struct user {
    int64_t id;
    struct text email, name, password, role, preferences;
    bool active;
};

static bool find(struct command *c, struct user *u)
{
    struct text email = command_text(c, "email");
    struct db_stmt *q;
    bool found;

    if (!command_int(c, "id", &u->id))
        u->id = by_email(c, email.at ? email : TEXT(""));
    q = command_query(c, "user_get");
    if (!q)
        return false;
    db_int_at(q, 1, u->id);
    if ((found = command_row(c, q))) {
        u->email = command_column(c, q, 0);
        u->name = command_column(c, q, 1);
        u->password = command_column(c, q, 2);
        u->role = command_column(c, q, 3);
        u->active = db_col_int(q, 4) != 0;
        u->preferences = command_column(c, q, 5);
    }
    db_reset(q);
    return found;
}

static bool other_owner(struct command *c, int64_t id)
{
    struct db_stmt *q = command_query(c, "user_other_owners");

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_number(c, q, 0) > 0;
}

/* Sessions and tokens of somebody who may not come in any more, or whose password was changed. */
static bool drop_tokens(struct command *c, int64_t user, bool sessions_only)
{
    struct db_stmt *q = command_query(c, "token_drop_user");

    if (!q)
        return false;
    db_int_at(q, 1, user);
    db_int_at(q, 2, sessions_only);
    return command_do(c, q);
}

static bool read_changes(struct command *c, struct user *u)
{
    struct text name = command_text(c, "name"), role = command_text(c, "role");
    struct text password = command_text(c, "password");
    const struct json *preferences = json_get(c->args, "preferences");

    if (name.len)
        u->name = text_clip(name, NAME_MAX_BYTES);
    if (role.len && !role_is_fine(role)) {
        command_wrong(c, "role", "\"%.*s\" is not a valid choice.", TEXT_ARG(text_clip(role, 50)));
        return false;
    }
    if (role.len)
        u->role = role;
    if (password.len && !hash_is_fine(password)) {
        command_wrong(c, "password", "Expected an argon2 string.");
        return false;
    }
    if (password.len)
        u->password = password;
    if (json_is(preferences, JSON_OBJECT)) {
        struct buf b;

        buf_init(&b, c->arena, 256, PREFERENCES_MAX);
        json_write(&b, preferences);
        if (b.failed) {
            command_wrong(c, "preferences", "Too long.");
            return false;
        }
        u->preferences = buf_result(&b);
    }
    json_boolean(json_get(c->args, "active"), &u->active);
    return true;
}

uint16_t command_user_update(struct command *c)
{
    struct user was = {0}, u;
    struct db_stmt *q;

    if (!find(c, &was))
        return command_missing(c);
    u = was;
    if (!read_changes(c, &u))
        return 400;
    if (was.active && text_is(was.role, "owner") && (!u.active || !text_is(u.role, "owner")) &&
        !other_owner(c, u.id))
        return command_refuse(c, 403,
                              "You cannot remove the only remaining owner of the organization.");
    if (!u.active && !drop_tokens(c, u.id, false))
        return 500;
    if (!text_eq(u.password, was.password) && !drop_tokens(c, u.id, true))
        return 500;
    q = command_query(c, "user_update");
    if (!q)
        return 500;
    db_int_at(q, 1, u.id);
    command_bind(q, 2, u.name);
    command_bind(q, 3, u.password);
    command_bind(q, 4, u.role);
    db_int_at(q, 5, u.active);
    command_bind(q, 6, u.preferences);
    return command_do(c, q) ? command_empty(c, 200) : 500;
}

uint16_t command_user_login(struct command *c)
{
    return command_stamp(c, "user_login", 0);
}

uint16_t command_user_list(struct command *c)
{
    struct db_stmt *q = command_query(c, "user_list");
    char id[16];

    json_open(c->answer, NULL, '[');
    if (q)
        db_int_at(q, 1, command_offset(c));
    while (q && command_row(c, q)) {
        snprintf(id, sizeof(id), "%lld", (long long)db_col_int(q, 0));
        json_open(c->answer, NULL, '{');
        json_str(c->answer, "id", id);
        json_text(c->answer, "email", command_column(c, q, 1));
        json_text(c->answer, "name", command_column(c, q, 2));
        json_text(c->answer, "role", command_column(c, q, 3));
        json_bool(c->answer, "active", db_col_int(q, 4) != 0);
        json_close(c->answer, '}');
    }
    if (q)
        db_reset(q);
    json_close(c->answer, ']');
    return 200;
}
