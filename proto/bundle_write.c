/* bundle_write.c -- what was gathered, as a record: tables of texts, origins and shapes, then rows and lists. */
#include "proto/bundle.h"

#include <endian.h>

void put_varint(struct buf *b, uint64_t v)
{
    if (!buf_reserve(b, 10))
        return;
    for (; v >= 0x80; v >>= 7)
        b->at[b->len++] = (char)(v | 0x80);
    b->at[b->len++] = (char)v;
}

void bundle_count_text(struct bundle_writer *w, uint32_t string)
{
    w->strings[string].uses++;
}

static void count_cell(struct bundle_writer *w, const struct bundle_cell *cell)
{
    if (bundle_has_text(cell->kind))
        w->strings[cell->string].uses++;
}

void bundle_count_row(struct bundle_writer *w, const struct bundle_row *row)
{
    const struct bundle_shape *shape = &w->shapes[row->shape];

    for (uint32_t i = 0; i < shape->slot_count; i++)
        if (w->slots[shape->slot_at + i].varies)
            count_cell(w, &w->cells[row->cell_at + i]);
}

void bundle_count_list(struct bundle_writer *w, const struct bundle_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        count_cell(w, &list->cells[i]);
}

static void pin(struct bundle_writer *w, uint32_t string)
{
    if (string != BUNDLE_NONE)
        w->strings[string].pinned = true;
}

static void pin_constants(struct bundle_writer *w)
{
    for (uint32_t i = 0; i < w->slot_count; i++)
        if (!w->slots[i].varies && bundle_has_text(w->slots[i].first.kind))
            pin(w, w->slots[i].first.string);
}

static void pin_origins(struct bundle_writer *w, struct bundle_origin *list, uint32_t count,
                        int texts)
{
    for (uint32_t i = 0; i < count; i++) {
        for (int k = 0; k < texts; k++)
            pin(w, list[i].texts[k]);
        bundle_count_list(w, &list[i].list);
    }
}

static bool is_frequent(const struct bundle_string *s)
{
    return s->uses > 1;
}

/* Texts that rows speak of come first: their numbers are the ones written often. What occurs once
 * and is no constant stands in its row instead. */
static void write_strings(struct bundle_writer *w, struct buf *out)
{
    uint32_t count = 0, total = 0;

    for (uint32_t i = 0; i < w->string_count; i++) {
        w->strings[i].number = BUNDLE_NONE;
        total += is_frequent(&w->strings[i]) || w->strings[i].pinned;
    }
    put_varint(out, total);
    for (int frequent = 1; frequent >= 0; frequent--)
        for (uint32_t i = 0; i < w->string_count; i++) {
            struct bundle_string *s = &w->strings[i];

            if (is_frequent(s) != frequent || (!frequent && !s->pinned))
                continue;
            s->number = count++;
            put_varint(out, s->text.len);
            buf_text(out, s->text);
        }
}

void bundle_write_text(struct bundle_writer *w, uint32_t string, struct buf *out)
{
    const struct bundle_string *s;

    if (string == BUNDLE_NONE) {
        put_varint(out, 0);
        put_varint(out, 0);
        return;
    }
    s = &w->strings[string];
    if (s->number != BUNDLE_NONE) {
        put_varint(out, s->number + 1);
        return;
    }
    put_varint(out, 0);
    put_varint(out, s->text.len);
    buf_text(out, s->text);
}

static void write_payload(struct bundle_writer *w, const struct bundle_cell *cell, struct buf *out)
{
    uint64_t bits = htole64(cell->bits);

    switch (cell->kind) {
    case ATTR_STRING:
    case ATTR_BYTES:
    case ATTR_JSON:
        bundle_write_text(w, cell->string, out);
        break;
    case ATTR_BOOL:
        buf_byte(out, (char)cell->integer);
        break;
    case ATTR_INT:
        put_varint(out, zigzag(cell->integer));
        break;
    case ATTR_DOUBLE:
        buf_add(out, &bits, 8);
        break;
    default:
        break;
    }
}

static void write_cell(struct bundle_writer *w, const struct bundle_cell *cell, struct buf *out)
{
    buf_byte(out, (char)cell->kind);
    write_payload(w, cell, out);
}

void bundle_write_list(struct bundle_writer *w, const struct bundle_list *list, struct buf *out)
{
    put_varint(out, list->dropped);
    put_varint(out, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        put_varint(out, w->strings[list->keys[i]].number);
        write_cell(w, &list->cells[i], out);
    }
}

static void write_origins(struct bundle_writer *w, const struct bundle_origin *list, uint32_t count,
                          int texts, struct buf *out)
{
    put_varint(out, count);
    for (uint32_t i = 0; i < count; i++) {
        for (int k = 0; k < texts; k++)
            put_varint(
                out, list[i].texts[k] == BUNDLE_NONE ? 0 : w->strings[list[i].texts[k]].number + 1);
        bundle_write_list(w, &list[i].list, out);
    }
}

static uint8_t mode_of(const struct bundle_slot *slot)
{
    if (!slot->varies)
        return BUNDLE_CONSTANT;
    if (slot->kinds & (slot->kinds - 1))
        return BUNDLE_MIXED;
    return (uint8_t)(BUNDLE_STRING + __builtin_ctz(slot->kinds) - ATTR_STRING);
}

static void write_shapes(struct bundle_writer *w, struct buf *out)
{
    put_varint(out, w->shape_count);
    for (uint32_t i = 0; i < w->shape_count; i++) {
        const struct bundle_shape *s = &w->shapes[i];

        put_varint(out, s->resource);
        put_varint(out, s->scope == BUNDLE_NONE ? 0 : s->scope + 1);
        put_varint(out, s->head);
        put_varint(out, s->otel_flags);
        put_varint(out, s->slot_count);
        for (uint32_t k = 0; k < s->slot_count; k++) {
            const struct bundle_slot *slot = &w->slots[s->slot_at + k];
            uint32_t key =
                slot->key < FIELDS ? slot->key : FIELDS + w->strings[slot->key - FIELDS].number;

            put_varint(out, (uint64_t)key << 3 | mode_of(slot));
            if (!slot->varies)
                write_cell(w, &slot->first, out);
        }
    }
}

void bundle_write_tables(struct bundle_writer *w, struct buf *out)
{
    pin_constants(w);
    pin_origins(w, w->resources, w->resource_count, 4);
    pin_origins(w, w->scopes, w->scope_count, 2);
    write_strings(w, out);
    write_origins(w, w->resources, w->resource_count, 4, out);
    write_origins(w, w->scopes, w->scope_count, 2, out);
    write_shapes(w, out);
}

void bundle_write_row(struct bundle_writer *w, const struct bundle_row *row, struct buf *out)
{
    const struct bundle_shape *shape = &w->shapes[row->shape];

    for (uint32_t i = 0; i < shape->slot_count; i++) {
        const struct bundle_slot *slot = &w->slots[shape->slot_at + i];

        if (!slot->varies)
            continue;
        if (mode_of(slot) == BUNDLE_MIXED)
            write_cell(w, &w->cells[row->cell_at + i], out);
        else
            write_payload(w, &w->cells[row->cell_at + i], out);
    }
}
