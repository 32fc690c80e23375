/* command_project.c -- projects and their settings. */
#include <sodium.h>
#include <stdio.h>

#include "model/group.h"
#include "writer/command_parts.h"

#define NAME_MAX_BYTES 200
#define SETTINGS_MAX (192 * KIB)
/* Of all projects together: the registry has room for that beside as many projects and keys as there may be. */
#define SETTINGS_ALL_MAX (1 * MIB)
#define LIST_MAX 500   /* entries of a list setting */
#define ENTRY_MAX 1024 /* bytes of one */

/* ---- slugs ---- */

static bool slug_taken(struct command *c, uint32_t org, struct text slug, uint32_t except)
{
    struct db_stmt *q = command_query(c, "project_slug_taken");

    if (!q)
        return true;
    db_int_at(q, 1, org);
    command_bind(q, 2, slug);
    db_int_at(q, 3, except);
    return command_number(c, q, 0) != 0;
}

/* Letters and digits of the name in lower case, all else a hyphen. */
static struct text slug_of(struct command *c, struct text name)
{
    char out[41];
    size_t n = 0;

    for (size_t i = 0; i < name.len && n < sizeof(out) - 1; i++) {
        char ch = name.at[i];

        if (ch >= 'A' && ch <= 'Z')
            ch = (char)(ch - 'A' + 'a');
        if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_')
            out[n++] = ch;
        else if (n && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n && out[n - 1] == '-')
        n--;
    if (!command_slug((struct text){out, n})) /* empty, or a number */
        return arena_printf(c->arena, "project%s%.*s", n ? "-" : "", (int)n, out);
    return (struct text){arena_dup(c->arena, out, n), n};
}

static struct text free_slug(struct command *c, uint32_t org, struct text wish)
{
    struct text slug = wish;

    for (int n = 2; n < 10000 && slug_taken(c, org, slug, 0) && c->broken == DB_OK; n++)
        slug = arena_printf(c->arena, "%.*s-%d", TEXT_ARG(wish), n);
    return slug;
}

/* ---- adding ---- */

static uint32_t org_named(struct command *c, struct text name)
{
    struct db_stmt *q = command_query(c, "org_find");
    unsigned long long id = 0;

    if (!q)
        return 0;
    text_u64(name, &id);
    db_int_at(q, 1, (int64_t)id);
    command_bind(q, 2, name);
    return (uint32_t)command_number(c, q, 0);
}

static bool add_key(struct command *c, uint32_t project, char public_key[33])
{
    struct db_stmt *q = command_query(c, "key_insert");
    uint8_t raw[32];
    char secret[33];

    randombytes_buf(raw, sizeof(raw));
    sodium_bin2hex(public_key, 33, raw, 16);
    sodium_bin2hex(secret, 33, raw + 16, 16);
    if (!q)
        return false;
    db_str_at(q, 1, public_key, 32);
    db_str_at(q, 2, secret, 32);
    db_int_at(q, 3, project);
    command_bind(q, 4, TEXT("Default"));
    db_int_at(q, 5, 0);
    db_int_at(q, 6, 0);
    db_int_at(q, 7, c->now_ms);
    return command_do(c, q);
}

static uint16_t insert(struct command *c, uint32_t org, struct text slug, struct text name)
{
    struct db_stmt *q = command_query(c, "project_insert");
    struct text platform = command_text(c, "platform");
    char public_key[33], id[16];
    uint32_t project;

    if (!q)
        return 500;
    db_int_at(q, 1, org);
    command_bind(q, 2, slug);
    command_bind(q, 3, name);
    command_bind(q, 4, platform.len ? text_clip(platform, 64) : TEXT_NONE);
    db_int_at(q, 5, c->now_ms);
    if (!command_do(c, q))
        return 500;
    project = (uint32_t)db_last_id(c->db);
    if (!add_key(c, project, public_key))
        return 500;
    c->w->effects.projects = true;
    snprintf(id, sizeof(id), "%u", project);
    json_open(c->answer, NULL, '{');
    json_str(c->answer, "id", id);
    json_text(c->answer, "slug", slug);
    json_text(c->answer, "name", name);
    json_str(c->answer, "publicKey", public_key);
    json_close(c->answer, '}');
    return 201;
}

uint16_t command_project_add(struct command *c)
{
    struct text name = command_text(c, "name"), slug = command_text(c, "slug");
    struct text org_name = command_text(c, "org");
    uint32_t org = org_named(c, org_name.len ? org_name : TEXT("default"));

    if (!org)
        return command_missing(c);
    if (!name.len)
        return command_wrong(c, "name", "This field is required.");
    if (name.len > NAME_MAX_BYTES)
        return command_wrong(c, "name", "Ensure this field has no more than %d characters.",
                             NAME_MAX_BYTES);
    if (c->w->project_count >= PROJECTS_MAX)
        return command_refuse(c, 400, "There are %d projects, which is the limit.", PROJECTS_MAX);
    if (!slug.len)
        return insert(c, org, free_slug(c, org, slug_of(c, name)), name);
    if (!command_slug(slug))
        return command_wrong(c, "slug",
                             "Enter a valid slug consisting of lowercase letters, numbers, "
                             "underscores or hyphens. It cannot be entirely numeric.");
    if (slug_taken(c, org, slug, 0))
        return command_refuse(c, 409, "A project with this slug already exists.");
    return insert(c, org, slug, name);
}

/* ---- settings ---- */

enum shape { FLAG, NUMBER, STRING, LIST, OBJECT };
static const struct setting {
    const char *key;
    enum shape shape;
} settings[] = {
    {"dataScrubber", FLAG},      {"dataScrubberDefaults", FLAG},
    {"scrubIPAddresses", FLAG},  {"sensitiveFields", LIST},
    {"safeFields", LIST},        {"allowedDomains", LIST},
    {"resolveAge", NUMBER},      {"fingerprintingRules", STRING},
    {"filters", OBJECT},         {"groupingEnhancements", STRING},
    {"rateLimit", OBJECT},       {"webhooks", LIST},
    {"subjectPrefix", STRING},   {"subjectTemplate", STRING},
    {"highlightTags", LIST},     {"highlightContext", OBJECT},
    {"digestsMinDelay", NUMBER}, {"digestsMaxDelay", NUMBER},
    {"scrapeJavaScript", FLAG},  {"enableAutoReleaseCreation", FLAG},
    {"isBookmarked", FLAG},      {"defaultEnvironment", STRING},
    {"verifySSL", FLAG},         {"options", OBJECT},
};

static bool list_is_fine(const struct json *v)
{
    if (!json_is(v, JSON_ARRAY) || v->count > LIST_MAX)
        return false;
    for (const struct json *i = v->child; i; i = i->next)
        if (!json_is(i, JSON_STRING) || i->raw.len > ENTRY_MAX)
            return false;
    return true;
}

static bool is_fine(const struct json *v, enum shape shape)
{
    int64_t n;
    bool b;

    switch (shape) {
    case FLAG:
        return json_boolean(v, &b);
    case NUMBER:
        return json_int64(v, &n) && n >= 0;
    case STRING:
        return json_is(v, JSON_STRING);
    case LIST:
        return list_is_fine(v);
    case OBJECT:
        return json_is(v, JSON_OBJECT);
    }
    return false;
}

static bool web_address(struct text t)
{
    return text_starts_nocase(t, "http://") || text_starts_nocase(t, "https://");
}

/* What the table cannot say. */
static bool extra_is_fine(struct command *c, const struct setting *s, const struct json *v)
{
    int64_t count, window;

    if (strcmp(s->key, "rateLimit") == 0)
        return command_rate(c, &count, &window);
    if (strcmp(s->key, "webhooks") != 0)
        return true;
    for (const struct json *i = v->child; i; i = i->next) {
        if (!web_address(json_string(i, c->arena))) {
            command_wrong(c, s->key, "Enter valid http or https addresses.");
            return false;
        }
    }
    return true;
}

/* Put what was sent into the stored object. False: refused. */
static bool apply_settings(struct command *c, struct json *stored, bool *rules)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        const struct setting *s = &settings[i];
        struct json *v = json_get(c->args, s->key), *own;

        if (!v)
            continue;
        *rules |= strcmp(s->key, "fingerprintingRules") == 0 ||
                  strcmp(s->key, "groupingEnhancements") == 0;
        if (v->kind == JSON_NULL) {
            json_take(stored, s->key);
            continue;
        }
        if (!is_fine(v, s->shape)) {
            command_wrong(c, s->key, "Invalid value.");
            return false;
        }
        if (!extra_is_fine(c, s, v))
            return false;
        if (!(own = json_new(c->arena, v->kind)))
            return false;
        json_become(own, v);
        json_set(c->arena, stored, s->key, own);
    }
    return true;
}

/* Rules that do not compile would be dropped silently by every worker: say it here, with the line. */
static bool rules_compile(struct command *c, struct json *stored)
{
    struct text finger = json_string(json_get(stored, "fingerprintingRules"), c->arena);
    struct text stack = json_string(json_get(stored, "groupingEnhancements"), c->arena);
    struct group_rules_error e = {0};
    int64_t version = 0;

    if (!group_rules_compile(finger, stack, c->arena, &e)) {
        const char *field = e.which && strncmp(e.which, "fingerprint", 11) == 0
                                ? "fingerprintingRules"
                                : "groupingEnhancements";

        command_wrong(c, field, "Line %u: %.*s", e.line, TEXT_ARG(text_clip(e.reason, 300)));
        return false;
    }
    json_int64(json_get(stored, "rulesVersion"), &version);
    json_set(c->arena, stored, "rulesVersion", json_new_int(c->arena, version + 1));
    return true;
}

static struct json *stored_settings(struct command *c, struct text text)
{
    struct json *v = NULL;

    if (json_read(text, c->arena, &v, NULL) == JSON_OK && json_is(v, JSON_OBJECT))
        return v;
    return json_new(c->arena, JSON_OBJECT);
}

/* Would they be too many for the registry? Whoever makes his own smaller is not held up. */
static bool crowd(struct command *c, uint32_t id, size_t before, size_t len)
{
    struct db_stmt *q = len > before ? command_query(c, "project_settings_others") : NULL;

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_number(c, q, 0) + (int64_t)len > (int64_t)SETTINGS_ALL_MAX;
}

static uint16_t update(struct command *c, uint32_t id, struct text slug, struct text name,
                       struct text platform, const struct json *stored, size_t before)
{
    struct db_stmt *q;
    struct buf b;

    buf_init(&b, c->arena, 1024, SETTINGS_MAX);
    json_write(&b, stored);
    if (b.failed)
        return command_refuse(c, 400, "The settings are longer than %d bytes.", (int)SETTINGS_MAX);
    if (crowd(c, id, before, b.len))
        return command_refuse(c, 400, "The settings of all projects are longer than %d bytes.",
                              (int)SETTINGS_ALL_MAX);
    if (!(q = command_query(c, "project_renamed")))
        return 500;
    db_int_at(q, 1, id);
    command_bind(q, 2, slug);
    if (!command_do(c, q) || !(q = command_query(c, "project_update")))
        return 500;
    db_int_at(q, 1, id);
    command_bind(q, 2, slug);
    command_bind(q, 3, name);
    command_bind(q, 4, platform.len ? platform : TEXT_NONE);
    command_bind(q, 5, buf_result(&b));
    if (!command_do(c, q))
        return 500;
    c->w->effects.projects = true;
    return command_empty(c, 200);
}

uint16_t command_project_update(struct command *c)
{
    uint32_t id = command_project_named(c, command_text(c, "id")), org;
    struct text slug = command_text(c, "slug"), name = command_text(c, "name");
    struct text platform = command_text(c, "platform"), settings_text;
    struct db_stmt *q = id ? command_query(c, "project_get") : NULL;
    struct json *stored;
    bool rules = false;

    if (q)
        db_int_at(q, 1, id);
    if (!q || !command_row(c, q))
        return command_missing(c);
    org = (uint32_t)db_col_int(q, 0);
    if (!slug.len)
        slug = command_column(c, q, 1);
    if (!name.len)
        name = command_column(c, q, 2);
    if (!platform.at)
        platform = command_column(c, q, 3);
    settings_text = command_column(c, q, 4);
    stored = stored_settings(c, settings_text);
    db_reset(q);
    if (!command_slug(slug))
        return command_wrong(c, "slug", "Enter a valid slug.");
    if (slug_taken(c, org, slug, id))
        return command_wrong(c, "slug", "Another project (%.*s) is already using that slug",
                             TEXT_ARG(slug));
    if (name.len > NAME_MAX_BYTES)
        return command_wrong(c, "name", "Ensure this field has no more than %d characters.",
                             NAME_MAX_BYTES);
    if (!stored || !apply_settings(c, stored, &rules) || (rules && !rules_compile(c, stored)))
        return 400;
    return update(c, id, slug, name, text_clip(platform, 64), stored, settings_text.len);
}

/* ---- deleting, listing ---- */

uint16_t command_project_delete(struct command *c)
{
    uint32_t id = command_project_named(c, command_text(c, "id"));
    struct db_stmt *q;

    if (!id)
        return command_missing(c);
    if (!(q = command_query(c, "project_delete")))
        return 500;
    db_int_at(q, 1, id);
    if (!command_do(c, q) || !(q = command_query(c, "key_of_project_delete")))
        return 500;
    db_int_at(q, 1, id);
    if (!command_do(c, q))
        return 500;
    c->w->effects.projects = true;
    return command_empty(c, 204);
}

uint16_t command_project_list(struct command *c)
{
    static const char *const keys[] = {NULL, "slug", "name", "platform", "publicKey"};
    struct db_stmt *q = command_query(c, "project_list");
    char id[16];

    json_open(c->answer, NULL, '[');
    if (q)
        db_int_at(q, 1, command_offset(c));
    while (q && command_row(c, q)) {
        snprintf(id, sizeof(id), "%lld", (long long)db_col_int(q, 0));
        json_open(c->answer, NULL, '{');
        json_str(c->answer, "id", id);
        for (int i = 1; i < 5; i++)
            json_text(c->answer, keys[i], command_column(c, q, i));
        json_close(c->answer, '}');
    }
    if (q)
        db_reset(q);
    json_close(c->answer, ']');
    return 200;
}
