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

/* Functions that read from `at` on return the place behind what they read, NULL when it is at fault. What
 * is frequent keeps to that, so that the place need not go through memory; what is rare moves r->at. */
static const char *fail(struct reader *r, const char *at, enum json_rc rc)
{
    r->at = at;
    r->rc = rc;
    return NULL;
}

static inline struct json *node(struct reader *r, const char *at)
{
    if (r->values == JSON_TOKENS_MAX) {
        fail(r, at, JSON_TOO_MANY);
        return NULL;
    }
    if (r->pooled == 0) {
        if (!(r->pool = arena_alloc(r->arena, POOL * sizeof *r->pool))) {
            fail(r, at, JSON_SPENT);
            return NULL;
        }
        r->pooled = POOL;
    }
    r->values++;
    r->pooled--;
    *r->pool = (struct json){.kind = JSON_NULL};
    return r->pool++;
}

static inline const char *skip_blanks(const struct reader *r, const char *at)
{
    while (at < r->end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* NUL at the end; a NUL byte is no JSON either. */
static inline char byte_at(const struct reader *r, const char *at)
{
    return at < r->end ? *at : '\0';
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

/* Inside a string, at what cannot be kept as it is: step over the rest. */
static const char *string_rest(struct reader *r, const char *from, const char *at, struct text *raw,
                               bool *escaped, bool *mend)
{
    for (r->at = at; r->at < r->end && *r->at != '"';) {
        struct text rest = {r->at, (size_t)(r->end - r->at)};
        size_t len = text_plain(rest);

        if (len) {
            r->at += len;
        } else if (*r->at == '\\') {
            *escaped = true;
            if (!escape(r, mend))
                return fail(r, r->at, JSON_BAD);
        } else {
            len = (unsigned char)*r->at < 0x20 ? 0 : text_char(rest, 0);
            if (len == 0) /* a control byte, or no UTF-8 */
                *mend = true;
            r->at += len ? len : 1;
        }
    }
    if (r->at == r->end)
        return fail(r, r->at, JSON_BAD);
    *escaped |= *mend;
    *raw = (struct text){from, (size_t)(r->at - from)};
    return r->at + 1;
}

/* At the opening quote: step over the string, say what is in it. The flags are false before. */
static inline const char *string(struct reader *r, const char *at, struct text *raw, bool *escaped,
                                 bool *mend)
{
    const char *from = at + 1;

    at = text_plain_end(from, r->end);
    if (byte_at(r, at) != '"')
        return string_rest(r, from, at, raw, escaped, mend);
    *raw = (struct text){from, (size_t)(at - from)};
    return at + 1;
}

static inline const char *digits(const struct reader *r, const char *at)
{
    while (at < r->end && (unsigned)(*at - '0') <= 9)
        at++;
    return at;
}

static inline const char *literal(struct reader *r, const char *at, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - at) < len || memcmp(at, word, len) != 0)
        return fail(r, at, JSON_BAD);
    return at + len;
}

/* RFC 8259 §6, and -Infinity. */
static const char *number(struct reader *r, const char *at, struct json *v)
{
    const char *from = at, *behind;

    if (*at == '-' && byte_at(r, ++at) == 'I')
        return literal(r, at, "Infinity");
    if (byte_at(r, at) == '0')
        at++;
    else if ((behind = digits(r, at)) != at)
        at = behind;
    else
        return fail(r, at, JSON_BAD);
    if (byte_at(r, at) == '.') {
        at++;
        if ((behind = digits(r, at)) == at)
            return fail(r, at, JSON_BAD);
        at = behind;
    }
    if ((byte_at(r, at) | 0x20) == 'e') {
        at++;
        at += byte_at(r, at) == '+' || byte_at(r, at) == '-';
        if ((behind = digits(r, at)) == at)
            return fail(r, at, JSON_BAD);
        at = behind;
    }
    v->kind = JSON_NUMBER;
    v->raw = (struct text){from, (size_t)(at - from)};
    return at;
}

/* At an opening bracket too deep to keep: step over all of it. */
static const char *step_over(struct reader *r, const char *at)
{
    uint64_t depth = 0;

    do {
        bool escaped = false, mend = false;
        struct text raw;

        at = skip_blanks(r, at);
        switch (byte_at(r, at)) {
        case '\0':
            return fail(r, at, JSON_BAD);
        case '"':
            if (!(at = string(r, at, &raw, &escaped, &mend)))
                return NULL;
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
        at++;
    } while (depth);
    return at;
}

/* A value that no other follows in; one that is too deep stays null. */
static inline const char *scalar(struct reader *r, const char *at, struct json *v)
{
    switch (byte_at(r, at)) {
    case '"':
        v->kind = JSON_STRING;
        return string(r, at, &v->raw, &v->escaped, &v->mend);
    case 't':
        v->kind = JSON_TRUE;
        return literal(r, at, "true");
    case 'f':
        v->kind = JSON_FALSE;
        return literal(r, at, "false");
    case 'n':
        return literal(r, at, "null");
    case 'N': /* Python's json and simplejson */
        return literal(r, at, "NaN");
    case 'I':
        return literal(r, at, "Infinity");
    case '-':
    case '0' ... '9':
        return number(r, at, v);
    case '{':
    case '[':
        return step_over(r, at);
    default:
        return fail(r, at, JSON_BAD);
    }
}

static bool unescape_key(struct reader *r, const char *at, struct json *v)
{
    v->key = json_decode(v->key, r->arena);
    if (!v->key.at)
        return fail(r, at, JSON_SPENT);
    v->key_escaped = text_plain(v->key) != v->key.len;
    return true;
}

static inline const char *key(struct reader *r, const char *at, struct json *v)
{
    bool escaped = false, mend = false;

    at = skip_blanks(r, at);
    if (byte_at(r, at) != '"')
        return fail(r, at, JSON_BAD);
    if (!(at = string(r, at, &v->key, &escaped, &mend)) || (escaped && !unescape_key(r, at, v)))
        return NULL;
    at = skip_blanks(r, at);
    if (byte_at(r, at) != ':')
        return fail(r, at, JSON_BAD);
    return at + 1;
}

static inline void append(struct json *in, struct json *v)
{
    if (in->last)
        in->last->next = v;
    else
        in->child = v;
    in->last = v;
    in->count++;
}

/* The innermost container that is open; NULL: none is. */
static inline struct json *innermost(const struct reader *r)
{
    return r->depth ? r->open[r->depth - 1] : NULL;
}

/* Behind a value: close what closes here. When nothing is open any more, *in is NULL; else another value
 * must follow. */
static inline const char *close(struct reader *r, const char *at, struct json **in)
{
    for (; *in; *in = innermost(r)) {
        char c;

        at = skip_blanks(r, at);
        c = byte_at(r, at);
        if (c == ',' && (*in)->count)
            return at + 1;
        if (c != ((*in)->kind == JSON_OBJECT ? '}' : ']'))
            return (*in)->count ? fail(r, at, JSON_BAD) : at; /* without any: it was just opened */
        at++;
        r->depth--;
    }
    return at;
}

/* The document at `at`. */
static const char *tree(struct reader *r, const char *at, struct json **root)
{
    struct json *in = NULL;

    do {
        struct json *v = node(r, at);
        char first;

        if (!v || (in && in->kind == JSON_OBJECT && !(at = key(r, at, v))))
            return NULL;
        if (in)
            append(in, v);
        else
            *root = v;
        at = skip_blanks(r, at);
        first = byte_at(r, at);
        if ((first == '{' || first == '[') && r->depth < r->depth_max) {
            v->kind = first == '{' ? JSON_OBJECT : JSON_ARRAY;
            r->open[r->depth++] = in = v;
            at++;
        } else if (!(at = scalar(r, at, v))) {
            return NULL;
        }
        if (!(at = close(r, at, &in)))
            return NULL;
    } while (in);
    return at;
}

enum json_rc json_read(struct text body, struct arena *a, struct json **out, size_t *at)
{
    return json_read_deep(body, JSON_DEPTH_MAX, a, out, at);
}

enum json_rc json_read_deep(struct text body, uint32_t depth_max, struct arena *a,
                            struct json **out, size_t *at)
{
    struct json *root = NULL;
    struct reader r; /* its stack is not cleared: 4 KB that most documents never touch */
    const char *behind;

    if (text_starts(body, "\xef\xbb\xbf"))
        body = text_cut(body, 3, body.len);
    r.arena = a;
    r.at = body.at;
    r.end = body.at + body.len;
    r.rc = JSON_OK;
    r.values = r.pooled = r.depth = 0;
    r.depth_max = depth_max < JSON_DEEP_MAX ? depth_max : JSON_DEEP_MAX;
    if (body.len == 0 || (behind = skip_blanks(&r, body.at)) == r.end) {
        fail(&r, r.end, JSON_EMPTY);
    } else if ((behind = tree(&r, behind, &root))) {
        r.at = skip_blanks(&r, behind);
        if (r.at != r.end)
            fail(&r, r.at, JSON_BAD);
    }
    if (at)
        *at = body.len ? (size_t)(r.at - body.at) : 0;
    *out = r.rc == JSON_OK ? root : NULL;
    return r.rc;
}
