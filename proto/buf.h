/* buf.h -- a growing run of bytes in an arena: what an answer or a payload is written into.
 * Ownership  the bytes belong to the arena.
 * Errors     sticky: after the arena is spent, or `max` is passed, `failed` is set and appends do
 *            nothing; ask once at the end.
 * The json_* half writes JSON: commas are put by itself, strings are escaped, bytes that are not
 * UTF-8 become U+FFFD. */
#ifndef QUERN_PROTO_BUF_H
#define QUERN_PROTO_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

struct buf {
    struct arena *arena;
    char *at;
    size_t len, room, max;
    bool failed;
    bool comma; /* a comma is due before the next JSON member */
};

void buf_init(struct buf *b, struct arena *arena, size_t room, size_t max);
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_text(struct buf *b, struct text t);
void buf_str(struct buf *b, const char *zstring);
void buf_byte(struct buf *b, char byte);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `len` bytes more, so that they can be written at b->at + b->len. False: failed. */
bool buf_grow(struct buf *b, size_t len); /* the rare half of it */
static inline bool buf_reserve(struct buf *b, size_t len)
{
    return !b->failed && (len <= b->room - b->len || buf_grow(b, len));
}
struct text buf_result(const struct buf *b); /* TEXT_NONE when failed */

/* The text as the inside of a JSON string, without quotes. */
void json_escape(struct buf *b, struct text t);

/* JSON. Keys are literals of ours; pass NULL as key for members of arrays and for the root. */
void json_open(struct buf *b, const char *key, char bracket);  /* '{' or '[' */
void json_close(struct buf *b, char bracket);                  /* '}' or ']' */
void json_key(struct buf *b, struct text key);                 /* then one json_* with key NULL */
void json_text(struct buf *b, const char *key, struct text t); /* absent text: null */
void json_str(struct buf *b, const char *key, const char *zstring);
void json_int(struct buf *b, const char *key, int64_t v);
void json_uint(struct buf *b, const char *key, uint64_t v);
void json_num(struct buf *b, const char *key, double v); /* not finite: null */
void json_bool(struct buf *b, const char *key, bool v);
void json_null(struct buf *b, const char *key);
void json_raw(struct buf *b, const char *key, struct text valid_json);
void json_hex(struct buf *b, const char *key, const void *bytes, size_t len); /* "lower hex" */
/* "2026-03-01T10:00:00.123456Z" from microseconds since 1970; fraction left out when 0. */
void json_time_us(struct buf *b, const char *key, int64_t us);

#endif
