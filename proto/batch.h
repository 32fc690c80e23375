/* batch.h -- what a record of spans and a record of log records have in common. Private to
 * proto/batch_*.c, proto/record_span*.c and proto/record_log*.c.
 *
 * Items of one process are alike: the same keys, mostly the same values. So a batch holds
 *   strings    each text that occurs more than once, numbered;
 *   resources, scopes   once each;
 *   shapes     one for each combination of resource, scope, head word and list of keys. A slot of a
 *              shape whose value is the same in every item of the batch carries that value itself;
 *   rows       one per item: its shape, then only the values of slots that vary.
 * Nothing is compressed here: LZ4 comes with the block, and finds little more than what repeats
 * between batches and inside varying texts.
 *
 * Every count in the encoding is checked against the bytes that are left, every number against its
 * table; a reader answers false for anything else. */
#ifndef QUERN_PROTO_BATCH_H
#define QUERN_PROTO_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/attr.h"
#include "proto/buf.h"
#include "proto/limits.h"
#include "proto/span.h"
#include "proto/wire.h"

#define BATCH_NONE UINT32_MAX

/* Slots that are no attributes: fields that repeat as attributes do. Keys of attributes follow. */
enum batch_field {
    FIELD_NAME, /* span name; log body. Always the first slot */
    FIELD_OP,
    FIELD_MESSAGE, /* status message; severity text */
    FIELD_STATE,   /* trace state; event name */
    FIELD_WEIGHT,
    FIELDS = 8
};

/* How a slot's value is stored. From BATCH_STRING on: BATCH_STRING + kind - ATTR_STRING. */
enum batch_mode { BATCH_CONSTANT, BATCH_MIXED, BATCH_STRING };

/* ---- writing ---- */

struct batch_cell {
    union {
        int64_t integer;
        double real;
        uint64_t bits;
        uint32_t string; /* ATTR_STRING, ATTR_BYTES, ATTR_JSON: index of the text */
    };
    uint8_t kind; /* enum attr_kind */
};

struct batch_slot {
    uint32_t key;  /* FIELD_*, or FIELDS + index of the text */
    uint8_t kinds; /* bits of enum attr_kind seen */
    bool varies;
    struct batch_cell first; /* its value in the first row */
};

struct batch_shape {
    uint32_t resource, scope, head, otel_flags;
    uint32_t slot_at, slot_count; /* in batch_writer.slots */
    uint32_t hash;
};

/* What is remembered of an item: its shape, and where its cells are, in the order of the slots. */
struct batch_row {
    uint32_t shape, cell_at;
};

/* Attributes outside the shapes: of resources, scopes, events, links. */
struct batch_list {
    uint32_t *keys;
    struct batch_cell *cells;
    uint32_t count, dropped;
};

struct batch_string;
struct batch_origin; /* a resource or scope that was written down */

struct batch_writer {
    struct arena arena;               /* everything below; emptied with each batch */
    size_t estimate;                  /* bytes that the record will take, about */
    const struct attr_filter *filter; /* NULL: everything is stored as it is */

    struct batch_string *strings;
    uint32_t string_count, string_room;
    uint32_t *string_index, string_index_room; /* open addressing; a power of two */
    struct batch_shape *shapes;
    uint32_t shape_count, shape_room;
    struct batch_slot *slots;
    uint32_t slot_count, slot_room;
    struct batch_cell *cells;
    uint32_t cell_count, cell_room;
    struct batch_origin *resources, *scopes;
    uint32_t resource_count, resource_room, scope_count, scope_room;

    /* the item being added */
    uint32_t row_number, row_count;
    const struct batch_row *like; /* an earlier row; NULL: none */
    bool alike;                   /* so far this one has the same keys */
    uint32_t row_keys[SPAN_ATTRS_MAX + FIELDS];
    struct batch_cell row_cells[SPAN_ATTRS_MAX + FIELDS];
};

void batch_init(struct batch_writer *w, size_t budget);
void batch_reset(struct batch_writer *w);
void batch_free(struct batch_writer *w);
/* `at` with room for one element more; NULL: spent. */
void *batch_grow(struct batch_writer *w, void *at, uint32_t count, uint32_t *room, size_t size);
uint32_t batch_intern(struct batch_writer *w, struct text t); /* BATCH_NONE: spent */

/* One item: begin with its name or body, then fields, then attributes, then end.
 * batch_row_begin gives the number of the latest row that began with the same text, BATCH_NONE:
 * none. batch_row_like names a row that this one probably resembles; it must stay where it is. */
uint32_t batch_row_begin(struct batch_writer *w, const struct attr *name);
void batch_row_like(struct batch_writer *w, const struct batch_row *like);
void batch_row_field(struct batch_writer *w, enum batch_field field, struct text value);
void batch_row_real(struct batch_writer *w, enum batch_field field, double value);
void batch_row_attrs(struct batch_writer *w, const struct attrs *list);
bool batch_row_end(struct batch_writer *w, uint32_t resource, uint32_t scope, uint32_t head,
                   uint32_t otel_flags, struct batch_row *out); /* false: spent */

/* By pointer first, so one of these must stay as it is until the batch is reset. */
uint32_t batch_resource(struct batch_writer *w, const struct resource *r);
uint32_t batch_scope(struct batch_writer *w, const struct scope *s); /* NULL: BATCH_NONE */
bool batch_list_from(struct batch_writer *w, const struct attrs *from, struct batch_list *out);

/* Writing: count the texts of all rows and lists, then the tables, then rows and lists. */
void batch_count_row(struct batch_writer *w, const struct batch_row *row);
void batch_count_list(struct batch_writer *w, const struct batch_list *list);
void batch_count_text(struct batch_writer *w, uint32_t string);
void batch_write_tables(struct batch_writer *w, struct buf *out);
/* The varying values; its shape number is the caller's to write. */
void batch_write_row(struct batch_writer *w, const struct batch_row *row, struct buf *out);
void batch_write_list(struct batch_writer *w, const struct batch_list *list, struct buf *out);
void batch_write_text(struct batch_writer *w, uint32_t string, struct buf *out);
void put_varint(struct buf *b, uint64_t v);

/* ---- reading ---- */

struct batch_slot_view {
    struct text key; /* attributes only */
    uint8_t field;   /* FIELD_*, or FIELDS: an attribute */
    uint8_t mode;    /* enum batch_mode and above */
    struct attr constant;
};

struct batch_shape_view {
    uint32_t resource;
    const struct scope *scope; /* NULL: none */
    uint32_t head, otel_flags;
    struct batch_slot_view *slots;
    uint32_t slot_count, attr_count;
};

struct batch_view {
    struct text *strings;
    uint32_t string_count;
    struct resource *resources;
    uint32_t resource_count;
    struct scope *scopes;
    uint32_t scope_count;
    struct batch_shape_view *shapes;
    uint32_t shape_count;
};

bool batch_read_tables(struct wire *w, struct arena *a, struct batch_view *out);
/* A shape number, checked. NULL and w->bad: none. */
const struct batch_shape_view *batch_read_shape(struct wire *w, const struct batch_view *v);
/* The values of a row: fields into `fields` (FIELDS of them, cleared first), attributes into
 * `attrs` (room for shape->attr_count). */
bool batch_read_row(struct wire *w, const struct batch_view *v,
                    const struct batch_shape_view *shape, struct attr *fields, struct attr *attrs);
bool batch_read_list(struct wire *w, const struct batch_view *v, struct arena *a,
                     struct attrs *out);
void batch_skip_list(struct wire *w, const struct batch_view *v);
struct text batch_read_text(struct wire *w, const struct batch_view *v);

#endif
