/* rules_glob.c -- see rules_glob.h. */
#include "model/rules_glob.h"

#include <string.h>

#define ALTERNATIVES_MAX 64 /* of one pattern, after its braces are multiplied out */
#define STEPS_MAX 255       /* of one alternative that has wildcards; longer ones never match */

enum step_kind {
    STEP_BYTE,     /* this byte */
    STEP_ONE,      /* one character */
    STEP_RUN,      /* any run */
    STEP_NAME_ONE, /* one character but "/" */
    STEP_NAME_RUN, /* a run without "/" */
    STEP_DIRS,     /* nothing, or anything that ends with "/" */
    STEP_CLASS
};

struct glob_step {
    uint8_t kind, byte;
    uint16_t class_len;
    bool negated;
    const char *class; /* what stands between the brackets */
};

/* How each style sees a byte. */
#define SAME(c) (c)
#define LOWER(c) ((c) >= 'A' && (c) <= 'Z' ? (c) | 0x20 : (c))
#define SLASH(c) ((c) == '\\' ? '/' : LOWER(c))
#define X4(f, c) f(c), f((c) + 1), f((c) + 2), f((c) + 3)
#define X16(f, c) X4(f, c), X4(f, (c) + 4), X4(f, (c) + 8), X4(f, (c) + 12)
#define X64(f, c) X16(f, c), X16(f, (c) + 16), X16(f, (c) + 32), X16(f, (c) + 48)
#define X256(f)                                         \
    {                                                   \
        X64(f, 0), X64(f, 64), X64(f, 128), X64(f, 192) \
    }
const uint8_t glob_folded[3][256] = {
    [GLOB_PLAIN] = X256(SAME), [GLOB_NOCASE] = X256(LOWER), [GLOB_PATH] = X256(SLASH)};

/* ---- compiling ---- */

struct compiler {
    enum glob_style style;
    struct arena *arena;
    struct glob **tail; /* where the next alternative goes */
    unsigned alternatives;
    bool broken;
};

/* Behind the bracket that closes the class which opens at `i`; 0: none does. */
static size_t class_end(struct text p, size_t i)
{
    i++;
    if (i < p.len && (p.at[i] == '!' || p.at[i] == '^'))
        i++;
    if (i < p.len && p.at[i] == ']') /* a bracket in first place is meant */
        i++;
    while (i < p.len && p.at[i] != ']')
        i++;
    return i < p.len ? i + 1 : 0;
}

static bool escapes(const struct compiler *c)
{
    return c->style != GLOB_PATH;
}

/* One alternative, free of braces, into steps. Returns their number, or -1 when it is broken. */
static int steps_of(const struct compiler *c, struct text p, struct glob_step *steps, size_t room)
{
    bool path = c->style == GLOB_PATH;
    size_t n = 0;

    for (size_t i = 0; i < p.len; i++) {
        struct glob_step s = {.kind = STEP_BYTE};

        if (n == room)
            return -1;
        if (p.at[i] == '*') {
            size_t stars = 1;

            while (i + stars < p.len && p.at[i + stars] == '*')
                stars++;
            size_t next = i + stars;
            s.kind = path && stars == 1 ? STEP_NAME_RUN : STEP_RUN;
            if (path && stars > 1 && next < p.len &&
                glob_fold(GLOB_PATH, (unsigned char)p.at[next]) == '/' &&
                (i == 0 || glob_fold(GLOB_PATH, (unsigned char)p.at[i - 1]) == '/')) {
                s.kind = STEP_DIRS;
                next++;
            }
            i = next - 1;
        } else if (p.at[i] == '?') {
            s.kind = path ? STEP_NAME_ONE : STEP_ONE;
        } else if (p.at[i] == '[') {
            size_t end = class_end(p, i);

            if (!end)
                return -1;
            s.kind = STEP_CLASS;
            s.negated = p.at[i + 1] == '!' || p.at[i + 1] == '^';
            s.class = p.at + i + 1 + s.negated;
            s.class_len = (uint16_t)(p.at + end - 1 - s.class);
            i = end - 1;
        } else {
            if (p.at[i] == '\\' && escapes(c) && i + 1 < p.len)
                i++;
            s.byte = glob_fold(c->style, (unsigned char)p.at[i]);
        }
        steps[n++] = s;
    }
    return (int)n;
}

static bool is_any(uint8_t kind)
{
    return kind == STEP_RUN;
}

/* The longest run of plain bytes between `from` and `to`. */
static struct text longest_literal(const struct glob_step *steps, size_t from, size_t to,
                                   struct arena *a, size_t *at)
{
    size_t best = from, best_len = 0;

    for (size_t i = from; i < to;) {
        size_t n = 0;

        while (i + n < to && steps[i + n].kind == STEP_BYTE)
            n++;
        if (n > best_len) {
            best = i;
            best_len = n;
        }
        i += n + 1;
    }
    char *out = arena_alloc(a, best_len + 1);
    for (size_t i = 0; out && i < best_len; i++)
        out[i] = (char)steps[best + i].byte;
    *at = best;
    return (struct text){out ? out : "", out ? best_len : 0};
}

/* The common shapes need no state machine. */
static void shape_of(struct glob *g, size_t n, struct arena *a)
{
    size_t from = 0, to = n, at;
    bool open = n && is_any(g->steps[0].kind), close = n > 1 && is_any(g->steps[n - 1].kind);

    if (n == 1 && open) {
        g->shape = GLOB_ANY;
        return;
    }
    from += open;
    to -= close;
    g->literal = longest_literal(g->steps, from, to, a, &at);
    if (g->literal.len == to - from) {
        g->shape = open && close ? GLOB_CONTAINS
                   : open        ? GLOB_SUFFIX
                   : close       ? GLOB_PREFIX
                                 : GLOB_EXACT;
        return;
    }
    /* "**" + "/x" is "x" behind any "/", one before the value included. */
    if (g->steps[0].kind == STEP_DIRS && g->literal.len == to - 1 && at == 1) {
        char *slashed = arena_alloc(a, g->literal.len + 1);

        if (!slashed)
            return;
        slashed[0] = '/';
        memcpy(slashed + 1, g->literal.at, g->literal.len);
        g->literal = (struct text){slashed, g->literal.len + 1};
        g->shape = close ? GLOB_CONTAINS : GLOB_SUFFIX;
        g->rootless = true;
        return;
    }
    g->shape = GLOB_GENERAL;
    g->from_start = at == 0;
}

static void add_alternative(struct compiler *c, struct text p)
{
    struct glob_step steps[STEPS_MAX];
    struct glob *g;
    int n;

    if (c->broken || ++c->alternatives > ALTERNATIVES_MAX ||
        !(g = arena_zero(c->arena, 1, sizeof *g))) {
        c->broken = true;
        return;
    }
    g->style = c->style;
    *c->tail = g;
    c->tail = &g->other;
    /* A long text without wildcards is no reason to fail. */
    if (p.len > STEPS_MAX && !memchr(p.at, '*', p.len) && !memchr(p.at, '?', p.len) &&
        !memchr(p.at, '[', p.len) && !memchr(p.at, '\\', p.len)) {
        char *out = arena_alloc(c->arena, p.len);

        for (size_t i = 0; out && i < p.len; i++)
            out[i] = (char)glob_fold(c->style, (unsigned char)p.at[i]);
        g->shape = out ? GLOB_EXACT : GLOB_NEVER;
        g->literal = (struct text){out, p.len};
    } else if ((n = steps_of(c, p, steps, STEPS_MAX)) >= 0 &&
               (g->steps = arena_alloc(c->arena, (size_t)(n + 1) * sizeof *steps))) {
        memcpy(g->steps, steps, (size_t)n * sizeof *steps);
        g->step_count = (uint16_t)n;
        shape_of(g, (size_t)n, c->arena);
    }
    g->rootless |= c->style == GLOB_PATH;
}

/* Where the brace that opens at `i` closes, 0: nowhere; and its first comma on its own level. */
static size_t brace_end(const struct compiler *c, struct text p, size_t i)
{
    unsigned depth = 0;

    for (; i < p.len; i++) {
        if (p.at[i] == '\\' && escapes(c)) {
            i++;
        } else if (p.at[i] == '[' && class_end(p, i)) {
            i = class_end(p, i) - 1;
        } else if (p.at[i] == '{') {
            depth++;
        } else if (p.at[i] == '}' && --depth == 0) {
            return i;
        }
    }
    return 0;
}

static size_t first_brace(const struct compiler *c, struct text p)
{
    size_t i = 0;

    while (i < p.len && p.at[i] != '{') {
        if (p.at[i] == '\\' && escapes(c))
            i++;
        else if (p.at[i] == '[' && class_end(p, i))
            i = class_end(p, i) - 1;
        i++;
    }
    return i < p.len ? i : p.len;
}

/* Multiply the first pair of braces out; what comes of it is done likewise. */
static void expand(struct compiler *c, struct text p, unsigned depth)
{
    size_t open = first_brace(c, p), close, from;
    unsigned level = 0;

    if (open == p.len) {
        add_alternative(c, p);
        return;
    }
    if (depth > 16 || !(close = brace_end(c, p, open))) {
        c->broken = true;
        return;
    }
    from = open + 1;
    for (size_t i = open + 1; i <= close && !c->broken; i++) {
        if (p.at[i] == '\\' && escapes(c) && i < close) {
            i++;
            continue;
        }
        level += p.at[i] == '{';
        if (p.at[i] == '}' && level)
            level--;
        else if (level == 0 && (i == close || p.at[i] == ',')) {
            struct text one =
                arena_printf(c->arena, "%.*s%.*s%.*s", (int)open, p.at, (int)(i - from),
                             p.at + from, (int)(p.len - close - 1), p.at + close + 1);
            if (!one.at || c->alternatives >= ALTERNATIVES_MAX)
                c->broken = true;
            else
                expand(c, one, depth + 1);
            from = i + 1;
        }
    }
}

bool glob_compile(struct text pattern, enum glob_style style, struct arena *a, struct glob *out)
{
    struct glob *first = NULL;
    struct compiler c = {.style = style, .arena = a, .tail = &first};

    if (pattern.len > INT32_MAX)
        c.broken = true;
    else
        expand(&c, pattern, 0);
    if (arena_spent(a))
        return false;
    *out = c.broken || !first ? (struct glob){.style = style, .shape = GLOB_NEVER} : *first;
    return true;
}

/* ---- matching ---- */

static inline bool same(const struct glob *g, struct text value, size_t at)
{
    const uint8_t *fold = glob_folded[g->style];

    for (size_t i = 0; i < g->literal.len; i++)
        if (fold[(unsigned char)value.at[at + i]] != (unsigned char)g->literal.at[i])
            return false;
    return true;
}

/* Directories are few among the bytes of a path. */
static bool contains_from_slash(const struct glob *g, struct text value)
{
    const char *at = value.at, *end = value.at + value.len - g->literal.len + 1;

    while (at < end && (at = memchr(at, '/', (size_t)(end - at)))) {
        if (same(g, value, (size_t)(at - value.at)))
            return true;
        at++;
    }
    return false;
}

static bool contains(const struct glob *g, struct text value)
{
    size_t n = g->literal.len;

    if (n > value.len)
        return false;
    if (g->style == GLOB_PLAIN)
        return text_find(value, g->literal) < value.len || n == 0;
    if (n && g->literal.at[0] == '/' && !memchr(value.at, '\\', value.len))
        return contains_from_slash(g, value);
    const uint8_t *fold = glob_folded[g->style];
    unsigned char first = n ? (unsigned char)g->literal.at[0] : 0;
    for (size_t i = 0; i + n <= value.len; i++)
        if (n == 0 || (fold[(unsigned char)value.at[i]] == first && same(g, value, i)))
            return true;
    return false;
}

static bool in_class(const struct glob *g, const struct glob_step *s, unsigned char byte)
{
    bool hit = false;

    for (size_t i = 0; i < s->class_len && !hit; i++) {
        unsigned char low = glob_fold(g->style, (unsigned char)s->class[i]), high = low;

        if (i + 2 < s->class_len && s->class[i + 1] == '-') {
            high = glob_fold(g->style, (unsigned char)s->class[i + 2]);
            i += 2;
        }
        hit = byte >= low && byte <= high;
    }
    return hit != s->negated;
}

#define WORDS ((STEPS_MAX + 1 + 63) / 64)

/* Enter a state, and those that follow it for nothing. */
static void enter(const struct glob *g, uint64_t *states, size_t state)
{
    for (;; state++) {
        states[state / 64] |= (uint64_t)1 << state % 64;
        if (state == g->step_count)
            return;
        uint8_t kind = g->steps[state].kind;
        if (kind != STEP_RUN && kind != STEP_NAME_RUN && kind != STEP_DIRS)
            return;
    }
}

/* One byte: from these states into those. Continuation bytes of UTF-8 belong to the character that
 * "?" or a negated class has taken. */
static void step(const struct glob *g, const uint64_t *now, uint64_t *next, unsigned char byte)
{
    bool tail = (byte & 0xc0) == 0x80;

    for (size_t w = 0; w < WORDS; w++) {
        for (uint64_t bits = now[w]; bits; bits &= bits - 1) {
            size_t state = w * 64 + (size_t)__builtin_ctzll(bits);

            if (tail && state > 0 && g->steps[state - 1].kind >= STEP_ONE &&
                (g->steps[state - 1].kind == STEP_ONE ||
                 g->steps[state - 1].kind == STEP_NAME_ONE || g->steps[state - 1].negated))
                enter(g, next, state);
            if (state == g->step_count)
                continue;
            const struct glob_step *s = &g->steps[state];
            switch (s->kind) {
            case STEP_BYTE:
                if (byte == s->byte)
                    enter(g, next, state + 1);
                break;
            case STEP_ONE:
            case STEP_NAME_ONE:
                if (!tail && (s->kind == STEP_ONE || byte != '/'))
                    enter(g, next, state + 1);
                break;
            case STEP_RUN:
                enter(g, next, state);
                break;
            case STEP_NAME_RUN:
                if (byte != '/')
                    enter(g, next, state);
                break;
            case STEP_DIRS:
                next[state / 64] |= (uint64_t)1 << state % 64;
                if (byte == '/')
                    enter(g, next, state + 1);
                break;
            default:
                if (in_class(g, s, byte))
                    enter(g, next, state + 1);
            }
        }
    }
}

static bool general(const struct glob *g, struct text value, bool slash_first)
{
    uint64_t states[2][WORDS] = {{0}};
    unsigned now = 0;

    enter(g, states[0], 0);
    for (size_t i = 0; i < value.len + slash_first; i++, now ^= 1) {
        unsigned char byte = slash_first && i == 0
                                 ? '/'
                                 : glob_fold(g->style, (unsigned char)value.at[i - slash_first]);
        uint64_t any = 0;

        memset(states[now ^ 1], 0, sizeof states[0]);
        step(g, states[now], states[now ^ 1], byte);
        for (size_t w = 0; w < WORDS; w++)
            any |= states[now ^ 1][w];
        if (!any)
            return false;
    }
    return states[now][g->step_count / 64] >> g->step_count % 64 & 1;
}

/* `literal` against "/" + value, at the start of both. */
static bool same_rooted(const struct glob *g, struct text value)
{
    return g->literal.len && g->literal.at[0] == '/' && g->literal.len <= value.len + 1 &&
           same(&(struct glob){.style = g->style,
                               .literal = {g->literal.at + 1, g->literal.len - 1}},
                value, 0);
}

static bool match_one(const struct glob *g, struct text value)
{
    bool rooted =
        g->rootless && (value.len == 0 || glob_fold(GLOB_PATH, (unsigned char)value.at[0]) != '/');
    size_t n = g->literal.len;

    switch (g->shape) {
    case GLOB_ANY:
        return true;
    case GLOB_EXACT:
        return (n == value.len && same(g, value, 0)) ||
               (rooted && n == value.len + 1 && same_rooted(g, value));
    case GLOB_PREFIX:
        return (n <= value.len && same(g, value, 0)) || (rooted && same_rooted(g, value));
    case GLOB_SUFFIX:
        return (n <= value.len && same(g, value, value.len - n)) ||
               (rooted && n == value.len + 1 && same_rooted(g, value));
    case GLOB_CONTAINS:
        return contains(g, value) || (rooted && same_rooted(g, value));
    case GLOB_GENERAL:
        if (n && !(g->from_start ? n <= value.len && same(g, value, 0) : contains(g, value)) &&
            !(rooted && same_rooted(g, value)))
            return false;
        return general(g, value, false) || (rooted && general(g, value, true));
    default:
        return false;
    }
}

bool glob_match(const struct glob *g, struct text value)
{
    for (; g; g = g->other)
        if (match_one(g, value))
            return true;
    return false;
}
