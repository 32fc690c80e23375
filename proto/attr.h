/* attr.h -- typed attributes: what OTLP calls KeyValue and Sentry calls span data.
 * For        spans, log records, resources, scopes, events and links, whatever wire they came over.
 * Ownership  texts belong to the arena or body of whoever made the list.
 * Keys       may occur twice in a list as it came in: the last one wins, and attr_get looks from
 * the end. The record encoding keeps only the last. */
#ifndef QUERN_PROTO_ATTR_H
#define QUERN_PROTO_ATTR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/json.h"
#include "proto/text.h"

enum attr_kind {
    ATTR_EMPTY, /* a key whose value is not set: legal since OTLP 1.9 */
    ATTR_STRING,
    ATTR_BOOL,
    ATTR_INT,
    ATTR_DOUBLE,
    ATTR_BYTES,
    ATTR_JSON /* array or map, as compact JSON text */
};

struct attr {
    struct text key;
    struct text text; /* ATTR_STRING, ATTR_BYTES, ATTR_JSON */
    union {
        int64_t integer; /* ATTR_INT; ATTR_BOOL: 0 or 1 */
        double real;     /* ATTR_DOUBLE; may be NaN or infinite */
    };
    uint8_t kind; /* enum attr_kind */
};

struct attrs {
    struct attr *at;
    uint32_t count;
    uint32_t dropped; /* by the SDK or by our limits */
};

/* The last attribute of that key; NULL: none. */
const struct attr *attr_get(const struct attrs *list, const char *key);
/* The first of several names that is there: new convention first, then the old ones. NULL ends. */
const struct attr *attr_first(const struct attrs *list, const char *const *keys);
/* Its text when it is a non-empty string, else TEXT_NONE. */
struct text attr_string(const struct attrs *list, const char *key);
/* Any value as people read it: strings as they are, numbers in decimal, bytes in base64. */
struct text attr_as_text(const struct attr *at, struct arena *a);
/* Integers, integral doubles, digits in a string. */
bool attr_int(const struct attr *at, int64_t *out);

/* Bytes that the list takes in a record, at most. */
size_t attrs_size(const struct attrs *list);
/* Drop attributes from the end, counting them, until it takes no more than `max`. */
void attrs_fit(struct attrs *list, size_t max);

/* {"key":value,…}: plain JSON, for Sentry-shaped answers and event contexts. NaN is "NaN". */
void attrs_write_json(struct buf *b, const char *key, const struct attrs *list);
/* [["key",value],…]: plain JSON in the order of the list; a key may come twice. */
void attrs_write_pairs(struct buf *b, const char *key, const struct attrs *list);
/* [{"key":"…","value":{"stringValue":"…"}},…]: OTLP/JSON, types kept. */
void attrs_write_otlp(struct buf *b, const char *key, const struct attrs *list);
void attr_write_value(struct buf *b, const char *key, const struct attr *at); /* plain */
void attr_write_any(struct buf *b, const char *key, const struct attr *at);   /* OTLP AnyValue */

/* A JSON number written without fraction and exponent, within 64 bits. */
bool attr_json_int(const struct json *v, int64_t *out);
/* "5": an int64 or uint64 below 2^63 as OTLP/JSON wants it, since it may not fit a double. */
void json_digits(struct buf *b, const char *key, int64_t v);

/* What may not be stored. A bundle asks once for each key and once for each text, so it costs nothing
 * per span; the functions must not depend on anything but their arguments. */
enum attr_care { ATTR_KEEP, ATTR_CLEAN, ATTR_HIDE };
struct attr_filter {
    const void *own;
    enum attr_care (*care)(const void *own, struct text key);
    /* What of a text under an ATTR_CLEAN key is left; the text itself when nothing is wrong with it. */
    struct text (*clean)(const void *own, struct text value, struct arena *a);
};
#define ATTR_HIDDEN TEXT("[Filtered]")

/* A list being made. Full lists count what no longer fits as dropped. */
struct attr_list {
    struct attrs attrs;
    uint32_t room, max;
    struct arena *arena;
};
void attr_list_init(struct attr_list *l, struct arena *a, uint32_t room, uint32_t max);
/* Room for one more, key set (cut to ATTR_KEY_MAX, UTF-8 mended) and kind ATTR_EMPTY; NULL: dropped
 * (empty key, list full, arena spent). */
struct attr *attr_add(struct attr_list *l, struct text key);
void attr_add_text(struct attr_list *l, const char *key,
                   struct text value); /* absent or empty: nothing */
/* Any JSON value: {"type":"integer","value":1} is not unpacked here. */
void attr_set_json(struct attr *at, const struct json *v, struct arena *a);
/* A string, cut to what its key allows. True: it was cut. */
bool attr_set_text(struct attr *at, uint8_t kind, struct text value, struct arena *a);

#endif
