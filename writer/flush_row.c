#include <string.h>

#include "writer/flush_parts.h"
#include "writer/listed.h"
#include "writer/tally_row.h"

/* Reading the list of a key costs as much as so many looks at it. */
#define VAIN_MANY 16

static void bind_text(struct db_stmt *q, int at, struct text t)
{
    db_str_static_at(q, at, t.at ? t.at : "", t.len);
}

/* ---- releases ---- */

uint32_t flush_release(struct tally_generation *g, uint32_t project, struct text version)
{
    struct tally_row *r;

    if (!version.len)
        return 0;
    r = tally_find(g, TALLY_RELEASE_PROJECT, project, 0, text_clip(version, EVENT_RELEASE_MAX * 4),
                   TEXT_NONE);
    return r ? r->release : 0;
}

int flush_release_id(struct writer *w, uint32_t org, struct text version, int64_t first_ms,
                     uint32_t *id)
{
    struct db_stmt *q = db_query(w->catalogue, "release_find");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, org);
    bind_text(q, 2, version);
    if ((rc = db_step(q)) == 1)
        *id = (uint32_t)db_col_int(q, 0);
    db_reset(q);
    if (rc != 0)
        return rc < 0 ? rc : DB_OK;
    if (!(q = db_query(w->catalogue, "release_insert")))
        return DB_FAIL;
    db_int_at(q, 1, org);
    bind_text(q, 2, version);
    db_int_at(q, 3, first_ms);
    if ((rc = db_run(q)) == DB_OK)
        *id = (uint32_t)db_last_id(w->catalogue);
    return rc;
}

int flush_release_find(struct writer *w, struct tally_generation *g, struct tally_row *r)
{
    const struct project *p = writer_project(w, r->id);

    r->release = 0;
    return p ? flush_release_id(w, p->org, tally_row_a(g, r), r->first_ms, &r->release)
             : DB_OK; /* the project was deleted */
}

int flush_release_row(struct writer *w, struct tally_generation *g, struct tally_row *r)
{
    struct db_stmt *q;
    int rc = flush_release_find(w, g, r);

    if (rc != DB_OK || !r->release)
        return rc;
    if (!(q = db_query(w->catalogue, "release_project_add")))
        return DB_FAIL;
    db_int_at(q, 1, r->release);
    db_int_at(q, 2, r->id);
    db_int_at(q, 3, r->first_ms);
    db_int_at(q, 4, r->last_ms);
    db_int_at(q, 5, r->n);
    return db_run(q);
}

/* ---- tags ---- */

struct tag_queries {
    const char *add, *new, *key, *key_add, *listed;
};
static const struct tag_queries issue_tags = {"issue_tag_add", "issue_tag_new", "issue_tag_key",
                                              "issue_tag_key_add", "issue_tag_listed"};
static const struct tag_queries project_tags = {"project_tag_add", "project_tag_new",
                                                "project_tag_key", "project_tag_key_add",
                                                "project_tag_listed"};

static const struct tag_queries *queries_of(enum tally_table table)
{
    return table == TALLY_ISSUE_TAG ? &issue_tags : &project_tags;
}

/* A key that is full, and much looked for in vain: from now on the tally knows what it lists. */
static int group_learn(struct writer *w, const struct flush_group *open)
{
    struct listed *l = w->tally->listed;
    uint64_t key_hash = tally_text_hash(open->key, TEXT_NONE);
    uint64_t key = listed_key(open->table, open->id, key_hash);
    struct db_stmt *q;
    int rc;

    if (open->vain < VAIN_MANY || listed_knows(l, key))
        return DB_OK;
    if (!(q = db_query(w->catalogue, queries_of(open->table)->listed)))
        return DB_FAIL;
    db_int_at(q, 1, open->id);
    bind_text(q, 2, open->key);
    listed_begin(l, key);
    while ((rc = db_step(q)) == 1) {
        struct text value = {0};

        value.at = db_col_str(q, 0, &value.len);
        listed_add(l, key, tally_text_hash_and(key_hash, value));
    }
    db_reset(q);
    if (rc < 0)
        listed_clear(l);
    return rc < 0 ? rc : DB_OK;
}

int flush_group_end(struct writer *w, struct flush_group *open)
{
    struct db_stmt *q;
    int rc;

    if (!open->key.at)
        return DB_OK;
    if ((rc = group_learn(w, open)) != DB_OK)
        return rc;
    if (!(q = db_query(w->catalogue, queries_of(open->table)->key_add)))
        return DB_FAIL;
    db_int_at(q, 1, open->id);
    bind_text(q, 2, open->key);
    db_int_at(q, 3, open->events);
    db_int_at(q, 4, open->listed);
    open->key = TEXT_NONE;
    return db_run(q);
}

static int group_begin(struct writer *w, struct flush_group *open, const struct tally_row *r,
                       struct text key)
{
    struct db_stmt *q = db_query(w->catalogue, queries_of(r->table)->key);
    int rc;

    if (!q)
        return DB_FAIL;
    *open = (struct flush_group){.table = r->table, .id = r->id, .key = key};
    db_int_at(q, 1, r->id);
    bind_text(q, 2, key);
    if ((rc = db_step(q)) == 1)
        open->listed = db_col_int(q, 0);
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

static void bind_tag(struct db_stmt *q, const struct tally_row *r, struct text key,
                     struct text value)
{
    db_int_at(q, 1, r->id);
    bind_text(q, 2, key);
    bind_text(q, 3, value);
    db_int_at(q, 4, r->n);
    db_int_at(q, 5, r->first_ms);
    db_int_at(q, 6, r->last_ms);
}

static int flush_tag(struct writer *w, struct tally_generation *g, struct flush_group *open,
                     const struct tally_row *r)
{
    struct text key = tally_row_a(g, r), value = tally_row_b(g, r);
    const struct tag_queries *names = queries_of(r->table);
    struct db_stmt *q;
    int rc;

    if (!open->key.at || open->table != r->table || open->id != r->id || !text_eq(open->key, key)) {
        if ((rc = flush_group_end(w, open)) != DB_OK ||
            (rc = group_begin(w, open, r, key)) != DB_OK)
            return rc;
    }
    open->events += r->n;
    if (r->id2 == TALLY_UNLISTED)
        return DB_OK;
    if (!(q = db_query(w->catalogue, names->add)))
        return DB_FAIL;
    bind_tag(q, r, key, value);
    if ((rc = db_run(q)) != DB_OK || db_changes(w->catalogue) > 0)
        return rc;
    if (open->listed >= TAG_VALUES_MAX) {
        open->vain++;
        return DB_OK;
    }
    if (!(q = db_query(w->catalogue, names->new)))
        return DB_FAIL;
    bind_tag(q, r, key, value);
    open->listed++;
    return db_run(q);
}

/* ---- the other rows ---- */

static int flush_number(struct writer *w, const char *name, const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, name);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, r->id);
    db_int_at(q, 2, r->id2);
    db_int_at(q, 3, r->n);
    return db_run(q);
}

static int flush_project_hour(struct writer *w, const struct tally_row *r)
{
    const struct project *p = writer_project(w, r->id);
    struct db_stmt *q;
    int rc;

    if (p && !p->seen) {
        if (!(q = db_query(w->catalogue, "project_first_event")))
            return DB_FAIL;
        db_int_at(q, 1, r->id);
        db_int_at(q, 2, r->first_ms);
        if ((rc = db_run(q)) != DB_OK)
            return rc;
        w->projects[p - w->projects].seen =
            true; /* rolled back or not: it only spares the update */
    }
    return flush_number(w, "project_hour_add", r);
}

static int flush_environment(struct writer *w, struct tally_generation *g,
                             const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, "environment_add");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, r->id);
    bind_text(q, 2, tally_row_a(g, r));
    db_int_at(q, 3, r->first_ms);
    db_int_at(q, 4, r->last_ms);
    db_int_at(q, 5, r->n);
    return db_run(q);
}

static int flush_outcome(struct writer *w, struct tally_generation *g, const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, "outcome_add");
    struct text a = tally_row_a(g, r);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, r->id);
    db_int_at(q, 2, r->id2);
    bind_text(q, 3, text_cut(a, 1, a.len));
    db_int_at(q, 4, a.at[0]);
    bind_text(q, 5, tally_row_b(g, r));
    db_int_at(q, 6, r->n);
    db_int_at(q, 7, OUTCOMES_LISTED);
    return db_run(q);
}

static int flush_issue_release(struct writer *w, struct tally_generation *g,
                               const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_release_add");
    const struct issue_entry *e = issue_at(w->world->issues, r->id);
    uint32_t project = e ? atomic_load_explicit(&e->project, memory_order_relaxed) : 0;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, r->id);
    db_int_at(q, 2, flush_release(g, project, tally_row_a(g, r)));
    bind_text(q, 3, tally_row_b(g, r));
    db_int_at(q, 4, r->first_ms);
    db_int_at(q, 5, r->last_ms);
    db_int_at(q, 6, r->n);
    return db_run(q);
}

int flush_row(struct writer *w, struct tally_generation *g, struct flush_group *open,
              const struct tally_row *r)
{
    switch ((enum tally_table)r->table) {
    case TALLY_ENVIRONMENT:
        return flush_environment(w, g, r);
    case TALLY_PROJECT_HOUR:
        return flush_project_hour(w, r);
    case TALLY_OUTCOME:
        return flush_outcome(w, g, r);
    case TALLY_ISSUE_HOUR:
        return flush_number(w, "issue_hour_add", r);
    case TALLY_ISSUE_DAY:
        return flush_number(w, "issue_day_add", r);
    case TALLY_ISSUE_RELEASE:
        return flush_issue_release(w, g, r);
    case TALLY_ISSUE_TAG:
    case TALLY_PROJECT_TAG:
        return flush_tag(w, g, open, r);
    case TALLY_RELEASE_PROJECT: /* written first */
    case TALLY_TABLES:
        break;
    }
    return DB_OK;
}
