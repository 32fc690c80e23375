/* segment_span.c -- the rows of spans and log records in a segment. */
#include <stdlib.h>
#include <string.h>

#include "schema/segment.h"

int segment_put_operation(struct segment *s, const struct segment_operation *o)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_put_operation");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, o->id);
    db_int_at(q, 2, o->project);
    db_str_at(q, 3, o->service, o->service_len);
    db_str_at(q, 4, o->name, o->name_len);
    db_int_at(q, 5, o->kind);
    return db_run(q);
}

int segment_put_entry(struct segment *s, const struct segment_entry *e)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_put_entry");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, e->operation);
    db_int_at(q, 2, e->start_ms);
    db_int_at(q, 3, (int64_t)e->duration_us);
    db_int_at(q, 4, e->flags);
    db_blob_static_at(q, 5, e->trace, sizeof e->trace);
    return db_run(q);
}

int segment_put_mark(struct segment *s, const struct segment_mark *m)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_put_mark");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)m->block);
    db_int_at(q, 2, m->kind);
    db_int_at(q, 3, m->min_ms);
    db_int_at(q, 4, m->max_ms);
    db_blob_static_at(q, 5, m->traces, m->traces_len);
    db_blob_static_at(q, 6, m->words, m->words_len);
    return db_run(q);
}

int segment_entries(struct segment *s, uint64_t *count)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_entries");
    int rc = q ? db_step(q) : DB_FAIL;

    *count = rc == 1 ? (uint64_t)db_col_int(q, 0) : 0;
    if (q)
        db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

int segment_operations(struct segment *s,
                       bool (*each)(void *own, const struct segment_operation *o), void *own)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_operations");
    int rc = DB_FAIL;

    while (q && (rc = db_step(q)) == 1) {
        struct segment_operation o = {.id = (uint32_t)db_col_int(q, 0),
                                      .project = (uint32_t)db_col_int(q, 1),
                                      .kind = (uint8_t)db_col_int(q, 4)};

        o.service = db_col_str(q, 2, &o.service_len);
        o.name = db_col_str(q, 3, &o.name_len);
        if (!each(own, &o))
            break;
    }
    if (q)
        db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

/* ---- sealing ---- */

struct places {
    struct segment_place *list;
    size_t count, room;
};

static bool add(struct places *p, uint32_t hash, uint32_t block)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 4096;
        struct segment_place *list = realloc(p->list, room * sizeof *list);

        if (!list)
            return false;
        p->list = list;
        p->room = room;
    }
    p->list[p->count++] = (struct segment_place){hash, block};
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct segment_place *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->block < y->block ? -1 : x->block > y->block;
}

static int collect(struct db *d, struct places *p)
{
    struct db_stmt *q = db_query(d, "segment_marks");
    int rc = DB_FAIL;

    while (q && (rc = db_step(q)) == 1) {
        size_t len;
        const char *traces = db_col_blob(q, 1, &len);

        for (size_t i = 0; i + 4 <= len; i += 4) {
            uint32_t hash;

            memcpy(&hash, traces + i, 4);
            if (!add(p, hash, (uint32_t)db_col_int(q, 0))) {
                db_reset(q);
                return DB_FAIL;
            }
        }
    }
    if (q)
        db_reset(q);
    return rc;
}

int segment_index_places(struct db *d, struct segment_place *list, size_t count)
{
    int rc = DB_OK;

    if (count > 0) /* qsort wants a list, even an empty one */
        qsort(list, count, sizeof *list, by_hash);
    for (size_t i = 0; rc == DB_OK && i < count; i++) {
        struct db_stmt *q = db_query(d, "segment_put_trace");

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, list[i].hash);
        db_int_at(q, 2, list[i].block);
        rc = db_run(q);
    }
    return rc;
}

int segment_index_traces(struct db *d)
{
    struct places p = {0};
    int rc = collect(d, &p);

    if (rc == DB_OK)
        rc = segment_index_places(d, p.list, p.count);
    free(p.list);
    return rc;
}

int segment_put_sieve(struct segment *s, uint32_t kind, uint32_t slice, uint64_t first_block,
                      const void *bits, size_t len)
{
    struct db_stmt *q = db_query(segment_db(s), "segment_put_sieve");

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, (int64_t)kind * 64 + slice);
    db_int_at(q, 2, (int64_t)first_block);
    db_blob_static_at(q, 3, bits, len);
    return db_run(q);
}
