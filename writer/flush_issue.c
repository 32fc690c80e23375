#include <stdio.h>
#include <string.h>

#include "model/group.h"
#include "model/sketch.h"
#include "proto/buf.h"
#include "proto/event.h"
#include "writer/flush_parts.h"

static void bind_text(struct db_stmt *q, const char *name, struct tally_text t)
{
    db_str(q, name, t.at ? t.at : "", t.len);
}

static void bind_or_null(struct db_stmt *q, const char *name, struct text t)
{
    db_str(q, name, t.len ? t.at : NULL, t.len);
}

static struct text text_in(struct tally_text t)
{
    return (struct text){t.at, t.len};
}

int flush_activity(struct writer *w, uint32_t issue, uint32_t actor, const char *type,
                   struct text data, int64_t now_ms)
{
    struct db_stmt *q = db_query(w->catalogue, "activity_insert");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    if (actor)
        db_int_at(q, 2, actor);
    db_str_at(q, 3, type, strlen(type));
    db_str_at(q, 4, data.at ? data.at : "{}", data.at ? data.len : 2);
    db_int_at(q, 5, now_ms);
    return db_run(q);
}

/* ---- new ones ---- */

/* As Sentry ranks errors that it knows nothing else about. */
static const char *priority_of(uint8_t level)
{
    return level >= LEVEL_ERROR ? "high" : level == LEVEL_WARNING ? "medium" : "low";
}

static int next_short(struct writer *w, uint32_t project, uint32_t *out)
{
    struct db_stmt *q = db_query(w->catalogue, "project_short");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, project);
    if ((rc = db_step(q)) == 1)
        *out = (uint32_t)db_col_int(q, 0);
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

/* What an issue shows of its newest event. */
static void bind_newest(struct db_stmt *q, const struct tally_issue *i)
{
    db_int(q, "level", i->level);
    db_int(q, "type", i->type);
    bind_text(q, "platform", i->platform);
    bind_or_null(q, "logger", text_in(i->logger));
    bind_text(q, "title", i->title);
    bind_text(q, "culprit", i->culprit);
    db_str(q, "metadata", i->metadata.len ? i->metadata.at : "{}",
           i->metadata.len ? i->metadata.len : 2);
}

static int insert(struct writer *w, struct tally_issue *i, uint32_t release, const char *priority)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_insert");

    if (!q)
        return DB_FAIL;
    db_int(q, "id", i->issue);
    db_int(q, "project", i->project);
    db_int(q, "short", i->short_id);
    db_int(q, "now", i->first_ms);
    bind_newest(q, i);
    db_int(q, "first_ms", i->first_ms);
    db_int(q, "last_ms", i->last_ms);
    db_int(q, "first_seq", (int64_t)i->first_seq);
    db_int(q, "last_seq", (int64_t)i->last_seq);
    if (release)
        db_int(q, "release", release);
    db_str(q, "priority", priority, strlen(priority));
    return db_run(q);
}

int flush_created(struct writer *w, struct tally_generation *g, struct tally_issue *i)
{
    uint32_t release = flush_release(g, i->project, text_in(i->first_release));
    const char *priority = priority_of(i->level);
    struct db_stmt *q;
    char data[64];
    int rc, len;

    i->short_id = i->issue; /* of a project that is gone: unique at least */
    if ((rc = next_short(w, i->project, &i->short_id)) != DB_OK ||
        (rc = insert(w, i, release, priority)) != DB_OK)
        return rc;
    if (release) {
        if (!(q = db_query(w->catalogue, "release_project_new")))
            return DB_FAIL;
        db_int_at(q, 1, release);
        db_int_at(q, 2, i->project);
        if ((rc = db_run(q)) != DB_OK)
            return rc;
    }
    len = snprintf(data, sizeof(data), "{\"priority\":\"%s\"}", priority);
    return flush_activity(w, i->issue, 0, "first_seen", (struct text){data, (size_t)len},
                          i->first_ms);
}

int flush_hash(struct writer *w, const struct tally_hash *h)
{
    struct db_stmt *q = db_query(w->catalogue, "hash_insert");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, h->project);
    db_blob_static_at(q, 2, h->hash, sizeof(h->hash));
    db_int_at(q, 3, h->issue);
    db_int_at(q, 4, h->created_ms);
    db_int_at(q, 5, GROUP_VERSION);
    db_str_static_at(q, 6, h->reason.at, h->reason.len);
    return db_run(q);
}

/* ---- all of them ---- */

/* {"version":…,"resolved_in_version":…}, each when there is one */
static int regression_data(struct writer *w, const struct tally_issue *i, struct buf *b)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_state");
    size_t len = 0;
    const char *was = NULL;
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, i->issue);
    if ((rc = db_step(q)) == 1)
        was = db_col_str(q, 2, &len);
    buf_init(b, &w->arena, 256, 8 * KIB);
    json_open(b, NULL, '{');
    if (i->change_release.len)
        json_text(b, "version", text_in(i->change_release));
    if (was)
        json_text(b, "resolved_in_version", (struct text){was, len});
    json_close(b, '}');
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

static int reopen(struct writer *w, const struct tally_issue *i)
{
    static const char *const substatus[] = {[STATE_REGRESSED] = "regressed",
                                            [STATE_UNIGNORED] = "ongoing",
                                            [STATE_ESCALATING] = "escalating"};
    static const char *const activity[] = {[STATE_REGRESSED] = "set_regression",
                                           [STATE_UNIGNORED] = "set_unresolved",
                                           [STATE_ESCALATING] = "set_escalating"};
    struct text data = TEXT_NONE;
    struct db_stmt *q;
    struct buf b;
    int rc;

    arena_reset(&w->arena);
    if (i->change == STATE_REGRESSED) {
        if ((rc = regression_data(w, i, &b)) != DB_OK)
            return rc;
        data = buf_result(&b);
    }
    if (!(q = db_query(w->catalogue, "issue_reopen")))
        return DB_FAIL;
    db_int(q, "id", i->issue);
    db_str(q, "substatus", substatus[i->change], strlen(substatus[i->change]));
    db_int(q, "now", i->change_ms);
    if ((rc = db_run(q)) != DB_OK)
        return rc;
    return flush_activity(w, i->issue, 0, activity[i->change], data, i->change_ms);
}

int flush_issue(struct writer *w, struct tally_generation *g, struct tally_issue *i)
{
    uint32_t release = flush_release(g, i->project, text_in(i->release));
    struct db_stmt *q;
    int rc;

    if (i->change != STATE_SAME && (rc = reopen(w, i)) != DB_OK)
        return rc;
    if (!i->events)
        return DB_OK;
    if (!(q = db_query(w->catalogue, "issue_add")))
        return DB_FAIL;
    db_int(q, "id", i->issue);
    db_int(q, "events", i->events);
    db_int(q, "first_ms", i->first_ms);
    db_int(q, "last_ms", i->last_ms);
    db_int(q, "last_seq", (int64_t)i->last_seq);
    db_int(q, "unhandled", i->unhandled);
    bind_newest(q, i);
    if (release)
        db_int(q, "release", release);
    return db_run(q);
}

/* ---- users ---- */

static int set_users(struct writer *w, uint32_t issue, uint64_t users, const uint8_t *sketch)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_users_set");
    struct issue_entry *e = writer_issue(w, issue);
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, (int64_t)users);
    db_blob_static_at(q, 3, sketch, SKETCH_BYTES);
    if ((rc = db_run(q)) == DB_OK && e)
        atomic_store_explicit(&e->users, users > UINT32_MAX ? UINT32_MAX : (uint32_t)users,
                              memory_order_relaxed);
    return rc;
}

/* The list becomes a sketch: exact to here, close from here on. */
static int list_to_sketch(struct writer *w, uint32_t issue, uint8_t sketch[SKETCH_BYTES])
{
    struct db_stmt *q = db_query(w->catalogue, "issue_user_list");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    while ((rc = db_step(q)) == 1)
        sketch_add(sketch, (uint64_t)db_col_int(q, 0));
    db_reset(q);
    if (rc < 0)
        return rc;
    if (!(q = db_query(w->catalogue, "issue_user_clear")))
        return DB_FAIL;
    db_int_at(q, 1, issue);
    return db_run(q);
}

static int add_listed(struct writer *w, const struct tally_issue *i, uint64_t *users)
{
    int rc = DB_OK;

    for (uint32_t u = 0; rc == DB_OK && u < i->user_count; u++) {
        struct db_stmt *q = db_query(w->catalogue, "issue_user_add");

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, i->issue);
        db_int_at(q, 2, (int64_t)i->users[u]);
        if ((rc = db_run(q)) == DB_OK)
            *users += (uint64_t)db_changes(w->catalogue);
    }
    return rc;
}

static bool merge(uint8_t sketch[SKETCH_BYTES], const struct tally_issue *i)
{
    bool changed = i->sketch && sketch_merge(sketch, i->sketch);

    for (uint32_t u = 0; u < i->user_count; u++)
        changed |= sketch_add(sketch, i->users[u]);
    return changed;
}

int flush_users(struct writer *w, struct tally_issue *i)
{
    uint8_t sketch[SKETCH_BYTES] = {0};
    struct db_stmt *q;
    uint64_t users, before;
    const void *stored;
    size_t len;
    bool listed;
    int rc;

    if (!i->user_count && !i->sketch)
        return DB_OK;
    if (!(q = db_query(w->catalogue, "issue_users")))
        return DB_FAIL;
    db_int_at(q, 1, i->issue);
    if ((rc = db_step(q)) != 1) {
        db_reset(q);
        return rc; /* 0: the issue is gone */
    }
    before = users = (uint64_t)db_col_int(q, 0);
    stored = db_col_blob(q, 1, &len);
    listed = !stored || len != SKETCH_BYTES;
    if (!listed)
        memcpy(sketch, stored, SKETCH_BYTES);
    db_reset(q);
    if (listed && !i->sketch) {
        if ((rc = add_listed(w, i, &users)) != DB_OK || users == before)
            return rc;
        if (users <= ISSUE_USERS_EXACT)
            return set_users(w, i->issue, users, NULL);
    }
    if (listed && (rc = list_to_sketch(w, i->issue, sketch)) != DB_OK)
        return rc;
    if (!merge(sketch, i) && !listed)
        return DB_OK;
    return set_users(w, i->issue, sketch_count(sketch), sketch);
}

/* ---- feedback ---- */

int flush_feedback(struct writer *w, const struct record_feedback *r)
{
    static const uint8_t none[16];
    bool report = memcmp(r->id, none, sizeof(none)) == 0;
    bool has_event = memcmp(r->event_id, none, sizeof(none)) != 0;
    struct db_stmt *q = db_query(w->catalogue, report ? "feedback_report" : "feedback_put");

    if (!q)
        return DB_FAIL;
    db_int(q, "project", r->project);
    if (!report)
        db_blob(q, "uid", r->id, sizeof(r->id));
    if (has_event)
        db_blob(q, "event", r->event_id, sizeof(r->event_id));
    bind_or_null(q, "name", r->name);
    bind_or_null(q, "email", r->email);
    db_str(q, "comments", r->comments.at ? r->comments.at : "", r->comments.len);
    bind_or_null(q, "url", r->url);
    bind_or_null(q, "source", r->source);
    db_int(q, "now", r->received_ms);
    bind_or_null(q, "payload", r->payload);
    return db_run(q);
}
