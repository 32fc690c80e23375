/* Batches of spans and of log records: what goes in comes out, damage is noticed, sizes hold. */
#include "proto/block.h"
#include "proto/record_log.h"
#include "t/lib/otlp_take.h"
#include "t/lib/span_make.h"
#include "t/lib/tap.h"

static struct arena arena;

static bool attr_same(const struct attr *a, const struct attr *b)
{
    return a->kind == b->kind && text_eq(a->key, b->key) && text_eq(a->text, b->text) &&
           (a->kind == ATTR_STRING || a->kind == ATTR_JSON || a->kind == ATTR_BYTES ||
            a->integer == b->integer);
}

static bool attrs_same(const struct attrs *a, const struct attrs *b)
{
    if (a->count != b->count || a->dropped != b->dropped)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!attr_same(&a->at[i], &b->at[i]))
            return false;
    return true;
}

static bool span_same(const struct span *a, const struct span *b)
{
    bool same =
        memcmp(a->trace_id, b->trace_id, 16) == 0 && memcmp(a->span_id, b->span_id, 8) == 0 &&
        memcmp(a->parent_id, b->parent_id, 8) == 0 && a->start_ns == b->start_ns &&
        a->end_ns == b->end_ns && text_eq(a->name, b->name) && text_eq(a->op, b->op) &&
        text_eq(a->status_message, b->status_message) && text_eq(a->trace_state, b->trace_state) &&
        a->kind == b->kind && a->code == b->code && a->status == b->status &&
        a->flags == b->flags && a->otel_flags == b->otel_flags && a->weight == b->weight &&
        text_eq(a->resource->service, b->resource->service) &&
        attrs_same(&a->resource->attrs, &b->resource->attrs) && !a->scope == !b->scope &&
        (!a->scope || text_eq(a->scope->name, b->scope->name)) &&
        attrs_same(&a->attrs, &b->attrs) && a->event_count == b->event_count &&
        a->link_count == b->link_count && a->dropped_events == b->dropped_events;

    for (uint32_t i = 0; same && i < a->event_count; i++)
        same = a->events[i].time_ns == b->events[i].time_ns &&
               text_eq(a->events[i].name, b->events[i].name) &&
               attrs_same(&a->events[i].attrs, &b->events[i].attrs);
    for (uint32_t i = 0; same && i < a->link_count; i++)
        same = memcmp(&a->links[i].trace_id, &b->links[i].trace_id, 24) == 0 &&
               a->links[i].otel_flags == b->links[i].otel_flags &&
               attrs_same(&a->links[i].attrs, &b->links[i].attrs);
    return same;
}

/* ---- made-up spans that use every field ---- */

static struct text word(struct span_maker *m)
{
    static const char *const words[] = {
        "", "a", "db", "http.server", "a longer text", "\xf0\x9f\x90\xa7"};
    uint64_t pick = maker_below(m, 8);

    return pick < 6 ? text_of(words[pick])
                    : arena_printf(&arena, "w%u", (unsigned)maker_below(m, 40));
}

static struct attrs random_attrs(struct span_maker *m, uint32_t most)
{
    struct attr_list l;
    uint32_t count = (uint32_t)maker_below(m, most + 1);

    attr_list_init(&l, &arena, count, 64);
    for (uint32_t i = 0; i < count; i++) {
        /* Each key once: the record keeps only the last of two. */
        struct attr *at =
            attr_add(&l, arena_printf(&arena, "k%u", i * 3 + (unsigned)maker_below(m, 3)));

        at->kind = (uint8_t)maker_below(m, 7);
        if (at->kind == ATTR_BOOL)
            at->integer = (int64_t)maker_below(m, 2);
        else if (at->kind == ATTR_INT)
            at->integer = (int64_t)maker_random(m) >> maker_below(m, 60);
        else if (at->kind == ATTR_DOUBLE)
            at->real = (double)maker_below(m, 1000) / 7;
        else if (at->kind != ATTR_EMPTY)
            at->text = at->kind == ATTR_JSON ? TEXT("[1,2]") : word(m);
    }
    l.attrs.dropped = maker_below(m, 9) ? 0 : (uint32_t)maker_below(m, 5);
    return l.attrs;
}

static void random_ids(struct span_maker *m, struct span *s, const struct span *before)
{
    uint64_t ids[3] = {maker_random(m), maker_random(m), maker_random(m)};

    memcpy(s->trace_id, ids, 16);
    memcpy(s->span_id, &ids[2], 8);
    if (before && maker_below(m, 4)) {
        memcpy(s->trace_id, before->trace_id, 16);
        memcpy(s->parent_id, maker_below(m, 3) ? before->span_id : (uint8_t *)&ids[1], 8);
    }
}

static void random_span(struct span_maker *m, struct span *s, const struct span *before,
                        struct resource *resources, struct scope *scopes)
{
    memset(s, 0, sizeof *s);
    random_ids(m, s, before);
    s->start_ns = 1760000000000000000ULL + maker_below(m, 1000000000);
    s->end_ns = s->start_ns + (maker_random(m) >> maker_below(m, 60)) / 4;
    if (s->end_ns > INT64_MAX)
        s->end_ns = s->start_ns;
    s->name = word(m);
    s->op = word(m);
    s->status_message = word(m);
    s->trace_state = word(m);
    s->kind = (uint8_t)maker_below(m, 6);
    s->code = (uint8_t)maker_below(m, 3);
    s->status = (uint8_t)maker_below(m, STATUSES);
    s->flags = (uint16_t)maker_below(m, 0x400);
    s->otel_flags = (uint32_t)maker_below(m, 0x400);
    s->weight = maker_below(m, 3) ? 1 : 4.5;
    s->resource = &resources[maker_below(m, 3)];
    s->scope = maker_below(m, 2) ? &scopes[maker_below(m, 3)] : NULL;
    s->attrs = random_attrs(m, 12);
    if (maker_below(m, 3) == 0) {
        s->event_count = 1 + (uint32_t)maker_below(m, 3);
        s->events = arena_zero(&arena, s->event_count, sizeof *s->events);
        for (uint32_t i = 0; i < s->event_count; i++)
            s->events[i] = (struct span_event){
                .time_ns = maker_random(m) >> 1, .name = word(m), .attrs = random_attrs(m, 3)};
        s->dropped_events = (uint32_t)maker_below(m, 3);
    }
    if (maker_below(m, 5) == 0) {
        s->link_count = 1;
        s->links = arena_zero(&arena, 1, sizeof *s->links);
        memcpy(s->links[0].trace_id, s->span_id, 8);
        s->links[0].otel_flags = 1;
        s->links[0].attrs = random_attrs(m, 2);
    }
}

static const struct span *find(const struct span *list, uint32_t count, const struct span *like)
{
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(list[i].span_id, like->span_id, 8) == 0)
            return &list[i];
    return NULL;
}

/* Spans of one random batch; true when all of them come back as they were. */
static bool round_trip(uint64_t seed, uint32_t count, struct text *record)
{
    struct span_maker m = {.seed = seed};
    struct span *made = arena_zero(&arena, count, sizeof *made);
    struct taken t = {.spans = arena_zero(&arena, count + 1, sizeof *t.spans)};
    struct resource resources[3];
    struct scope scopes[3];
    struct span_packer *p = span_packer_new();
    struct buf out;
    uint32_t packed = 0;
    bool same = true;

    for (int i = 0; i < 3; i++) {
        resources[i] = (struct resource){.service = word(&m), .attrs = random_attrs(&m, 5)};
        scopes[i] = (struct scope){.name = word(&m), .attrs = random_attrs(&m, 2)};
    }
    span_packer_open(p, 7, 1234567, NULL);
    for (; packed < count; packed++) {
        random_span(&m, &made[packed], packed ? &made[packed - 1] : NULL, resources, scopes);
        if (span_packer_add(p, &made[packed]) != PACK_OK)
            break;
    }
    buf_init(&out, &arena, 1024, RECORD_MAX);
    span_packer_finish(p, &out);
    span_packer_free(p);
    *record = buf_result(&out);
    take_record(&t, *record, &arena);
    for (uint32_t i = 0; i < t.count; i++) {
        const struct span *want = find(made, packed, &t.spans[i]);

        same &= want && span_same(want, &t.spans[i]);
    }
    return same && !t.damaged && t.count == packed;
}

static void test_round_trip(void)
{
    struct text record;
    int good = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        good += round_trip(seed, 1 + (uint32_t)seed, &record);
        if (seed % 50 == 49)
            arena_reset(&arena);
    }
    is_int(good, 300, "300 random batches come back as they were");
}

/* ---- the reader's ways ---- */

static void test_readers(void)
{
    struct span_maker m = {.seed = 5, .now_ns = 1760000000000000000ULL, .services = 1};
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};
    struct span_packer *p = span_packer_new();
    struct text records[2];
    uint8_t digests[2][16], id[16];
    struct span_head head;
    struct span_bundle b;
    uint32_t spans, traces = 0, total = 0, briefs = 0;
    size_t at = 0;

    for (int i = 0; i < 2; i++) {
        struct span_maker same = m;
        struct otlp *o;
        struct span s;
        struct buf out;

        span_packer_open(p, 3, 1000 + i, NULL);
        otlp_open(OTLP_TRACES, OTLP_PROTOBUF, maker_batch(&same, 64, &arena), &ctx, &arena, &o);
        while (otlp_next_span(o, &s))
            span_packer_add(p, &s);
        otlp_close(o, NULL);
        buf_init(&out, &arena, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        records[i] = buf_result(&out);
        span_bundle_digest(records[i], digests[i]);
    }
    span_packer_free(p);
    ok(memcmp(digests[0], digests[1], 16) == 0, "8.32 the same spans, received later: same digest");
    ((char *)records[1].at)[records[1].len - 1] ^= 1;
    span_bundle_digest(records[1], digests[1]);
    ok(memcmp(digests[0], digests[1], 16) != 0, "other spans: another digest");
    ok(span_bundle_head(records[0], &head) && head.project == 3 && head.received_ms == 1000 &&
           head.spans == 512 && head.traces == 64,
       "the head");
    while (span_bundle_trace(records[0], &at, id, &spans)) {
        traces++;
        total += spans;
        if (span_bundle_has(records[0], id) != spans)
            break;
    }
    ok(traces == 64 && total == 512, "the directory lists every trace with its spans");
    ok(span_bundle_has(records[0], (const uint8_t *)"no such trace id") == 0, "and no other");
    ok(span_bundle_open(records[0], &arena, &b), "it opens");
    ok(span_bundle_group(&b, id) == &b.groups[63], "a trace is found");
    for (uint32_t g = 0; g < b.head.traces; g++) {
        struct span_cursor full, brief;
        struct span s;
        struct span_brief q;

        span_cursor_open(&full, &b, &b.groups[g], &arena);
        span_cursor_open(&brief, &b, &b.groups[g], &arena);
        while (span_cursor_next(&full, &s) && span_cursor_brief(&brief, &q))
            briefs += memcmp(s.span_id, q.span_id, 8) == 0 && s.start_ns == q.start_ns &&
                      text_eq(s.name, q.name) && s.flags == q.flags && s.kind == q.kind &&
                      q.attr_count == s.attrs.count && s.start_ns >= head.first_ns &&
                      s.end_ns <= head.last_ns;
    }
    is_int(briefs, 512, "a brief walk sees what a full one sees");
}

static void test_size(void)
{
    struct span_maker m = {.seed = 11, .now_ns = 1760000000000000000ULL, .services = 4};
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};
    struct span_packer *p = span_packer_new();
    struct block_packer *blocks = block_packer_new();
    size_t bytes = 0, spans = 0;

    for (int i = 0; i < 40; i++) {
        struct otlp *o;
        struct span s;
        struct buf out;
        struct text record;

        arena_reset(&arena);
        span_packer_open(p, 3, 1000, NULL);
        otlp_open(OTLP_TRACES, OTLP_PROTOBUF, maker_batch(&m, 64, &arena), &ctx, &arena, &o);
        while (otlp_next_span(o, &s))
            spans += span_packer_add(p, &s) == PACK_OK;
        otlp_close(o, NULL);
        buf_init(&out, &arena, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        record = buf_result(&out);
        if (block_add(blocks, record) < 0) {
            bytes += block_finish(blocks, true).len;
            block_add(blocks, record);
        }
    }
    bytes += block_finish(blocks, true).len;
    ok(bytes / spans < 28, "a typical span takes less than 28 bytes in a sealed block: %zu",
       bytes / spans);
    block_packer_free(blocks);
    span_packer_free(p);
}

/* Whatever happens to the bytes, reading ends, and stays inside them. */
static void test_damage(void)
{
    struct span_maker m = {.seed = 77};
    struct text record;
    char *copy;
    int opened = 0;

    arena_reset(&arena);
    round_trip(42, 60, &record);
    copy = arena_dup(&arena, record.at, record.len);
    for (int i = 0; i < 20000; i++) {
        struct arena small;
        struct span_bundle b;
        size_t at = maker_below(&m, record.len), len = maker_below(&m, 8) ? record.len : at;

        memcpy(copy, record.at, record.len);
        copy[at] = (char)maker_random(&m);
        arena_init(&small, 8 * MIB);
        if (span_bundle_open((struct text){copy, len}, &small, &b)) {
            opened++;
            for (uint32_t g = 0; g < b.head.traces; g++) {
                struct span_cursor c;
                struct span s;

                span_cursor_open(&c, &b, &b.groups[g], &small);
                while (span_cursor_next(&c, &s))
                    ;
            }
        }
        arena_free(&small);
    }
    ok(opened < 20000, "damaged records are read to an end (%d opened)", opened);
    for (size_t len = 0; len < record.len; len++) {
        struct span_bundle b;

        if (span_bundle_open(text_cut(record, 0, len), &arena, &b))
            opened = -1;
    }
    ok(opened >= 0, "a record cut anywhere does not open");
}

/* ---- log records ---- */

static struct text pack_logs(struct logrec *made, uint32_t count)
{
    struct log_packer *p = log_packer_new();
    struct buf out;

    log_packer_open(p, 9, 55, NULL);
    for (uint32_t i = 0; i < count; i++)
        if (log_packer_add(p, &made[i]) != PACK_OK)
            note("log %u was refused", i);
    buf_init(&out, &arena, 1024, RECORD_MAX);
    log_packer_finish(p, &out);
    log_packer_free(p);
    return buf_result(&out);
}

static void test_logs(void)
{
    struct span_maker m = {.seed = 6};
    struct resource r = {.service = TEXT("svc")};
    struct scope scope = {.name = TEXT("logger")};
    struct logrec made[200], got;
    struct text record;
    struct log_bundle b;
    struct log_cursor c;
    struct log_head head;
    uint32_t same = 0;
    uint64_t before = 0;
    bool ordered = true;

    for (uint32_t i = 0; i < 200; i++) {
        uint64_t ids[3] = {maker_below(&m, 5), 1, maker_random(&m)};
        struct logrec *l = &made[i];

        *l =
            (struct logrec){.time_ns = 1760000000000000000ULL + maker_below(&m, 1000000) * 1000 + i,
                            .observed_ns = maker_below(&m, 2) ? 1760000000000000000ULL : 0,
                            .severity = (uint8_t)maker_below(&m, 25),
                            .flags = (uint8_t)maker_below(&m, 16),
                            .severity_text = word(&m),
                            .event_name = word(&m),
                            .resource = &r,
                            .scope = maker_below(&m, 2) ? &scope : NULL,
                            .attrs = random_attrs(&m, 6)};
        l->attrs.dropped = 0;
        l->body = (struct attr){.kind = maker_below(&m, 5) ? ATTR_STRING : ATTR_JSON,
                                .text = arena_printf(&arena, "{\"order\":%u}", i)};
        if (maker_below(&m, 3))
            memcpy(l->trace_id, ids, 16);
        if (maker_below(&m, 3))
            memcpy(l->span_id, &ids[2], 8);
    }
    record = pack_logs(made, 200);
    ok(log_bundle_open(record, &arena, &b), "a batch of log records opens");
    ok(log_bundle_head(record, &head) && head.project == 9 && head.logs == 200, "its head");
    log_cursor_open(&c, &b, &arena);
    while (log_cursor_next(&c, &got)) {
        const struct logrec *w = &made[got.time_ns % 1000];

        ordered &= got.time_ns >= before;
        before = got.time_ns;
        same += got.time_ns == w->time_ns && got.observed_ns == w->observed_ns &&
                got.severity == w->severity && got.flags == w->flags &&
                text_eq(got.severity_text, w->severity_text) &&
                text_eq(got.event_name, w->event_name) && attr_same(&got.body, &w->body) &&
                memcmp(got.trace_id, w->trace_id, 16) == 0 &&
                memcmp(got.span_id, w->span_id, 8) == 0 && attrs_same(&got.attrs, &w->attrs) &&
                !got.scope == !w->scope;
    }
    is_int(same, 200, "200 random log records come back as they were");
    ok(ordered && !c.failed, "in order of time");
    ok(log_bundle_has(record, made[0].trace_id) > 0 || id_is_zero(made[0].trace_id, 16),
       "a trace is found");
    for (size_t len = 0; len < record.len; len++)
        if (log_bundle_open(text_cut(record, 0, len), &arena, &b)) {
            log_cursor_open(&c, &b, &arena);
            while (log_cursor_next(&c, &got))
                ;
            same = c.failed ? same : 0;
        }
    is_int(same, 200, "cut anywhere: noticed");
}

int main(void)
{
    arena_init(&arena, 1024 * MIB);
    test_round_trip();
    test_readers();
    test_size();
    test_damage();
    test_logs();
    arena_free(&arena);
    return done_testing();
}
