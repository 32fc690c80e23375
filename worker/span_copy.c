/* span_copy.c -- spans and log records out of a block into memory that stays. */
#include <string.h>

#include "worker/span_store.h"

#define KNOWN 512 /* texts remembered by where they stand; a power of two */

struct span_copier {
    struct arena *to;
    struct {
        const char *from;
        struct text to;
    } known[KNOWN];
    struct span_source from; /* what the next ones have in common */
    enum span_depth depth;
    const struct resource *resource, *resource_copy;
    const struct scope *scope, *scope_copy;
};

struct span_copier *span_copier_new(struct arena *to, enum span_depth depth)
{
    struct span_copier *k = arena_zero(to, 1, sizeof *k);

    if (k) {
        k->to = to;
        k->depth = depth;
    }
    return k;
}

void span_copier_block(struct span_copier *k, struct block_at at)
{
    memset(k->known, 0, sizeof k->known); /* other texts stand there now */
    k->from.at = at;
    k->resource = NULL;
    k->scope = NULL;
}

void span_copier_record(struct span_copier *k, uint32_t project, int64_t received_ms)
{
    k->from.project = project;
    k->from.received_ms = received_ms;
    k->resource = NULL;
    k->scope = NULL;
}

/* Texts of a bundle's tables are met again and again, at the same address. */
static struct text copy_text(struct span_copier *k, struct text t)
{
    uint64_t h = (uint64_t)(uintptr_t)t.at * 0x9e3779b97f4a7c15;
    size_t at = h >> 55;

    static_assert(KNOWN == 1 << 9, "nine bits of the hash");
    if (!t.at || !t.len)
        return t.at ? TEXT("") : TEXT_NONE;
    if (k->known[at].from != t.at || k->known[at].to.len != t.len) {
        k->known[at].from = t.at;
        k->known[at].to = arena_text(k->to, t);
    }
    return k->known[at].to;
}

static bool copy_attr(struct span_copier *k, const struct attr *from, struct attr *out)
{
    *out = *from;
    out->key = copy_text(k, from->key);
    out->text = copy_text(k, from->text);
    return true;
}

static bool copy_attrs(struct span_copier *k, const struct attrs *from, struct attrs *out)
{
    *out = (struct attrs){.dropped = from->dropped};
    if (!from->count)
        return true;
    if (!(out->at = arena_alloc(k->to, from->count * sizeof *out->at)))
        return false;
    for (uint32_t i = 0; i < from->count; i++)
        copy_attr(k, &from->at[i], &out->at[i]);
    out->count = from->count;
    return true;
}

static const struct resource *copy_resource(struct span_copier *k, const struct resource *from)
{
    struct span_source *s;
    struct resource *r;

    if (k->resource == from)
        return k->resource_copy;
    if (!(s = arena_zero(k->to, 1, sizeof *s)))
        return NULL;
    *s = k->from;
    r = &s->resource;
    if (k->depth == SPANS_WHOLE && !copy_attrs(k, &from->attrs, &r->attrs))
        return NULL;
    r->service = copy_text(k, from->service);
    r->release = copy_text(k, from->release);
    r->environment = copy_text(k, from->environment);
    r->platform = copy_text(k, from->platform);
    k->resource = from;
    return k->resource_copy = r;
}

static bool copy_scope(struct span_copier *k, const struct scope *from, const struct scope **out)
{
    struct scope *s;

    *out = from && k->scope == from ? k->scope_copy : NULL;
    if (!from || *out)
        return true;
    if (!(s = arena_zero(k->to, 1, sizeof *s)) || !copy_attrs(k, &from->attrs, &s->attrs))
        return false;
    s->name = copy_text(k, from->name);
    s->version = copy_text(k, from->version);
    k->scope = from;
    *out = k->scope_copy = s;
    return true;
}

/* Of attributes only what says to which transaction a span belongs: its parent may be missing. */
static bool copy_outline(struct span_copier *k, const struct span *from, struct span *out)
{
    const struct attr *segment =
        from->flags & SPAN_SENTRY ? attr_get(&from->attrs, "sentry.segment.id") : NULL;
    struct attrs one = {(struct attr *)segment, 1, 0};

    out->attrs = (struct attrs){.at = NULL};
    out->scope = NULL;
    out->event_count = out->link_count = 0;
    return !segment || copy_attrs(k, &one, &out->attrs);
}

static bool copy_events(struct span_copier *k, const struct span *from, struct span *out)
{
    out->events = arena_alloc(k->to, from->event_count * sizeof *out->events);
    out->links = arena_alloc(k->to, from->link_count * sizeof *out->links);
    if (!out->events || !out->links)
        return false;
    for (uint32_t i = 0; i < from->event_count; i++) {
        out->events[i] = from->events[i];
        out->events[i].name = copy_text(k, from->events[i].name);
        if (!copy_attrs(k, &from->events[i].attrs, &out->events[i].attrs))
            return false;
    }
    for (uint32_t i = 0; i < from->link_count; i++) {
        out->links[i] = from->links[i];
        out->links[i].trace_state = copy_text(k, from->links[i].trace_state);
        if (!copy_attrs(k, &from->links[i].attrs, &out->links[i].attrs))
            return false;
    }
    return true;
}

bool span_copy(struct span_copier *k, const struct span *from, struct span *out)
{
    *out = *from;
    out->name = copy_text(k, from->name);
    out->op = copy_text(k, from->op);
    out->status_message = copy_text(k, from->status_message);
    out->trace_state = copy_text(k, from->trace_state);
    out->events = NULL;
    out->links = NULL;
    if (!(out->resource = copy_resource(k, from->resource)))
        return false;
    if (k->depth == SPANS_OUTLINE)
        return copy_outline(k, from, out);
    if (!copy_attrs(k, &from->attrs, &out->attrs) || !copy_scope(k, from->scope, &out->scope))
        return false;
    return from->event_count + from->link_count == 0 || copy_events(k, from, out);
}

bool span_copy_key(struct span_copier *k, const struct span_bundle *b,
                   const struct span_brief *from, struct trace_key *out)
{
    const struct attrs attrs = {.at = (struct attr *)from->attrs, .count = from->attr_count};

    *out = (struct trace_key){.id = id_word(from->span_id),
                              .parent = id_word(from->parent_id),
                              .segment = from->flags & SPAN_SENTRY ? trace_segment(&attrs) : 0,
                              .start_ns = from->start_ns,
                              .end_ns = from->end_ns,
                              .resource = copy_resource(k, &b->tables.resources[from->resource]),
                              .name = copy_text(k, from->name),
                              .parent_at = TRACE_NONE,
                              .parts = from->attr_count,
                              .flags = from->flags,
                              .kind = from->kind};
    return out->resource != NULL;
}
