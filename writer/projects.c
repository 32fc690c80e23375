#include "writer/projects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "shm/log.h"
#include "writer/context.h"

static struct text column(struct db_stmt *q, int at)
{
    size_t len;
    const char *s = db_col_str(q, at, &len);

    return (struct text){s ? s : "", len};
}

/* ---- settings ---- */

static bool flag(const struct json *settings, const char *key, bool otherwise)
{
    bool v;

    return json_boolean(json_get(settings, key), &v) ? v : otherwise;
}

static uint32_t number(const struct json *object, const char *key)
{
    int64_t v;

    return json_int64(json_get(object, key), &v) && v > 0 && v <= INT32_MAX ? (uint32_t)v : 0;
}

static struct reg_text put(struct registry_draft *d, struct text t)
{
    return registry_draft_text(d, t.at ? t.at : "", (uint32_t)t.len);
}

/* A list of strings as lines; a string as it is. */
static struct reg_text lines(struct registry_draft *d, const struct json *v, struct arena *a)
{
    struct buf b;

    if (!json_is(v, JSON_ARRAY))
        return put(d, json_string(v, a));
    buf_init(&b, a, 256, REGISTRY_BYTES);
    for (const struct json *i = v->child; i; i = i->next) {
        struct text t = text_trim(json_as_text(i, a));

        if (!t.len || memchr(t.at, '\n', t.len))
            continue;
        if (b.len)
            buf_byte(&b, '\n');
        buf_text(&b, t);
    }
    return put(d, buf_result(&b));
}

static void fill(struct registry_draft *d, struct reg_project *p, const struct json *s,
                 struct arena *a)
{
    const struct json *filters = json_get(s, "filters"), *rate = json_get(s, "rateLimit");

    p->scrub_data = flag(s, "dataScrubber", true);
    p->scrub_defaults = flag(s, "dataScrubberDefaults", true);
    p->scrub_ip = flag(s, "scrubIPAddresses", false);
    p->rate_count = number(rate, "count");
    p->rate_window_s = p->rate_count ? number(rate, "window") : 0;
    if (flag(filters, "localhost", false))
        p->filters |= REG_FILTER_LOCALHOST;
    if (flag(filters, "browser-extensions", false))
        p->filters |= REG_FILTER_EXTENSIONS;
    if (flag(filters, "web-crawlers", false))
        p->filters |= REG_FILTER_CRAWLERS;
    p->allowed_domains = lines(d, json_get(s, "allowedDomains"), a);
    p->sensitive_fields = lines(d, json_get(s, "sensitiveFields"), a);
    p->safe_fields = lines(d, json_get(s, "safeFields"), a);
    p->fingerprint_rules = put(d, json_string(json_get(s, "fingerprintingRules"), a));
    p->stack_rules = put(d, json_string(json_get(s, "groupingEnhancements"), a));
    p->filter_errors = lines(d, json_get(filters, "errorMessages"), a);
    p->filter_releases = lines(d, json_get(filters, "releases"), a);
    p->rules_version = number(s, "rulesVersion");
}

static bool add_project(struct writer *w, struct registry_draft *d, struct db_stmt *q,
                        struct project *own)
{
    struct reg_project *p = registry_draft_project(d);
    struct json *settings = NULL;
    struct text slug = column(q, 2);

    if (!p)
        return false;
    arena_reset(&w->arena);
    if (json_read(column(q, 5), &w->arena, &settings, NULL) != JSON_OK)
        settings = NULL; /* then all defaults hold */
    p->id = (uint32_t)db_col_int(q, 0);
    p->org = (uint32_t)db_col_int(q, 1);
    p->active = text_is(column(q, 6), "active");
    p->slug = put(d, slug);
    p->name = put(d, column(q, 3));
    p->platform = put(d, column(q, 4));
    fill(d, p, settings, &w->arena);
    *own = (struct project){.id = p->id,
                            .org = p->org,
                            .active = p->active,
                            .seen = db_col_int(q, 7) != 0,
                            .webhooks = json_is(json_get(settings, "webhooks"), JSON_ARRAY) &&
                                        json_get(settings, "webhooks")->count > 0,
                            .resolve_age_h = number(settings, "resolveAge")};
    snprintf(own->slug, sizeof(own->slug), "%.*s", TEXT_ARG(slug));
    slug = column(q, 8);
    snprintf(own->org_slug, sizeof(own->org_slug), "%.*s", TEXT_ARG(slug));
    return !d->failed;
}

static int add_projects(struct writer *w, struct registry_draft *d)
{
    struct db_stmt *q = db_query(w->catalogue, "project_all");
    uint32_t room = 16;
    int rc;

    w->project_count = 0;
    if (!(w->projects = calloc(room, sizeof(*w->projects))) || !q)
        return DB_FAIL;
    while ((rc = db_step(q)) == 1) {
        if (w->project_count == room) {
            struct project *more = realloc(w->projects, 2 * room * sizeof(*more));

            if (!more)
                break;
            w->projects = more;
            room *= 2;
        }
        if (!add_project(w, d, q, &w->projects[w->project_count]))
            break;
        w->project_count++;
    }
    db_reset(q);
    return rc == 0 ? DB_OK : rc < 0 ? rc : DB_FAIL;
}

static int add_keys(struct writer *w, struct registry_draft *d)
{
    struct db_stmt *q = db_query(w->catalogue, "key_all");
    int rc;

    if (!q)
        return DB_FAIL;
    while ((rc = db_step(q)) == 1) {
        struct text name = column(q, 0);
        struct reg_key *k = registry_draft_key(d);

        if (!k)
            break;
        if (name.len >= sizeof(k->public_key))
            continue;
        memcpy(k->public_key, name.at, name.len);
        k->project = (uint32_t)db_col_int(q, 1);
        k->bucket = (uint32_t)db_col_int(q, 2);
        k->active = db_col_int(q, 3) != 0;
        k->rate_count = (uint32_t)db_col_int(q, 4);
        k->rate_window_s = (uint32_t)db_col_int(q, 5);
    }
    db_reset(q);
    return rc == 0 ? DB_OK : rc < 0 ? rc : DB_FAIL;
}

int projects_publish(struct writer *w)
{
    struct project *before = w->projects;
    uint32_t count = w->project_count;
    struct registry_draft d;
    int rc;

    registry_draft_init(&d);
    if ((rc = add_projects(w, &d)) == DB_OK && (rc = add_keys(w, &d)) == DB_OK &&
        registry_publish(w->world->registry, &d) != 0)
        rc = DB_FAIL;
    if (rc != DB_OK)
        log_error("registry.publish", "projects=%u keys=%u error=\"%s\"", d.project_count,
                  d.key_count, d.failed ? "too many or too long" : db_error(w->catalogue));
    registry_draft_free(&d);
    if (rc != DB_OK) { /* workers keep the last one, and so do we */
        free(w->projects);
        w->projects = before;
        w->project_count = count;
    } else {
        free(before);
    }
    return rc;
}
