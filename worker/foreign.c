/* foreign.c -- see foreign.h. */
#include "worker/foreign.h"

#include <stdlib.h>

#include "proto/hex.h"
#include "proto/otlp_write.h"
#include "proto/timestamp.h"

/* ---- parameters ---- */

bool foreign_trace_id(struct text t, uint8_t out[16])
{
    char digits[32];

    if (t.len == 0 || t.len > sizeof digits)
        return false;
    memset(digits, '0', sizeof digits);
    memcpy(digits + sizeof digits - t.len, t.at, t.len);
    return hex_read_id((struct text){digits, sizeof digits}, out, 16);
}

bool foreign_time(struct text t, int64_t *ms)
{
    char copy[64];
    int64_t us;

    if (t.len == 0 || t.len > sizeof copy)
        return false;
    memcpy(copy, t.at, t.len);
    for (size_t i = 1; i < t.len; i++)
        if (copy[i] == ' ' && i > 18) /* behind the seconds only a zone can follow */
            copy[i] = '+';
    if (!timestamp_read((struct text){copy, t.len}, &us))
        return false;
    *ms = us / 1000;
    return true;
}

bool foreign_number(struct api_call *c, const char *key, int64_t unit_ns, int64_t fallback,
                    int64_t *ns)
{
    struct text t = api_param(c, key);
    unsigned long long v;

    *ns = fallback;
    if (text_empty(t))
        return true;
    if (!text_u64(t, &v) || __builtin_mul_overflow((int64_t)v, unit_ns, ns) || *ns < 0) {
        api_detailf(c, 400, "unable to parse param '%s': not a number in range: \"%.*s\"", key,
                    TEXT_ARG(text_clip(t, 100)));
        return false;
    }
    return true;
}

/* ---- services ---- */

static bool add_name(struct api_call *c, struct foreign_names *l, struct foreign_name n)
{
    if (l->count == l->room) {
        uint32_t room = l->room ? l->room * 2 : 64;
        struct foreign_name *at = arena_alloc(c->arena, room * sizeof *at);

        if (!at)
            return false;
        if (l->count)
            memcpy(at, l->at, l->count * sizeof *at);
        l->at = at;
        l->room = room;
    }
    n.name = api_keep(c, n.name);
    l->at[l->count++] = n;
    return true;
}

static int by_name(const void *x, const void *y)
{
    const struct foreign_name *a = x, *b = y;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = len ? memcmp(a->name.at, b->name.at, len) : 0;

    if (order == 0 && a->name.len != b->name.len)
        order = a->name.len < b->name.len ? -1 : 1;
    return order ? order : a->kind - b->kind;
}

static void sort_names(struct foreign_names *l, bool once)
{
    uint32_t kept = 0;

    if (l->count)
        qsort(l->at, l->count, sizeof *l->at, by_name);
    for (uint32_t i = 0; i < l->count; i++)
        if (!once || kept == 0 || by_name(&l->at[kept - 1], &l->at[i]) != 0)
            l->at[kept++] = l->at[i];
    l->count = kept;
}

/* The services of all projects, or those of one name. */
static bool read_services(struct api_call *c, struct text only, struct foreign_names *out)
{
    const struct api_project *projects;
    uint32_t count;

    *out = (struct foreign_names){.count = 0};
    projects = api_projects(c, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *s = api_query(c, "api_services");

        if (!s)
            return false;
        db_int(s, "project", projects[i].id);
        while (api_row(c, s)) {
            struct foreign_name n = {.name = api_col(s, 1), .id = db_col_int(s, 0)};

            if ((!only.at || text_eq(only, n.name)) && !add_name(c, out, n))
                return false;
        }
    }
    return !c->refused;
}

bool foreign_services(struct api_call *c, struct foreign_names *out)
{
    if (!read_services(c, TEXT_NONE, out))
        return false;
    sort_names(out, true);
    return true;
}

bool foreign_operations(struct api_call *c, struct text service, bool apart,
                        struct foreign_names *out)
{
    struct foreign_names services;

    *out = (struct foreign_names){.count = 0};
    if (!read_services(c, service, &services))
        return false;
    for (uint32_t i = 0; i < services.count; i++) {
        struct db_stmt *s = api_query(c, "api_operations");

        if (!s)
            return false;
        db_int(s, "service", services.at[i].id);
        while (api_row(c, s)) {
            struct foreign_name n = {
                .id = db_col_int(s, 0), .name = api_col(s, 1), .kind = (uint8_t)db_col_int(s, 2)};

            if (!add_name(c, out, n))
                return false;
        }
    }
    sort_names(out, !apart);
    return !c->refused;
}

/* ---- traces ---- */

bool foreign_find(struct api_call *c, struct text id, struct foreign_trace *out)
{
    uint8_t bytes[16];

    if (!foreign_trace_id(id, bytes)) {
        api_detailf(c, 400, "malformed trace ID: \"%.*s\"", TEXT_ARG(text_clip(id, 100)));
        return false;
    }
    if (!span_store_trace(c, bytes, &out->stored, &out->tree))
        return false;
    out->all = out->stored.stored - out->tree.duplicates;
    return true;
}

bool foreign_trace(struct api_call *c, struct text id, struct foreign_trace *out)
{
    if (!foreign_find(c, id, out))
        return false;
    if (out->tree.count == 0)
        api_detail(c, 404, "trace not found");
    return out->tree.count > 0;
}

bool foreign_search(struct api_call *c, struct trace_search *s)
{
    struct trace_found *all = arena_alloc(c->arena, s->limit * sizeof *all);
    uint32_t limit = s->limit, count = 0;

    if (!all)
        return false;
    for (int round = 0; round < FOREIGN_ROUNDS; round++) {
        s->limit = limit - count;
        if (!trace_search(c, s))
            return false;
        memcpy(all + count, s->found, s->count * sizeof *all);
        count += s->count;
        s->from = s->next;
        if (!s->more || count == limit || c->arena->taken > c->arena->budget / 2)
            break;
    }
    s->found = all;
    s->count = count;
    return true;
}

uint32_t foreign_fit(const struct trace *t, size_t *bytes)
{
    uint32_t count = 0;

    for (; count < t->count; count++) {
        size_t size = otlp_size_about(t->nodes[count].span);

        if (size > *bytes)
            break;
        *bytes -= size;
    }
    return count;
}

uint32_t foreign_share(const struct trace *t, size_t *bytes, uint32_t left)
{
    size_t share = *bytes / left, rest = share;
    uint32_t count = foreign_fit(t, &rest);

    *bytes -= share - rest;
    return count;
}

const struct span **foreign_spans(struct api_call *c, const struct trace *t, uint32_t count)
{
    const struct span **spans = arena_alloc(c->arena, count * sizeof *spans);

    for (uint32_t i = 0; spans && i < count; i++)
        spans[i] = t->nodes[i].span;
    return spans;
}
