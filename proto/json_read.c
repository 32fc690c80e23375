/* json_read.c -- bytes → tree, in one pass, checking as it goes. No recursion: open containers
 * stand on a small stack, what lies deeper than that is stepped over. */
#include "proto/json.h"

#include "proto/limits.h"

struct reader {
    const char *at, *end;
    struct arena *arena;
    struct json *pool; /* nodes not yet used */
    uint32_t pooled;
    uint32_t values;
    enum json_rc rc;
    struct json *open[JSON_DEEP_MAX];
    uint32_t depth, depth_max;
};

/* Nodes are taken from the arena so many at a time: one pointer to bump per value. */
enum { POOL = 64 };

static bool fail(struct reader *r, enum json_rc rc)
{
    if (r->rc == JSON_OK)
        r->rc = rc;
    return false;
}

static struct json *node(struct reader *r)
{
    if (r->values == JSON_TOKENS_MAX) {
        fail(r, JSON_TOO_MANY);
        return NULL;
    }
    if (r->pooled == 0) {
        if (!(r->pool = arena_alloc(r->arena, POOL * sizeof *r->pool))) {
            fail(r, JSON_SPENT);
            return NULL;
        }
        r->pooled = POOL;
    }
    r->values++;
    r->pooled--;
    *r->pool = (struct json){.kind = JSON_NULL};
    return r->pool++;
}

/* The next byte that is no blank, not consumed; NUL at the end (a NUL byte is no JSON either). */
static inline char peek(struct reader *r)
{
    for (; r->at < r->end; r->at++) {
        char c = *r->at;

        if ((unsigned char)c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return c;
    }
    return '\0';
}

/* Value of four hex digits, or -1. */
static int hex4(const char *at, const char *end)
{
    int v = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i], lower = c | 0x20;

        if (c >= '0' && c <= '9')
            v = v * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            v = v * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return v;
}

/* At a backslash: step over the escape. *mend is set for \u0000 and lone surrogates. */
static bool escape(struct reader *r, bool *mend)
{
    int unit;

    if (r->end - r->at < 2)
        return false;
    switch (r->at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        r->at += 2;
        return true;
    case 'u':
        break;
    default:
        return false;
    }
    if ((unit = hex4(r->at + 2, r->end)) < 0)
        return false;
    r->at += 6;
    if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        *mend = true;
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
        int low = r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u'
                      ? hex4(r->at + 2, r->end)
                      : -1;

        if (low >= 0xdc00 && low <= 0xdfff)
            r->at += 6;
        else
            *mend = true;
    }
    return true;
}

/* Inside a string, before what cannot be kept as it is: step over the rest. */
static bool string_rest(struct reader *r, const char *from, struct text *raw, bool *escaped,
                        bool *mend)
{
    for (;;) {
        struct text rest = {r->at, (size_t)(r->end - r->at)};
        size_t len;

        r->at += text_plain(rest);
        if (r->at == r->end)
            return fail(r, JSON_BAD);
        if (*r->at == '"')
            break;
        if (*r->at == '\\') {
            *escaped = true;
            if (!escape(r, mend))
                return fail(r, JSON_BAD);
            continue;
        }
        rest = (struct text){r->at, (size_t)(r->end - r->at)};
        len = (unsigned char)*r->at < 0x20 ? 0 : text_char(rest, 0);
        if (len == 0) /* a control byte, or no UTF-8 */
            *mend = true;
        r->at += len ? len : 1;
    }
    *escaped |= *mend;
    *raw = (struct text){from, (size_t)(r->at++ - from)};
    return true;
}

/* At the opening quote: step over the string, say what is in it. */
static inline bool string(struct reader *r, struct text *raw, bool *escaped, bool *mend)
{
    const char *from = r->at + 1;
    struct text rest = {from, (size_t)(r->end - from)};
    size_t len = text_plain(rest);

    *escaped = *mend = false;
    r->at = from + len;
    if (len == rest.len || from[len] != '"')
        return string_rest(r, from, raw, escaped, mend);
    *raw = (struct text){from, len};
    r->at++;
    return true;
}

static size_t digits(struct reader *r)
{
    const char *from = r->at;

    while (r->at < r->end && (unsigned)(*r->at - '0') <= 9)
        r->at++;
    return (size_t)(r->at - from);
}

static bool literal(struct reader *r, const char *word)
{
    struct text rest = {r->at, (size_t)(r->end - r->at)};

    if (!text_starts(rest, word))
        return fail(r, JSON_BAD);
    r->at += strlen(word);
    return true;
}

/* RFC 8259 §6, and -Infinity. */
static bool number(struct reader *r, struct json *v)
{
    const char *from = r->at;

    if (*r->at == '-') {
        r->at++;
        if (r->at < r->end && *r->at == 'I')
            return literal(r, "Infinity");
    }
    if (r->at < r->end && *r->at == '0')
        r->at++;
    else if (digits(r) == 0)
        return fail(r, JSON_BAD);
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (digits(r) == 0)
            return fail(r, JSON_BAD);
    }
    if (r->at < r->end && (*r->at | 0x20) == 'e') {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (digits(r) == 0)
            return fail(r, JSON_BAD);
    }
    v->kind = JSON_NUMBER;
    v->raw = (struct text){from, (size_t)(r->at - from)};
    return true;
}

static bool scalar(struct reader *r, struct json *v, char first)
{
    switch (first) {
    case '"':
        v->kind = JSON_STRING;
        return string(r, &v->raw, &v->escaped, &v->mend);
    case 't':
        v->kind = JSON_TRUE;
        return literal(r, "true");
    case 'f':
        v->kind = JSON_FALSE;
        return literal(r, "false");
    case 'n':
        return literal(r, "null");
    case 'N': /* Python's json and simplejson */
        return literal(r, "NaN");
    case 'I':
        return literal(r, "Infinity");
    case '-':
    case '0' ... '9':
        return number(r, v);
    default:
        return fail(r, JSON_BAD);
    }
}

/* At an opening bracket too deep to keep: step over all of it. */
static bool step_over(struct reader *r)
{
    uint64_t depth = 0;

    do {
        struct text raw;
        bool escaped, mend;

        switch (peek(r)) {
        case '\0':
            return fail(r, JSON_BAD);
        case '"':
            if (!string(r, &raw, &escaped, &mend))
                return false;
            continue;
        case '[':
        case '{':
            depth++;
            break;
        case ']':
        case '}':
            depth--;
            break;
        }
        r->at++;
    } while (depth);
    return true;
}

static bool key(struct reader *r, struct json *v)
{
    bool escaped, mend;

    if (peek(r) != '"')
        return fail(r, JSON_BAD);
    if (!string(r, &v->key, &escaped, &mend))
        return false;
    if (escaped) {
        v->key = json_decode(v->key, r->arena);
        if (!v->key.at)
            return fail(r, JSON_SPENT);
        v->key_escaped = text_plain(v->key) != v->key.len;
    }
    if (peek(r) != ':')
        return fail(r, JSON_BAD);
    r->at++;
    return true;
}

/* One value with its key. An opened container is pushed, its members are still to come. */
static bool value(struct reader *r, struct json **out)
{
    struct json *parent = r->depth ? r->open[r->depth - 1] : NULL, *v = node(r);
    char first;

    if (!v || (parent && parent->kind == JSON_OBJECT && !key(r, v)))
        return false;
    if (parent)
        json_push(parent, v);
    *out = v;
    first = peek(r);
    if (first != '{' && first != '[')
        return scalar(r, v, first);
    if (r->depth == r->depth_max)
        return step_over(r); /* it stays null */
    v->kind = first == '{' ? JSON_OBJECT : JSON_ARRAY;
    r->at++;
    r->open[r->depth++] = v;
    return true;
}

static char closing(const struct json *v)
{
    return v->kind == JSON_OBJECT ? '}' : ']';
}

/* Behind a value: close what closes here. True: another value must follow. */
static bool another(struct reader *r)
{
    while (r->depth) {
        struct json *in = r->open[r->depth - 1];
        char c = peek(r);

        if (c == closing(in)) {
            r->at++;
            r->depth--;
        } else if (in->count == 0) {
            return true; /* just opened */
        } else if (c == ',') {
            r->at++;
            return true;
        } else {
            return fail(r, JSON_BAD);
        }
    }
    return false;
}

enum json_rc json_read(struct text body, struct arena *a, struct json **out, size_t *at)
{
    return json_read_deep(body, JSON_DEPTH_MAX, a, out, at);
}

enum json_rc json_read_deep(struct text body, uint32_t depth_max, struct arena *a,
                            struct json **out, size_t *at)
{
    struct json *root = NULL, *v;
    struct reader r; /* its stack is not cleared: 4 KB that most documents never touch */

    if (text_starts(body, "\xef\xbb\xbf"))
        body = text_cut(body, 3, body.len);
    r.arena = a;
    r.at = body.at;
    r.end = body.at + body.len;
    r.rc = JSON_OK;
    r.values = r.pooled = r.depth = 0;
    r.depth_max = depth_max < JSON_DEEP_MAX ? depth_max : JSON_DEEP_MAX;
    if (body.len == 0 || (peek(&r) == '\0' && r.at == r.end)) {
        r.rc = JSON_EMPTY;
    } else {
        while (value(&r, &v)) {
            if (!root)
                root = v;
            if (!another(&r))
                break;
        }
        peek(&r);
        if (r.at != r.end)
            fail(&r, JSON_BAD);
    }
    if (at)
        *at = body.len ? (size_t)(r.at - body.at) : 0;
    *out = r.rc == JSON_OK ? root : NULL;
    return r.rc;
}
