/* command_token.c -- tokens and sessions: the catalogue knows their digests alone. */
#include "proto/hex.h"
#include "writer/command_parts.h"

#define DIGEST 32
#define USED_EVERY_MS 60000 /* "last used" is that exact */

/* Words like "org:read", one blank between them. */
static bool scopes_are_fine(struct text t)
{
    if (!t.len || t.len > 2048)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.at[i];

        if (!(ch >= 'a' && ch <= 'z') && ch != ':' && ch != ' ' && ch != '_')
            return false;
    }
    return true;
}

static bool user_exists(struct command *c, int64_t id)
{
    struct db_stmt *q = command_query(c, "user_active");

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_number(c, q, 0) == 1;
}

static bool expire_old(struct command *c)
{
    struct db_stmt *q = command_query(c, "token_expire");

    if (!q)
        return false;
    db_int_at(q, 1, c->now_ms);
    return command_do(c, q);
}

uint16_t command_token_add(struct command *c)
{
    struct text kind = command_text(c, "kind"), scopes = command_text(c, "scopes");
    struct text name = command_text(c, "name"), last4 = command_text(c, "last4");
    struct text csrf = command_text(c, "csrf");
    bool has_user = command_text(c, "user").len > 0;
    int64_t user = 0, expires = 0;
    uint8_t digest[DIGEST];
    struct db_stmt *q;

    if (!text_is(kind, "user") && !text_is(kind, "org") && !text_is(kind, "session"))
        return command_wrong(c, "kind", "Expected user, org or session.");
    if (!hex_read(command_text(c, "hash"), digest, sizeof(digest)))
        return command_wrong(c, "hash", "Expected the SHA-256 in hex.");
    if (!scopes_are_fine(scopes))
        return command_wrong(c, "scopes", "This field is required.");
    if (has_user ? !command_int(c, "user", &user) || !user_exists(c, user) : !text_is(kind, "org"))
        return command_wrong(c, "user", "There is no such user.");
    if (text_is(kind, "session") && !expire_old(c))
        return 500;
    if (!(q = command_query(c, "token_insert")))
        return 500;
    db_blob(q, "hash", digest, sizeof(digest));
    command_bind_name(q, "kind", kind);
    if (has_user)
        db_int(q, "user", user);
    command_bind_name(q, "name", name.at ? text_clip(name, 255) : TEXT(""));
    command_bind_name(q, "scopes", scopes);
    command_bind_name(q, "last4", last4.at ? text_clip(last4, 4) : TEXT(""));
    command_bind_name(q, "csrf", csrf.len ? text_clip(csrf, 128) : TEXT_NONE);
    db_int(q, "now", c->now_ms);
    if (command_int(c, "expires_ms", &expires) && expires > 0)
        db_int(q, "expires", expires);
    if (!command_do(c, q))
        return 500;
    return command_id(c, 201, db_last_id(c->db));
}

uint16_t command_token_delete(struct command *c)
{
    struct db_stmt *q = command_query(c, "token_delete");
    uint8_t digest[DIGEST];
    int64_t id = 0, user;
    bool by_hash = hex_read(command_text(c, "hash"), digest, sizeof(digest));

    if (!command_int(c, "id", &id) && !by_hash)
        return command_missing(c);
    if (!q)
        return 500;
    db_int_at(q, 1, id);
    if (by_hash)
        db_blob_at(q, 2, digest, sizeof(digest));
    if (command_int(c, "user", &user))
        db_int_at(q, 3, user);
    if (!command_do(c, q))
        return 500;
    return db_changes(c->db) ? command_empty(c, 204) : command_missing(c);
}

uint16_t command_token_used(struct command *c)
{
    return command_stamp(c, "token_used", USED_EVERY_MS);
}
