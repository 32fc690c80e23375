/* bundle_gather.c -- items in; each text once, their shapes, what varies. The hot path is the guess: an item with
 * the name of an earlier one nearly always has its keys, and mostly its values, so that a
 * comparison replaces hashing and looking up. */
#include "proto/bundle.h"

/* ---- life ---- */

void bundle_init(struct bundle_writer *w, size_t budget)
{
    memset(w, 0, sizeof *w);
    arena_init(&w->arena, budget);
}

void bundle_reset(struct bundle_writer *w)
{
    struct arena arena = w->arena;

    arena_reset(&arena);
    memset(w, 0, offsetof(struct bundle_writer, row_keys));
    w->arena = arena;
}

void bundle_free(struct bundle_writer *w)
{
    arena_free(&w->arena);
}

void *bundle_grow(struct bundle_writer *w, void *at, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room ? *room * 2 : 64;
    void *out;

    if (count < *room)
        return at;
    if (!(out = arena_alloc(&w->arena, more * size)))
        return NULL;
    if (count)
        memcpy(out, at, count * size);
    *room = more;
    return out;
}

/* ---- texts ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_of(struct text t)
{
    const uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xbf58476d1ce4e5b9;
    uint64_t h = t.len * k0, eight = 0;

    for (; t.len >= 8; t.at += 8, t.len -= 8) {
        memcpy(&eight, t.at, 8);
        h = mix(h ^ eight, k1);
    }
    eight = 0;
    if (t.len)
        memcpy(&eight, t.at, t.len);
    h = mix(h ^ eight, k0);
    return (uint32_t)(h ^ h >> 32);
}

static bool index_grow(struct bundle_writer *w)
{
    uint32_t room = w->string_index_room ? w->string_index_room * 2 : 256;
    uint32_t *index = arena_alloc(&w->arena, room * sizeof *index);

    if (!index)
        return false;
    memset(index, 0xff, room * sizeof *index);
    for (uint32_t i = 0; i < w->string_count; i++) {
        uint32_t at = w->strings[i].hash & (room - 1);

        while (index[at] != BUNDLE_NONE)
            at = (at + 1) & (room - 1);
        index[at] = i;
    }
    w->string_index = index;
    w->string_index_room = room;
    return true;
}

uint32_t bundle_intern(struct bundle_writer *w, struct text t)
{
    uint32_t hash = hash_of(t), at;
    struct bundle_string *s;

    if (w->string_count * 2 >= w->string_index_room && !index_grow(w))
        return BUNDLE_NONE;
    at = hash & (w->string_index_room - 1);
    for (; w->string_index[at] != BUNDLE_NONE; at = (at + 1) & (w->string_index_room - 1)) {
        s = &w->strings[w->string_index[at]];
        if (s->hash == hash && text_eq(s->text, t))
            return w->string_index[at];
    }
    s = bundle_grow(w, w->strings, w->string_count, &w->string_room, sizeof *s);
    if (!s)
        return BUNDLE_NONE;
    w->strings = s;
    s += w->string_count;
    *s = (struct bundle_string){.hash = hash, .last_row = BUNDLE_NONE, .cleaned = BUNDLE_NONE};
    s->text = (struct text){arena_dup(&w->arena, t.len ? t.at : "", t.len), t.len};
    if (!s->text.at)
        return BUNDLE_NONE;
    w->string_index[at] = w->string_count;
    w->estimate += t.len + 2;
    return w->string_count++;
}

/* The same, when it probably is this one. */
static inline uint32_t intern_like(struct bundle_writer *w, struct text t, uint32_t guess)
{
    return guess != BUNDLE_NONE && text_eq(w->strings[guess].text, t) ? guess : bundle_intern(w, t);
}

/* ---- the filter ---- */

static uint32_t clean(struct bundle_writer *w, uint32_t string)
{
    struct text left;
    uint32_t cleaned;

    if (!w->filter || string == BUNDLE_NONE)
        return string;
    if (w->strings[string].cleaned == BUNDLE_NONE) {
        left = w->filter->clean(w->filter->own, w->strings[string].text, &w->arena);
        cleaned = left.at == w->strings[string].text.at ? string : bundle_intern(w, left);
        w->strings[string].cleaned = cleaned; /* interning may have moved the list */
    }
    return w->strings[string].cleaned;
}

static enum attr_care care_of(struct bundle_writer *w, uint32_t key)
{
    struct bundle_string *s = &w->strings[key];

    if (!w->filter)
        return ATTR_KEEP;
    if (!s->care)
        s->care = (uint8_t)(w->filter->care(w->filter->own, s->text) + 1);
    return s->care - 1;
}

/* What the filter lets through of a value. Truth values give nothing away. */
static struct bundle_cell allowed(struct bundle_writer *w, uint32_t key, struct bundle_cell cell)
{
    switch (cell.kind == ATTR_EMPTY || cell.kind == ATTR_BOOL ? ATTR_KEEP : care_of(w, key)) {
    case ATTR_HIDE:
        return (struct bundle_cell){.kind = ATTR_STRING, .string = bundle_intern(w, ATTR_HIDDEN)};
    case ATTR_CLEAN:
        if (bundle_has_text(cell.kind))
            cell.string = clean(w, cell.string);
        break;
    default:
        break;
    }
    return cell;
}

static inline bool cell_eq(const struct bundle_cell *a, const struct bundle_cell *b)
{
    return a->kind == b->kind && a->bits == b->bits;
}

/* ---- items ---- */

static void add(struct bundle_writer *w, uint32_t key, const struct bundle_cell *cell)
{
    if (w->alike) {
        const struct bundle_shape *shape = &w->shapes[w->like->shape];

        w->alike =
            w->row_count < shape->slot_count && w->slots[shape->slot_at + w->row_count].key == key;
    }
    w->row_keys[w->row_count] = key;
    w->row_cells[w->row_count++] = *cell;
}

static struct bundle_cell cell_of(struct bundle_writer *w, const struct attr *at, uint32_t guess)
{
    struct bundle_cell cell = {.kind = at->kind};

    if (bundle_has_text(at->kind)) {
        cell.string = intern_like(w, at->text, guess);
        w->estimate += 2;
    } else if (at->kind == ATTR_DOUBLE) {
        cell.real = at->real;
        w->estimate += 8;
    } else if (at->kind != ATTR_EMPTY) {
        cell.integer = at->integer;
        w->estimate += 2;
    }
    return cell;
}

uint32_t bundle_row_begin(struct bundle_writer *w, const struct attr *name)
{
    struct bundle_cell cell = cell_of(w, name, BUNDLE_NONE);

    if (bundle_has_text(cell.kind))
        cell.string = clean(w, cell.string);
    w->row_count = 0;
    w->like = NULL;
    w->alike = false;
    if (bundle_has_text(name->kind) && cell.string == BUNDLE_NONE)
        cell = (struct bundle_cell){.kind = ATTR_EMPTY}; /* spent; bundle_row_end says so */
    w->row_keys[0] = FIELD_NAME;
    w->row_cells[0] = cell;
    w->row_count = 1;
    w->estimate += 26; /* ids and times */
    return bundle_has_text(cell.kind) ? w->strings[cell.string].last_row : BUNDLE_NONE;
}

void bundle_row_like(struct bundle_writer *w, const struct bundle_row *like)
{
    w->like = like;
    w->alike = like != NULL;
}

void bundle_row_field(struct bundle_writer *w, enum bundle_field field, struct text value)
{
    struct bundle_cell cell = {.kind = ATTR_STRING};

    if (!value.len)
        return;
    cell.string = clean(w, bundle_intern(w, value));
    add(w, field, &cell);
}

void bundle_row_real(struct bundle_writer *w, enum bundle_field field, double value)
{
    struct bundle_cell cell = {.kind = ATTR_DOUBLE, .real = value};

    add(w, field, &cell);
}

void bundle_row_attrs(struct bundle_writer *w, const struct attrs *list)
{
    const struct bundle_shape *shape = w->like ? &w->shapes[w->like->shape] : NULL;

    for (uint32_t i = 0; i < list->count && w->row_count < SPAN_ATTRS_MAX + FIELDS; i++) {
        const struct attr *at = &list->at[i];
        uint32_t key_guess = BUNDLE_NONE, guess = BUNDLE_NONE, key;
        struct bundle_cell cell;

        if (shape && w->row_count < shape->slot_count) {
            const struct bundle_cell *then = &w->cells[w->like->cell_at + w->row_count];
            uint32_t then_key = w->slots[shape->slot_at + w->row_count].key;

            if (then_key >= FIELDS)
                key_guess = then_key - FIELDS;
            if (bundle_has_text(then->kind))
                guess = then->string;
        }
        key = intern_like(w, at->key, key_guess);
        cell = cell_of(w, at, guess);
        if (key == BUNDLE_NONE || arena_spent(&w->arena))
            return;
        cell = allowed(w, key, cell);
        if (w->strings[key].seen_row == w->row_number + 1) {
            w->row_cells[w->strings[key].seen_at] = cell; /* the last one wins */
            continue;
        }
        w->strings[key].seen_row = w->row_number + 1;
        w->strings[key].seen_at = w->row_count;
        add(w, FIELDS + key, &cell);
    }
}

static bool shape_fits(const struct bundle_writer *w, const struct bundle_shape *s,
                       const struct bundle_shape *want)
{
    if (s->hash != want->hash || s->resource != want->resource || s->scope != want->scope ||
        s->head != want->head || s->otel_flags != want->otel_flags || s->slot_count != w->row_count)
        return false;
    for (uint32_t i = 0; i < w->row_count; i++)
        if (w->slots[s->slot_at + i].key != w->row_keys[i])
            return false;
    return true;
}

static bool shape_new(struct bundle_writer *w, const struct bundle_shape *want)
{
    struct bundle_shape *s =
        bundle_grow(w, w->shapes, w->shape_count, &w->shape_room, sizeof *w->shapes);

    if (!s)
        return false;
    w->shapes = s;
    s += w->shape_count;
    *s = *want;
    s->slot_at = w->slot_count;
    s->slot_count = w->row_count;
    for (uint32_t i = 0; i < w->row_count; i++) {
        struct bundle_slot *slots =
            bundle_grow(w, w->slots, w->slot_count, &w->slot_room, sizeof *slots);

        if (!slots)
            return false;
        w->slots = slots;
        slots[w->slot_count++] =
            (struct bundle_slot){.key = w->row_keys[i], .first = w->row_cells[i]};
        if (w->row_keys[i] >= FIELDS)
            w->strings[w->row_keys[i] - FIELDS].pinned = true;
    }
    w->shape_count++;
    w->estimate += 8 + 4 * w->row_count;
    return true;
}

/* Shapes are few; the newest is met most often. */
static uint32_t shape_of(struct bundle_writer *w, struct bundle_shape *want)
{
    uint64_t h = want->resource + ((uint64_t)want->scope << 32);

    h = mix(h, 0x9e3779b97f4a7c15) + want->head;
    for (uint32_t i = 0; i < w->row_count; i++)
        h = mix(h ^ w->row_keys[i], 0xbf58476d1ce4e5b9);
    want->hash = (uint32_t)h;
    for (uint32_t i = w->shape_count; i-- > 0;)
        if (shape_fits(w, &w->shapes[i], want))
            return i;
    return shape_new(w, want) ? w->shape_count - 1 : BUNDLE_NONE;
}

static bool same_origin(const struct bundle_shape *s, const struct bundle_shape *want)
{
    return s->resource == want->resource && s->scope == want->scope && s->head == want->head &&
           s->otel_flags == want->otel_flags;
}

bool bundle_row_end(struct bundle_writer *w, uint32_t resource, uint32_t scope, uint32_t head,
                    uint32_t otel_flags, struct bundle_row *out)
{
    struct bundle_shape want = {
        .resource = resource, .scope = scope, .head = head, .otel_flags = otel_flags};
    struct bundle_shape *shape;

    if (arena_spent(&w->arena))
        return false;
    if (w->alike && w->shapes[w->like->shape].slot_count == w->row_count &&
        same_origin(&w->shapes[w->like->shape], &want))
        out->shape = w->like->shape;
    else
        out->shape = shape_of(w, &want);
    if (out->shape == BUNDLE_NONE)
        return false;
    while (w->cell_count + w->row_count > w->cell_room) {
        struct bundle_cell *cells =
            bundle_grow(w, w->cells, w->cell_room, &w->cell_room, sizeof *cells);

        if (!cells)
            return false;
        w->cells = cells;
    }
    shape = &w->shapes[out->shape];
    out->cell_at = w->cell_count;
    for (uint32_t i = 0; i < w->row_count; i++) {
        struct bundle_slot *slot = &w->slots[shape->slot_at + i];

        slot->kinds |= (uint8_t)(1u << w->row_cells[i].kind);
        slot->varies |= !cell_eq(&slot->first, &w->row_cells[i]);
        w->cells[w->cell_count++] = w->row_cells[i];
    }
    if (bundle_has_text(w->row_cells[0].kind))
        w->strings[w->row_cells[0].string].last_row = w->row_number;
    w->row_number++;
    return true;
}

/* ---- resources, scopes, lists ---- */

bool bundle_list_from(struct bundle_writer *w, const struct attrs *from, struct bundle_list *out)
{
    *out = (struct bundle_list){.dropped = from->dropped};
    out->keys = arena_alloc(&w->arena, from->count * sizeof *out->keys);
    out->cells = arena_alloc(&w->arena, from->count * sizeof *out->cells);
    if (!out->keys || !out->cells)
        return false;
    for (uint32_t i = 0; i < from->count; i++) {
        uint32_t key = bundle_intern(w, from->at[i].key);

        if (key == BUNDLE_NONE)
            return false;
        w->strings[key].pinned = true;
        out->keys[out->count] = key;
        out->cells[out->count++] = allowed(w, key, cell_of(w, &from->at[i], BUNDLE_NONE));
    }
    return !arena_spent(&w->arena);
}

static uint32_t intern_or_none(struct bundle_writer *w, struct text t)
{
    return t.len ? bundle_intern(w, t) : BUNDLE_NONE;
}

static bool list_eq(const struct bundle_list *a, const struct bundle_list *b)
{
    if (a->count != b->count || a->dropped != b->dropped)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->keys[i] != b->keys[i] || !cell_eq(&a->cells[i], &b->cells[i]))
            return false;
    return true;
}

/* The number of that origin, old or new. */
static uint32_t origin(struct bundle_writer *w, struct bundle_origin **list, uint32_t *count,
                       uint32_t *room, const struct bundle_origin *made)
{
    struct bundle_origin *more;

    for (uint32_t i = 0; i < *count; i++)
        if (memcmp((*list)[i].texts, made->texts, sizeof made->texts) == 0 &&
            list_eq(&(*list)[i].list, &made->list)) {
            (*list)[i].from = made->from; /* sooner found next time */
            return i;
        }
    if (!(more = bundle_grow(w, *list, *count, room, sizeof *more)))
        return BUNDLE_NONE;
    *list = more;
    more[*count] = *made;
    return (*count)++;
}

static uint32_t origin_of(const struct bundle_origin *list, uint32_t count, const void *from)
{
    for (uint32_t i = count; i-- > 0;)
        if (list[i].from == from)
            return i;
    return BUNDLE_NONE;
}

uint32_t bundle_resource(struct bundle_writer *w, const struct resource *r)
{
    uint32_t known = origin_of(w->resources, w->resource_count, r);
    struct bundle_origin made = {.from = r};

    if (known != BUNDLE_NONE)
        return known;
    made.texts[0] = intern_or_none(w, r->service);
    made.texts[1] = intern_or_none(w, r->release);
    made.texts[2] = intern_or_none(w, r->environment);
    made.texts[3] = intern_or_none(w, r->platform);
    if (!bundle_list_from(w, &r->attrs, &made.list))
        return BUNDLE_NONE;
    return origin(w, &w->resources, &w->resource_count, &w->resource_room, &made);
}

uint32_t bundle_scope(struct bundle_writer *w, const struct scope *s)
{
    uint32_t known = s ? origin_of(w->scopes, w->scope_count, s) : BUNDLE_NONE;
    struct bundle_origin made = {.from = s};

    if (!s || known != BUNDLE_NONE)
        return known;
    made.texts[0] = intern_or_none(w, s->name);
    made.texts[1] = intern_or_none(w, s->version);
    if (!bundle_list_from(w, &s->attrs, &made.list))
        return BUNDLE_NONE;
    return origin(w, &w->scopes, &w->scope_count, &w->scope_room, &made);
}
