/* buf.c -- bytes that grow in an arena, and JSON written into them. */
#include "proto/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/timestamp.h"

void buf_init(struct buf *b, struct arena *arena, size_t room, size_t max)
{
    *b = (struct buf){.arena = arena, .max = max};
    if (room > max)
        room = max;
    b->at = arena_alloc(arena, room);
    b->room = b->at ? room : 0;
    b->failed = !b->at;
}

bool buf_grow(struct buf *b, size_t more)
{
    size_t room = b->room * 2;
    char *at;

    if (b->failed || more > b->max || b->len > b->max - more) {
        b->failed = true;
        return false;
    }
    if (room < b->len + more)
        room = b->len + more;
    if (room > b->max)
        room = b->max;
    if (!(at = arena_alloc(b->arena, room))) {
        b->failed = true;
        return false;
    }
    if (b->len)
        memcpy(at, b->at, b->len);
    b->at = at;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len && buf_reserve(b, len)) {
        memcpy(b->at + b->len, bytes, len);
        b->len += len;
    }
}

void buf_text(struct buf *b, struct text t)
{
    buf_add(b, t.at, t.len);
}

void buf_str(struct buf *b, const char *zstring)
{
    buf_add(b, zstring, strlen(zstring));
}

void buf_byte(struct buf *b, char byte)
{
    if (buf_reserve(b, 1))
        b->at[b->len++] = byte;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap, again;
    int len;

    va_start(ap, format);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (len < 0)
        b->failed = true;
    else if (buf_reserve(b, (size_t)len + 1)) { /* vsnprintf wants to write its NUL */
        vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

struct text buf_result(const struct buf *b)
{
    return b->failed ? TEXT_NONE : (struct text){b->at, b->len};
}

/* ---- JSON ---- */

static void escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"':
    case '\\':
        buf_add(b, (char[2]){'\\', (char)c}, 2);
        break;
    case '\n':
        buf_add(b, "\\n", 2);
        break;
    case '\r':
        buf_add(b, "\\r", 2);
        break;
    case '\t':
        buf_add(b, "\\t", 2);
        break;
    default:
        buf_add(b, out, 6);
    }
}

void json_escape(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.len;) {
        size_t plain = text_plain(text_cut(t, i, t.len));

        buf_add(b, t.at + i, plain);
        if ((i += plain) == t.len)
            break;
        if ((unsigned char)t.at[i] < 0x80) {
            escape(b, (unsigned char)t.at[i++]);
        } else {
            size_t len = text_char(t, i);

            if (len)
                buf_add(b, t.at + i, len);
            else
                buf_add(b, "\xef\xbf\xbd", 3);
            i += len ? len : 1;
        }
    }
}

static void quoted(struct buf *b, struct text t)
{
    buf_byte(b, '"');
    json_escape(b, t);
    buf_byte(b, '"');
}

/* What comes before every value: the comma, and the key with its colon. */
static void lead(struct buf *b, const char *key)
{
    if (b->comma)
        buf_byte(b, ',');
    b->comma = true;
    if (key) {
        buf_byte(b, '"');
        buf_str(b, key);
        buf_add(b, "\":", 2);
    }
}

void json_open(struct buf *b, const char *key, char bracket)
{
    lead(b, key);
    buf_byte(b, bracket);
    b->comma = false;
}

void json_close(struct buf *b, char bracket)
{
    buf_byte(b, bracket);
    b->comma = true;
}

void json_key(struct buf *b, struct text key)
{
    lead(b, NULL);
    quoted(b, key);
    buf_byte(b, ':');
    b->comma = false;
}

void json_text(struct buf *b, const char *key, struct text t)
{
    lead(b, key);
    if (t.at)
        quoted(b, t);
    else
        buf_add(b, "null", 4);
}

void json_str(struct buf *b, const char *key, const char *zstring)
{
    json_text(b, key, text_of(zstring));
}

void json_int(struct buf *b, const char *key, int64_t v)
{
    lead(b, key);
    buf_printf(b, "%lld", (long long)v);
}

void json_uint(struct buf *b, const char *key, uint64_t v)
{
    lead(b, key);
    buf_printf(b, "%llu", (unsigned long long)v);
}

void json_num(struct buf *b, const char *key, double v)
{
    char digits[32];

    if (!isfinite(v)) {
        json_null(b, key);
        return;
    }
    /* The shorter form when it reads back as the same number. */
    snprintf(digits, sizeof digits, "%.15g", v);
    if (strtod(digits, NULL) != v)
        snprintf(digits, sizeof digits, "%.17g", v);
    lead(b, key);
    buf_str(b, digits);
}

void json_bool(struct buf *b, const char *key, bool v)
{
    lead(b, key);
    buf_str(b, v ? "true" : "false");
}

void json_null(struct buf *b, const char *key)
{
    lead(b, key);
    buf_add(b, "null", 4);
}

void json_raw(struct buf *b, const char *key, struct text valid_json)
{
    lead(b, key);
    if (valid_json.len)
        buf_text(b, valid_json);
    else
        buf_add(b, "null", 4);
}

void json_hex(struct buf *b, const char *key, const void *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *at = bytes;

    lead(b, key);
    if (len > SIZE_MAX / 4 || !buf_reserve(b, len * 2 + 2)) {
        b->failed = true;
        return;
    }
    b->at[b->len++] = '"';
    for (size_t i = 0; i < len; i++) {
        b->at[b->len++] = hex[at[i] >> 4];
        b->at[b->len++] = hex[at[i] & 15];
    }
    b->at[b->len++] = '"';
}

void json_time_us(struct buf *b, const char *key, int64_t us)
{
    char text[TIMESTAMP_TEXT_MAX];
    size_t len = timestamp_write(us, text);

    json_text(b, key, len ? (struct text){text, len} : TEXT_NONE);
}
