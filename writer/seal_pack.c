/* seal_pack.c -- a segment copied into full, hard-packed blocks.
 * Blocks of quiet hours hold an event each; in the copy they are as full as they can be. A copy also
 * leaves no free pages behind, needs no WAL, and replaces the old file by a change of its name in the
 * catalogue: whoever reads the old one goes on reading it. */
#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "schema/segment.h"
#include "shm/log.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/seal.h"
#include "writer/seal_sieve.h"
#include "writer/span_rows.h"

struct copy {
    struct segment *from, *to;
    const struct seal_pause *pause;
    const char *path;
    struct arena arena; /* the unpacked block at hand */
    struct block_view view;
    uint64_t view_block; /* its id; 0: none */
    struct block_packer *packer;
    struct segment_block out; /* the block in the making */
    uint64_t next_block;
    struct marks marks;           /* of it, when it holds spans or log records */
    struct arena rows;            /* of the record that is marked */
    struct sieve sieve;           /* filters of the kind that is copied */
    struct segment_place *places; /* of traces */
    size_t place_count, place_room;
    uint64_t lost; /* records in damaged blocks */
};

/* Unpack that block. *whole false: damaged, told once. */
static int load(struct copy *c, uint64_t block, bool *whole)
{
    const void *data;
    size_t len;
    int rc;

    *whole = true;
    if (c->view_block == block) {
        *whole = c->view.count > 0;
        return DB_OK;
    }
    if (!c->pause->go_on(c->pause->own))
        return DB_BUSY;
    arena_reset(&c->arena);
    c->view_block = block;
    c->view = (struct block_view){0};
    rc = segment_block_data(c->from, block, &data, &len);
    if (rc < 0)
        return rc;
    if (rc == 0 || !block_read((struct text){data, len}, &c->arena, &c->view)) {
        log_error("block.damaged", "file=\"%s\" block=%llu", c->path, (unsigned long long)block);
        c->view.count = 0;
        *whole = false;
    }
    return DB_OK;
}

/* ---- marks: what a new block speaks of ---- */

static void mark(struct copy *c, uint32_t kind, struct text record)
{
    struct span_rows_sink spans = {.marks = &c->marks};
    struct log_rows_sink logs = {.marks = &c->marks};
    bool good = true;

    arena_reset(&c->rows);
    if (kind == RECORD_SPANS)
        good = span_rows(record, &c->rows, &spans);
    else if (kind == RECORD_LOGS)
        good = log_rows(record, &c->rows, &logs);
    if (!good)
        log_error("record.unreadable", "file=\"%s\" kind=%u bytes=%zu", c->path, kind, record.len);
}

static bool note_traces(struct copy *c, struct text traces)
{
    size_t count = traces.len / 4;

    if (c->place_count + count > c->place_room) {
        size_t room = (c->place_count + count) * 2;
        struct segment_place *more = realloc(c->places, room * sizeof *more);

        if (!more)
            return false;
        c->places = more;
        c->place_room = room;
    }
    for (size_t i = 0; i < count; i++) {
        struct segment_place *p = &c->places[c->place_count++];

        memcpy(&p->hash, traces.at + i * 4, 4);
        p->block = (uint32_t)c->out.id;
    }
    return true;
}

/* Traces go into the index, filters into the sieve: the row itself has the times. */
static int put_mark(struct copy *c)
{
    struct text traces = marks_traces(&c->marks), words = marks_words(&c->marks);
    struct segment_mark m = {.block = c->out.id,
                             .kind = c->out.kind,
                             .min_ms = c->out.min_ms,
                             .max_ms = c->out.max_ms,
                             .traces = "",
                             .words = ""};
    int rc = c->marks.failed || !note_traces(c, traces) || !sieve_add(&c->sieve, m.block, words)
                 ? DB_FAIL
                 : segment_put_mark(c->to, &m);

    marks_clear(&c->marks);
    return rc;
}

static int put_block(struct copy *c)
{
    struct text packed;

    if (!c->out.id)
        return DB_OK;
    c->out.records = block_records(c->packer);
    c->out.raw_bytes = block_raw_bytes(c->packer);
    packed = block_finish(c->packer, true);
    c->out.data = packed.at;
    c->out.len = packed.len;
    if (segment_put_block(c->to, &c->out) != DB_OK ||
        ((c->out.kind == RECORD_SPANS || c->out.kind == RECORD_LOGS) && put_mark(c) != DB_OK))
        return DB_FAIL;
    c->out.id = 0;
    return DB_OK;
}

static int add(struct copy *c, uint32_t kind, struct text record, int64_t min_ms, int64_t max_ms,
               uint32_t *slot)
{
    int at = block_add(c->packer, record), rc;

    if (at < 0) {
        if ((rc = put_block(c)) != DB_OK)
            return rc;
        at = block_add(c->packer, record);
    }
    if (!c->out.id)
        c->out = (struct segment_block){
            .id = c->next_block++, .kind = kind, .min_ms = min_ms, .max_ms = max_ms};
    if (min_ms < c->out.min_ms)
        c->out.min_ms = min_ms;
    if (max_ms > c->out.max_ms)
        c->out.max_ms = max_ms;
    *slot = (uint32_t)at;
    mark(c, kind, record);
    return DB_OK;
}

static int copy_events(struct copy *c)
{
    struct segment_event e;
    bool whole;
    int rc = segment_events(c->from, 0);

    while (rc == DB_OK && (rc = segment_next_event(c->from, &e)) == 1) {
        if ((rc = load(c, e.block, &whole)) != DB_OK)
            break;
        if (!whole || e.slot >= c->view.count) {
            c->lost++;
            continue;
        }
        if ((rc = add(c, RECORD_EVENT, c->view.records[e.slot], e.timestamp_ms, e.timestamp_ms,
                      &e.slot)) != DB_OK)
            break;
        e.block = c->out.id;
        rc = segment_put_event(c->to, &e);
    }
    return rc == DB_OK ? put_block(c) : rc;
}

/* Blocks without rows of their own. */
static int copy_kind(struct copy *c, uint32_t kind)
{
    struct segment_block b;
    uint32_t slot;
    bool whole;
    int rc = segment_blocks(c->from, 0);

    while (rc == DB_OK && (rc = segment_next_block(c->from, &b)) == 1) {
        rc = DB_OK;
        if (b.kind != kind)
            continue;
        if ((rc = load(c, b.id, &whole)) == DB_OK && !whole)
            c->lost += b.records;
        for (uint32_t i = 0; rc == DB_OK && i < c->view.count; i++)
            rc = add(c, kind, c->view.records[i], b.min_ms, b.max_ms, &slot);
    }
    if (rc == DB_OK && (rc = put_block(c)) == DB_OK)
        rc = sieve_put(&c->sieve, c->to, kind);
    return rc;
}

/* Rows that speak of no block. */
static int copy_rows(struct copy *c, const char *from)
{
    static const char *const tables[] = {
        "INSERT INTO main.attachment SELECT * FROM old.attachment",
        "INSERT INTO main.operation SELECT * FROM old.operation",
        "INSERT INTO main.entry SELECT * FROM old.entry ORDER BY id"};
    struct db *d = segment_db(c->to);
    int rc;

    if ((rc = db_attach(d, from, "old")) != DB_OK || (rc = db_begin(d)) != DB_OK)
        return rc;
    for (size_t i = 0; rc == DB_OK && i < sizeof tables / sizeof *tables; i++)
        rc = db_exec(d, tables[i]);
    if (rc == DB_OK)
        rc = db_commit(d);
    return rc == DB_OK ? db_detach(d, "old") : rc;
}

static int copy_all(struct copy *c, const char *from)
{
    struct db *d = segment_db(c->to);
    int rc = copy_events(c);

    for (uint32_t kind = 1; rc == DB_OK && kind < KINDS; kind++)
        if (kind != RECORD_EVENT)
            rc = copy_kind(c, kind);
    if (rc == DB_OK && (rc = db_commit(d)) == DB_OK && (rc = copy_rows(c, from)) == DB_OK)
        rc = db_script(d, "segment-seal");
    if (rc == DB_OK && (rc = db_begin(d)) == DB_OK &&
        (rc = segment_index_places(d, c->places, c->place_count)) == DB_OK)
        rc = db_commit(d);
    return rc;
}

int seal_pack(const char *from, const char *to, const struct seal_pause *pause)
{
    struct copy c = {.pause = pause, .path = from};
    struct segment_facts facts;
    int rc;

    arena_init(&c.arena, 4 * RECORD_MAX);
    arena_init(&c.rows, 4 * RECORD_MAX);
    if (!(c.packer = block_packer_new()))
        return DB_FAIL;
    if ((rc = segment_open(from, DB_READ, false, &c.from)) == DB_OK &&
        (rc = segment_facts(c.from, &facts)) == DB_OK &&
        (rc = segment_create(to, &facts, SEGMENT_DENSE, &c.to)) == DB_OK) {
        c.next_block = facts.last_block + SEGMENT_RENUMBERED;
        rc = copy_all(&c, from);
    }
    if (rc != DB_OK && rc != DB_BUSY)
        log_error("segment.pack", "file=\"%s\" error=\"%s\" target=\"%s\"", from,
                  c.from ? db_error(segment_db(c.from)) : "no memory",
                  c.to ? db_error(segment_db(c.to)) : "");
    if (c.lost)
        log_error("segment.pack", "file=\"%s\" lost_records=%llu", from,
                  (unsigned long long)c.lost);
    segment_close(c.from);
    segment_close(c.to);
    block_packer_free(c.packer);
    marks_free(&c.marks);
    sieve_free(&c.sieve);
    free(c.places);
    arena_free(&c.arena);
    arena_free(&c.rows);
    return rc == DB_OK && !files_sync(to) ? DB_FAIL : rc;
}
