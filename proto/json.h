/* json.h -- a JSON document as a tree: a validating reader, and its writer.
 * For        reading what SDKs send (tolerantly) and writing the normalised document again.
 * Ownership  nodes live in the arena; raw texts point into the body, which must outlive the tree.
 * Tolerance  NaN, Infinity and -Infinity read as null; a UTF-8 BOM is skipped; duplicate keys: the
 *            last wins (json_get) ; nesting deeper than JSON_DEPTH_MAX is cut to null; control
 *            bytes, lone surrogates, \u0000 and bytes that are not UTF-8 are kept in `raw` and
 *            mended (dropped or U+FFFD) whenever text is decoded or written.
 * Source     RFC 8259; the peculiarities of the Sentry SDKs.
 * No jsmn    It was the plan. Closing a bracket walks up its parent links (or, without them, back
 *            over all tokens), which is quadratic in the nesting: 160 KB of "[[[…]]]" hold a worker
 *            for 8.8 s. And being a tokenizer it leaves everything to be checked in a second pass.
 *            One pass that checks as it goes is shorter and, measured, faster than jsmn alone. */
#ifndef QUERN_PROTO_JSON_H
#define QUERN_PROTO_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/text.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    uint8_t kind;
    bool escaped;       /* string: raw holds backslashes or bytes to mend; decode before use */
    bool key_escaped;   /* the key holds bytes that JSON must escape */
    bool mend;          /* string: raw is not valid JSON as it stands, see Tolerance */
    uint32_t count;     /* array, object: number of children */
    struct text key;    /* member of an object: its name, decoded */
    struct text raw;    /* string: between the quotes, as sent; number: its digits; else unused */
    struct json *next;  /* next sibling */
    struct json *child; /* array, object: first child */
    struct json *last;  /* array, object: last child */
};

enum json_rc {
    JSON_OK,
    JSON_EMPTY,    /* nothing but blanks */
    JSON_BAD,      /* not JSON; *at says where */
    JSON_TOO_MANY, /* more than JSON_TOKENS_MAX values */
    JSON_SPENT     /* the arena's budget is used up */
};

const char *json_rc_text(enum json_rc rc);

/* Read one document that fills `body` (blanks around it allowed). `at`, when given, receives the
 * byte offset of the first fault. */
enum json_rc json_read(struct text body, struct arena *a, struct json **out, size_t *at);
/* The same with another depth, at most JSON_DEEP_MAX: OTLP/JSON spends three brackets where other
 * formats spend one. */
enum json_rc json_read_deep(struct text body, uint32_t depth_max, struct arena *a,
                            struct json **out, size_t *at);

/* Member of an object, or NULL: absent, or `v` is NULL or no object. */
struct json *json_get_text(const struct json *v, struct text key);
static inline struct json *json_get(const struct json *v, const char *key)
{
    return json_get_text(v, text_of(key));
}
/* NULL-safe kind tests. */
static inline bool json_is(const struct json *v, enum json_kind kind)
{
    return v && v->kind == kind;
}
/* String value, decoded into the arena when it has escapes; TEXT_NONE for anything else. */
struct text json_string(const struct json *v, struct arena *a);
/* Strings as they are; numbers and booleans as their text ("True"/"False" never: "true"/"false");
 * arrays and objects as compact JSON; null or NULL: TEXT_NONE. */
struct text json_as_text(const struct json *v, struct arena *a);
/* Numbers, integral floats, digits in strings. False: absent, or out of range. */
bool json_int64(const struct json *v, int64_t *out);
bool json_double(const struct json *v, double *out);
/* true/false; also 1/0 and "true"/"false". */
bool json_boolean(const struct json *v, bool *out);

/* The text that `raw`, the inside of a JSON string, stands for; mended. */
struct text json_decode(struct text raw, struct arena *a);

/* Change the tree. */
struct json *json_new(struct arena *a, enum json_kind kind);
struct json *json_new_string(struct arena *a, struct text decoded); /* escapes it as needed */
/* A text that needs no escapes. */
static inline struct json *json_new_plain(struct arena *a, struct text plain)
{
    struct json *v = json_new(a, JSON_STRING);

    if (v)
        v->raw = plain;
    return v;
}
struct json *json_new_int(struct arena *a, int64_t v);
void json_push(struct json *array, struct json *v);
/* Replace the member of that key or add it; v's own key is set. */
void json_set(struct arena *a, struct json *object, const char *key, struct json *v);
/* Add a member that is known to be missing, under a key that needs no escapes. */
static inline void json_add(struct json *object, const char *key, struct json *v)
{
    if (!v || !json_is(object, JSON_OBJECT))
        return;
    v->key = text_of(key);
    json_push(object, v);
}
/* Take the member out; NULL when there was none. */
struct json *json_take(struct json *object, const char *key);
void json_to_null(struct json *v);
/* Overwrite a value in place, keeping key and siblings. */
void json_become(struct json *v, const struct json *other);

/* Write compactly. Always valid UTF-8 JSON, whatever came in. */
void json_write(struct buf *b, const struct json *v);

#endif
