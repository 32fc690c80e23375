/* expression.c -- reading an expression into first, last and follow, and following them. */
#include "model/expression.h"

#include <ctype.h>
#include <string.h>

/* A piece of the expression: where it may begin and end. */
struct part {
    struct expression_set first, last;
    bool empty; /* it may be nothing at all */
};

struct reader {
    struct text rest;
    struct expression *e;
    bool bad;
};

/* Bytes that a class takes. */
struct bytes {
    bool has[256];
};

/* ---- sets ---- */

static void unite(struct expression_set *to, const struct expression_set *from)
{
    for (int w = 0; w < EXPRESSION_WORDS; w++)
        to->bits[w] |= from->bits[w];
}

static void put(struct expression_set *to, uint32_t place)
{
    to->bits[place / 64] |= UINT64_C(1) << place % 64;
}

/* All that may follow one of `from`. */
static void follow(const struct expression *e, const struct expression_set *from,
                   struct expression_set *out)
{
    for (int w = 0; w < EXPRESSION_WORDS; w++)
        for (uint64_t left = from->bits[w]; left; left &= left - 1)
            unite(out, &e->follow[64 * w + __builtin_ctzll(left)]);
}

static void link_parts(struct expression *e, const struct part *a, const struct part *b)
{
    for (int w = 0; w < EXPRESSION_WORDS; w++)
        for (uint64_t left = a->last.bits[w]; left; left &= left - 1)
            unite(&e->follow[64 * w + __builtin_ctzll(left)], &b->first);
}

/* ---- bytes and classes ---- */

static bool next_is(const struct reader *r, const char *what)
{
    return text_starts(r->rest, what);
}

static bool skip(struct reader *r, const char *what)
{
    if (!next_is(r, what))
        return false;
    r->rest = text_cut(r->rest, strlen(what), r->rest.len);
    return true;
}

static unsigned char take(struct reader *r)
{
    unsigned char c = 0;

    if (r->rest.len)
        c = (unsigned char)r->rest.at[0];
    else
        r->bad = true;
    r->rest = text_cut(r->rest, 1, r->rest.len);
    return c;
}

static struct part place(struct reader *r, const struct bytes *set)
{
    struct part p = {.empty = false};
    uint32_t at = r->e->count++; /* each has a byte of the expression, so there is room */

    put(&p.first, at);
    put(&p.last, at);
    for (int c = 0; set && c < 256; c++)
        if (set->has[c])
            put(&r->e->takes[c], at);
    return p;
}

/* ^ and $ take no byte. */
static struct part border(struct reader *r, int symbol)
{
    struct part p = place(r, NULL);

    unite(&r->e->takes[symbol], &p.first);
    return p;
}

static void add_class(struct bytes *set, int (*is)(int), bool opposite)
{
    for (int c = 0; c < 256; c++)
        set->has[c] |= (c < 128 && is(c)) != opposite;
}

static int is_word(int c)
{
    return isalnum(c) || c == '_';
}

/* Behind a backslash. True: a class was added; else *c is the byte that is meant. */
static bool escape(struct reader *r, struct bytes *set, unsigned char *c)
{
    static const char from[] = "nrtfv", to[] = "\n\r\t\f\v";
    const char *control;

    *c = take(r);
    switch (*c | 0x20) {
    case 'd':
        add_class(set, isdigit, *c == 'D');
        return true;
    case 'w':
        add_class(set, is_word, *c == 'W');
        return true;
    case 's':
        add_class(set, isspace, *c == 'S');
        return true;
    }
    if (*c && (control = strchr(from, *c)))
        *c = (unsigned char)to[control - from];
    else if (*c < 128 && isalnum(*c)) /* a back reference, a border of words … */
        r->bad = true;
    return false;
}

/* [:alpha:] */
static bool named_class(struct reader *r, struct bytes *set)
{
    static const struct {
        const char *name;
        int (*is)(int);
    } classes[] = {{"[:alpha:]", isalpha}, {"[:digit:]", isdigit},   {"[:alnum:]", isalnum},
                   {"[:upper:]", isupper}, {"[:lower:]", islower},   {"[:space:]", isspace},
                   {"[:punct:]", ispunct}, {"[:xdigit:]", isxdigit}, {"[:word:]", is_word}};

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (skip(r, classes[i].name)) {
            add_class(set, classes[i].is, false);
            return true;
        }
    return false;
}

/* One byte of a class, or a range. */
static void class_item(struct reader *r, struct bytes *set)
{
    unsigned char from = take(r), to;

    if (from == '\\' && escape(r, set, &from))
        return;
    to = from;
    if (next_is(r, "-") && !next_is(r, "-]")) {
        skip(r, "-");
        to = take(r);
        if (to == '\\' && escape(r, set, &to))
            r->bad = true;
    }
    r->bad |= to < from;
    for (int c = from; c <= to; c++)
        set->has[c] = true;
}

/* Behind the opening bracket. */
static struct part class(struct reader *r)
{
    bool opposite = skip(r, "^"), first = true;
    struct bytes set = {{false}};

    for (; !r->bad && (first || !skip(r, "]")); first = false)
        if (!named_class(r, &set))
            class_item(r, &set);
    for (int c = 0; c < 256; c++)
        set.has[c] ^= opposite;
    return place(r, &set);
}

/* ---- the expression ---- */

static struct part alternatives(struct reader *r);

static struct part group(struct reader *r)
{
    struct part p;

    skip(r, "?:"); /* no group is asked for anyway */
    p = alternatives(r);
    r->bad |= !skip(r, ")");
    return p;
}

static struct part atom(struct reader *r)
{
    struct bytes set = {{false}};
    unsigned char c = take(r);

    switch (c) {
    case '(':
        return group(r);
    case '[':
        return class(r);
    case '^':
        return border(r, SYMBOL_BEGIN);
    case '$':
        return border(r, SYMBOL_END);
    case '.':
        memset(&set, true, sizeof set);
        return place(r, &set);
    case '*':
    case '+':
    case '?':
    case '{':
        r->bad = true; /* nothing to repeat, or counted */
        break;
    case '\\':
        if (escape(r, &set, &c))
            return place(r, &set);
        break;
    }
    set.has[c] = true;
    return place(r, &set);
}

/* What is behind an atom; a "?" behind that makes it lazy, which is the same to a whole text. */
static struct part repeated(struct reader *r)
{
    struct part p = atom(r);

    while (!r->bad && r->rest.len && memchr("*+?", r->rest.at[0], 3)) {
        unsigned char c = take(r);

        if (c != '?')
            link_parts(r->e, &p, &p);
        p.empty |= c != '+';
        skip(r, "?");
    }
    return p;
}

static void append(struct reader *r, struct part *p, const struct part *next)
{
    link_parts(r->e, p, next);
    if (p->empty)
        unite(&p->first, &next->first);
    if (!next->empty)
        memset(&p->last, 0, sizeof p->last);
    unite(&p->last, &next->last);
    p->empty &= next->empty;
}

static struct part sequence(struct reader *r)
{
    struct part p = {.empty = true};

    while (!r->bad && r->rest.len && !next_is(r, "|") && !next_is(r, ")")) {
        struct part next = repeated(r);

        append(r, &p, &next);
    }
    return p;
}

static struct part alternatives(struct reader *r)
{
    struct part p = sequence(r);

    while (!r->bad && skip(r, "|")) {
        struct part other = sequence(r);

        unite(&p.first, &other.first);
        unite(&p.last, &other.last);
        p.empty |= other.empty;
    }
    return p;
}

bool expression_read(struct text source, struct expression *out)
{
    struct reader r = {.rest = source, .e = out};
    struct part whole;

    memset(out, 0, sizeof *out);
    if (source.len > EXPRESSION_MAX)
        return false;
    whole = alternatives(&r);
    out->first = whole.first;
    out->last = whole.last;
    out->empty = whole.empty;
    return !r.bad && r.rest.len == 0;
}

/* ---- matching ---- */

struct state {
    struct expression_set may; /* places that may come next */
    bool done;                 /* or it may end here */
};

static struct expression_set both(const struct expression_set *a, const struct expression_set *b)
{
    struct expression_set out;

    for (int w = 0; w < EXPRESSION_WORDS; w++)
        out.bits[w] = a->bits[w] & b->bits[w];
    return out;
}

static bool meet(const struct expression_set *a, const struct expression_set *b)
{
    uint64_t common = 0;

    for (int w = 0; w < EXPRESSION_WORDS; w++)
        common |= a->bits[w] & b->bits[w];
    return common != 0;
}

static void step(const struct expression *e, struct state *s, unsigned char c)
{
    struct expression_set on = both(&s->may, &e->takes[c]);

    s->done = meet(&on, &e->last);
    s->may = (struct expression_set){{0}};
    follow(e, &on, &s->may);
}

/* Pass the borders that are met here, and those behind them. */
static void pass(const struct expression *e, struct state *s, struct expression_set borders)
{
    struct expression_set before;

    do {
        struct expression_set on = both(&s->may, &borders);

        before = s->may;
        s->done |= meet(&on, &e->last);
        follow(e, &on, &s->may);
    } while (memcmp(&before, &s->may, sizeof before) != 0);
}

bool expression_matches(const struct expression *e, struct text t)
{
    struct state s = {.may = e->first, .done = e->empty};
    struct expression_set first = e->takes[SYMBOL_BEGIN], last = e->takes[SYMBOL_END];

    if (t.len == 0)
        unite(&first, &last);
    pass(e, &s, first);
    for (size_t i = 0; i < t.len; i++)
        step(e, &s, (unsigned char)t.at[i]);
    if (t.len)
        pass(e, &s, last);
    return s.done;
}
