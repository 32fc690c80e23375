/* latency.c -- buckets by shifting. */
#include "model/latency.h"

#include <stdlib.h>

#include "proto/wire.h"

#define SUB_BITS 5 /* 32 buckets an octave */
#define SUB (1u << SUB_BITS)
#define LONGEST_US ((1ULL << 41) - 1)

uint32_t latency_bucket(uint64_t ns)
{
    uint64_t us = ns / 1000;
    unsigned octave;

    if (us > LONGEST_US)
        us = LONGEST_US;
    if (us < SUB)
        return (uint32_t)us;
    octave = 63 - (unsigned)__builtin_clzll(us) - SUB_BITS;
    return (octave << SUB_BITS) + (uint32_t)(us >> octave);
}

uint64_t latency_value(uint32_t bucket)
{
    unsigned octave;
    uint64_t from;

    if (bucket < SUB)
        return bucket * 1000ULL;
    octave = (bucket >> SUB_BITS) - 1;
    from = (uint64_t)(SUB + (bucket & (SUB - 1))) << octave;
    return from * 1000 + ((1000ULL << octave) - 1000) / 2;
}

void latency_free(struct latency *l)
{
    free(l->cells);
    *l = (struct latency){0};
}

void latency_clear(struct latency *l)
{
    l->count = 0;
    l->total = 0;
}

static bool add(struct latency *l, uint32_t bucket, uint64_t n)
{
    uint32_t lo = 0, hi = l->count;

    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;

        if (l->cells[mid].bucket < bucket)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == l->count || l->cells[lo].bucket != bucket) {
        if (l->count == l->room) {
            uint32_t room = l->room ? l->room * 2 : 8;
            struct latency_cell *cells = realloc(l->cells, room * sizeof *cells);

            if (!cells)
                return false;
            l->cells = cells;
            l->room = room;
        }
        memmove(&l->cells[lo + 1], &l->cells[lo], (l->count - lo) * sizeof *l->cells);
        l->cells[lo] = (struct latency_cell){.bucket = bucket};
        l->count++;
    }
    n = n < UINT32_MAX - l->cells[lo].count ? n : UINT32_MAX - l->cells[lo].count;
    l->cells[lo].count += (uint32_t)n;
    l->total += n;
    return true;
}

bool latency_add(struct latency *l, uint64_t ns, uint32_t n)
{
    return add(l, latency_bucket(ns), n);
}

bool latency_merge(struct latency *l, const struct latency *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        if (!add(l, from->cells[i].bucket, from->cells[i].count))
            return false;
    return true;
}

/* The cells of an encoded sketch, one after the other. */
struct cells {
    struct wire w;
    uint64_t left, bucket, n;
};

static struct cells cells_open(struct text encoded)
{
    struct cells c = {.w = wire_open(encoded)};

    wire_varint(&c.w); /* the total follows from the cells */
    c.left = wire_varint(&c.w);
    return c;
}

static bool cells_next(struct cells *c)
{
    if (!c->left || c->w.bad)
        return false;
    c->left--;
    c->bucket += wire_varint(&c->w);
    c->n = wire_varint(&c->w);
    if (c->bucket >= LATENCY_BUCKETS)
        c->w.bad = true;
    return !c->w.bad;
}

static bool cells_whole(const struct cells *c)
{
    return !c->w.bad && c->w.at == c->w.end;
}

bool latency_merge_encoded(struct latency *l, struct text encoded)
{
    struct cells c = cells_open(encoded);

    while (cells_next(&c))
        if (!add(l, (uint32_t)c.bucket, c.n))
            return false;
    return cells_whole(&c);
}

static void put(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (char)(v | 0x80));
    buf_byte(b, (char)v);
}

void latency_encode(const struct latency *l, struct buf *out)
{
    uint32_t before = 0;

    put(out, l->total);
    put(out, l->count);
    for (uint32_t i = 0; i < l->count; i++) {
        put(out, l->cells[i].bucket - before);
        put(out, l->cells[i].count);
        before = l->cells[i].bucket;
    }
}

/* Of so many, the how-manieth is the quantile? From 1. */
static uint64_t rank_of(double q, uint64_t total)
{
    uint64_t rank = q <= 0 ? 1 : q >= 1 ? total : (uint64_t)(q * (double)total + 0.999999);

    return rank < 1 ? 1 : rank > total ? total : rank;
}

uint64_t latency_quantile(const struct latency *l, double q)
{
    uint64_t rank = rank_of(q, l->total), seen = 0;

    if (!l->total)
        return 0;
    for (uint32_t i = 0; i < l->count; i++)
        if ((seen += l->cells[i].count) >= rank)
            return latency_value(l->cells[i].bucket);
    return latency_value(l->cells[l->count - 1].bucket);
}

/* ---- sums ---- */

bool latency_sum_add(struct latency_sum *s, struct text encoded)
{
    struct cells c = cells_open(encoded);

    while (cells_next(&c)) {
        if (c.n > UINT32_MAX)
            return false;
        s->counts[c.bucket] += c.n;
        s->total += c.n;
    }
    return cells_whole(&c);
}

void latency_sum_merge(struct latency_sum *s, const struct latency_sum *from)
{
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++)
        s->counts[i] += from->counts[i];
    s->total += from->total;
}

uint64_t latency_sum_quantile(const struct latency_sum *s, double q)
{
    uint64_t rank = rank_of(q, s->total), seen = 0;
    uint32_t bucket = 0;

    if (!s->total)
        return 0;
    while (bucket < LATENCY_BUCKETS - 1 && (seen += s->counts[bucket]) < rank)
        bucket++;
    return latency_value(bucket);
}
