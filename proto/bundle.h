/* bundle.h -- what records of spans and of log records have in common. Private to
 * proto/bundle_*.c, proto/record_span*.c and proto/record_log*.c.
 *
 * Items of one process are alike: the same keys, mostly the same values. So a bundle holds
 *   strings    each text that occurs more than once, numbered;
 *   resources, scopes   once each;
 *   shapes     one for each combination of resource, scope, head word and list of keys. A slot of a
 *              shape whose value is the same in every item of the bundle carries that value itself;
 *   rows       one per item: its shape, then only the values of slots that vary.
 * Nothing is compressed here: LZ4 comes with the block, and finds little more than what repeats
 * between bundles and inside varying texts.
 *
 * Every count in the encoding is checked against the bytes that are left, every number against its
 * table; a reader answers false for anything else. */
#ifndef QUERN_PROTO_BUNDLE_H
#define QUERN_PROTO_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/attr.h"
#include "proto/buf.h"
#include "proto/limits.h"
#include "proto/span.h"
#include "proto/wire.h"

#define BUNDLE_NONE UINT32_MAX

/* Slots that are no attributes: fields that repeat as attributes do. Keys of attributes follow. */
enum bundle_field {
    FIELD_NAME, /* span name; log body. Always the first slot */
    FIELD_OP,
    FIELD_MESSAGE, /* status message; severity text */
    FIELD_STATE,   /* trace state; event name */
    FIELD_WEIGHT,
    FIELDS = 8
};

/* How a slot's value is stored. From BUNDLE_STRING on: BUNDLE_STRING + kind - ATTR_STRING. */
enum bundle_mode { BUNDLE_CONSTANT, BUNDLE_MIXED, BUNDLE_STRING };

/* ---- gathering: bundle_gather.c ---- */

struct bundle_cell {
    union {
        int64_t integer;
        double real;
        uint64_t bits;
        uint32_t string; /* ATTR_STRING, ATTR_BYTES, ATTR_JSON: index of the text */
    };
    uint8_t kind; /* enum attr_kind */
};

struct bundle_slot {
    uint32_t key;  /* FIELD_*, or FIELDS + index of the text */
    uint8_t kinds; /* bits of enum attr_kind seen */
    bool varies;
    struct bundle_cell first; /* its value in the first row */
};

struct bundle_shape {
    uint32_t resource, scope, head, otel_flags;
    uint32_t slot_at, slot_count; /* in bundle_writer.slots */
    uint32_t hash;
};

/* What is remembered of an item: its shape, and where its cells are, in the order of the slots. */
struct bundle_row {
    uint32_t shape, cell_at;
};

/* Attributes outside the shapes: of resources, scopes, events, links. */
struct bundle_list {
    uint32_t *keys;
    struct bundle_cell *cells;
    uint32_t count, dropped;
};

struct bundle_string {
    struct text text;
    uint32_t hash;
    uint32_t uses;     /* in rows and lists, while writing */
    uint32_t number;   /* in the record's table */
    uint32_t last_row; /* latest row that began with it */
    uint32_t seen_row; /* latest row that had it as a key, plus one … */
    uint32_t seen_at;  /* … and where */
    uint32_t cleaned;  /* what the filter leaves of it; BUNDLE_NONE: not asked yet */
    uint8_t care;      /* as a key: enum attr_care + 1; 0: not asked yet */
    bool pinned;       /* must be in the table: a key, a constant */
};

struct bundle_origin { /* a resource or scope that was written down */
    const void *from;
    uint32_t texts[4]; /* service, release, environment, platform; or name, version */
    struct bundle_list list;
};

struct bundle_writer {
    struct arena arena;               /* everything below; emptied with each bundle */
    size_t estimate;                  /* bytes that the record will take, about */
    const struct attr_filter *filter; /* NULL: everything is stored as it is */

    struct bundle_string *strings;
    uint32_t string_count, string_room;
    uint32_t *string_index, string_index_room; /* open addressing; a power of two */
    struct bundle_shape *shapes;
    uint32_t shape_count, shape_room;
    struct bundle_slot *slots;
    uint32_t slot_count, slot_room;
    struct bundle_cell *cells;
    uint32_t cell_count, cell_room;
    struct bundle_origin *resources, *scopes;
    uint32_t resource_count, resource_room, scope_count, scope_room;

    /* the item being added */
    uint32_t row_number, row_count;
    const struct bundle_row *like; /* an earlier row; NULL: none */
    bool alike;                    /* so far this one has the same keys */
    uint32_t row_keys[SPAN_ATTRS_MAX + FIELDS];
    struct bundle_cell row_cells[SPAN_ATTRS_MAX + FIELDS];
};

/* Is its value an index of a text? */
static inline bool bundle_has_text(uint8_t kind)
{
    return kind == ATTR_STRING || kind == ATTR_BYTES || kind == ATTR_JSON;
}

void bundle_init(struct bundle_writer *w, size_t budget);
void bundle_reset(struct bundle_writer *w);
void bundle_free(struct bundle_writer *w);
/* `at` with room for one element more; NULL: spent. */
void *bundle_grow(struct bundle_writer *w, void *at, uint32_t count, uint32_t *room, size_t size);
uint32_t bundle_intern(struct bundle_writer *w, struct text t); /* BUNDLE_NONE: spent */

/* One item: begin with its name or body, then fields, then attributes, then end.
 * bundle_row_begin gives the number of the latest row that began with the same text, BUNDLE_NONE:
 * none. bundle_row_like names a row that this one probably resembles; it must stay where it is. */
uint32_t bundle_row_begin(struct bundle_writer *w, const struct attr *name);
void bundle_row_like(struct bundle_writer *w, const struct bundle_row *like);
void bundle_row_field(struct bundle_writer *w, enum bundle_field field, struct text value);
void bundle_row_real(struct bundle_writer *w, enum bundle_field field, double value);
void bundle_row_attrs(struct bundle_writer *w, const struct attrs *list);
bool bundle_row_end(struct bundle_writer *w, uint32_t resource, uint32_t scope, uint32_t head,
                    uint32_t otel_flags, struct bundle_row *out); /* false: spent */

/* By pointer first, so one of these must stay as it is until the bundle is reset. */
uint32_t bundle_resource(struct bundle_writer *w, const struct resource *r);
uint32_t bundle_scope(struct bundle_writer *w, const struct scope *s); /* NULL: BUNDLE_NONE */
bool bundle_list_from(struct bundle_writer *w, const struct attrs *from, struct bundle_list *out);

/* ---- writing ----
 * Count the texts of all rows and lists, then the tables, then rows and lists. */
void bundle_count_row(struct bundle_writer *w, const struct bundle_row *row);
void bundle_count_list(struct bundle_writer *w, const struct bundle_list *list);
void bundle_count_text(struct bundle_writer *w, uint32_t string);
void bundle_write_tables(struct bundle_writer *w, struct buf *out);
/* The varying values; its shape number is the caller's to write. */
void bundle_write_row(struct bundle_writer *w, const struct bundle_row *row, struct buf *out);
void bundle_write_list(struct bundle_writer *w, const struct bundle_list *list, struct buf *out);
void bundle_write_text(struct bundle_writer *w, uint32_t string, struct buf *out);
void put_varint(struct buf *b, uint64_t v);

/* ---- reading ---- */

struct bundle_slot_view {
    struct text key; /* attributes only */
    uint8_t field;   /* FIELD_*, or FIELDS: an attribute */
    uint8_t mode;    /* enum bundle_mode and above */
    struct attr constant;
};

struct bundle_shape_view {
    uint32_t resource;
    const struct scope *scope; /* NULL: none */
    uint32_t head, otel_flags;
    struct bundle_slot_view *slots;
    uint32_t slot_count, attr_count;
};

struct bundle_view {
    struct text *strings;
    uint32_t string_count;
    struct resource *resources;
    uint32_t resource_count;
    struct scope *scopes;
    uint32_t scope_count;
    struct bundle_shape_view *shapes;
    uint32_t shape_count;
};

bool bundle_read_tables(struct wire *w, struct arena *a, struct bundle_view *out);
/* A shape number, checked. NULL and w->bad: none. */
const struct bundle_shape_view *bundle_read_shape(struct wire *w, const struct bundle_view *v);
/* The values of a row: fields into `fields` (FIELDS of them, cleared first), attributes into
 * `attrs` (room for shape->attr_count). */
bool bundle_read_row(struct wire *w, const struct bundle_view *v,
                     const struct bundle_shape_view *shape, struct attr *fields,
                     struct attr *attrs);
bool bundle_read_list(struct wire *w, const struct bundle_view *v, struct arena *a,
                      struct attrs *out);
void bundle_skip_list(struct wire *w, const struct bundle_view *v);
struct text bundle_read_text(struct wire *w, const struct bundle_view *v);

#endif
