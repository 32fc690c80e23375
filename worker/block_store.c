/* block_store.c -- which blocks, and what is in them. */
#include "worker/block_store.h"

#include <stdlib.h>
#include <string.h>

#include "model/marks.h"
#include "schema/segment.h"
#include "shm/log.h"
#include "worker/block_cache.h"
#include "worker/stored.h"
#include "worker/trail.h"

bool block_load(struct api_call *c, const struct block_ref *r, struct block_view *records)
{
    struct block_cache *cache = query_blocks(c->q);
    struct arena *scratch = query_scratch(c->q);
    struct text block = TEXT_NONE;
    struct db_stmt *s;
    bool whole;

    arena_reset(scratch);
    if (block_cache_find(cache, r->segment, r->block, records))
        return true;
    if (!(s = stored_query(c, r->segment, "api_stored_block")))
        return false;
    db_int(s, "id", r->block);
    if (stored_row(r->segment, s))
        block.at = db_col_blob(s, 0, &block.len);
    whole = block.at && (block_cache_read(cache, r->segment, r->block, block, records) ||
                         block_read(block, scratch, records));
    db_reset(s);
    if (!whole)
        log_warn("stored.block", "file=%s block=%lld", r->segment->file, (long long)r->block);
    return whole;
}

/* ---- one after the other ---- */

/* The place of a segment in the list; count: it is gone. */
static uint32_t segment_place(struct query_segment *list, uint32_t count, int64_t id)
{
    uint32_t i = 0;

    while (i < count && list[i].id != id)
        i++;
    return i;
}

bool block_older(struct api_call *c, struct block_at a, struct block_at b)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    if (a.segment == b.segment)
        return a.block < b.block;
    return segment_place(list, count, a.segment) > segment_place(list, count, b.segment);
}

struct block_at block_renewed(struct api_call *c, struct block_at at, bool first)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list), i = segment_place(list, count, at.segment);
    struct db_stmt *s;

    if (!at.segment || i == count || !list[i].indexed ||
        !(s = stored_query(c, &list[i], "api_block_ends")))
        return at;
    if (stored_row(&list[i], s) && at.block < db_col_int(s, 0) - SEGMENT_RENUMBERED + 2)
        at.block = db_col_int(s, first ? 0 : 1);
    db_reset(s);
    return at;
}

void block_walk_begin(struct block_walk *w, struct api_call *c, const struct block_wish *wish)
{
    *w = (struct block_walk){.call = c,
                             .wish = *wish,
                             .marks = BLOCK_MARKS_MAX,
                             .blocks = BLOCK_READS_MAX,
                             .bytes = UINT64_MAX};
    w->wish.from = w->here = block_renewed(c, wish->from, wish->ascending);
    w->wish.stop = block_renewed(c, wish->stop, wish->ascending);
    if (!w->wish.to_ms)
        w->wish.to_ms = INT64_MAX;
}

/* Where a walk begins: in the segment it is to go on in, or at its end of the list. A segment that has
 * left was the oldest: downwards nothing is left, upwards everything. */
static void begin(struct block_walk *w, struct query_segment *list, uint32_t count)
{
    const struct block_at *from = &w->wish.from;

    w->begun = true;
    w->at = w->wish.ascending && count ? count - 1 : 0;
    if (!from->segment)
        return;
    w->at = segment_place(list, count, from->segment);
    if (w->at == count && w->wish.ascending && count)
        w->at = count - 1;
}

/* Nothing in it, and in those before it, is of that time. */
static bool too_old(const struct block_walk *w, const struct query_segment *g)
{
    return g->ended_ms != INT64_MAX && g->ended_ms + BLOCK_SKEW_MS < w->wish.from_ms;
}

static bool has_words(const struct block_walk *w, struct text words)
{
    for (uint32_t i = 0; i < w->wish.need_count; i++) {
        const struct query_need *need = &w->wish.needs[i];
        bool any = need->count == 0;

        for (uint32_t k = 0; !any && k < need->count; k++)
            any = marks_has_word(words, need->words[k]);
        if (!any)
            return false;
    }
    return true;
}

static bool fits(const struct block_walk *w, struct db_stmt *s)
{
    struct text words;

    if (db_col_int(s, 1) != w->wish.kind || db_col_int(s, 2) >= w->wish.to_ms ||
        db_col_int(s, 3) < w->wish.from_ms)
        return false;
    if (!w->wish.need_count)
        return true;
    words.at = db_col_blob(s, 4, &words.len);
    return has_words(w, words);
}

static bool past_stop(const struct block_walk *w, const struct query_segment *g, int64_t block)
{
    const struct block_at *stop = &w->wish.stop;

    if (stop->segment != g->id)
        return false;
    return w->wish.ascending ? block >= stop->block : block <= stop->block;
}

enum look { LOOK_FOUND, LOOK_END, LOOK_STOP };

static bool in_time(const struct block_walk *w, struct query_segment *g, int64_t block)
{
    struct db_stmt *s = stored_query(w->call, g, "api_mark_times");
    bool fits;

    if (!s)
        return false;
    db_int(s, "block", block);
    fits =
        stored_row(g, s) && db_col_int(s, 0) < w->wish.to_ms && db_col_int(s, 1) >= w->wish.from_ms;
    db_reset(s);
    return fits;
}

/* The same, by the sieve: marks are read only of blocks that it lets through. */
static enum look look_sieved(struct block_walk *w, struct query_segment *g, int64_t *block)
{
    const struct block_sieve *v = &w->sieve;
    int64_t step = w->wish.ascending ? 1 : -1, end = v->first + v->count;
    int64_t at = w->here.segment == g->id ? w->here.block : step > 0 ? -1 : end;

    if (step > 0 && at < v->first)
        at = v->first - 1;
    if (step < 0 && at > end)
        at = end;
    for (at += step; at >= v->first && at < end; at += step) {
        if (past_stop(w, g, at))
            return LOOK_STOP;
        if (!v->fits[at - v->first])
            continue;
        if (w->marks == 0) {
            w->spent = true;
            w->here = (struct block_at){g->id, at};
            return LOOK_STOP;
        }
        w->marks--;
        if (in_time(w, g, at)) {
            *block = at;
            return LOOK_FOUND;
        }
    }
    return LOOK_END;
}

static bool is_sieved(struct block_walk *w, struct query_segment *g)
{
    if (!w->wish.need_count)
        return false;
    if (w->sieve.segment != g->id)
        block_sieve_read(w->call, g, w->wish.kind, w->wish.needs, w->wish.need_count, &w->sieve);
    return w->sieve.there;
}

/* The next block of this segment that fits. */
static enum look look(struct block_walk *w, struct query_segment *g, int64_t *block)
{
    bool up = w->wish.ascending, goes_on = w->here.segment == g->id;
    enum look found = LOOK_END;
    struct db_stmt *s;

    if (is_sieved(w, g))
        return look_sieved(w, g, block);
    if (!(s = stored_query(w->call, g, up ? "api_marks_up" : "api_marks_down")))
        return LOOK_END;
    db_int(s, up ? "after" : "before", goes_on ? w->here.block : up ? -1 : INT64_MAX);
    db_int(s, "words", w->wish.need_count > 0);
    while (found == LOOK_END && stored_row(g, s)) {
        *block = db_col_int(s, 0);
        if (past_stop(w, g, *block)) {
            found = LOOK_STOP;
        } else if (w->marks == 0) {
            w->spent = true;
            w->here = (struct block_at){g->id, *block};
            found = LOOK_STOP;
        } else {
            w->marks--;
            if (fits(w, s))
                found = LOOK_FOUND;
        }
    }
    db_reset(s);
    return found;
}

/* `here` names the block looked at last; a walk that is to begin with a block has to step over it. */
static void step_beside(struct block_walk *w)
{
    if (w->here.segment)
        w->here.block += w->wish.ascending ? -1 : 1;
}

static bool leaves(struct block_walk *w, uint32_t count, const struct query_segment *g)
{
    if (w->wish.stop.segment == g->id)
        return true;
    if (w->wish.ascending)
        return w->at-- == 0;
    return ++w->at == count;
}

bool block_walk_next(struct block_walk *w, struct block_ref *out, struct block_view *records)
{
    struct query_segment *list;
    uint32_t count = query_segments(w->call->q, &list);

    if (w->spent || w->call->refused)
        return false;
    if (!w->begun) {
        begin(w, list, count);
        step_beside(w);
    }
    while (w->at < count) {
        struct query_segment *g = &list[w->at];
        int64_t block = 0;
        enum look found = LOOK_END;

        if (!too_old(w, g))
            found = look(w, g, &block);
        else if (!w->wish.ascending)
            found = LOOK_STOP;
        if (found == LOOK_STOP)
            w->at = count;
        if (found == LOOK_END && leaves(w, count, g))
            w->at = count;
        if (found != LOOK_FOUND)
            continue;
        w->here = (struct block_at){g->id, block};
        if (w->blocks == 0 || w->bytes == 0) {
            w->spent = true;
            return false;
        }
        w->blocks--;
        *out = (struct block_ref){g, block, w->wish.kind};
        if (!block_load(w->call, out, records))
            continue;
        for (uint32_t i = 0; i < records->count && w->bytes != UINT64_MAX; i++)
            w->bytes -= records->records[i].len < w->bytes ? records->records[i].len : w->bytes;
        return true;
    }
    return false;
}

/* ---- those of a trace ---- */

struct finding {
    struct api_call *c;
    uint32_t kind, count, room;
    struct block_ref *refs;
    const struct block_sought *sought;
    const uint32_t *hashes;
    uint32_t hash_count;
};

/* False: enough. */
static bool found(struct finding *f, struct query_segment *g, int64_t block, uint32_t kind)
{
    if (kind != f->kind)
        return true;
    if (f->count == f->room) {
        struct block_ref *more = f->room < BLOCK_PLACES_MAX
                                     ? arena_alloc(f->c->arena, 4 * f->room * sizeof *more)
                                     : NULL;

        if (!more)
            return false;
        memcpy(more, f->refs, f->count * sizeof *more);
        f->refs = more;
        f->room *= 4;
    }
    f->refs[f->count++] = (struct block_ref){g, block, kind};
    return true;
}

static void find_by_index(struct finding *f, struct query_segment *g)
{
    struct db_stmt *s = stored_query(f->c, g, "api_trace_blocks");

    for (uint32_t i = 0; s && i < f->hash_count; i++) {
        if (g->ended_ms < f->sought[i].since_ms)
            continue;
        db_reset(s);
        db_int(s, "hash", f->hashes[i]);
        while (stored_row(g, s) && found(f, g, db_col_int(s, 0), (uint32_t)db_col_int(s, 1)))
            ;
    }
    if (s)
        db_reset(s);
}

static bool speaks_of(const struct finding *f, struct text traces)
{
    for (uint32_t i = 0; i < f->hash_count; i++)
        if (marks_has_trace(traces, f->hashes[i]))
            return true;
    return false;
}

/* Marks behind `after`, one by one. */
static void find_by_marks(struct finding *f, struct query_segment *g, int64_t after)
{
    struct db_stmt *s = stored_query(f->c, g, "api_marks_traces");

    if (!s)
        return;
    db_int(s, "after", after);
    while (stored_row(g, s)) {
        struct text traces;

        if (db_col_int(s, 1) != f->kind)
            continue;
        traces.at = db_col_blob(s, 2, &traces.len);
        if (speaks_of(f, traces) && !found(f, g, db_col_int(s, 0), f->kind))
            break;
    }
    db_reset(s);
}

/* Note the marks that came since the last time. Those of a block are noted all or not at all, but for
 * memory running out in the middle: then the block is found both ways, which does no harm. */
static void trail_on(struct api_call *c, struct query_segment *g, struct trail *t)
{
    struct db_stmt *s = stored_query(c, g, "api_marks_traces");
    bool room = true;

    if (!s)
        return;
    db_int(s, "after", t->block);
    while (room && stored_row(g, s)) {
        struct trail_table *table = db_col_int(s, 1) == RECORD_LOGS ? &t->logs : &t->spans;
        int64_t block = db_col_int(s, 0);
        size_t len;
        const char *traces = db_col_blob(s, 2, &len);

        for (size_t i = 0; room && i + 4 <= len; i += 4) {
            uint32_t hash;

            memcpy(&hash, traces + i, 4);
            room = trail_add(table, hash, (uint32_t)block);
        }
        if (room)
            t->block = block;
    }
    db_reset(s);
}

static void find_by_trail(struct finding *f, struct query_segment *g)
{
    struct trail *t = query_trail(f->c->q);
    const struct trail_table *table = f->kind == RECORD_LOGS ? &t->logs : &t->spans;

    if (t->segment != g->id)
        trail_begin(t, g->id, g->first_seq);
    trail_on(f->c, g, t);
    for (uint32_t i = 0; i < f->hash_count; i++) {
        uint32_t at = 0, block;

        while ((block = trail_next(table, f->hashes[i], &at)))
            if (!found(f, g, block, f->kind))
                return;
    }
    find_by_marks(f, g, t->block); /* when it is full */
}

/* Newer segments stand first in the query thread's list. */
static int by_place(const void *a, const void *b)
{
    const struct block_ref *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment > y->segment ? -1 : 1;
    return x->block < y->block ? -1 : x->block > y->block;
}

static uint32_t each_once(struct block_ref *refs, uint32_t count)
{
    uint32_t kept = 0;

    if (count)
        qsort(refs, count, sizeof *refs, by_place);
    for (uint32_t i = 0; i < count; i++)
        if (!kept || by_place(&refs[i], &refs[kept - 1]) != 0)
            refs[kept++] = refs[i];
    return kept;
}

struct block_ref *block_of_traces(struct api_call *c, uint32_t kind,
                                  const struct block_sought *sought, uint32_t sought_count,
                                  uint32_t *count)
{
    struct finding f = {.c = c,
                        .kind = kind,
                        .room = BLOCK_PLACES_MAX / 256,
                        .sought = sought,
                        .hash_count = sought_count};
    uint32_t *hashes = arena_alloc(c->arena, sought_count * sizeof *hashes), segments;
    int64_t since_ms = INT64_MAX;
    struct query_segment *list;

    *count = 0;
    f.refs = arena_alloc(c->arena, f.room * sizeof *f.refs);
    if (!hashes || !f.refs)
        return NULL;
    for (uint32_t i = 0; i < sought_count; i++) {
        hashes[i] = marks_trace(sought[i].id);
        since_ms = sought[i].since_ms < since_ms ? sought[i].since_ms : since_ms;
    }
    f.hashes = hashes;
    segments = query_segments(c->q, &list);
    for (uint32_t i = 0; i < segments && f.count < BLOCK_PLACES_MAX; i++) {
        if (list[i].ended_ms < since_ms)
            continue;
        if (list[i].indexed)
            find_by_index(&f, &list[i]);
        else if (i == 0)
            find_by_trail(&f, &list[i]);
        else
            find_by_marks(&f, &list[i], 0);
    }
    *count = each_once(f.refs, f.count);
    return f.refs;
}
