#include "schema/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/applied.h"

#define CACHE_KIB 512 /* appending touches the right edge of three trees */

struct segment {
    struct db *db;
    struct db_stmt *put_event,
        *put_block;                  /* looked up once: they run thousands of times a second */
    struct db_stmt *events, *blocks; /* walks under way */
};

static int try_open(const char *path, const struct db_options *o, struct segment **out)
{
    struct segment *s = calloc(1, sizeof(*s));
    int rc;

    *out = s;
    if (!s)
        return DB_STARVED;
    if ((rc = db_open(path, o, &s->db)) != DB_OK && !s->db) {
        free(s);
        *out = NULL;
    }
    return rc;
}

int segment_open(const char *path, enum db_mode mode, bool full_sync, struct segment **out)
{
    struct db_options o = {
        .mode = mode, .full_sync = full_sync, .cache_kib = CACHE_KIB, .no_autocheckpoint = true};

    return try_open(path, &o, out);
}

int segment_reopen(const char *path, struct segment **out)
{
    struct db_options o = {
        .mode = DB_WRITE, .full_sync = true, .cache_kib = CACHE_KIB, .as_is = true};

    return try_open(path, &o, out);
}

static int set_meta(struct segment *s, const char *key, int64_t value)
{
    struct db_stmt *q = db_query(s->db, "segment_set_meta");

    if (!q)
        return DB_FAIL;
    db_str_at(q, 1, key, strlen(key));
    db_int_at(q, 2, value);
    return db_run(q);
}

static int get_meta(struct segment *s, const char *key, int64_t *value)
{
    struct db_stmt *q = db_query(s->db, "segment_meta");
    int rc;

    if (!q)
        return DB_FAIL;
    db_str_at(q, 1, key, strlen(key));
    if ((rc = db_step(q)) == 1)
        *value = db_col_int(q, 0);
    db_reset(q);
    return rc == 1 ? DB_OK : rc < 0 ? rc : DB_CORRUPT;
}

static int fill_new(struct segment *s, const struct segment_facts *facts, enum segment_shape page)
{
    char pragma[48];
    int rc;

    snprintf(pragma, sizeof(pragma), "PRAGMA page_size=%d", (int)page);
    if ((rc = db_exec(s->db, pragma)) == DB_OK && (rc = db_begin(s->db)) == DB_OK &&
        (rc = db_script(s->db, "segment-001")) == DB_OK &&
        (rc = db_script(s->db, "segment-002-spans")) == DB_OK &&
        (page != SEGMENT_DENSE || (rc = db_script(s->db, "segment-003-sieve")) == DB_OK) &&
        (rc = set_meta(s, "segment_id", facts->id)) == DB_OK &&
        (rc = set_meta(s, "first_seq", (int64_t)facts->first_seq)) == DB_OK)
        rc = set_meta(s, "day", facts->day);
    return rc;
}

int segment_create(const char *path, const struct segment_facts *facts, enum segment_shape page,
                   struct segment **out)
{
    struct db_options o = {
        .mode = DB_CREATE, .cache_kib = CACHE_KIB, .bulk = true, .sort_on_disk = true};
    int rc = try_open(path, &o, out);

    return rc == DB_OK ? fill_new(*out, facts, page) : rc;
}

void segment_close(struct segment *s)
{
    if (!s)
        return;
    db_close(s->db);
    free(s);
}

struct db *segment_db(struct segment *s)
{
    return s->db;
}

int64_t segment_hash(const uint8_t hash[16])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | hash[i];
    return (int64_t)v;
}

bool segment_damaged(const struct segment *s, int rc)
{
    return s && (rc == DB_CORRUPT || (rc != DB_OK && db_damaged(s->db)));
}

int segment_facts(struct segment *s, struct segment_facts *out)
{
    struct db_stmt *q;
    int64_t id = 0, first = 0;
    int rc;

    *out = (struct segment_facts){0};
    if ((rc = get_meta(s, "segment_id", &id)) != DB_OK ||
        (rc = get_meta(s, "first_seq", &first)) != DB_OK ||
        (rc = get_meta(s, "day", &out->day)) != DB_OK)
        return rc;
    if (!(q = db_query(s->db, "segment_last_event")))
        return DB_FAIL;
    if ((rc = db_step(q)) != 1) {
        db_reset(q);
        return rc < 0 ? rc : DB_CORRUPT;
    }
    out->id = (uint32_t)id;
    out->first_seq = (uint64_t)first;
    out->last_seq = (uint64_t)db_col_int(q, 0);
    /* sequences are given out without holes */
    out->rows = out->last_seq ? out->last_seq - (uint64_t)db_col_int(q, 1) + 1 : 0;
    out->last_block = (uint64_t)db_col_int(q, 2);
    db_reset(q);
    return DB_OK;
}

/* ---- putting in ---- */

static struct db_stmt *hot(struct segment *s, struct db_stmt **kept, const char *name)
{
    if (!*kept)
        *kept = db_query(s->db, name);
    return *kept;
}

int segment_put_block(struct segment *s, const struct segment_block *b)
{
    struct db_stmt *q = hot(s, &s->put_block, "segment_put_block");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)b->id);
    db_int_at(q, 2, b->kind);
    db_int_at(q, 3, b->records);
    db_int_at(q, 4, b->raw_bytes);
    db_int_at(q, 5, b->min_ms);
    db_int_at(q, 6, b->max_ms);
    db_blob_static_at(q, 7, b->data, b->len);
    return db_run(q);
}

int segment_put_event(struct segment *s, const struct segment_event *e)
{
    struct db_stmt *q = hot(s, &s->put_event, "segment_put_event");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)e->seq);
    db_blob_static_at(q, 2, e->id, sizeof(e->id));
    db_int_at(q, 3, e->project);
    db_int_at(q, 4, e->issue);
    db_int_at(q, 5, e->hash);
    db_int_at(q, 6, (int64_t)e->prev_seq);
    db_int_at(q, 7, e->timestamp_ms);
    db_int_at(q, 8, (int64_t)e->block);
    db_int_at(q, 9, e->slot);
    db_blob_static_at(q, 10, e->has_trace ? e->trace : NULL, sizeof(e->trace));
    return db_run(q);
}

int segment_put_attachment(struct segment *s, const struct segment_attachment *a)
{
    struct db_stmt *q = db_query(s->db, "segment_put_attachment");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, a->project);
    db_blob_static_at(q, 2, a->event_id, 16);
    db_str_static_at(q, 3, a->name, a->name_len);
    db_str_static_at(q, 4, a->content_type, a->content_type_len);
    db_str_static_at(q, 5, a->type, a->type_len);
    db_int_at(q, 6, (int64_t)a->size);
    db_int_at(q, 7, a->created_ms);
    db_str_static_at(q, 8, a->file, a->file_len);
    db_blob_static_at(q, 9, a->file ? NULL : a->data, a->data_len);
    rc = db_run(q);
    return rc == DB_OK ? db_changes(s->db) : rc;
}

bool segment_has_file(struct segment *s, const uint8_t event_id[16], const char *file, size_t len)
{
    struct db_stmt *q = db_query(s->db, "segment_has_file");
    bool has = true; /* when in doubt */

    if (!q)
        return has;
    db_blob_static_at(q, 1, event_id, 16);
    db_str_static_at(q, 2, file, len);
    has = db_step(q) != 0;
    db_reset(q);
    return has;
}

int segment_hand_on(struct segment *from, struct segment *to)
{
    struct db_stmt *q = db_query(from->db, "segment_all_applied");
    int rc = q ? DB_OK : DB_FAIL, more = 0;

    while (rc == DB_OK && (more = db_step(q)) == 1)
        rc = applied_set(to->db, (uint32_t)db_col_int(q, 0), (uint64_t)db_col_int(q, 1),
                         (uint64_t)db_col_int(q, 2));
    if (q)
        db_reset(q);
    return rc == DB_OK && more < 0 ? more : rc;
}

/* ---- reading back ---- */

static int walk(struct segment *s, struct db_stmt **kept, const char *name, uint64_t after)
{
    if (!(*kept = db_query(s->db, name)))
        return DB_FAIL;
    db_int_at(*kept, 1, (int64_t)after);
    return DB_OK;
}

static int event_of(struct db_stmt *q, struct segment_event *out)
{
    size_t id_len, trace_len;
    const void *id = db_col_blob(q, 1, &id_len), *trace = db_col_blob(q, 9, &trace_len);

    *out = (struct segment_event){.seq = (uint64_t)db_col_int(q, 0),
                                  .project = (uint32_t)db_col_int(q, 2),
                                  .issue = (uint32_t)db_col_int(q, 3),
                                  .hash = db_col_int(q, 4),
                                  .prev_seq = (uint64_t)db_col_int(q, 5),
                                  .timestamp_ms = db_col_int(q, 6),
                                  .block = (uint64_t)db_col_int(q, 7),
                                  .slot = (uint32_t)db_col_int(q, 8)};
    if (!id || id_len != sizeof(out->id))
        return DB_CORRUPT;
    memcpy(out->id, id, sizeof(out->id));
    if (trace && trace_len == sizeof(out->trace)) {
        out->has_trace = true;
        memcpy(out->trace, trace, sizeof(out->trace));
    }
    return 1;
}

int segment_events(struct segment *s, uint64_t after)
{
    return walk(s, &s->events, "segment_events", after);
}

int segment_next_event(struct segment *s, struct segment_event *out)
{
    int rc = db_step(s->events);

    if (rc == 1)
        rc = event_of(s->events, out);
    if (rc != 1)
        db_reset(s->events);
    return rc;
}

int segment_blocks(struct segment *s, uint64_t after)
{
    return walk(s, &s->blocks, "segment_blocks", after);
}

int segment_next_block(struct segment *s, struct segment_block *out)
{
    struct db_stmt *q = s->blocks;
    int rc = db_step(q);

    if (rc != 1) {
        db_reset(q);
        return rc;
    }
    *out = (struct segment_block){.id = (uint64_t)db_col_int(q, 0),
                                  .kind = (uint32_t)db_col_int(q, 1),
                                  .records = (uint32_t)db_col_int(q, 2),
                                  .raw_bytes = (uint32_t)db_col_int(q, 3),
                                  .min_ms = db_col_int(q, 4),
                                  .max_ms = db_col_int(q, 5)};
    return 1;
}

int segment_block_data(struct segment *s, uint64_t id, const void **data, size_t *len)
{
    struct db_stmt *q = db_query(s->db, "segment_block_data");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)id);
    if ((rc = db_step(q)) == 1)
        *data = db_col_blob(q, 0, len); /* the row stays current, so the bytes stay valid */
    else
        db_reset(q);
    return rc;
}

int segment_event_at(struct segment *s, uint64_t seq, struct segment_event *out)
{
    struct db_stmt *q = db_query(s->db, "segment_event_at");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)seq);
    if ((rc = db_step(q)) == 1)
        rc = event_of(q, out);
    db_reset(q);
    return rc;
}
