#include "writer/spans.h"

#include <stdlib.h>
#include <string.h>

#include "shm/log.h"
#include "writer/pack.h"
#include "writer/span_rows.h"
#include "writer/span_tally.h"
#include "writer/tally.h"

#define SEEN_SLOTS (2 * SPANS_SEEN)
#define FUTURE_MS DAY_MS

struct marking { /* the block in the making */
    struct marks marks;
    uint64_t block; /* 0: none */
    int64_t min_ms, max_ms;
};

struct spans {
    struct segment_entry *entries;
    uint32_t entry_count, entry_room;
    struct operation **operations; /* that got their number with this batch */
    uint32_t operation_count, operation_room;
    struct segment_mark *marks;
    uint32_t mark_count, mark_room;
    char *bytes; /* what the marks point to, as offsets until the commit */
    size_t len, room;
    struct marking open[2]; /* of spans, of log records */
    uint32_t spans, logs;   /* in the batch */

    uint32_t epoch, next_number; /* of the active segment's operations */

    uint8_t (*seen)[16];  /* ring of SPANS_SEEN */
    uint32_t *seen_slots; /* place + 1, by digest */
    uint32_t seen_at, seen_count;
};

struct spans *spans_new(void)
{
    struct spans *s = calloc(1, sizeof *s);

    if (s)
        s->epoch = 1;
    return s;
}

void spans_free(struct spans *s)
{
    if (!s)
        return;
    marks_free(&s->open[0].marks);
    marks_free(&s->open[1].marks);
    free(s->entries);
    free(s->operations);
    free(s->marks);
    free(s->bytes);
    free(s->seen);
    free(s->seen_slots);
    free(s);
}

static struct marking *marking_of(struct spans *s, enum record_kind kind)
{
    return &s->open[kind == RECORD_LOGS];
}

static void *grown(void *at, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room ? *room * 2 : 256;
    void *out;

    if (count < *room)
        return at;
    if ((out = realloc(at, more * size)))
        *room = more;
    return out;
}

/* ---- seen before? ---- */

static void digest_of(uint32_t kind, struct text body, uint8_t out[16])
{
    if (kind == RECORD_SPANS)
        span_bundle_digest(body, out);
    else
        log_bundle_digest(body, out);
}

static uint32_t seen_slot(const struct spans *s, const uint8_t digest[16])
{
    uint32_t at;

    memcpy(&at, digest, sizeof at);
    for (at &= SEEN_SLOTS - 1; s->seen_slots[at]; at = (at + 1) & (SEEN_SLOTS - 1))
        if (memcmp(s->seen[s->seen_slots[at] - 1], digest, 16) == 0)
            break;
    return at;
}

/* Take an entry out of the open addressing: what stands behind it may have been pushed there. */
static void seen_remove(struct spans *s, const uint8_t digest[16])
{
    uint32_t at = seen_slot(s, digest), next = at;

    if (!s->seen_slots[at])
        return;
    for (;;) {
        uint32_t home;

        next = (next + 1) & (SEEN_SLOTS - 1);
        if (!s->seen_slots[next])
            break;
        memcpy(&home, s->seen[s->seen_slots[next] - 1], sizeof home);
        home &= SEEN_SLOTS - 1;
        if (((next - home) & (SEEN_SLOTS - 1)) < ((next - at) & (SEEN_SLOTS - 1)))
            continue; /* it stands where it belongs */
        s->seen_slots[at] = s->seen_slots[next];
        at = next;
    }
    s->seen_slots[at] = 0;
}

static bool seen_has(struct spans *s, const uint8_t digest[16])
{
    return s->seen && s->seen_slots[seen_slot(s, digest)];
}

static void seen_add(struct spans *s, const uint8_t digest[16])
{
    if (!s->seen) {
        s->seen = calloc(SPANS_SEEN, sizeof *s->seen);
        s->seen_slots = calloc(SEEN_SLOTS, sizeof *s->seen_slots);
        if (!s->seen || !s->seen_slots) {
            free(s->seen);
            free(s->seen_slots);
            s->seen = NULL;
            s->seen_slots = NULL;
            return;
        }
    }
    if (s->seen_count == SPANS_SEEN)
        seen_remove(s, s->seen[s->seen_at]);
    else
        s->seen_count++;
    memcpy(s->seen[s->seen_at], digest, 16);
    s->seen_slots[seen_slot(s, digest)] = s->seen_at + 1;
    s->seen_at = (s->seen_at + 1) % SPANS_SEEN;
}

/* ---- one record ---- */

struct taking {
    struct writer *w;
    struct span_count count;
    struct log_count logs;
};

static bool on_bundle(void *own, const struct span_bundle *b)
{
    struct taking *t = own;

    return span_count_begin(&t->count, t->w->span_tally, b, &t->w->arena);
}

static uint32_t on_operation(void *own, const struct span_bundle *b, const struct span_brief *brief)
{
    struct taking *t = own;
    struct spans *s = t->w->spans;
    struct operation *o = span_count_operation(&t->count, brief), **more;

    if (!o)
        return 0;
    if (o->epoch == s->epoch)
        return o->number;
    if (!(more = grown(s->operations, s->operation_count, &s->operation_room, sizeof *more)))
        return 0;
    s->operations = more;
    more[s->operation_count++] = o;
    o->epoch = s->epoch;
    return o->number = s->next_number++;
}

static bool on_entry(void *own, const struct segment_entry *e)
{
    struct spans *s = ((struct taking *)own)->w->spans;
    struct segment_entry *more = grown(s->entries, s->entry_count, &s->entry_room, sizeof *more);

    if (!more)
        return false;
    s->entries = more;
    more[s->entry_count++] = *e;
    return true;
}

static void on_span(void *own, const uint8_t trace_id[16], const struct span_brief *brief)
{
    span_count_span(&((struct taking *)own)->count, trace_id, brief);
}

static bool on_logs(void *own, const struct log_bundle *b)
{
    struct taking *t = own;

    return log_count_begin(&t->logs, t->w->span_tally, b, &t->w->arena);
}

static void on_record(void *own, const struct logrec *l)
{
    log_count_record(&((struct taking *)own)->logs, l);
}

static bool make_rows(struct writer *w, enum record_kind kind, struct text body, bool counting)
{
    struct taking t = {.w = w};
    struct marks none = {0}, *marks = counting ? &none : &marking_of(w->spans, kind)->marks;
    struct span_rows_sink spans = {.own = &t,
                                   .marks = marks,
                                   .bundle = on_bundle,
                                   .operation = on_operation,
                                   .entry = on_entry,
                                   .span = on_span};
    struct log_rows_sink logs = {.own = &t, .marks = marks, .bundle = on_logs, .record = on_record};
    bool good =
        kind == RECORD_LOGS ? log_rows(body, &w->arena, &logs) : span_rows(body, &w->arena, &spans);

    marks_free(&none);
    return good;
}

/* Room for all that the record may add to the aggregates. */
static bool has_room(const struct writer *w, enum record_kind kind, uint32_t items)
{
    return tally_room(w->tally, 256, 4) &&
           (kind == RECORD_LOGS ? log_cells_room(&w->span_tally->filling->logs, items)
                                : span_tally_room(w->span_tally, items));
}

/* A block ends: what was noted of it becomes a row. */
static void end_block(struct spans *s, enum record_kind kind)
{
    struct marking *m = marking_of(s, kind);
    struct text traces, words;
    struct segment_mark *more;

    if (!m->block)
        return;
    traces = marks_traces(&m->marks);
    words = marks_words(&m->marks);
    if (m->marks.failed) /* a block without a filter is looked into: slower, not wrong */
        words = TEXT("");
    if (s->len + traces.len + words.len > s->room) {
        size_t room = (s->len + traces.len + words.len) * 2 + 4096;
        char *bytes = realloc(s->bytes, room);

        if (bytes) {
            s->bytes = bytes;
            s->room = room;
        }
    }
    more = grown(s->marks, s->mark_count, &s->mark_room, sizeof *more);
    if (more && s->len + traces.len + words.len <= s->room) {
        s->marks = more;
        more[s->mark_count++] = (struct segment_mark){.block = m->block,
                                                      .kind = kind,
                                                      .min_ms = m->min_ms,
                                                      .max_ms = m->max_ms,
                                                      .traces = (void *)s->len,
                                                      .traces_len = traces.len,
                                                      .words = (void *)(s->len + traces.len),
                                                      .words_len = words.len};
        memcpy(s->bytes + s->len, traces.at, traces.len);
        memcpy(s->bytes + s->len + traces.len, words.at, words.len);
        s->len += traces.len + words.len;
    } else {
        log_error("spans.memory", "block=%llu: its traces cannot be found",
                  (unsigned long long)m->block);
    }
    marks_clear(&m->marks);
    m->block = 0;
}

struct extent {
    uint32_t project, items;
    int64_t received_ms, first_ms, last_ms;
};

static bool extent_of(enum record_kind kind, struct text body, struct extent *out)
{
    struct span_head spans;
    struct log_head logs;

    if (kind == RECORD_SPANS) {
        if (!span_bundle_head(body, &spans))
            return false;
        *out = (struct extent){spans.project, spans.spans, spans.received_ms,
                               (int64_t)(spans.first_ns / 1000000),
                               (int64_t)(spans.last_ns / 1000000)};
    } else {
        if (!log_bundle_head(body, &logs))
            return false;
        *out =
            (struct extent){logs.project, logs.logs, logs.received_ms,
                            (int64_t)(logs.first_ns / 1000000), (int64_t)(logs.last_ns / 1000000)};
    }
    return true;
}

static void count_accepted(struct writer *w, enum record_kind kind, const struct extent *x)
{
    struct record_outcome o = {.project = x->project,
                               .quantity = x->items,
                               .time_ms = x->received_ms,
                               .outcome = OUTCOME_ACCEPTED,
                               .category = kind == RECORD_SPANS ? TEXT("span") : TEXT("log_item")};

    tally_outcome(w, &o);
}

static void drop(struct writer *w, enum record_kind kind, const struct extent *x,
                 enum outcome outcome, const char *reason)
{
    batch_drop_some(w, x->project, x->items, x->received_ms, outcome,
                    kind == RECORD_SPANS ? "span" : "log_item", reason);
}

/* The block of the marks in the making, and how far it reaches. */
static void mark_times(struct marking *m, uint64_t block, const struct extent *x)
{
    bool fresh = m->block != block;

    m->block = block;
    if (fresh || x->first_ms < m->min_ms)
        m->min_ms = x->first_ms;
    if (fresh || x->last_ms > m->max_ms)
        m->max_ms = x->last_ms;
}

enum spans_taken spans_take(struct writer *w, enum record_kind kind, struct text body)
{
    struct spans *s = w->spans;
    struct marking *m = marking_of(s, kind);
    const struct project *project;
    uint8_t digest[16];
    struct extent x;
    uint64_t block;
    uint32_t slot;

    if (!extent_of(kind, body, &x)) {
        log_error("record.unreadable", "kind=%u bytes=%zu", kind, body.len);
        return SPANS_TAKEN;
    }
    if (!has_room(w, kind, x.items))
        return SPANS_NOT_FLUSH;
    project = writer_project(w, x.project);
    if (!project || !project->active) {
        drop(w, kind, &x, OUTCOME_INVALID, "project_id");
        return SPANS_TAKEN;
    }
    digest_of(kind, body, digest);
    if (seen_has(s, digest)) {
        drop(w, kind, &x, OUTCOME_DUPLICATE, "duplicate");
        return SPANS_TAKEN;
    }
    if (x.last_ms > x.received_ms + FUTURE_MS)
        x.last_ms = x.received_ms;
    if (x.first_ms > x.last_ms)
        x.first_ms = x.last_ms;
    batch_add(w, kind, body, x.first_ms, &block, &slot);
    batch_stretch(w, kind, x.last_ms);
    if (block != m->block)
        end_block(s, kind);
    mark_times(m, block, &x);
    if (!make_rows(w, kind, body, false))
        log_error("record.unreadable", "kind=%u bytes=%zu block=%llu", kind, body.len,
                  (unsigned long long)block);
    count_accepted(w, kind, &x);
    seen_add(s, digest);
    *(kind == RECORD_SPANS ? &s->spans : &s->logs) += x.items;
    return SPANS_TAKEN;
}

bool spans_block_room(const struct writer *w, enum record_kind kind, const struct block_view *block)
{
    uint32_t items = 0;
    struct extent x;

    for (uint32_t i = 0; i < block->count; i++)
        if (extent_of(kind, block->records[i], &x))
            items += x.items;
    return has_room(w, kind, items);
}

bool spans_count(struct writer *w, enum record_kind kind, struct text body)
{
    uint32_t entries = w->spans->entry_count, operations = w->spans->operation_count;
    uint32_t number = w->spans->next_number;
    struct extent x;

    if (!extent_of(kind, body, &x) || !writer_project(w, x.project))
        return true;
    if (!has_room(w, kind, x.items))
        return false;
    make_rows(w, kind, body, true);
    /* Its rows are there: only the counting was wanted. */
    w->spans->entry_count = entries;
    for (uint32_t i = operations; i < w->spans->operation_count; i++)
        w->spans->operations[i]->epoch = 0;
    w->spans->operation_count = operations;
    w->spans->next_number = number;
    count_accepted(w, kind, &x);
    return true;
}

/* ---- with the batch ---- */

void spans_close(struct writer *w)
{
    end_block(w->spans, RECORD_SPANS);
    end_block(w->spans, RECORD_LOGS);
}

int spans_put(struct writer *w)
{
    struct spans *s = w->spans;
    struct segment *to = w->active.segment;
    int rc = DB_OK;

    for (uint32_t i = 0; rc == DB_OK && i < s->operation_count; i++) {
        const struct operation *o = s->operations[i];
        struct segment_operation row = {.id = o->number,
                                        .project = o->service->project,
                                        .service = o->service->name.at,
                                        .service_len = o->service->name.len,
                                        .name = o->name.at,
                                        .name_len = o->name.len,
                                        .kind = o->kind};

        rc = segment_put_operation(to, &row);
    }
    for (uint32_t i = 0; rc == DB_OK && i < s->entry_count; i++)
        rc = segment_put_entry(to, &s->entries[i]);
    for (uint32_t i = 0; rc == DB_OK && i < s->mark_count; i++) {
        struct segment_mark row = s->marks[i];

        row.traces = s->bytes + (size_t)row.traces;
        row.words = s->bytes + (size_t)row.words;
        rc = segment_put_mark(to, &row);
    }
    return rc;
}

void spans_done(struct writer *w)
{
    struct spans *s = w->spans;

    w->active.entries += s->entry_count;
    writer_count(w, COUNTER_spans_stored, s->spans);
    writer_count(w, COUNTER_logs_stored, s->logs);
    s->entry_count = s->operation_count = s->mark_count = s->spans = s->logs = 0;
    s->len = 0;
}

/* ---- segments ---- */

static bool known(void *own, const struct segment_operation *row)
{
    struct writer *w = own;
    struct spans *s = w->spans;
    struct service *service = services_find(w->span_tally->services, row->project,
                                            (struct text){row->service, row->service_len});
    struct operation *o;

    if (row->id >= s->next_number)
        s->next_number = row->id + 1;
    /* Entry or not is no part of the row: both forms of the operation may have that number. */
    for (int entry = 0; service && entry < 2; entry++)
        if ((o = services_operation(w->span_tally->services, service,
                                    (struct text){row->name, row->name_len}, row->kind, entry))) {
            o->epoch = s->epoch;
            o->number = row->id;
        }
    return true;
}

void spans_begin_segment(struct writer *w)
{
    w->spans->epoch++;
    w->spans->next_number = 1;
}

int spans_open_segment(struct writer *w)
{
    int rc = segment_entries(w->active.segment, &w->active.entries);

    return rc == DB_OK ? segment_operations(w->active.segment, known, w) : rc;
}

/* ---- at start ---- */

static void add_digests(struct spans *s, struct segment *from, const struct segment_block *b,
                        struct arena *a)
{
    struct block_view view;
    uint8_t digest[16];
    const void *data;
    size_t len;

    arena_reset(a);
    if (segment_block_data(from, b->id, &data, &len) != 1 ||
        !block_read((struct text){data, len}, a, &view))
        return;
    for (uint32_t i = 0; i < view.count; i++) {
        digest_of(b->kind, view.records[i], digest);
        if (!seen_has(s, digest))
            seen_add(s, digest);
    }
}

#define LOOK_BACK 256 /* blocks: a second's work at start */

void spans_recover(struct writer *w)
{
    uint64_t last = w->active.next_block - 1;
    struct segment_block b;
    struct arena a;
    int rc;

    arena_init(&a, 4 * RECORD_MAX);
    rc = segment_blocks(w->active.segment, last > LOOK_BACK ? last - LOOK_BACK : 0);
    while (rc == DB_OK && (rc = segment_next_block(w->active.segment, &b)) == 1) {
        rc = DB_OK;
        if (b.kind == RECORD_SPANS || b.kind == RECORD_LOGS)
            add_digests(w->spans, w->active.segment, &b, &a);
    }
    arena_free(&a);
}
