/* command_key.c -- client keys (DSNs). */
#include <sodium.h>
#include <stdio.h>

#include "writer/command_parts.h"

#define LABEL_MAX 64 /* as Sentry has it */

struct key {
    struct text name; /* public key */
    struct text label;
    bool active;
    int64_t count, window;
};

static struct text random_hex(struct command *c)
{
    uint8_t raw[16];
    char hex[33];

    randombytes_buf(raw, sizeof(raw));
    sodium_bin2hex(hex, sizeof(hex), raw, sizeof(raw));
    return (struct text){arena_dup(c->arena, hex, 32), 32};
}

static bool too_many(struct command *c)
{
    struct db_stmt *q = command_query(c, "key_count");

    return command_number(c, q, KEYS_MAX) >= KEYS_MAX;
}

uint16_t command_key_add(struct command *c)
{
    uint32_t project = command_project_named(c, command_text(c, "project"));
    struct text label = command_text(c, "name"), key = random_hex(c);
    int64_t count, window;
    char id[16];
    struct db_stmt *q;

    if (!project)
        return command_missing(c);
    if (!command_rate(c, &count, &window))
        return 400;
    if (too_many(c))
        return command_refuse(c, 400, "There are %d keys, which is the limit.", KEYS_MAX);
    if (!(q = command_query(c, "key_insert")))
        return 500;
    command_bind(q, 1, key);
    command_bind(q, 2, random_hex(c));
    db_int_at(q, 3, project);
    command_bind(q, 4, label.len ? text_clip(label, LABEL_MAX) : TEXT("Default"));
    db_int_at(q, 5, count);
    db_int_at(q, 6, window);
    db_int_at(q, 7, c->now_ms);
    if (!command_do(c, q))
        return 500;
    c->w->effects.projects = true;
    snprintf(id, sizeof(id), "%u", project);
    json_open(c->answer, NULL, '{');
    json_text(c->answer, "id", key);
    json_str(c->answer, "projectId", id);
    json_close(c->answer, '}');
    return 201;
}

static bool find(struct command *c, struct key *k)
{
    struct db_stmt *q = command_query(c, "key_find");
    bool found;

    k->name = command_text(c, "key");
    if (!q)
        return false;
    command_bind(q, 1, k->name.at ? k->name : TEXT(""));
    if ((found = command_row(c, q))) {
        k->label = command_column(c, q, 1);
        k->active = db_col_int(q, 2) != 0;
        k->count = db_col_int(q, 3);
        k->window = db_col_int(q, 4);
    }
    db_reset(q);
    return found;
}

uint16_t command_key_update(struct command *c)
{
    struct text label = command_text(c, "name");
    struct db_stmt *q;
    struct key k = {0};

    if (!find(c, &k))
        return command_missing(c);
    if (label.len)
        k.label = text_clip(label, LABEL_MAX);
    json_boolean(json_get(c->args, "isActive"), &k.active);
    if (json_get(c->args, "rateLimit") && !command_rate(c, &k.count, &k.window))
        return 400;
    if (!(q = command_query(c, "key_update")))
        return 500;
    command_bind(q, 1, k.name);
    command_bind(q, 2, k.label);
    db_int_at(q, 3, k.active);
    db_int_at(q, 4, k.count);
    db_int_at(q, 5, k.window);
    if (!command_do(c, q))
        return 500;
    c->w->effects.projects = true;
    return command_empty(c, 200);
}

uint16_t command_key_delete(struct command *c)
{
    struct db_stmt *q;
    struct key k = {0};

    if (!find(c, &k))
        return command_missing(c);
    if (!(q = command_query(c, "key_delete")))
        return 500;
    command_bind(q, 1, k.name);
    if (!command_do(c, q))
        return 500;
    c->w->effects.projects = true;
    return command_empty(c, 204);
}

uint16_t command_key_list(struct command *c)
{
    struct text name = command_text(c, "project");
    uint32_t project = name.len ? command_project_named(c, name) : 0;
    struct db_stmt *q;
    char id[16];

    if (name.len && !project)
        return command_missing(c);
    if (!(q = command_query(c, "key_list")))
        return 500;
    db_int_at(q, 1, project);
    db_int_at(q, 2, command_offset(c));
    json_open(c->answer, NULL, '[');
    while (command_row(c, q)) {
        snprintf(id, sizeof(id), "%lld", (long long)db_col_int(q, 6));
        json_open(c->answer, NULL, '{');
        json_text(c->answer, "key", command_column(c, q, 0));
        json_text(c->answer, "name", command_column(c, q, 1));
        json_bool(c->answer, "isActive", db_col_int(q, 2) != 0);
        if (db_col_int(q, 3)) {
            json_open(c->answer, "rateLimit", '{');
            json_int(c->answer, "count", db_col_int(q, 3));
            json_int(c->answer, "window", db_col_int(q, 4));
            json_close(c->answer, '}');
        } else {
            json_null(c->answer, "rateLimit");
        }
        json_text(c->answer, "projectSlug", command_column(c, q, 5));
        json_str(c->answer, "projectId", id);
        json_close(c->answer, '}');
    }
    db_reset(q);
    json_close(c->answer, ']');
    return 200;
}
