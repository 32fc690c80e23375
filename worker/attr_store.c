/* attr_store.c -- the newest blocks, item by item, into a small table. */
#include "worker/attr_store.h"

#include <stdlib.h>
#include <string.h>

#include "proto/record.h"
#include "worker/item_scan.h"

struct table {
    struct arena *arena;
    struct attr_found *at; /* open addressing; text.at NULL: free */
    uint32_t count;
};

struct sample {
    struct api_call *c;
    const struct attr_wish *wish;
    const struct query_term *term; /* NULL: keys */
    const struct api_project *project;
    const struct resource *seen; /* its keys are counted once for many spans */
    struct table found;
};

enum { TABLE_ROOM = 2 * ATTR_FOUND_MAX }; /* half empty at least */

/* ---- the table ---- */

static uint32_t hash_of(struct text t, uint8_t kind, uint8_t scope)
{
    uint32_t h = 2166136261u ^ kind ^ (uint32_t)scope << 8; /* FNV-1a */

    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.at[i]) * 16777619u;
    return h;
}

static void count(struct table *f, struct text t, uint8_t kind, uint8_t scope)
{
    uint32_t at = hash_of(t, kind, scope) % TABLE_ROOM;
    struct attr_found *e;

    for (; f->at[at].text.at; at = (at + 1) % TABLE_ROOM) {
        e = &f->at[at];
        if (e->kind == kind && e->scope == scope && text_eq(e->text, t)) {
            e->spans++;
            return;
        }
    }
    if (f->count >= ATTR_FOUND_MAX)
        return;
    f->at[at] = (struct attr_found){arena_text(f->arena, t), kind, scope, 1};
    f->count += f->at[at].text.at != NULL;
}

static int by_text(const void *x, const void *y)
{
    const struct attr_found *a = x, *b = y;
    size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = len ? memcmp(a->text.at, b->text.at, len) : 0;

    if (order == 0 && a->text.len != b->text.len)
        return a->text.len < b->text.len ? -1 : 1;
    return order ? order : a->scope != b->scope ? a->scope - b->scope : a->kind - b->kind;
}

/* ---- what a span has ---- */

static void count_keys(struct sample *s, const struct attrs *list, uint8_t scope)
{
    for (uint32_t i = 0; i < list->count; i++)
        count(&s->found, list->at[i].key, s->wish->typed ? list->at[i].kind : ATTR_EMPTY, scope);
}

static const struct attrs *attrs_of(const struct query_item *item)
{
    return item->span ? &item->span->attrs : &item->log->attrs;
}

static const struct resource *resource_of(const struct query_item *item)
{
    return item->span ? item->span->resource : item->log->resource;
}

static const struct scope *scope_of_item(const struct query_item *item)
{
    return item->span ? item->span->scope : item->log->scope;
}

static void keys_of(struct sample *s, const struct query_item *item)
{
    const struct span *span = item->span;

    count_keys(s, attrs_of(item), QUERY_SPAN);
    for (uint32_t i = 0; span && i < span->event_count; i++)
        count_keys(s, &span->events[i].attrs, QUERY_EVENT);
    for (uint32_t i = 0; span && i < span->link_count; i++)
        count_keys(s, &span->links[i].attrs, QUERY_LINK);
    if (scope_of_item(item))
        count_keys(s, &scope_of_item(item)->attrs, QUERY_SCOPE);
    if (s->seen != resource_of(item))
        count_keys(s, &resource_of(item)->attrs, QUERY_RESOURCE);
    s->seen = resource_of(item);
}

static void count_values(struct sample *s, const struct attrs *list, struct text key)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct attr *at = &list->at[i];
        struct text t;

        if (!text_eq(at->key, key) || at->kind == ATTR_EMPTY)
            continue;
        t = attr_as_text(at, query_scratch(s->c->q));
        if (t.at && t.len <= ATTR_VALUE_SHOWN)
            count(&s->found, t, at->kind, QUERY_ANY);
    }
}

static bool in_scope(const struct query_term *t, enum query_scope scope)
{
    return t->scope == QUERY_ANY || t->scope == scope;
}

static void attr_values_of(struct sample *s, const struct query_item *item)
{
    const struct span *span = item->span;
    struct text names[QUERY_ALIASES];

    query_aliases(s->term->key, names);
    for (int i = 0; i < QUERY_ALIASES && names[i].at; i++) {
        if (in_scope(s->term, QUERY_SPAN))
            count_values(s, attrs_of(item), names[i]);
        if (in_scope(s->term, QUERY_RESOURCE))
            count_values(s, &resource_of(item)->attrs, names[i]);
        for (uint32_t k = 0; span && in_scope(s->term, QUERY_EVENT) && k < span->event_count; k++)
            count_values(s, &span->events[k].attrs, names[i]);
        for (uint32_t k = 0; span && in_scope(s->term, QUERY_LINK) && k < span->link_count; k++)
            count_values(s, &span->links[k].attrs, names[i]);
        if (in_scope(s->term, QUERY_SCOPE) && scope_of_item(item))
            count_values(s, &scope_of_item(item)->attrs, names[i]);
    }
}

/* The root's fields are told by the root: there is no need to put the trace together. */
static void field_values_of(struct sample *s, const struct query_item *item)
{
    struct query_term term = *s->term;
    struct query_value values[8];
    uint32_t n;

    if (term.field == QUERY_ROOT_NAME || term.field == QUERY_ROOT_SERVICE) {
        term.field = term.field == QUERY_ROOT_NAME ? QUERY_NAME : QUERY_SERVICE;
        if (!item->span || !id_is_zero(item->span->parent_id, 8))
            return;
    }
    n = query_values(&term, item, query_scratch(s->c->q), values, 8);
    for (uint32_t i = 0; i < n; i++)
        if (values[i].text.len && values[i].text.len <= ATTR_VALUE_SHOWN)
            count(&s->found, values[i].text, ATTR_STRING, QUERY_ANY);
}

static bool look_at(void *own, uint32_t row, const struct query_item *given)
{
    struct sample *s = own;
    struct query_item item = *given;

    (void)row;
    item.project = s->project->slug;
    if (s->wish->query &&
        query_ask(s->wish->query, s->wish->node, &item, query_scratch(s->c->q)) == QUERY_NO)
        return true;
    if (!s->term)
        keys_of(s, &item);
    else if (s->term->field == QUERY_ATTR)
        attr_values_of(s, &item);
    else
        field_values_of(s, &item);
    return true;
}

/* ---- blocks ---- */

static uint32_t kind_of(const struct sample *s)
{
    return s->wish->logs ? RECORD_LOGS : RECORD_SPANS;
}

static void read_record(struct sample *s, struct text record)
{
    struct item_head head;

    s->seen = NULL;
    if (item_head(kind_of(s), record, &head) &&
        (s->project = api_project_by_id(s->c, head.project)))
        item_read(kind_of(s), record, query_scratch(s->c->q), look_at, s);
}

static bool read_newest(struct sample *s, struct attr_list_found *out)
{
    struct block_wish wish = {
        .kind = kind_of(s), .from_ms = s->wish->from_ms, .to_ms = s->wish->to_ms};
    struct query_need needs[QUERY_NEEDS];
    struct block_walk walk;
    struct block_ref ref;
    struct block_view view;
    size_t bytes = 0;

    s->found.arena = s->c->arena;
    if (!(s->found.at = arena_zero(s->c->arena, TABLE_ROOM, sizeof *s->found.at)))
        return false;
    if (s->wish->query) {
        wish.needs = needs;
        wish.need_count = query_needs(s->wish->query, s->wish->node, needs, QUERY_NEEDS);
    }
    block_walk_begin(&walk, s->c, &wish);
    walk.blocks = ATTR_BLOCKS;
    while (bytes < ATTR_BYTES_READ && block_walk_next(&walk, &ref, &view)) {
        for (uint32_t i = 0; i < view.count; i++) {
            read_record(s, view.records[i]);
            bytes += view.records[i].len;
        }
    }
    *out = (struct attr_list_found){.at = s->found.at};
    for (uint32_t i = 0; i < TABLE_ROOM; i++)
        if (s->found.at[i].text.at)
            out->at[out->count++] = s->found.at[i];
    qsort(out->at, out->count, sizeof *out->at, by_text);
    return !s->c->refused && !arena_spent(s->c->arena);
}

bool attr_store_keys(struct api_call *c, const struct attr_wish *wish, struct attr_list_found *out)
{
    struct sample s = {.c = c, .wish = wish};

    return read_newest(&s, out);
}

bool attr_store_values(struct api_call *c, const struct attr_wish *wish, const struct query_term *t,
                       struct attr_list_found *out)
{
    struct sample s = {.c = c, .wish = wish, .term = t};

    return read_newest(&s, out);
}
