#include "writer/relearn.h"

#include <stdlib.h>
#include <string.h>

#include "model/group.h"
#include "proto/block.h"
#include "proto/event.h"
#include "proto/json.h"
#include "shm/log.h"
#include "writer/context.h"
#include "writer/decide.h"
#include "writer/files.h"
#include "writer/segments.h"

#define STEP 64       /* issues of one transaction */
#define LOOKS_MAX 32  /* events of one issue that are looked at */
#define CHAINS_MAX 64 /* issues merged into one */
#define HASHES_MAX 64 /* of one issue that are looked for */
#define DONE_KEY "group_version"

struct relearn {
    uint32_t *issues; /* those seen last come first */
    uint32_t count, at;
    uint32_t learnt; /* hashes, for the log */
    struct arena event, rules_arena;
    const struct group_rules *rules; /* of rules_project */
    uint32_t rules_project;
    struct segments segments; /* of one relearn_some */
    struct segment *open;     /* the sealed one looked into last … */
    uint32_t open_id;
};

struct wanted { /* the old hashes of an issue, to be met in its events */
    uint8_t hashes[HASHES_MAX][16];
    bool met[HASHES_MAX];
    uint32_t count, left;
    uint32_t looks; /* events read for them */
};

void relearn_free(struct relearn *r)
{
    if (!r)
        return;
    arena_free(&r->event);
    arena_free(&r->rules_arena);
    free(r->issues);
    free(r);
}

/* ---- what there is to do ---- */

static bool is_current(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "meta_get");
    int64_t version = 0;

    if (!q)
        return false;
    db_str_at(q, 1, DONE_KEY, strlen(DONE_KEY));
    if (db_step(q) == 1)
        version = db_col_int(q, 0);
    db_reset(q);
    return version == GROUP_VERSION;
}

static int note_current(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "meta_set");

    if (!q)
        return DB_FAIL;
    db_str_at(q, 1, DONE_KEY, strlen(DONE_KEY));
    db_int_at(q, 2, GROUP_VERSION);
    return db_run(q);
}

static int add_issue(struct relearn *r, uint32_t *room, uint32_t issue)
{
    if (r->count == *room) {
        uint32_t more = *room ? 2 * *room : 1024;
        void *grown = realloc(r->issues, more * sizeof(*r->issues));

        if (!grown)
            return DB_FAIL;
        r->issues = grown;
        *room = more;
    }
    r->issues[r->count++] = issue;
    return DB_OK;
}

static int list_issues(struct writer *w, struct relearn *r)
{
    struct db_stmt *q = db_query(w->catalogue, "relearn_issues");
    uint32_t room = 0;
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, GROUP_VERSION);
    while ((rc = db_step(q)) == 1)
        if ((rc = add_issue(r, &room, (uint32_t)db_col_int(q, 0))) != DB_OK)
            break;
    db_reset(q);
    return rc;
}

/* ---- where the events are ---- */

static const struct segments_row *row_of(const struct segments *all, uint64_t seq)
{
    const struct segments_row *found = NULL;

    for (uint32_t i = 0; i < all->count && all->rows[i].first_seq <= seq; i++)
        found = &all->rows[i];
    return found;
}

static struct segment *segment_of(struct writer *w, struct relearn *r, uint64_t seq)
{
    const struct segments_row *row;
    char path[FILES_PATH_MAX];

    if (seq >= w->active.first_seq)
        return w->active.segment;
    if (!(row = row_of(&r->segments, seq)))
        return NULL;
    if (r->open && r->open_id == row->id)
        return r->open;
    segment_close(r->open);
    files_segment(w->world, row->file, path);
    if (segment_open(path, DB_READ, false, &r->open) != DB_OK) {
        segment_close(r->open);
        r->open = NULL;
    }
    r->open_id = row->id;
    return r->open;
}

/* The record of that sequence, in the arena. False: it is gone, or damaged. */
static bool read_record(struct writer *w, struct relearn *r, uint64_t seq,
                        struct segment_event *row, struct record_event *out)
{
    struct segment *s = segment_of(w, r, seq);
    struct text body;
    const void *data;
    size_t len;

    arena_reset(&r->event);
    return s && segment_event_at(s, seq, row) == 1 &&
           segment_block_data(s, row->block, &data, &len) == 1 &&
           block_read_one((struct text){data, len}, row->slot, &r->event, &body) &&
           record_event_read(body, &r->event, out);
}

/* ---- grouping them again ---- */

static struct text column(struct db_stmt *q, int at, struct arena *a)
{
    size_t len;
    const char *s = db_col_str(q, at, &len);

    return s ? arena_text(a, (struct text){s, len}) : TEXT_NONE;
}

static const struct group_rules *compile(struct text settings, struct arena *a)
{
    struct group_rules_error error;
    struct json *s;
    struct text finger, stack;

    if (json_read(settings, a, &s, NULL) != JSON_OK)
        return NULL;
    finger = json_string(json_get(s, "fingerprintingRules"), a);
    stack = json_string(json_get(s, "groupingEnhancements"), a);
    return finger.len || stack.len ? group_rules_compile(finger, stack, a, &error) : NULL;
}

/* Most issues in a row are of one project. */
static const struct group_rules *rules_of(struct writer *w, struct relearn *r, uint32_t project)
{
    struct db_stmt *q;

    if (r->rules_project == project)
        return r->rules;
    arena_reset(&r->rules_arena);
    r->rules_project = project;
    r->rules = NULL;
    if (!(q = db_query(w->catalogue, "project_get")))
        return NULL;
    db_int_at(q, 1, project);
    if (db_step(q) == 1)
        r->rules = compile(column(q, 4, &r->rules_arena), &r->rules_arena);
    db_reset(q);
    return r->rules;
}

static bool keys_of(struct writer *w, struct relearn *r, const struct record_event *record,
                    struct group_result *out)
{
    struct event_context context = {.received_us = 0};
    struct event e;

    if (event_read(record->payload, &context, &r->event, &e) != EVENT_OK ||
        event_fill(&e, &r->event) != EVENT_OK)
        return false;
    group_restore(&e);
    return group_event(&e, rules_of(w, r, record->project), &r->event, out);
}

/* ---- learning ---- */

static bool owner_of(struct writer *w, uint32_t project, const uint8_t hash[16], uint32_t *issue)
{
    return index_find_live(w->world->index, index_key(project, hash), issue);
}

/* What belongs to an issue already stays there. */
static int learn_one(struct writer *w, struct relearn *r, uint32_t project, uint32_t issue,
                     const struct group_hash *h)
{
    struct db_stmt *q;
    uint32_t owner;
    int rc;

    if (owner_of(w, project, h->bytes, &owner))
        return DB_OK;
    if (!(q = db_query(w->catalogue, "hash_learn")))
        return DB_FAIL;
    db_int_at(q, 1, project);
    db_blob_at(q, 2, h->bytes, sizeof(h->bytes));
    db_int_at(q, 3, issue);
    db_int_at(q, 4, world_now_ms());
    db_int_at(q, 5, GROUP_VERSION);
    db_str_at(q, 6, h->reason.at, h->reason.len);
    if ((rc = db_run(q)) != DB_OK)
        return rc;
    r->learnt++;
    /* Before the commit: should that fail, it is learnt again at the next start. */
    return decide_point(w, project, h->bytes, issue) ? DB_OK : DB_FULL;
}

static void meet(struct wanted *wanted, const struct record_event *record)
{
    for (uint32_t i = 0; i < wanted->count; i++)
        for (uint32_t k = 0; k < record->hash_count && !wanted->met[i]; k++)
            if (memcmp(wanted->hashes[i], record->hashes[k], 16) == 0) {
                wanted->met[i] = true;
                wanted->left--;
            }
}

/* The newest events of a chain, until all old hashes of the issue were met. */
static int learn_chain(struct writer *w, struct relearn *r, uint32_t issue, uint64_t seq,
                       struct wanted *wanted)
{
    struct segment_event row;
    struct record_event record;
    struct group_result keys;
    uint32_t owner;
    int rc = DB_OK;

    while (seq && wanted->left && wanted->looks++ < LOOKS_MAX && rc == DB_OK) {
        if (!read_record(w, r, seq, &row, &record))
            return DB_OK;
        seq = row.prev_seq < row.seq ? row.prev_seq : 0;
        /* A chain leads through events that were taken out of the issue. */
        if (record.hash_count == 0 || !owner_of(w, record.project, record.hashes[0], &owner) ||
            owner != issue)
            continue;
        meet(wanted, &record);
        if (!keys_of(w, r, &record, &keys))
            continue;
        for (uint32_t k = 0; k < keys.count && rc == DB_OK; k++)
            rc = learn_one(w, r, record.project, issue, &keys.hashes[k]);
    }
    return rc;
}

static int read_wanted(struct writer *w, uint32_t issue, struct wanted *out)
{
    struct db_stmt *q = db_query(w->catalogue, "relearn_hashes");
    const void *hash;
    size_t len;
    int rc;

    *out = (struct wanted){.count = 0};
    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, GROUP_VERSION);
    while ((rc = db_step(q)) == 1 && out->count < HASHES_MAX) {
        if ((hash = db_col_blob(q, 0, &len)) && len == 16)
            memcpy(out->hashes[out->count++], hash, 16);
    }
    db_reset(q);
    out->left = out->count;
    return rc < 0 ? rc : DB_OK;
}

static int read_chains(struct writer *w, uint32_t issue, uint64_t *heads, uint32_t *count)
{
    struct db_stmt *q = db_query(w->catalogue, "relearn_chains");
    int rc;

    *count = 0;
    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    while ((rc = db_step(q)) == 1 && *count < CHAINS_MAX)
        heads[(*count)++] = (uint64_t)db_col_int(q, 0);
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

static int learn_issue(struct writer *w, struct relearn *r, uint32_t issue)
{
    uint64_t heads[CHAINS_MAX];
    struct wanted wanted;
    struct db_stmt *q;
    uint32_t count;
    int rc;

    if ((rc = read_wanted(w, issue, &wanted)) != DB_OK ||
        (rc = read_chains(w, issue, heads, &count)) != DB_OK)
        return rc;
    for (uint32_t i = 0; i < count && rc == DB_OK; i++)
        rc = learn_chain(w, r, issue, heads[i], &wanted);
    if (rc != DB_OK || !(q = db_query(w->catalogue, "relearn_done")))
        return rc ? rc : DB_FAIL;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, GROUP_VERSION);
    return db_run(q);
}

/* ---- in steps ---- */

static int step(struct writer *w, struct relearn *r, int64_t until_us)
{
    uint32_t end = r->count - r->at > STEP ? r->at + STEP : r->count;
    int rc = db_begin(w->catalogue);

    for (; rc == DB_OK && r->at < end && world_ticks_us() < until_us; r->at++)
        rc = learn_issue(w, r, r->issues[r->at]);
    if (rc == DB_OK && r->at == r->count)
        rc = note_current(w);
    if (rc == DB_OK)
        rc = db_commit(w->catalogue);
    if (rc != DB_OK)
        db_rollback(w->catalogue);
    return rc;
}

static void finish(struct writer *w, bool done)
{
    if (done)
        log_notice("relearn.done", "issues=%u hashes=%u", w->relearn->count, w->relearn->learnt);
    relearn_free(w->relearn);
    w->relearn = NULL;
}

void relearn_some(struct writer *w, int64_t until_us)
{
    struct relearn *r = w->relearn;
    int rc;

    if (!r)
        return;
    if ((rc = segments_list(w, &r->segments)) == DB_OK) {
        do
            rc = step(w, r, until_us);
        while (rc == DB_OK && r->at < r->count && world_ticks_us() < until_us);
    }
    segments_free(&r->segments);
    segment_close(r->open);
    r->open = NULL;
    arena_free(&r->event);
    if (writer_complain(w->catalogue, "relearn", rc) != DB_OK)
        finish(w, false); /* the next start goes on */
    else if (r->at == r->count)
        finish(w, true);
}

int relearn_begin(struct writer *w)
{
    struct relearn *r;
    int rc;

    if (is_current(w))
        return DB_OK;
    if (!(w->relearn = r = calloc(1, sizeof(*r))))
        return DB_FAIL;
    arena_init(&r->event, REQUEST_ARENA_MAX);
    arena_init(&r->rules_arena, SETTINGS_ARENA_MAX);
    if ((rc = list_issues(w, r)) != DB_OK)
        return rc;
    if (r->count)
        log_notice("relearn", "issues=%u version=%d", r->count, GROUP_VERSION);
    relearn_some(w, world_ticks_us() + RELEARN_START_US);
    return DB_OK;
}
