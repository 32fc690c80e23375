/* command_args.c -- naming things in arguments, and showing them in answers. */
#include <stdio.h>

#include "proto/timestamp.h"
#include "writer/command_parts.h"

#define SLUG_MAX 50
#define EMAIL_MAX 254 /* RFC 5321 §4.5.3.1.3, without the brackets */

bool command_slug(struct text slug)
{
    bool number = true;

    if (!slug.len || slug.len > SLUG_MAX)
        return false;
    for (size_t i = 0; i < slug.len; i++) {
        char ch = slug.at[i];
        bool digit = ch >= '0' && ch <= '9';

        if (!digit && !(ch >= 'a' && ch <= 'z') && ch != '_' && ch != '-')
            return false;
        number &= digit;
    }
    return !number; /* in a path a number is an id */
}

bool command_email(struct text email)
{
    size_t at = text_find_byte(email, '@');

    if (!at || at + 1 >= email.len || email.len > EMAIL_MAX)
        return false;
    for (size_t i = 0; i < email.len; i++)
        if ((unsigned char)email.at[i] <= ' ' || email.at[i] == ',' ||
            (email.at[i] == '@' && i != at))
            return false;
    return true;
}

uint32_t command_project_named(struct command *c, struct text name)
{
    struct db_stmt *q = command_query(c, "project_find");
    unsigned long long id = 0;

    if (!q)
        return 0;
    if (!text_u64(name, &id) || id > UINT32_MAX)
        id = 0;
    db_int_at(q, 1, (int64_t)id);
    command_bind(q, 2, id ? TEXT("") : name);
    return (uint32_t)command_number(c, q, 0);
}

void command_write_user(struct command *c, struct buf *b, const char *key, uint32_t user)
{
    struct db_stmt *q = user ? command_query(c, "user_find") : NULL;
    char id[16];

    if (q)
        db_int_at(q, 1, user);
    if (!q || !command_row(c, q)) {
        json_null(b, key);
    } else {
        snprintf(id, sizeof(id), "%u", user);
        json_open(b, key, '{');
        json_str(b, "type", "user");
        json_str(b, "id", id);
        json_text(b, "name", command_column(c, q, 1));
        json_text(b, "email", command_column(c, q, 2));
        json_close(b, '}');
    }
    if (q)
        db_reset(q);
}

/* Absent and null are 0. */
static bool rate_number(const struct json *rate, const char *key, int64_t *out)
{
    const struct json *v = json_get(rate, key);

    return !v || v->kind == JSON_NULL || json_int64(v, out);
}

bool command_rate(struct command *c, int64_t *count, int64_t *window)
{
    const struct json *rate = json_get(c->args, "rateLimit");

    *count = *window = 0;
    if (!rate || rate->kind == JSON_NULL)
        return true;
    if (!json_is(rate, JSON_OBJECT)) {
        command_wrong(c, "rateLimit", "Expected an object with count and window.");
        return false;
    }
    /* {"count":null,"window":null}: what Sentry's form sends for none */
    if (!rate_number(rate, "count", count) || !rate_number(rate, "window", window) || *count < 0 ||
        *count > INT32_MAX || *window < 0 || *window > 86400 * 31 || (*count > 0 && *window == 0)) {
        command_wrong(c, "rateLimit", "Ensure count is not negative and window is 1 to %d seconds.",
                      86400 * 31);
        return false;
    }
    return true;
}

bool command_date(struct command *c, const char *key, int64_t *ms)
{
    const struct json *v = json_get(c->args, key);
    int64_t us;

    if (!v)
        return true;
    if (v->kind == JSON_NULL) {
        *ms = 0;
        return true;
    }
    if (!timestamp_json(v, &us)) {
        command_wrong(c, key, "Datetime has wrong format.");
        return false;
    }
    *ms = us / 1000;
    return true;
}

bool command_activity(struct command *c, uint32_t issue, const char *type, struct text data)
{
    struct db_stmt *q = command_query(c, "activity_insert");

    if (!q)
        return false;
    db_int_at(q, 1, issue);
    if (c->actor)
        db_int_at(q, 2, c->actor);
    db_str_at(q, 3, type, strlen(type));
    command_bind(q, 4, data.at ? data : TEXT("{}"));
    db_int_at(q, 5, c->now_ms);
    return command_do(c, q);
}
