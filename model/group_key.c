/* group_key.c -- see group_key.h. */
#include "model/group_key.h"

#include <endian.h>
#include <string.h>

#include "model/group.h"

void key_begin(struct key *k, struct arena *a)
{
    k->arena = a;
    k->at = k->inside;
    k->room = sizeof k->inside;
    k->len = 0;
    k->failed = false;
}

static bool grow(struct key *k, size_t more)
{
    unsigned char *grown;

    if (k->failed || !(grown = arena_alloc(k->arena, 2 * (k->len + more)))) {
        k->failed = true; /* the arena is spent, so whoever asks it will know */
        return false;
    }
    memcpy(grown, k->at, k->len);
    k->at = grown;
    k->room = 2 * (k->len + more);
    return true;
}

static inline void put(struct key *k, char kind, const void *bytes, size_t len)
{
    uint32_t size = (uint32_t)len; /* texts of events are far shorter than that */

    if (len + 5 > k->room - k->len && !grow(k, len + 5))
        return;
    k->at[k->len] = (unsigned char)kind;
    memcpy(k->at + k->len + 1, &size, sizeof size);
    if (len)
        memcpy(k->at + k->len + 5, bytes, len);
    k->len += len + 5;
}

void key_text(struct key *k, char kind, struct text t)
{
    put(k, kind, t.at, t.len);
}

/* What stands for kinds that are one in keys. */
enum { FOLDED_NUMBER = 1, FOLDED_ADDRESS, FOLDED_DURATION };

/* Is there a masked value at the start of `t`? Its length, and what it is in a key, 0: itself. One in
 * ten long numbers passes for that of a credit card, and was scrubbed. */
static size_t masked_here(struct text t, char *folded)
{
    static const struct {
        const char *kind;
        char folded;
    } kinds[] = {{"<int>", FOLDED_NUMBER},        {"<hex>", FOLDED_NUMBER},
                 {"<float>", FOLDED_NUMBER},      {"<git_sha>", FOLDED_NUMBER},
                 {"<random_id>", FOLDED_NUMBER},  {"[creditcard]", FOLDED_NUMBER},
                 {"<duration>", FOLDED_DURATION}, {"<ip>", FOLDED_ADDRESS},
                 {"[<ip>]", FOLDED_ADDRESS}};
    size_t n = 1;

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(t, kinds[i].kind)) {
            *folded = kinds[i].folded;
            return strlen(kinds[i].kind);
        }
    *folded = 0;
    while (n < t.len && n < 16 && ((t.at[n] >= 'a' && t.at[n] <= 'z') || t.at[n] == '_'))
        n++;
    return t.at[0] == '<' && n > 2 && n < t.len && t.at[n] == '>' ? n + 1 : 0;
}

static bool is_letter(struct text t, size_t i)
{
    return i < t.len && (t.at[i] | 0x20) >= 'a' && (t.at[i] | 0x20) <= 'z';
}

/* "20 MiB", "1.5GB", "512Mi": the length of the unit behind a number. Which one is the program's
 * choice. */
static size_t size_unit(struct text t)
{
    size_t at = t.len && t.at[0] == ' ', n = at;
    bool binary = false;

    if (n < t.len && memchr("kKMGTP", t.at[n], 6)) {
        binary = n + 1 < t.len && t.at[n + 1] == 'i';
        n += 1 + binary;
    }
    if (n < t.len && t.at[n] == 'B')
        n++;
    else if (!binary)
        return 0;
    return is_letter(t, n) ? 0 : n;
}

/* "250 ms", "3h", "2 minutes": likewise. */
static size_t time_unit(struct text t)
{
    static const char *const units[] = {"ms",     "s",    "m",   "h",          "d",
                                        "us",     "ns",   "sec", "min",        "second",
                                        "minute", "hour", "day", "millisecond"};
    size_t at = t.len && t.at[0] == ' ', n, len;

    for (n = at; is_letter(t, n);)
        n++;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        len = strlen(units[u]);
        if (n - at >= len && memcmp(t.at + at, units[u], len) == 0 &&
            (n - at == len || (n - at == len + 1 && len > 2 && t.at[n - 1] == 's')))
            return n;
    }
    return 0;
}

/* " attempts", " entries" and " matches" behind a number: the length without its plural, which goes
 * with the number, and in *whole with it. */
static size_t counted_word(struct text t, size_t *whole)
{
    static const char *const plurals[] = {"ies", "y", "ches", "shes", "xes", "sses", "s"};
    static const uint8_t dropped[] = {3, 1, 2, 2, 2, 2, 1};
    size_t n = 1;

    if (!t.len || t.at[0] != ' ')
        return 0;
    while (is_letter(t, n) || (n > 1 && n < t.len && t.at[n] == '-'))
        n++;
    *whole = n;
    for (size_t i = 0; n > 3 && i < sizeof dropped; i++)
        if (text_ends(text_cut(t, 0, n), plurals[i]))
            return n - dropped[i];
    return 0;
}

struct folding {
    char *out;
    size_t len;
    struct text last; /* masked value before, and where it ended in `out` */
    size_t last_end;
};

/* "<uuid>, <uuid>" and "'<hex>', '<hex>'": a list of values is as good as one, and so is a number
 * whose parts are set apart, "<int>.<int>,<int>", "<int> <int>". */
static bool goes_on(const struct folding *f, struct text value)
{
    static const char *const joints[] = {
        ",", ", ", "','", "', '",     "\",\"",        "\", \"",
        ".", " ",  "'",   "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x99"};
    struct text between = {f->out + f->last_end, f->len - f->last_end};

    if (!f->last.len || !between.len || between.len > 4 || !text_eq(value, f->last))
        return false;
    for (unsigned i = 0; i < sizeof joints / sizeof *joints; i++)
        if (text_is(between, joints[i]))
            return true;
    return false;
}

/* The masked value at i, with its unit; behind both. */
static size_t fold(struct folding *f, struct text t, size_t i, size_t n, char folded)
{
    static const char signs[] = {FOLDED_NUMBER, FOLDED_ADDRESS, FOLDED_DURATION};
    struct text rest = text_cut(t, i + n, t.len), value;
    size_t unit = 0, word, whole;

    if (folded == FOLDED_NUMBER && (unit = time_unit(rest)))
        folded = FOLDED_DURATION;
    else if (folded == FOLDED_NUMBER)
        unit = size_unit(rest);
    value = folded ? (struct text){signs + folded - 1, 1} : text_cut(t, i, n);
    if (goes_on(f, value)) {
        f->len = f->last_end;
    } else {
        memcpy(f->out + f->len, value.at, value.len);
        f->len += value.len;
        f->last = value;
        f->last_end = f->len;
    }
    if (folded != FOLDED_NUMBER || unit || !(word = counted_word(rest, &whole)))
        return i + n + unit;
    memcpy(f->out + f->len, rest.at, word);
    f->len += word;
    return i + n + whole;
}

void key_masked(struct key *k, char kind, struct text t)
{
    struct folding f = {.last = TEXT_NONE};
    char folded;
    size_t n;

    if (!t.len || !(memchr(t.at, '<', t.len) || memchr(t.at, '[', t.len))) {
        key_text(k, kind, t);
        return;
    }
    if (!(f.out = arena_alloc(k->arena, t.len))) {
        k->failed = true;
        return;
    }
    for (size_t i = 0; i < t.len;) {
        n = t.at[i] == '<' || t.at[i] == '[' ? masked_here(text_cut(t, i, t.len), &folded) : 0;
        if (n)
            i = fold(&f, t, i, n, folded);
        else
            f.out[f.len++] = t.at[i++];
    }
    key_text(k, kind, (struct text){f.out, f.len});
}

void key_digest(struct key *k, char kind, const struct digest *d)
{
    put(k, kind, d->bytes, sizeof d->bytes);
}

/* ---- SipHash-1-3 with 128 bits (Aumasson, Bernstein). Most keys are of a single frame: a call of
 * libsodium's SipHash-2-4 for each took a seventh of all grouping. ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t turned(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = turned(s->v1, 13) ^ s->v0;
    s->v3 = turned(s->v3, 16) ^ s->v2;
    s->v0 = turned(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = turned(s->v1, 17) ^ s->v2;
    s->v3 = turned(s->v3, 21) ^ s->v0;
    s->v2 = turned(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static uint64_t sip_finish(struct sip *s)
{
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return le64toh(word);
}

/* Up to seven bytes; with a word before them they are the end of one that overlaps it. */
static inline uint64_t rest_at(const unsigned char *bytes, size_t len, bool overlap)
{
    uint64_t word = 0;

    if (overlap)
        return len ? word_at(bytes + len - 8) >> (64 - 8 * len) : 0;
    memcpy(&word, bytes, len);
    return le64toh(word);
}

struct digest key_end(struct key *k)
{
    const uint64_t k0 = 0x67206e7265757120, k1 = 0x0070756f72670000 + GROUP_VERSION;
    struct sip s = {.v0 = 0x736f6d6570736575 ^ k0,
                    .v1 = 0x646f72616e646f6d ^ k1 ^ 0xee, /* 128 bits are wanted */
                    .v2 = 0x6c7967656e657261 ^ k0,
                    .v3 = 0x7465646279746573 ^ k1};
    uint64_t half[2];
    struct digest d;
    size_t at = 0;

    for (; at + 8 <= k->len; at += 8)
        sip_word(&s, word_at(k->at + at));
    sip_word(&s, rest_at(k->at + at, k->len - at, at > 0) | (uint64_t)k->len << 56);
    s.v2 ^= 0xee;
    half[0] = htole64(sip_finish(&s));
    s.v1 ^= 0xdd;
    half[1] = htole64(sip_finish(&s));
    memcpy(d.bytes, half, sizeof d.bytes);
    return d;
}
