/* check.c -- `quern check`: is a stopped folder whole? Reads everything, changes nothing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/block.h"
#include "schema/segment.h"
#include "shm/limits.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/segments.h"

struct check {
    struct writer w; /* conf, world and catalogue alone */
    struct arena arena;
    struct block_view view;
    uint64_t view_block;
    uint64_t findings, segments, events, blocks;
};

static void found(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void found(struct check *c, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    c->findings++;
}

/* ---- the catalogue ---- */

static void check_number(struct check *c, const char *query, const char *what)
{
    struct db_stmt *q = db_query(c->w.catalogue, query);

    if (!q || db_step(q) != 1)
        found(c, "quern.db: %s", db_error(c->w.catalogue));
    else if (db_col_int(q, 0))
        found(c, "quern.db: %lld %s", (long long)db_col_int(q, 0), what);
    if (q)
        db_reset(q);
}

static bool check_catalogue(struct check *c)
{
    struct db_options o = {.mode = DB_READ, .cache_kib = 4096};
    char path[FILES_PATH_MAX], complaint[256];

    files_catalogue(c->w.world, path);
    if (db_open(path, &o, &c->w.catalogue) != DB_OK) {
        found(c, "quern.db: %s", c->w.catalogue ? db_error(c->w.catalogue) : "no memory");
        return false;
    }
    if (db_check(c->w.catalogue, complaint, sizeof(complaint)) != DB_OK)
        found(c, "quern.db: %s", complaint);
    check_number(c, "check_hashes", "fingerprints belong to no issue");
    check_number(c, "check_parents", "issues were merged into one that is not there");
    check_number(c, "check_keys", "keys belong to no project");
    return true;
}

/* ---- segments ---- */

static bool load(struct check *c, struct segment *s, const char *file, uint64_t block)
{
    const void *data;
    size_t len;

    if (c->view_block == block)
        return c->view.count > 0;
    arena_reset(&c->arena);
    c->view_block = block;
    c->view = (struct block_view){0};
    if (segment_block_data(s, block, &data, &len) != 1) {
        found(c, "%s: block %llu is missing", file, (unsigned long long)block);
    } else if (!block_read((struct text){data, len}, &c->arena, &c->view)) {
        found(c, "%s: block %llu is damaged", file, (unsigned long long)block);
        c->view.count = 0;
    }
    c->blocks++;
    return c->view.count > 0;
}

static void check_events(struct check *c, struct segment *s, const char *file)
{
    struct segment_event e;
    struct record_event r;
    int rc = segment_events(s, 0);

    while (rc == DB_OK && (rc = segment_next_event(s, &e)) == 1) {
        rc = DB_OK;
        c->events++;
        if (!load(c, s, file, e.block))
            continue;
        if (e.slot >= c->view.count || !record_event_peek(c->view.records[e.slot], &r))
            found(c, "%s: event %llu has no readable record", file, (unsigned long long)e.seq);
        else if (memcmp(r.id, e.id, sizeof(e.id)) != 0)
            found(c, "%s: event %llu has another one's record", file, (unsigned long long)e.seq);
    }
    if (rc < 0)
        found(c, "%s: %s", file, db_error(segment_db(s)));
}

/* Blocks that no event row led to. */
static void check_blocks(struct check *c, struct segment *s, const char *file)
{
    struct segment_block b;
    int rc = segment_blocks(s, 0);

    while (rc == DB_OK && (rc = segment_next_block(s, &b)) == 1) {
        rc = DB_OK;
        if (b.kind != RECORD_EVENT && load(c, s, file, b.id) && c->view.count != b.records)
            found(c, "%s: block %llu has %u records, not %u", file, (unsigned long long)b.id,
                  c->view.count, b.records);
    }
    if (rc < 0)
        found(c, "%s: %s", file, db_error(segment_db(s)));
}

static void check_segment(struct check *c, const struct segments_row *row)
{
    char path[FILES_PATH_MAX], complaint[256];
    struct segment_facts facts;
    struct segment *s;

    c->segments++;
    c->view_block = 0;
    files_segment(c->w.world, row->file, path);
    if (segment_open(path, DB_READ, false, &s) != DB_OK || segment_facts(s, &facts) != DB_OK) {
        found(c, "%s: %s", row->file, s ? db_error(segment_db(s)) : "no memory");
    } else {
        if (db_check(segment_db(s), complaint, sizeof(complaint)) != DB_OK)
            found(c, "%s: %s", row->file, complaint);
        if (facts.id != row->id)
            found(c, "%s: says that it is segment %u, the catalogue says %u", row->file, facts.id,
                  row->id);
        check_events(c, s, row->file);
        check_blocks(c, s, row->file);
    }
    segment_close(s);
}

static void check_segments(struct check *c)
{
    struct segments all;

    if (segments_list(&c->w, &all) != DB_OK)
        found(c, "quern.db: %s", db_error(c->w.catalogue));
    for (uint32_t i = 0; i < all.count; i++)
        check_segment(c, &all.rows[i]);
    segments_free(&all);
}

/* ---- shared memory ---- */

/* Walks over what no writer has taken yet, as the next one will. */
static void check_rings(struct check *c)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        struct ring *ring = c->w.world->ring[slot];
        uint64_t cursor = ring ? ring_released(ring) : 0;
        struct ring_record rec;
        enum ring_rc rc;

        if (!ring)
            continue;
        while ((rc = ring_next(ring, &cursor, &rec)) != RING_EMPTY)
            if (rc == RING_TORN)
                found(c, "ring %u: %llu damaged bytes", slot, (unsigned long long)rec.skipped);
    }
}

/* The index may lack what was never made live; it may not contradict the catalogue. */
static void check_index(struct check *c)
{
    struct db_stmt *q = db_query(c->w.catalogue, "hash_all");
    uint64_t wrong = 0;
    uint32_t issue;
    size_t len;

    if (!q)
        return;
    while (db_step(q) == 1) {
        const uint8_t *hash = db_col_blob(q, 1, &len);

        if (hash && len == 16 &&
            index_find_live(c->w.world->index, index_key((uint32_t)db_col_int(q, 0), hash), &issue))
            wrong += issue != (uint32_t)db_col_int(q, 2);
    }
    db_reset(q);
    if (wrong)
        found(c, "index: %llu fingerprints lead to another issue than the catalogue says",
              (unsigned long long)wrong);
}

int writer_check(const struct writer_conf *conf)
{
    struct check c = {.w = {.conf = conf, .world = conf->world}};

    arena_init(&c.arena, 4 * RECORD_MAX);
    if (check_catalogue(&c)) {
        check_segments(&c);
        check_index(&c);
    }
    check_rings(&c);
    db_close(c.w.catalogue);
    arena_free(&c.arena);
    if (!c.findings)
        printf("whole: %llu segments, %llu events, %llu blocks\n", (unsigned long long)c.segments,
               (unsigned long long)c.events, (unsigned long long)c.blocks);
    return c.findings ? 1 : 0;
}
