/* api_tag.c -- tags: which keys an issue or a project has, with which values, how often. */
#include <stdlib.h>

#include "model/search.h"
#include "worker/api_page.h"
#include "worker/api_resources.h"

/* Titles that people know some keys by. */
static struct text key_name(struct api_call *c, struct text key)
{
    char *name = arena_dup(c->arena, key.at, key.len);

    for (size_t i = 0; name && i < key.len; i++) {
        if (name[i] == '_')
            name[i] = ' ';
        if (name[i] >= 'a' && name[i] <= 'z' && (i == 0 || name[i - 1] == ' '))
            name[i] = (char)(name[i] - 32);
    }
    return (struct text){name ? name : "", name ? key.len : 0};
}

/* "user" and what identities stand for; anything else is its own query. */
static struct text value_query(struct api_call *c, struct text key, struct text value)
{
    if (text_is(key, "user"))
        return arena_printf(c->arena, "user.%.*s", TEXT_ARG(value));
    return arena_printf(c->arena, "%.*s:\"%.*s\"", TEXT_ARG(key), TEXT_ARG(value));
}

/* Columns value, events, first_ms, last_ms. */
static void write_value(struct api_call *c, struct text key, struct db_stmt *s)
{
    struct text value = api_col(s, 0);
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "key", key);
    json_text(b, "name", value);
    json_text(b, "value", value);
    json_int(b, "count", db_col_int(s, 1));
    api_time(b, "firstSeen", db_col_int(s, 2));
    api_time(b, "lastSeen", db_col_int(s, 3));
    json_text(b, "query", value_query(c, key, value));
    json_close(b, '}');
}

struct tag_key {
    struct text key;
    int64_t events, listed;
};

static void write_key(struct api_call *c, int64_t issue, const struct tag_key *k, int64_t values)
{
    struct buf *b = &c->out;
    struct db_stmt *s;

    json_open(b, NULL, '{');
    json_text(b, "key", k->key);
    json_text(b, "name", key_name(c, k->key));
    json_int(b, "totalValues", k->events);
    json_int(b, "uniqueValues", k->listed);
    json_open(b, "topValues", '[');
    if (values && (s = api_query(c, "api_issue_tag_values"))) {
        db_int(s, "issue", issue);
        api_bind(s, "key", k->key);
        db_int(s, "limit", values);
        db_int(s, "offset", 0);
        while (api_row(c, s))
            write_value(c, k->key, s);
    }
    json_close(b, ']');
    json_close(b, '}');
}

static bool asked_for(const struct api_call *c, struct text key)
{
    uint32_t at = 0;
    struct text t;
    bool any = false;

    while (api_param_next(c, "key", &at, &t)) {
        if (text_eq(t, key))
            return true;
        any = true;
    }
    return !any;
}

void tag_list_issue(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_issue_tag_keys");
    struct text limit = api_param(c, "limit");
    unsigned long long values = api_flag(c, "readable") ? 3 : 4;

    if (!s)
        return;
    if (limit.at && (!text_u64(limit, &values) || values > 100))
        values = 4;
    db_int(s, "issue", c->issue);
    json_open(&c->out, NULL, '[');
    while (api_row(c, s)) {
        struct tag_key k = {api_keep_col(c, s, 0), db_col_int(s, 1), db_col_int(s, 2)};

        if (asked_for(c, k.key))
            write_key(c, c->issue, &k, (int64_t)values);
    }
    json_close(&c->out, ']');
    api_done(c, 200);
}

void tag_get_issue(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_issue_tag_key");
    struct tag_key k = {.key = c->arg[0]};

    if (!s)
        return;
    db_int(s, "issue", c->issue);
    api_bind(s, "key", k.key);
    if (!api_row(c, s)) {
        api_missing(c);
        return;
    }
    k.events = db_col_int(s, 0);
    k.listed = db_col_int(s, 1);
    write_key(c, c->issue, &k, 9);
    api_done(c, 200);
}

static void write_asked(struct api_call *c, struct db_stmt *s)
{
    write_value(c, c->arg[0], s);
}

void tag_values_issue(struct api_call *c)
{
    struct text sort = api_param(c, "sort");
    bool by_time =
        text_is(sort, "-lastSeen") || text_is(sort, "date") || text_is(sort, "-last_seen");
    struct db_stmt *s =
        api_query(c, by_time ? "api_issue_tag_values_last" : "api_issue_tag_values");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    db_int(s, "issue", c->issue);
    api_bind(s, "key", c->arg[0]);
    page_answer(c, s, &p, write_asked);
}

/* ---- of a project, of all ---- */

void tag_values_project(struct api_call *c)
{
    struct text query = api_param(c, "query"), like = TEXT("%");
    struct db_stmt *s = api_query(c, "api_project_tag_values");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    if (!text_empty(query))
        like = search_like_within(query, c->arena);
    db_int(s, "project", c->project->id);
    api_bind(s, "key", c->arg[0]);
    api_bind(s, "like", like);
    page_answer(c, s, &p, write_asked);
}

static void write_project_key(struct api_call *c, const struct tag_key *k)
{
    json_open(&c->out, NULL, '{');
    json_text(&c->out, "key", k->key);
    json_text(&c->out, "name", key_name(c, k->key));
    json_int(&c->out, "totalValues", k->events);
    json_int(&c->out, "uniqueValues", k->listed);
    json_close(&c->out, '}');
}

#define KEYS_SHOWN 1000

struct keys {
    struct tag_key list[KEYS_SHOWN];
    uint32_t count;
};

static void keys_add(struct keys *all, struct api_call *c, struct text key, int64_t events,
                     int64_t listed)
{
    for (uint32_t i = 0; i < all->count; i++) {
        if (text_eq(all->list[i].key, key)) {
            all->list[i].events += events;
            if (listed > all->list[i].listed)
                all->list[i].listed = listed;
            return;
        }
    }
    if (all->count < KEYS_SHOWN)
        all->list[all->count++] = (struct tag_key){api_keep(c, key), events, listed};
}

static void keys_of(struct api_call *c, struct keys *all, int64_t project)
{
    struct db_stmt *s = api_query(c, "api_project_tag_keys");

    if (s)
        db_int(s, "project", project);
    while (api_row(c, s))
        keys_add(all, c, api_col(s, 0), db_col_int(s, 1), db_col_int(s, 2));
}

static int more_events(const void *a, const void *b)
{
    const struct tag_key *x = a, *y = b;

    return (x->events < y->events) - (x->events > y->events);
}

static void write_keys(struct api_call *c, struct keys *all)
{
    qsort(all->list, all->count, sizeof *all->list, more_events);
    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; i < all->count; i++)
        write_project_key(c, &all->list[i]);
    json_close(&c->out, ']');
    api_done(c, 200);
}

void tag_list_org(struct api_call *c)
{
    struct keys *all = arena_zero(c->arena, 1, sizeof *all);
    const struct api_project *list, *p;
    uint32_t count, at = 0;
    struct text name;
    bool any = false;

    if (!all)
        return;
    while (api_param_next(c, "project", &at, &name)) {
        if (!text_is(name, "-1") && (p = api_project_find(c, name))) {
            keys_of(c, all, p->id);
            any = true;
        }
    }
    list = api_projects(c, &count);
    for (uint32_t i = 0; !any && i < count; i++)
        keys_of(c, all, list[i].id);
    write_keys(c, all);
}

void tag_list_project(struct api_call *c)
{
    struct keys *all = arena_zero(c->arena, 1, sizeof *all);

    if (!all)
        return;
    keys_of(c, all, c->project->id);
    write_keys(c, all);
}

void tag_get_project(struct api_call *c)
{
    struct keys *all = arena_zero(c->arena, 1, sizeof *all);

    if (!all)
        return;
    keys_of(c, all, c->project->id);
    for (uint32_t i = 0; i < all->count; i++) {
        if (text_eq(all->list[i].key, c->arg[0])) {
            write_project_key(c, &all->list[i]);
            api_done(c, 200);
            return;
        }
    }
    api_missing(c);
}
