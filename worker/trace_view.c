/* trace_view.c -- a trace in columns. */
#include "worker/trace_view.h"

#include <string.h>

#include "model/span_name.h"
#include "proto/event.h"
#include "worker/issue_view.h"

#define ROW_BYTES 80 /* of JSON, about: a large answer that grows by doubling spends the arena */

/* ---- node by span id ---- */

static uint32_t slot_of(uint64_t id, uint32_t room)
{
    return (uint32_t)(id * 0x9e3779b97f4a7c15 >> 32) & (room - 1);
}

struct trace_index trace_index(const struct trace *t, struct arena *a)
{
    return (struct trace_index){.tree = t, .arena = a};
}

static bool make(struct trace_index *x)
{
    const struct trace *t = x->tree;

    for (x->room = 16; x->room < t->count * 2;)
        x->room *= 2;
    if (!(x->slots = arena_zero(x->arena, x->room, sizeof *x->slots)))
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t at = slot_of(t->nodes[i].key->id, x->room);

        while (x->slots[at])
            at = (at + 1) & (x->room - 1);
        x->slots[at] = i + 1;
    }
    return true;
}

uint32_t trace_index_find(struct trace_index *x, const uint8_t span_id[8])
{
    uint64_t id = id_word(span_id);

    if (!id || (!x->slots && !make(x)))
        return TRACE_NONE;
    for (uint32_t at = slot_of(id, x->room); x->slots[at]; at = (at + 1) & (x->room - 1))
        if (x->tree->nodes[x->slots[at] - 1].key->id == id)
            return x->slots[at] - 1;
    return TRACE_NONE;
}

/* ---- words, numbered as they are met ---- */

struct words {
    struct text *list;
    uint32_t count, *slots, room;
};

static bool words_make(struct words *w, uint32_t most, struct arena *a)
{
    *w = (struct words){.room = 64};
    while (w->room < most * 2)
        w->room *= 2;
    w->list = arena_alloc(a, most * sizeof *w->list);
    w->slots = arena_zero(a, w->room, sizeof *w->slots);
    return w->list && w->slots;
}

static uint32_t word_number(struct words *w, struct text t)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (uint8_t)t.at[i]) * 16777619u;
    for (h ^= h >> 15;; h++) {
        uint32_t *slot = &w->slots[h & (w->room - 1)];

        if (!*slot) {
            w->list[w->count] = t;
            *slot = ++w->count;
        }
        if (text_eq(w->list[*slot - 1], t))
            return *slot - 1;
    }
}

static void words_write(struct buf *b, const char *key, const struct words *w)
{
    json_open(b, key, '[');
    for (uint32_t i = 0; i < w->count; i++)
        json_text(b, NULL, w->list[i]);
    json_close(b, ']');
}

/* ---- rows ---- */

void trace_us(struct buf *b, const char *key, uint64_t ns)
{
    char digits[32];
    int len = ns % 1000 ? snprintf(digits, sizeof digits, "%llu.%03u",
                                   (unsigned long long)(ns / 1000), (unsigned)(ns % 1000))
                        : snprintf(digits, sizeof digits, "%llu", (unsigned long long)(ns / 1000));

    json_raw(b, key, (struct text){digits, (size_t)len});
}

static int row_flags(const struct trace_node *n)
{
    int flags = n->key->flags & SPAN_ERROR ? ROW_ERROR : 0;

    if (n->flags & NODE_ORPHAN)
        flags |= ROW_ORPHAN;
    if (n->flags & NODE_CUT)
        flags |= ROW_CUT;
    if (n->flags & NODE_CRITICAL)
        flags |= ROW_CRITICAL;
    if (n->flags & NODE_ENTRY)
        flags |= ROW_ENTRY;
    if (n->flags & NODE_GUESSED)
        flags |= ROW_GUESSED;
    return flags;
}

static int64_t row_or_none(const struct trace_part *p, uint32_t node)
{
    uint32_t row = trace_part_row(p, node);

    return row == TRACE_NONE ? -1 : (int64_t)row;
}

static void write_row(struct buf *b, const struct trace *t, const struct trace_node *n,
                      int64_t parent, uint32_t service, uint32_t name)
{
    const struct trace_key *s = n->key;

    json_open(b, NULL, '[');
    json_hex(b, NULL, &s->id, sizeof s->id);
    json_int(b, NULL, parent);
    json_uint(b, NULL, service);
    json_uint(b, NULL, name);
    trace_us(b, NULL, s->start_ns - t->start_ns);
    trace_us(b, NULL, s->end_ns - s->start_ns);
    trace_us(b, NULL, n->self_ns);
    json_int(b, NULL, row_flags(n));
    json_close(b, ']');
}

static void write_rows(struct api_call *c, const struct trace *t, const struct trace_part *part)
{
    struct words services, names;

    if (!words_make(&services, part->count + 1, c->arena) ||
        !words_make(&names, part->count + 1, c->arena))
        return;
    json_open(&c->out, "rows", '[');
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trace_key *s = t->nodes[i].key;

        if (trace_part_row(part, i) != TRACE_NONE)
            write_row(&c->out, t, &t->nodes[i], row_or_none(part, t->nodes[i].parent),
                      word_number(&services, s->resource->service),
                      word_number(&names, span_shown_name(s->name)));
    }
    json_close(&c->out, ']');
    words_write(&c->out, "services", &services);
    words_write(&c->out, "names", &names);
}

static void write_critical(struct api_call *c, const struct trace *t, const struct trace_part *part,
                           const struct trace_section *sections, uint32_t count)
{
    json_open(&c->out, "critical", '[');
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = trace_part_row(part, sections[i].node);

        if (row == TRACE_NONE)
            continue;
        json_open(&c->out, NULL, '[');
        json_uint(&c->out, NULL, row);
        trace_us(&c->out, NULL, sections[i].from_ns - t->start_ns);
        trace_us(&c->out, NULL, sections[i].to_ns - t->start_ns);
        json_close(&c->out, ']');
    }
    json_close(&c->out, ']');
}

/* ---- what hangs on spans ---- */

static void write_errors(struct api_call *c, struct trace_index *x, const struct trace_part *part,
                         const struct trace_page *p)
{
    struct buf *b = &c->out;

    json_open(b, "errors", '[');
    for (uint32_t i = 0; i < p->error_count; i++) {
        const struct trace_error *e = &p->errors[i];

        json_open(b, NULL, '{');
        json_int(b, "row", row_or_none(part, trace_index_find(x, e->span)));
        json_hex(b, "eventId", e->at.id, 16);
        api_id(b, "issue", e->issue);
        json_text(b, "title", e->title);
        json_str(b, "level", level_name((enum level)e->level));
        json_num(b, "timestamp", (double)e->at.timestamp_ms);
        json_close(b, '}');
    }
    json_close(b, ']');
}

struct log_count {
    struct trace_index *index;
    uint32_t *per_node, all;
};

static bool count_log(void *own, const struct logrec *l, uint32_t project)
{
    struct log_count *n = own;
    uint32_t node = trace_index_find(n->index, l->span_id);

    (void)project;
    n->all++;
    if (node != TRACE_NONE)
        n->per_node[node]++;
    return true;
}

static void write_logs(struct api_call *c, const uint8_t id[16], struct trace_index *x,
                       const struct trace_part *part)
{
    struct log_count n = {.index = x};
    struct buf *b = &c->out;

    n.per_node = arena_zero(c->arena, x->tree->count + 1, sizeof *n.per_node);
    if (!n.per_node || !span_store_logs(c, id, count_log, &n))
        return;
    json_open(b, "logs", '[');
    for (uint32_t i = 0; i < x->tree->count; i++) {
        if (!n.per_node[i] || trace_part_row(part, i) == TRACE_NONE)
            continue;
        json_open(b, NULL, '[');
        json_uint(b, NULL, trace_part_row(part, i));
        json_uint(b, NULL, n.per_node[i]);
        json_close(b, ']');
    }
    json_close(b, ']');
    json_uint(b, "logCount", n.all);
}

void trace_write_table(struct api_call *c, struct trace *t, const struct trace_page *p)
{
    struct trace_section *sections = NULL;
    struct trace_index index = trace_index(t, c->arena);
    struct trace_part part;
    struct buf *b = &c->out;
    uint32_t count = 0;

    if (t->root != TRACE_NONE && !trace_critical(t, t->root, c->arena, &sections, &count))
        return;
    if (!trace_part_make(t, trace_index_find(&index, p->span), p->most, c->arena, &part))
        return;
    buf_init(b, c->arena, (size_t)part.count * ROW_BYTES + 4096, API_ANSWER_MAX);
    json_open(b, NULL, '{');
    json_hex(b, "traceId", p->id, 16);
    json_raw(b, "start", arena_printf(c->arena, "%.3f", (double)(t->start_ns / 1000) / 1e3));
    trace_us(b, "durationUs", t->end_ns - t->start_ns);
    json_uint(b, "spans", p->stored > t->duplicates ? p->stored - t->duplicates : t->count);
    json_bool(b, "cut", p->stored > t->count + t->duplicates);
    json_int(b, "root", row_or_none(&part, t->root));
    json_uint(b, "rowCount", t->count);
    json_uint(b, "orphans", t->orphans);
    json_uint(b, "duplicates", t->duplicates);
    write_rows(c, t, &part);
    write_critical(c, t, &part, sections, count);
    write_errors(c, &index, &part, p);
    write_logs(c, p->id, &index, &part);
    json_close(b, '}');
    api_done(c, 200);
}
