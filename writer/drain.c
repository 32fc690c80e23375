#include "writer/drain.h"

#include <string.h>

#include "schema/applied.h"
#include "shm/log.h"
#include "writer/active.h"
#include "writer/context.h"
#include "writer/decide.h"
#include "writer/pack.h"
#include "writer/spans.h"
#include "writer/tally.h"

#define TURN 64 /* records of one ring before the next has its turn */
#define FUTURE_MS (DAY_MS)

/* Where the database is with this ring; the two files that know are never both ahead, see
 * docs/architecture.md, "Commit order". False: unknown, told. */
static bool applied_position(struct writer *w, uint32_t slot, uint64_t *position)
{
    uint64_t incarnation = ring_incarnation(w->world->ring[slot]);
    uint64_t in_segment, in_catalogue;
    int rc;

    if ((rc = applied_get(segment_db(w->active.segment), slot, incarnation, &in_segment)) !=
        DB_OK) {
        writer_complain(segment_db(w->active.segment), "ring.position", rc);
        return false;
    }
    if ((rc = applied_get(w->catalogue, slot, incarnation, &in_catalogue)) != DB_OK) {
        writer_complain(w->catalogue, "ring.position", rc);
        return false;
    }
    *position = in_segment > in_catalogue ? in_segment : in_catalogue;
    return true;
}

bool drain_find_rings(struct writer *w)
{
    bool found = false;

    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        struct slot *s = &w->slots[slot];
        int rc;

        if (s->open)
            continue;
        if (!w->world->ring[slot]) {
            if (!world_slot_exists(w->world, slot))
                continue;
            if ((rc = world_slot(w->world, slot)) != 0) {
                log_error("ring.open", "slot=%u error=\"%s\"", slot, strerror(-rc));
                continue;
            }
        }
        /* From a wrong position records would be taken twice: it stays shut, and is tried again. */
        if (applied_position(w, slot, &s->cursor))
            s->open = found = true;
    }
    return found;
}

bool drain_pending(const struct writer *w)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (w->slots[slot].open && ring_tail(w->world->ring[slot]) != w->slots[slot].cursor)
            return true;
    return false;
}

/* ---- one record ---- */

enum taken { TAKEN, TAKEN_NOT_FLUSH, TAKEN_NOT_STALL };

/* Times that make no sense would make hours and days of their own. */
static void mend_times(struct record_event *r)
{
    if (r->received_ms <= 0)
        r->received_ms = world_now_ms();
    if (r->timestamp_ms <= 0 || r->timestamp_ms > r->received_ms + FUTURE_MS)
        r->timestamp_ms = r->received_ms;
}

static void drop_event(struct writer *w, const struct record_event *r, enum decision why)
{
    const char *category = tally_category(r->type);

    switch (why) {
    case DECIDE_DUPLICATE:
        batch_drop(w, r->project, r->received_ms, OUTCOME_DUPLICATE, category, "duplicate");
        writer_count(w, COUNTER_events_duplicate, 1);
        break;
    case DECIDE_DISCARDED:
        batch_drop(w, r->project, r->received_ms, OUTCOME_FILTERED, category, "discarded-hash");
        break;
    case DECIDE_TOO_MANY:
        log_error("issues.full", "limit=%u: new errors are refused", ISSUES_MAX);
        batch_drop(w, r->project, r->received_ms, OUTCOME_ABUSE, category, "too_many_issues");
        break;
    default:
        batch_drop(w, r->project, r->received_ms, OUTCOME_INVALID, category, "project_id");
        break;
    }
}

static enum taken take_event(struct writer *w, struct text body)
{
    struct batch *b = &w->batch;
    struct segment_event *row = &b->events[b->event_count];
    struct record_event r;
    enum decision decision;
    uint32_t issue;

    if (!record_event_read(body, &w->arena, &r) || !r.hash_count) {
        log_error("record.unreadable", "kind=event bytes=%zu", body.len);
        return TAKEN;
    }
    mend_times(&r);
    if (!tally_room(w->tally, body.len - r.payload.len, r.tag_count))
        return TAKEN_NOT_FLUSH;
    decision = decide_issue(w, &r, &issue);
    if (decision == DECIDE_STALL)
        return TAKEN_NOT_STALL;
    if (decision != DECIDE_STORE) {
        drop_event(w, &r, decision);
        return TAKEN;
    }
    *row = (struct segment_event){.seq = w->next_seq,
                                  .project = r.project,
                                  .issue = issue,
                                  .hash = segment_hash(r.hashes[0]),
                                  .prev_seq = decide_prev_seq(w, issue),
                                  .timestamp_ms = r.timestamp_ms};
    memcpy(row->id, r.id, sizeof(row->id));
    memcpy(row->trace, r.trace_id, sizeof(row->trace));
    for (size_t i = 0; i < sizeof(row->trace); i++)
        row->has_trace |= row->trace[i] != 0;
    if (!decide_apply(w, &r, row->seq, issue))
        return TAKEN_NOT_STALL;
    batch_add(w, RECORD_EVENT, body, r.timestamp_ms, &row->block, &row->slot);
    recent_add(w->world->recent, r.project, r.id, row->seq);
    w->next_seq++;
    b->event_count++;
    return TAKEN;
}

static enum taken take_attachment(struct writer *w, struct text body)
{
    struct batch *b = &w->batch;
    struct record_attachment *r = &b->attachments[b->attachment_count];
    struct record_outcome accepted = {
        .quantity = 1, .outcome = OUTCOME_ACCEPTED, .category = TEXT("attachment")};
    struct buf list;
    uint64_t block;
    uint32_t slot;

    if (!tally_room(w->tally, 0, 0))
        return TAKEN_NOT_FLUSH;
    if (!record_attachment_read(body, r)) {
        log_error("record.unreadable", "kind=attachment bytes=%zu", body.len);
        return TAKEN;
    }
    b->attachment_count++;
    accepted.project = r->project;
    accepted.time_ms = r->received_ms;
    /* an outcome record beside the row, so that the count can be made again from the blocks */
    buf_init(&list, &w->arena, 128, 1024);
    record_outcome_write(&list, &accepted);
    batch_add(w, RECORD_OUTCOMES, buf_result(&list), r->received_ms, &block, &slot);
    tally_outcome(w, &accepted);
    return TAKEN;
}

static enum taken take_feedback(struct writer *w, struct text body)
{
    struct record_feedback r;
    uint64_t block;
    uint32_t slot;

    if (!tally_room(w->tally, body.len, 0))
        return TAKEN_NOT_FLUSH;
    if (!record_feedback_read(body, &r)) {
        log_error("record.unreadable", "kind=feedback bytes=%zu", body.len);
        return TAKEN;
    }
    batch_add(w, RECORD_FEEDBACK, body, r.received_ms, &block, &slot);
    tally_feedback(w, &r);
    writer_count(w, COUNTER_feedback_stored, 1);
    return TAKEN;
}

static enum taken take_outcomes(struct writer *w, struct text body)
{
    struct text rest = body;
    struct record_outcome o;
    uint64_t block;
    uint32_t slot;
    int64_t time_ms = 0;

    /* each of them is at least 20 bytes and makes at most one row: as many "tags" are asked for */
    if (!tally_room(w->tally, body.len, (uint32_t)(body.len / 40 + 1)))
        return TAKEN_NOT_FLUSH;
    while (record_outcome_next(&rest, &o)) {
        tally_outcome(w, &o);
        time_ms = o.time_ms;
    }
    batch_add(w, RECORD_OUTCOMES, body, time_ms, &block, &slot);
    return TAKEN;
}

static enum taken take_spans(struct writer *w, uint16_t kind, struct text body)
{
    static const enum taken answers[] = {[SPANS_TAKEN] = TAKEN,
                                         [SPANS_NOT_FLUSH] = TAKEN_NOT_FLUSH,
                                         [SPANS_NOT_STALL] = TAKEN_NOT_STALL};

    return answers[spans_take(w, (enum record_kind)kind, body)];
}

/* Kinds that need no rows of their own: the block keeps them. */
static enum taken take_plain(struct writer *w, uint16_t kind, struct text body)
{
    uint64_t block;
    uint32_t slot;

    batch_add(w, (enum record_kind)kind, body, world_now_ms(), &block, &slot);
    return TAKEN;
}

static enum taken take(struct writer *w, const struct ring_record *rec)
{
    struct text body = {rec->body, rec->len};

    arena_reset(&w->arena);
    switch (rec->kind) {
    case RECORD_EVENT:
        return take_event(w, body);
    case RECORD_ATTACHMENT:
        return take_attachment(w, body);
    case RECORD_FEEDBACK:
        return take_feedback(w, body);
    case RECORD_OUTCOMES:
        return take_outcomes(w, body);
    case RECORD_SPANS:
    case RECORD_LOGS:
        return take_spans(w, rec->kind, body);
    case RECORD_PROFILE:
        return take_plain(w, rec->kind, body);
    default:
        log_error("record.unknown", "kind=%u bytes=%zu", rec->kind, rec->len);
        return TAKEN;
    }
}

/* ---- one ring, all rings ---- */

/* The last writer was killed after it had committed and before it said so: people wait for that. A batch
 * with nothing but the position makes sure that it is on the disk, and says it. */
static bool owes_release(const struct writer *w, uint32_t slot)
{
    const struct slot *s = &w->slots[slot];

    return !s->touched && ring_released(w->world->ring[slot]) < s->cursor;
}

static enum drained drain_one(struct writer *w, uint32_t slot)
{
    struct slot *s = &w->slots[slot];
    struct batch *b = &w->batch;

    for (int n = 0; n < TURN; n++) {
        uint64_t before = s->cursor;
        struct ring_record rec;
        enum ring_rc rc = ring_next(w->world->ring[slot], &s->cursor, &rec);
        enum taken taken;

        if (rc == RING_EMPTY && !owes_release(w, slot))
            return n ? DRAIN_BATCH : DRAIN_EMPTY;
        if (rc == RING_TORN)
            writer_count(w, COUNTER_ring_torn, rec.skipped);
        if (rc == RING_EMPTY ||
            rc == RING_TORN) { /* nothing to take, but the position is to be put down */
            s->touched = true;
            b->records++;
            continue;
        }
        if (rec.kind == RECORD_COMMAND || !batch_room(b, rec.len) ||
            (rec.kind == RECORD_EVENT && !active_has_room(w))) {
            s->command = rec.kind == RECORD_COMMAND;
            s->cursor = before;
            return s->command ? DRAIN_COMMAND : DRAIN_BATCH;
        }
        taken = take(w, &rec);
        if (taken != TAKEN) {
            s->cursor = before;
            return taken == TAKEN_NOT_FLUSH ? DRAIN_FLUSH : DRAIN_STALL;
        }
        s->touched = true;
        s->idle_seconds = 0;
        b->records++;
        b->raw += rec.len;
    }
    return DRAIN_BATCH;
}

enum drained drain_rings(struct writer *w)
{
    enum drained all = DRAIN_EMPTY;
    bool more = true;

    while (more && batch_room(&w->batch, 0)) {
        more = false;
        for (uint32_t i = 0; i < WORLD_SLOTS; i++) {
            uint32_t slot = (w->turn + i) % WORLD_SLOTS;
            uint32_t before = w->batch.records;
            enum drained one;

            if (!w->slots[slot].open || w->slots[slot].command)
                continue;
            one = drain_one(w, slot);
            if (one == DRAIN_FLUSH || one == DRAIN_STALL)
                return one;
            if (one > all)
                all = one;
            more |= w->batch.records - before == TURN;
        }
    }
    w->turn = (w->turn + 1) % WORLD_SLOTS;
    return all;
}
