#include "model/marks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUE_MAX 200 /* longer values are nobody's search */
#define PROBES 6
#define PROBES_UNCUT 3
#define SLICE_BITS 9 /* of a place in a slice */
#define VERSION 2    /* last byte of a filter */

static_assert(1 << SLICE_BITS == MARKS_SLICE * 8, "a place in a slice");

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t text_mix(uint64_t h, struct text t)
{
    uint64_t eight = 0;

    h ^= t.len * 0x9e3779b97f4a7c15;
    for (; t.len >= 8; t.at += 8, t.len -= 8) {
        memcpy(&eight, t.at, 8);
        h = mix(h ^ eight, 0xbf58476d1ce4e5b9);
    }
    eight = 0;
    if (t.len)
        memcpy(&eight, t.at, t.len);
    return mix(h ^ eight, 0x94d049bb133111eb);
}

uint32_t marks_trace(const uint8_t trace_id[16])
{
    uint64_t half[2];

    memcpy(half, trace_id, 16); /* 64-bit ids are zero on the left */
    half[0] = mix(half[0] ^ 0x9e3779b97f4a7c15, half[1] ^ 0xbf58476d1ce4e5b9);
    return (uint32_t)(half[0] ^ half[0] >> 32);
}

uint64_t marks_word(struct text key, struct text value)
{
    uint64_t h = text_mix(text_mix(1, key), value);

    return h ? h : 1;
}

uint64_t marks_operation(struct text service, struct text name)
{
    uint64_t h = text_mix(text_mix(text_mix(1, MARKS_OPERATION), service), name);

    return h ? h : 1;
}

/* ---- making ---- */

void marks_free(struct marks *m)
{
    free(m->traces);
    free(m->words);
    free(m->filter);
    *m = (struct marks){0};
}

void marks_clear(struct marks *m)
{
    m->trace_count = m->word_count = 0;
    if (m->word_room)
        memset(m->words, 0, m->word_room * sizeof *m->words);
}

void marks_add_trace(struct marks *m, const uint8_t trace_id[16])
{
    if (m->trace_count == m->trace_room) {
        uint32_t room = m->trace_room ? m->trace_room * 2 : 256;
        uint32_t *traces = realloc(m->traces, room * sizeof *traces);

        if (!traces) {
            m->failed = true;
            return;
        }
        m->traces = traces;
        m->trace_room = room;
    }
    m->traces[m->trace_count++] = marks_trace(trace_id);
}

static bool words_grow(struct marks *m)
{
    uint32_t room = m->word_room ? m->word_room * 2 : 1024;
    uint64_t *words = calloc(room, sizeof *words);

    if (!words)
        return false;
    for (uint32_t i = 0; i < m->word_room; i++) {
        uint32_t at = (uint32_t)m->words[i] & (room - 1);

        if (!m->words[i])
            continue;
        while (words[at])
            at = (at + 1) & (room - 1);
        words[at] = m->words[i];
    }
    free(m->words);
    m->words = words;
    m->word_room = room;
    return true;
}

void marks_add_word(struct marks *m, uint64_t word)
{
    uint32_t at;

    if (m->word_count * 2 >= m->word_room && !words_grow(m)) {
        m->failed = true;
        return;
    }
    at = (uint32_t)word & (m->word_room - 1);
    for (; m->words[at]; at = (at + 1) & (m->word_room - 1))
        if (m->words[at] == word)
            return;
    m->words[at] = word;
    m->word_count++;
}

static struct text number(int64_t v, char digits[24])
{
    return (struct text){digits, (size_t)snprintf(digits, 24, "%lld", (long long)v)};
}

void marks_add_attr(struct marks *m, const struct attr *at)
{
    char digits[24];
    struct text value = at->text;

    switch (at->kind) {
    case ATTR_STRING:
        break;
    case ATTR_BOOL:
        value = at->integer ? TEXT("true") : TEXT("false");
        break;
    case ATTR_INT:
        value = number(at->integer, digits);
        break;
    case ATTR_DOUBLE:
        value = at->real > -9e15 && at->real < 9e15 && at->real == (double)(int64_t)at->real
                    ? number((int64_t)at->real, digits) /* JavaScript has no others */
                    : MARKS_ODD;
        break;
    case ATTR_EMPTY:
        return;
    default:
        value = MARKS_ODD;
    }
    if (value.len > VALUE_MAX)
        value = MARKS_ODD;
    marks_add_word(m, marks_word(at->key, value));
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

struct text marks_traces(struct marks *m)
{
    uint32_t kept = 0;

    if (!m->trace_count) /* spans and records without a trace: there is no list to sort */
        return TEXT("");
    qsort(m->traces, m->trace_count, sizeof *m->traces, ascending);
    for (uint32_t i = 0; i < m->trace_count; i++)
        if (!kept || m->traces[i] != m->traces[kept - 1])
            m->traces[kept++] = m->traces[i];
    m->trace_count = kept;
    /* Little-endian machines only: the shared layouts of shm say so as well. */
    return (struct text){(const char *)m->traces, kept * sizeof *m->traces};
}

/* Places come from the word's lower 54 bits, the slice from its upper six. */
static uint32_t place_of(uint64_t word, int probe)
{
    return (uint32_t)(word >> SLICE_BITS * probe) & ((1u << SLICE_BITS) - 1);
}

uint32_t marks_slice_of(uint64_t word)
{
    return (uint32_t)(word >> 58) & (MARKS_SLICES - 1);
}

struct text marks_words(struct marks *m)
{
    uint32_t slices = 1;

    if (!m->filter && !(m->filter = malloc(MARKS_WORDS_MAX))) {
        m->failed = true;
        return TEXT("");
    }
    while (slices * MARKS_SLICE < m->word_count && slices < MARKS_SLICES)
        slices *= 2;
    memset(m->filter, 0, slices * MARKS_SLICE);
    for (uint32_t i = 0; i < m->word_room; i++) {
        uint8_t *slice = m->filter + (marks_slice_of(m->words[i]) & (slices - 1)) * MARKS_SLICE;

        for (int probe = 0; m->words[i] && probe < PROBES; probe++) {
            uint32_t place = place_of(m->words[i], probe);

            slice[place / 8] |= (uint8_t)(1u << place % 8);
        }
    }
    m->filter[slices * MARKS_SLICE] = VERSION;
    return (struct text){(const char *)m->filter, slices * MARKS_SLICE + 1};
}

/* ---- asking ---- */

bool marks_has_trace(struct text traces, uint32_t hash)
{
    size_t lo = 0, hi = traces.len / 4;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        uint32_t at;

        memcpy(&at, traces.at + mid * 4, 4);
        if (at == hash)
            return true;
        if (at < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

bool marks_slice_has(const uint8_t *slice, uint64_t word)
{
    for (int probe = 0; probe < PROBES; probe++) {
        uint32_t place = place_of(word, probe);

        if (!(slice[place / 8] & 1u << place % 8))
            return false;
    }
    return true;
}

static bool is_cut(struct text words)
{
    size_t slices = words.len / MARKS_SLICE;

    return slices && slices <= MARKS_SLICES && !(slices & (slices - 1)) &&
           words.len == slices * MARKS_SLICE + 1 && words.at[words.len - 1] == VERSION;
}

const uint8_t *marks_slice(struct text words, uint32_t slice)
{
    size_t slices = words.len / MARKS_SLICE;

    return is_cut(words) ? (const uint8_t *)words.at + (slice & (slices - 1)) * MARKS_SLICE : NULL;
}

static bool uncut_has(struct text words, uint64_t word)
{
    uint32_t bits = (uint32_t)words.len * 8;

    for (int probe = 0; probe < PROBES_UNCUT; probe++) {
        uint32_t bit =
            (uint32_t)((word >> 32) + (uint64_t)probe * ((uint32_t)word | 1)) & (bits - 1);

        if (!((unsigned char)words.at[bit / 8] & 1u << bit % 8))
            return false;
    }
    return true;
}

bool marks_has_word(struct text words, uint64_t word)
{
    const uint8_t *slice = marks_slice(words, marks_slice_of(word));

    if (slice)
        return marks_slice_has(slice, word);
    if (!words.len || words.len & (words.len - 1))
        return true; /* no filter: it may hold anything */
    return uncut_has(words, word);
}
