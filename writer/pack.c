#include "writer/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "proto/block.h"
#include "schema/applied.h"
#include "writer/files.h"
#include "writer/spans.h"
#include "writer/tally.h"

/* A block more than the records would give when each kind has an unfinished one. */
#define BLOCKS_MAX (COMMIT_RECORDS + KINDS)
/* What cannot be compressed grows a little (LZ4: 1/255 and 16 bytes), and has a directory. */
#define BYTES_ROOM ((COMMIT_BYTES + RECORD_MAX) / 200 * 201 + BLOCKS_MAX * 64 + COMMIT_RECORDS * 8)

bool batch_init(struct batch *b)
{
    void *bytes;

    memset(b, 0, sizeof(*b));
    b->events = calloc(COMMIT_RECORDS, sizeof(*b->events));
    b->blocks = calloc(BLOCKS_MAX, sizeof(*b->blocks));
    b->attachments = calloc(COMMIT_RECORDS, sizeof(*b->attachments));
    b->room = BYTES_ROOM;
    bytes = mmap(NULL, b->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    b->bytes = bytes == MAP_FAILED ? NULL : bytes;
    return b->events && b->blocks && b->attachments && b->bytes;
}

void batch_free(struct batch *b)
{
    for (int k = 0; k < KINDS; k++)
        block_packer_free(b->packing[k].packer);
    if (b->bytes)
        munmap(b->bytes, b->room);
    free(b->events);
    free(b->blocks);
    free(b->attachments);
    memset(b, 0, sizeof(*b));
}

bool batch_empty(const struct batch *b)
{
    return !b->records;
}

bool batch_room(const struct batch *b, size_t len)
{
    /* the first record always fits: the room is for COMMIT_BYTES and one giant */
    return b->records < COMMIT_RECORDS && (!b->records || b->raw + len <= COMMIT_BYTES);
}

static void finish(struct batch *b, enum record_kind kind)
{
    struct packing *p = &b->packing[kind];
    struct segment_block *out = &b->blocks[b->block_count++];
    struct text packed;

    assert(b->block_count <= BLOCKS_MAX);
    *out = (struct segment_block){.id = p->block,
                                  .kind = kind,
                                  .records = block_records(p->packer),
                                  .raw_bytes = block_raw_bytes(p->packer),
                                  .min_ms = p->min_ms,
                                  .max_ms = p->max_ms};
    packed = block_finish(p->packer, false);
    assert(packed.len <= b->room - b->len);
    memcpy(b->bytes + b->len, packed.at, packed.len);
    out->data = b->bytes + b->len;
    out->len = packed.len;
    b->len += packed.len;
    p->block = 0;
}

void batch_add(struct writer *w, enum record_kind kind, struct text body, int64_t time_ms,
               uint64_t *block, uint32_t *slot)
{
    struct batch *b = &w->batch;
    struct packing *p = &b->packing[kind];
    int at;

    if (!p->packer) /* kinds that never come cost nothing */
        p->packer = block_packer_new();
    assert(p->packer);
    if ((at = block_add(p->packer, body)) < 0) {
        finish(b, kind);
        at = block_add(p->packer, body);
    }
    if (!p->block) {
        p->block = w->active.next_block++;
        p->min_ms = p->max_ms = time_ms;
    }
    if (time_ms < p->min_ms)
        p->min_ms = time_ms;
    if (time_ms > p->max_ms)
        p->max_ms = time_ms;
    *block = p->block;
    *slot = (uint32_t)at;
}

void batch_stretch(struct writer *w, enum record_kind kind, int64_t until_ms)
{
    struct packing *p = &w->batch.packing[kind];

    if (until_ms > p->max_ms)
        p->max_ms = until_ms;
}

void batch_drop(struct writer *w, uint32_t project, int64_t time_ms, enum outcome outcome,
                const char *category, const char *reason)
{
    batch_drop_some(w, project, 1, time_ms, outcome, category, reason);
}

void batch_drop_some(struct writer *w, uint32_t project, uint32_t quantity, int64_t time_ms,
                     enum outcome outcome, const char *category, const char *reason)
{
    struct batch *b = &w->batch;
    uint32_t i;

    for (i = 0; i < b->dropped_count; i++)
        if (b->dropped[i].project == project && b->dropped[i].outcome == outcome &&
            strcmp(b->dropped[i].category, category) == 0 &&
            strcmp(b->dropped[i].reason, reason) == 0)
            break;
    if (i == sizeof(b->dropped) / sizeof(*b->dropped))
        i--; /* more sorts than there is room for: told under the last one */
    if (i == b->dropped_count) {
        b->dropped_count++;
        b->dropped[i].project = project;
        b->dropped[i].quantity = 0;
        b->dropped[i].time_ms = time_ms;
        b->dropped[i].outcome = (uint8_t)outcome;
        b->dropped[i].category = category;
        b->dropped[i].reason = reason;
    }
    b->dropped[i].quantity += quantity;
}

/* The fate of what is not stored goes into a block of its own, so that the aggregates made of it can
 * be made again like all others. */
static void put_dropped(struct writer *w)
{
    struct batch *b = &w->batch;
    struct buf list;
    uint64_t block;
    uint32_t slot;

    arena_reset(&w->arena);
    buf_init(&list, &w->arena, 1024, 64 * KIB);
    for (uint32_t i = 0; i < b->dropped_count; i++) {
        struct record_outcome o = {.project = b->dropped[i].project,
                                   .quantity = b->dropped[i].quantity,
                                   .time_ms = b->dropped[i].time_ms,
                                   .outcome = b->dropped[i].outcome,
                                   .category = text_of(b->dropped[i].category),
                                   .reason = text_of(b->dropped[i].reason)};

        record_outcome_write(&list, &o);
        tally_outcome(w, &o);
    }
    batch_add(w, RECORD_OUTCOMES, buf_result(&list), b->dropped[0].time_ms, &block, &slot);
    b->dropped_count = 0;
}

void batch_close(struct writer *w)
{
    struct batch *b = &w->batch;

    if (b->dropped_count)
        put_dropped(w);
    spans_close(w);
    for (int k = 0; k < KINDS; k++)
        if (b->packing[k].block)
            finish(b, (enum record_kind)k);
}

/* ---- commit ---- */

static int put_attachment(struct segment *s, const struct record_attachment *r)
{
    struct segment_attachment a = {.project = r->project,
                                   .event_id = r->event_id,
                                   .name = r->name.at ? r->name.at : "",
                                   .name_len = r->name.len,
                                   .content_type = r->content_type.at ? r->content_type.at : "",
                                   .content_type_len = r->content_type.len,
                                   .type = r->type.at ? r->type.at : "",
                                   .type_len = r->type.len,
                                   .file = r->file.len ? r->file.at : NULL,
                                   .file_len = r->file.len,
                                   .size = r->size,
                                   .created_ms = r->received_ms,
                                   .data = r->data.at ? r->data.at : "",
                                   .data_len = r->data.len};

    return segment_put_attachment(s, &a);
}

static int put_rows(struct writer *w, uint32_t *attached)
{
    struct segment *s = w->active.segment;
    const struct batch *b = &w->batch;
    int rc = DB_OK;

    for (uint32_t i = 0; rc == DB_OK && i < b->block_count; i++)
        rc = segment_put_block(s, &b->blocks[i]);
    for (uint32_t i = 0; rc == DB_OK && i < b->event_count; i++)
        rc = segment_put_event(s, &b->events[i]);
    for (uint32_t i = 0; rc >= DB_OK && i < b->attachment_count; i++)
        if ((rc = put_attachment(s, &b->attachments[i])) > 0)
            ++*attached;
    if (rc >= DB_OK)
        rc = spans_put(w);
    for (uint32_t slot = 0; rc >= DB_OK && slot < WORLD_SLOTS; slot++)
        if (w->slots[slot].touched)
            rc = applied_set(segment_db(s), slot, ring_incarnation(w->world->ring[slot]),
                             w->slots[slot].cursor);
    return rc < 0 ? rc : DB_OK;
}

/* A request that comes again, for its answer was lost, brings files of its own: those of the first are kept. */
static void drop_files(struct writer *w)
{
    const struct batch *b = &w->batch;

    for (uint32_t i = 0; i < b->attachment_count; i++) {
        const struct record_attachment *r = &b->attachments[i];

        if (r->file.len &&
            !segment_has_file(w->active.segment, r->event_id, r->file.at, r->file.len))
            files_remove_attachment(w->world, r->file.at, r->file.len);
    }
}

static void publish(struct writer *w, uint32_t attached, int64_t began_us)
{
    struct board *board = w->world->board;
    struct batch *b = &w->batch;
    uint64_t took = (uint64_t)(world_ticks_us() - began_us);

    w->active.rows += b->event_count;
    w->active.attachments += attached;
    spans_done(w);
    w->committed_records += b->records;
    writer_count(w, COUNTER_commits, 1);
    writer_count(w, COUNTER_commit_us, took);
    writer_count(w, COUNTER_commit_records, b->records);
    writer_count(w, COUNTER_events_stored, b->event_count);
    writer_count(w, COUNTER_attachments_stored, attached);
    atomic_store_explicit(&board->commit_last_us, took, memory_order_relaxed);
    if (took > atomic_load_explicit(&board->commit_max_us, memory_order_relaxed))
        atomic_store_explicit(&board->commit_max_us, took, memory_order_relaxed);
    if (w->next_seq > 1) /* release: whoever sees the number may look for its row */
        atomic_store_explicit(&board->committed_seq, w->next_seq - 1, memory_order_release);
    atomic_fetch_add_explicit(&board->committed_batch, 1, memory_order_release);
    tally_mark(w, w->active.id, w->active.next_block - 1, w->next_seq - 1, false);
}

int batch_commit(struct writer *w)
{
    struct db *d = segment_db(w->active.segment);
    struct batch *b = &w->batch;
    int64_t began_us = world_ticks_us(), sync_us;
    uint32_t attached = 0;
    int rc;

    if ((rc = db_begin(d)) != DB_OK)
        return rc;
    if ((rc = put_rows(w, &attached)) == DB_OK) {
        sync_us = world_ticks_us();
        rc = db_commit(d);
        atomic_store_explicit(&w->world->board->fsync_last_us,
                              (uint64_t)(world_ticks_us() - sync_us), memory_order_relaxed);
    }
    if (rc != DB_OK) {
        db_rollback(d);
        return rc;
    }
    publish(w, attached, began_us);
    drop_files(w);
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        if (!w->slots[slot].touched)
            continue;
        w->slots[slot].touched = false;
        ring_release(w->world->ring[slot], w->slots[slot].cursor);
        world_ring_worker(w->world, slot);
    }
    b->event_count = b->block_count = b->attachment_count = b->records = 0;
    b->len = b->raw = 0;
    return DB_OK;
}
