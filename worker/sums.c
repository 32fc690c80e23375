/* sums.c -- functions over groups, filled from the blocks. */
#include "worker/sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCALE 1e6 /* of a value, in the sketch: milliseconds become nanoseconds */

/* ---- functions ---- */

static bool quantile_of(struct text name, double *q)
{
    unsigned long long n;

    if (text_is(name, "median"))
        *q = 0.5;
    else if (name.len < 2 || name.at[0] != 'p' || !text_u64(text_cut(name, 1, name.len - 1), &n) ||
             n > 100)
        return false;
    else
        *q = (double)n / 100;
    return true;
}

static const struct {
    const char *name;
    uint8_t kind;
} WORDS[] = {{"count", SUM_COUNT},
             {"eps", SUM_PER_SECOND},
             {"epm", SUM_PER_MINUTE},
             {"spm", SUM_PER_MINUTE},
             {"failure_count", SUM_FAILURES},
             {"failure_rate", SUM_FAILURE_RATE},
             {"sum", SUM_TOTAL},
             {"avg", SUM_MEAN},
             {"min", SUM_LEAST},
             {"max", SUM_MOST}};

bool sum_function_read(struct text t, struct arena *a, struct sum_function *out)
{
    size_t open = text_find_byte(t, '(');
    struct text name = text_cut(t, 0, open), of;
    bool known;

    if (open == t.len || t.at[t.len - 1] != ')')
        return false;
    of = text_cut(t, open + 1, t.len - open - 2);
    *out = (struct sum_function){.kind = SUM_QUANTILE};
    known = quantile_of(name, &out->q);
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS && !known; i++) {
        known = text_is(name, WORDS[i].name);
        out->kind = WORDS[i].kind;
    }
    out->of = explore_column_of(of.len ? of : TEXT("span.duration"), a);
    return known;
}

enum explore_type sum_function_type(const struct sum_function *f)
{
    if (f->kind == SUM_COUNT || f->kind == SUM_FAILURES)
        return EXPLORE_INTEGER;
    if (f->kind < SUM_TOTAL || explore_column_type(&f->of) != EXPLORE_DURATION)
        return EXPLORE_NUMBER;
    return EXPLORE_DURATION;
}

/* ---- groups ---- */

static uint64_t hash_of(struct text t)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (uint8_t)t.at[i]) * 0x100000001b3;
    return h ^ h >> 32;
}

static struct sum_cell *cells_make(const struct sums *s)
{
    return calloc((size_t)s->buckets * s->function_count, sizeof(struct sum_cell));
}

static void cells_free(const struct sums *s, struct sum_group *g)
{
    for (uint32_t i = 0; g->cells && i < s->buckets * s->function_count; i++)
        latency_free(&g->cells[i].sketch);
    free(g->cells);
    g->cells = NULL;
}

/* `values` are in the scratch arena. NULL: it is not among those that are looked at. */
static struct sum_group *group_of(struct api_call *c, struct sums *s, struct text key,
                                  const struct text *values)
{
    struct sum_group **slot = &s->slots[hash_of(key) % SUMS_SLOTS], *g;

    for (g = *slot; g; g = g->next)
        if (text_eq(g->key, key))
            return g;
    if (s->closed)
        return NULL;
    if (s->count == SUMS_GROUPS_MAX) {
        s->partial = true;
        return NULL;
    }
    g = arena_zero(c->arena, 1, sizeof *g);
    if (!g || !(g->values = arena_zero(c->arena, s->column_count + 1, sizeof *g->values)) ||
        !(g->cells = cells_make(s)))
        return NULL;
    g->key = arena_text(c->arena, key);
    for (uint32_t i = 0; i < s->column_count; i++)
        g->values[i] = arena_text(c->arena, values[i]);
    g->next = *slot;
    *slot = g;
    return s->groups[s->count++] = g;
}

static struct sum_group *group_of_item(struct api_call *c, struct sums *s,
                                       const struct item_seen *seen)
{
    struct text values[EXPLORE_FIELDS_MAX];
    size_t starts[EXPLORE_FIELDS_MAX + 1] = {0};
    struct text key;
    struct buf b;

    buf_init(&b, query_scratch(c->q), 128, API_ANSWER_MAX);
    for (uint32_t i = 0; i < s->column_count; i++) {
        explore_write(c, &b, &s->columns[i], seen, &s->types[i]);
        b.comma = false;
        starts[i + 1] = b.len;
    }
    key = buf_result(&b);
    if (b.failed)
        return NULL;
    for (uint32_t i = 0; i < s->column_count; i++)
        values[i] = text_cut(key, starts[i], starts[i + 1] - starts[i]);
    return group_of(c, s, key.at ? key : TEXT(""), values);
}

/* ---- one item ---- */

static void add(struct sum_cell *cell, const struct sum_function *f, double value, bool failed)
{
    if (!cell->count || value < cell->least)
        cell->least = value;
    if (!cell->count || value > cell->most)
        cell->most = value;
    cell->count++;
    cell->failed += failed;
    cell->total += value;
    if (f->kind == SUM_QUANTILE)
        latency_add(&cell->sketch, value > 0 ? (uint64_t)fmin(value * SCALE, 1e18) : 0, 1);
}

static void add_item(struct api_call *c, struct sums *s, const struct item_seen *seen,
                     int64_t time_ms)
{
    const struct query_item *item = &seen->item;
    struct sum_group *g = group_of_item(c, s, seen);
    bool failed = item->span ? item->span->flags & SPAN_ERROR : item->log->severity >= 17;
    uint32_t bucket = s->buckets > 1 ? (uint32_t)((time_ms - s->begin_ms) / s->step_ms) : 0;

    if (!g || bucket >= s->buckets)
        return;
    g->items++;
    for (uint32_t i = 0; i < s->function_count; i++) {
        const struct sum_function *f = &s->functions[i];
        double value = 0;

        if (f->kind < SUM_TOTAL ? explore_has(&f->of, item)
                                : explore_number(c, &f->of, item, &value))
            add(&g->cells[(size_t)bucket * s->function_count + i], f, value, failed);
    }
}

/* ---- the walk ---- */

struct walk {
    struct api_call *c;
    struct sums *sums;
    const struct item_wish *wish;
    const struct api_project *project;
    struct block_at block;
    uint32_t record;
    int64_t received_ms;
    size_t bytes;
};

static bool of_environment(struct api_call *c, const struct query_item *item)
{
    const struct resource *r = item->span ? item->span->resource : item->log->resource;

    return api_of_environment(c, r->environment);
}

static bool look_at(void *own, uint32_t row, const struct query_item *given)
{
    struct walk *w = own;
    const struct item_wish *wish = w->wish;
    const uint8_t *trace = given->span ? given->span->trace_id : given->log->trace_id;
    int64_t ms = (int64_t)((given->span ? given->span->start_ns : given->log->time_ns) / 1000000);
    struct item_at at = {.block = w->block, .record = w->record, .row = row};
    struct item_seen seen = {
        .item = *given, .at = &at, .project = w->project, .received_ms = w->received_ms};

    seen.item.project = w->project->slug;
    if (ms > w->received_ms)
        ms = w->received_ms;
    if (ms < wish->range.from_ms || ms >= wish->range.to_ms ||
        (wish->trace && memcmp(trace, wish->trace, 16) != 0) || !of_environment(w->c, given))
        return true;
    if (query_ask(wish->query, wish->node, &seen.item, query_scratch(w->c->q)) == QUERY_YES)
        add_item(w->c, w->sums, &seen, ms);
    return true;
}

static void read_block(struct walk *w, const struct block_ref *ref, const struct block_view *view)
{
    w->block = block_at_of(ref);
    for (w->record = 0; w->record < view->count; w->record++) {
        struct text record = view->records[w->record];
        struct item_head head;

        w->bytes += record.len;
        if (!item_head(w->wish->kind, record, &head) ||
            !(w->project = api_project_by_id(w->c, head.project)) ||
            !api_project_wanted(w->c, w->project))
            continue;
        w->received_ms = head.received_ms;
        if (head.received_ms < w->sums->looked_ms)
            w->sums->looked_ms = head.received_ms;
        item_read(w->wish->kind, record, query_scratch(w->c->q), look_at, w);
    }
}

static void walk_trace(struct walk *w)
{
    const struct block_sought sought = {.id = w->wish->trace};
    uint32_t count = 0;
    const struct block_ref *refs = block_of_traces(w->c, w->wish->kind, &sought, 1, &count);
    struct block_view view;

    for (uint32_t i = 0; refs && i < count; i++)
        if (block_load(w->c, &refs[i], &view))
            read_block(w, &refs[i], &view);
}

static void walk_blocks(struct walk *w)
{
    const struct item_wish *wish = w->wish;
    struct query_need needs[QUERY_NEEDS];
    struct block_wish blocks = {.kind = wish->kind,
                                .from_ms = wish->range.from_ms,
                                .needs = needs,
                                .need_count =
                                    query_needs(wish->query, wish->node, needs, QUERY_NEEDS)};
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    /* Times ahead of ours are taken as the receipt. */
    blocks.to_ms = wish->range.to_ms > w->c->now_ms ? INT64_MAX : wish->range.to_ms + BLOCK_SKEW_MS;
    block_walk_begin(&walk, w->c, &blocks);
    walk.blocks = SCAN_BLOCKS_MAX;
    while (w->bytes <= SCAN_BYTES_MAX && block_walk_next(&walk, &ref, &view))
        read_block(w, &ref, &view);
    w->sums->partial |= walk.spent || w->bytes > SCAN_BYTES_MAX;
}

bool sums_run(struct api_call *c, struct sums *s, const struct item_wish *wish)
{
    struct walk w = {.c = c, .sums = s, .wish = wish};

    s->looked_ms = c->now_ms;
    if (!s->groups)
        s->groups = arena_zero(c->arena, SUMS_GROUPS_MAX, sizeof *s->groups);
    if (!s->groups)
        return false;
    if (!s->column_count && !s->closed) /* one group, even of nothing */
        group_of(c, s, TEXT(""), NULL);
    if (wish->trace)
        walk_trace(&w);
    else
        walk_blocks(&w);
    return !c->refused && !arena_spent(c->arena);
}

bool sums_narrow(struct sums *s, uint32_t n, int64_t begin_ms, int64_t step_ms, uint32_t buckets)
{
    for (uint32_t i = 0; i < s->count; i++)
        cells_free(s, s->groups[i]);
    if (n < s->count)
        s->count = n;
    memset(s->slots, 0, sizeof s->slots);
    s->begin_ms = begin_ms;
    s->step_ms = step_ms;
    s->buckets = buckets;
    s->closed = true;
    for (uint32_t i = 0; i < s->count; i++) {
        struct sum_group *g = s->groups[i], **slot = &s->slots[hash_of(g->key) % SUMS_SLOTS];

        g->items = 0;
        g->next = *slot;
        *slot = g;
        if (!(g->cells = cells_make(s)))
            return false;
    }
    return true;
}

void sums_free(struct sums *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        cells_free(s, s->groups[i]);
    s->count = 0;
}

/* ---- values ---- */

double sums_value(const struct sums *s, const struct sum_group *g, uint32_t bucket,
                  uint32_t function)
{
    const struct sum_function *f = &s->functions[function];
    const struct sum_cell *cell = &g->cells[(size_t)bucket * s->function_count + function];
    double n = (double)cell->count;

    switch ((enum sum_kind)f->kind) {
    case SUM_COUNT:
        return n;
    case SUM_PER_SECOND:
        return n / s->seconds;
    case SUM_PER_MINUTE:
        return n * 60 / s->seconds;
    case SUM_FAILURES:
        return (double)cell->failed;
    case SUM_FAILURE_RATE:
        return n > 0 ? (double)cell->failed / n : 0;
    case SUM_TOTAL:
        return n > 0 ? cell->total : NAN;
    case SUM_MEAN:
        return n > 0 ? cell->total / n : NAN;
    case SUM_LEAST:
        return n > 0 ? cell->least : NAN;
    case SUM_MOST:
        return n > 0 ? cell->most : NAN;
    case SUM_QUANTILE:
        if (f->q >= 1)
            return n > 0 ? cell->most : NAN;
        return n > 0 ? (double)latency_quantile(&cell->sketch, f->q) / SCALE : NAN;
    }
    return NAN;
}

void sums_write(struct buf *b, const struct sums *s, const struct sum_group *g, uint32_t bucket,
                uint32_t function)
{
    double v = sums_value(s, g, bucket, function);

    if (sum_function_type(&s->functions[function]) == EXPLORE_INTEGER)
        json_uint(b, NULL, (uint64_t)v);
    else
        json_num(b, NULL, v); /* null when there is none */
}

struct order {
    const struct sums *sums;
    uint32_t function;
    bool ascending;
};

static int compare(const void *a, const void *b, void *own)
{
    const struct sum_group *x = *(struct sum_group *const *)a, *y = *(struct sum_group *const *)b;
    const struct order *o = own;
    bool by_items = o->function == o->sums->function_count;
    double p = by_items ? (double)x->items : sums_value(o->sums, x, 0, o->function);
    double q = by_items ? (double)y->items : sums_value(o->sums, y, 0, o->function);
    size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;

    if (isnan(p) || isnan(q)) /* what has no value comes last */
        return isnan(p) - isnan(q);
    if (p != q)
        return (p < q) == o->ascending ? -1 : 1;
    return memcmp(x->key.at, y->key.at, len);
}

void sums_sort(struct sums *s, uint32_t function, bool ascending)
{
    struct order o = {s, function, ascending};

    if (s->count > 1)
        qsort_r(s->groups, s->count, sizeof(struct sum_group *), compare, &o);
}
