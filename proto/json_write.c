/* json_write.c -- tree → bytes, and the inside of strings. */
#include "proto/json.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static unsigned hex4(const char *at)
{
    unsigned v = 0;

    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i];

        v = v * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* A \uXXXX at `at` (six bytes are there), maybe a pair. Bytes consumed; the character in *out, 0
 * when it is to be dropped. */
static size_t unicode(const char *at, size_t len, unsigned *out)
{
    unsigned unit = hex4(at + 2), low;

    *out = unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    *out = 0xfffd;
    if (unit > 0xdbff || len < 12 || at[6] != '\\' || at[7] != 'u')
        return 6;
    low = hex4(at + 8);
    if (low < 0xdc00 || low > 0xdfff)
        return 6;
    *out = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

/* One escape sequence, known to be well formed. */
static size_t unescape(const char *at, size_t len, char **out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    unsigned c;
    size_t used;
    const char *letter;

    if (at[1] == 'u') {
        used = unicode(at, len, &c);
        if (c)
            *out = put_utf8(*out, c);
        return used;
    }
    letter = strchr(from, at[1]);
    *(*out)++ = letter ? to[letter - from] : at[1];
    return 2;
}

struct text json_decode(struct text raw, struct arena *a)
{
    /* Worst case: every byte is not UTF-8 and becomes three. Most strings have none of those. */
    size_t bad = 0, i = 0;
    char *out, *to;

    for (size_t j = 0; j < raw.len;) {
        size_t len = (unsigned char)raw.at[j] < 0x80 ? 1 : text_char(raw, j);

        bad += len == 0;
        j += len ? len : 1;
    }
    if (!(out = to = arena_alloc(a, raw.len + 2 * bad + 1)))
        return TEXT_NONE;
    while (i < raw.len) {
        size_t len = text_plain(text_cut(raw, i, raw.len));

        memcpy(to, raw.at + i, len);
        to += len;
        if ((i += len) == raw.len)
            break;
        if (raw.at[i] == '\\') {
            i += unescape(raw.at + i, raw.len - i, &to);
        } else if ((len = text_char(raw, i))) {
            if (raw.at[i] != '\0')
                to = memcpy(to, raw.at + i, len) + len;
            i += len;
        } else {
            to = memcpy(to, replacement, 3) + 3;
            i++;
        }
    }
    *to = '\0';
    return (struct text){out, (size_t)(to - out)};
}

/* Like json_decode and json_escape in one, for the rare string that cannot be copied. */
static void write_mended(struct buf *b, struct text raw)
{
    for (size_t i = 0; i < raw.len;) {
        size_t len = text_plain(text_cut(raw, i, raw.len));
        char utf8[4], *end = utf8;

        buf_add(b, raw.at + i, len);
        if ((i += len) == raw.len)
            break;
        if (raw.at[i] == '\\') {
            i += unescape(raw.at + i, raw.len - i, &end);
            json_escape(b, (struct text){utf8, (size_t)(end - utf8)});
        } else {
            len = text_char(raw, i);
            len += len == 0;
            if (raw.at[i] != '\0')
                json_escape(b, text_cut(raw, i, len));
            i += len;
        }
    }
}

/* How a value begins that is no number or string. */
static const struct text words[] = {[JSON_NULL] = {"null", 4},
                                    [JSON_FALSE] = {"false", 5},
                                    [JSON_TRUE] = {"true", 4},
                                    [JSON_ARRAY] = {"[", 1},
                                    [JSON_OBJECT] = {"{", 1}};

/* memcpy() without a call for the few bytes that names and most values have: pieces that may
 * overlap. Returns the place behind the copy. */
static inline char *copy(char *to, struct text t)
{
    size_t len = t.len;

    if (len > 32) {
        memcpy(to, t.at, len);
    } else if (len >= 16) {
        memcpy(to, t.at, 16);
        memcpy(to + len - 16, t.at + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, t.at, 8);
        memcpy(to + len - 8, t.at + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, t.at, 4);
        memcpy(to + len - 4, t.at + len - 4, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = t.at[i];
    }
    return to + len;
}

static inline struct text bytes_of(const struct json *v)
{
    return v->kind == JSON_STRING || v->kind == JSON_NUMBER ? v->raw : words[v->kind];
}

/* `to` is where the next byte goes; b->len follows when somebody else is to write. NULL: failed. */
static char *more_room(struct buf *b, char *to, size_t len)
{
    b->len = (size_t)(to - b->at);
    return buf_grow(b, len) ? b->at + b->len : NULL;
}

static inline char *room_for(struct buf *b, char *to, size_t len)
{
    return len <= (size_t)(b->at + b->room - to) ? to : more_room(b, to, len);
}

/* When key or value have bytes that JSON must escape. */
static char *write_escaped(struct buf *b, char *to, const struct json *v, bool member, bool comma)
{
    b->len = (size_t)(to - b->at);
    if (comma)
        buf_byte(b, ',');
    if (member) {
        buf_byte(b, '"');
        json_escape(b, v->key);
        buf_add(b, "\":", 2);
    }
    if (v->kind != JSON_STRING) {
        buf_text(b, bytes_of(v));
    } else {
        buf_byte(b, '"');
        if (v->mend)
            write_mended(b, v->raw);
        else
            buf_text(b, v->raw);
        buf_byte(b, '"');
    }
    return b->failed ? NULL : b->at + b->len;
}

/* A value with what comes before it, of a container just its bracket. What is clean is copied as it
 * stands, with one look at the room for all. */
static inline __attribute__((always_inline)) char *
write_head(struct buf *b, char *to, const struct json *v, bool member, bool comma)
{
    struct text bytes = bytes_of(v);
    bool quoted = v->kind == JSON_STRING;

    if (v->mend || v->key_escaped)
        return write_escaped(b, to, v, member, comma);
    if (!(to = room_for(b, to, comma + (member ? v->key.len + 3 : 0) + bytes.len + 2 * quoted)))
        return NULL;
    if (comma)
        *to++ = ',';
    if (member) {
        *to++ = '"';
        to = copy(to, v->key);
        *to++ = '"';
        *to++ = ':';
    }
    if (!quoted)
        return copy(to, bytes);
    *to++ = '"';
    to = copy(to, bytes);
    *to++ = '"';
    return to;
}

/* What follows the bracket. Recursion is bounded: the reader keeps so many levels, and our own
 * trees are flat. */
static char *write_children(struct buf *b, char *to, const struct json *v)
{
    bool object = v->kind == JSON_OBJECT, comma = false;

    for (const struct json *m = v->child; m && to; m = m->next, comma = true) {
        to = write_head(b, to, m, object, comma);
        if (to && m->kind >= JSON_ARRAY)
            to = write_children(b, to, m);
    }
    if (to && (to = room_for(b, to, 1)))
        *to++ = object ? '}' : ']';
    return to;
}

void json_write(struct buf *b, const struct json *v)
{
    static const struct json null = {.kind = JSON_NULL};
    char *to;

    if (b->failed)
        return;
    v = v ? v : &null;
    to = write_head(b, b->at + b->len, v, false, b->comma);
    if (to && v->kind >= JSON_ARRAY)
        to = write_children(b, to, v);
    if (to)
        b->len = (size_t)(to - b->at);
    b->comma = true;
}
