/* bundle_read.c -- the tables and rows of a bundle, read back. Whatever the bytes are: checked. */
#include "proto/bundle.h"

#include <endian.h>

/* A count of things that take at least `each` bytes; w->bad: there are not that many left. */
static uint32_t count_of(struct wire *w, size_t each)
{
    uint64_t n = wire_varint(w);

    if (n > (size_t)(w->end - w->at) / each)
        w->bad = true;
    return w->bad ? 0 : (uint32_t)n;
}

/* A number below `limit`. */
static uint32_t number(struct wire *w, uint32_t limit)
{
    uint64_t n = wire_varint(w);

    if (n >= limit)
        w->bad = true;
    return w->bad ? 0 : (uint32_t)n;
}

struct text bundle_read_text(struct wire *w, const struct bundle_view *v)
{
    uint32_t n = number(w, v->string_count + 1);

    if (n)
        return v->strings[n - 1];
    return wire_bytes(w, wire_varint(w));
}

static void read_payload(struct wire *w, const struct bundle_view *v, uint8_t kind,
                         struct attr *out)
{
    struct text bytes;
    uint64_t bits;

    out->kind = kind;
    switch (kind) {
    case ATTR_EMPTY:
        break;
    case ATTR_STRING:
    case ATTR_BYTES:
    case ATTR_JSON:
        out->text = bundle_read_text(w, v);
        break;
    case ATTR_BOOL:
        bytes = wire_bytes(w, 1);
        out->integer = bytes.at && bytes.at[0];
        break;
    case ATTR_INT:
        out->integer = unzigzag(wire_varint(w));
        break;
    case ATTR_DOUBLE:
        bytes = wire_bytes(w, 8);
        if (bytes.at) {
            memcpy(&bits, bytes.at, 8);
            bits = le64toh(bits);
            memcpy(&out->real, &bits, 8);
        }
        break;
    default:
        w->bad = true;
    }
}

static void read_cell(struct wire *w, const struct bundle_view *v, struct attr *out)
{
    struct text kind = wire_bytes(w, 1);

    if (kind.at)
        read_payload(w, v, (uint8_t)kind.at[0], out);
}

bool bundle_read_list(struct wire *w, const struct bundle_view *v, struct arena *a,
                      struct attrs *out)
{
    uint32_t dropped = number(w, UINT32_MAX), count = count_of(w, 2);

    *out = (struct attrs){.dropped = dropped};
    if (!count)
        return !w->bad;
    if (!(out->at = arena_zero(a, count, sizeof *out->at)))
        return false;
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        uint32_t key = number(w, v->string_count);

        if (w->bad)
            break;
        out->at[i].key = v->strings[key];
        read_cell(w, v, &out->at[i]);
    }
    out->count = w->bad ? 0 : count;
    return !w->bad;
}

void bundle_skip_list(struct wire *w, const struct bundle_view *v)
{
    uint32_t count;
    struct attr value;

    wire_varint(w);
    count = count_of(w, 2);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        wire_varint(w);
        read_cell(w, v, &value);
    }
}

static bool read_strings(struct wire *w, struct arena *a, struct bundle_view *v)
{
    v->string_count = count_of(w, 1);
    if (!(v->strings = arena_alloc(a, v->string_count * sizeof *v->strings)))
        return false;
    for (uint32_t i = 0; i < v->string_count; i++)
        v->strings[i] = wire_bytes(w, wire_varint(w));
    return !w->bad;
}

static struct text text_or_none(struct wire *w, const struct bundle_view *v)
{
    uint32_t n = number(w, v->string_count + 1);

    return n ? v->strings[n - 1] : TEXT_NONE;
}

static bool read_origins(struct wire *w, struct arena *a, struct bundle_view *v)
{
    uint32_t resources = count_of(w, 6), scopes;

    if (!(v->resources = arena_zero(a, resources, sizeof *v->resources)))
        return false;
    for (uint32_t i = 0; i < resources && !w->bad; i++) {
        struct resource *r = &v->resources[v->resource_count++];

        r->service = text_or_none(w, v);
        r->release = text_or_none(w, v);
        r->environment = text_or_none(w, v);
        r->platform = text_or_none(w, v);
        if (!bundle_read_list(w, v, a, &r->attrs))
            return false;
    }
    scopes = count_of(w, 4);
    if (!(v->scopes = arena_zero(a, scopes, sizeof *v->scopes)))
        return false;
    for (uint32_t i = 0; i < scopes && !w->bad; i++) {
        struct scope *s = &v->scopes[v->scope_count++];

        s->name = text_or_none(w, v);
        s->version = text_or_none(w, v);
        if (!bundle_read_list(w, v, a, &s->attrs))
            return false;
    }
    return !w->bad;
}

static void read_slot(struct wire *w, const struct bundle_view *v, struct bundle_slot_view *slot)
{
    uint64_t word = wire_varint(w), key = word >> 3;

    slot->mode = word & 7;
    slot->field = key < FIELDS ? (uint8_t)key : FIELDS;
    if (key >= FIELDS + (uint64_t)v->string_count)
        w->bad = true;
    if (w->bad)
        return;
    if (key >= FIELDS)
        slot->constant.key = slot->key = v->strings[key - FIELDS];
    if (slot->mode == BUNDLE_CONSTANT)
        read_cell(w, v, &slot->constant);
}

static bool read_shape(struct wire *w, struct arena *a, const struct bundle_view *v,
                       struct bundle_shape_view *s)
{
    uint32_t scope;

    s->resource = number(w, v->resource_count);
    scope = number(w, v->scope_count + 1);
    s->scope = scope ? &v->scopes[scope - 1] : NULL;
    s->head = number(w, UINT32_MAX);
    s->otel_flags = (uint32_t)wire_varint(w);
    s->slot_count = count_of(w, 1);
    if (w->bad || !(s->slots = arena_zero(a, s->slot_count, sizeof *s->slots)))
        return false;
    for (uint32_t i = 0; i < s->slot_count && !w->bad; i++) {
        read_slot(w, v, &s->slots[i]);
        s->attr_count += s->slots[i].field == FIELDS;
    }
    return !w->bad;
}

bool bundle_read_tables(struct wire *w, struct arena *a, struct bundle_view *v)
{
    uint32_t shapes;

    memset(v, 0, sizeof *v);
    if (!read_strings(w, a, v) || !read_origins(w, a, v))
        return false;
    shapes = count_of(w, 5);
    if (w->bad || !(v->shapes = arena_zero(a, shapes, sizeof *v->shapes)))
        return false;
    for (uint32_t i = 0; i < shapes; i++)
        if (!read_shape(w, a, v, &v->shapes[v->shape_count++]))
            return false;
    return true;
}

const struct bundle_shape_view *bundle_read_shape(struct wire *w, const struct bundle_view *v)
{
    uint32_t n = number(w, v->shape_count);

    return w->bad ? NULL : &v->shapes[n];
}

bool bundle_read_row(struct wire *w, const struct bundle_view *v,
                     const struct bundle_shape_view *shape, struct attr *fields, struct attr *attrs)
{
    memset(fields, 0, FIELDS * sizeof *fields);
    for (uint32_t i = 0; i < shape->slot_count; i++) {
        const struct bundle_slot_view *slot = &shape->slots[i];
        struct attr *to = slot->field < FIELDS ? &fields[slot->field] : attrs++;

        if (slot->mode == BUNDLE_CONSTANT) {
            *to = slot->constant;
            continue;
        }
        *to = (struct attr){.key = slot->key};
        if (slot->mode == BUNDLE_MIXED)
            read_cell(w, v, to);
        else
            read_payload(w, v, slot->mode - BUNDLE_STRING + ATTR_STRING, to);
        if (w->bad)
            return false;
    }
    return !w->bad;
}
