/* api_service.c -- services and their operations: how often, how well, how fast. */
#include <stdlib.h>
#include <string.h>

#include "proto/span.h"
#include "worker/api_resources.h"
#include "worker/figures.h"

/* Of each service's chart: all services are counted before the list is sorted. */
#define CHART_BUCKETS_MAX 200

/* ---- one order for both lists ---- */

enum sort { BY_CALLS, BY_ERRORS, BY_P50, BY_P95, BY_P99, BY_TOTAL, BY_NAME };

static bool read_sort(struct api_call *c, enum sort *out)
{
    static const struct {
        const char *word;
        enum sort sort;
    } words[] = {{"-calls", BY_CALLS}, {"-errors", BY_ERRORS}, {"-p50", BY_P50}, {"-p95", BY_P95},
                 {"-p99", BY_P99},     {"-total", BY_TOTAL},   {"name", BY_NAME}};
    struct text t = api_param(c, "sort");

    *out = BY_CALLS;
    if (text_empty(t))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(t, words[i].word)) {
            *out = words[i].sort;
            return true;
        }
    api_detail(c, 400, "Invalid sort: -calls, -errors, -p50, -p95, -p99, -total or name");
    return false;
}

struct line { /* of a list */
    struct text name;
    int64_t operation; /* 0: none */
    const struct api_project *project;
    int64_t first_ms, last_ms; /* of a service */
    uint8_t kind, entry;       /* of an operation */
    struct figures_shown shown;
    uint64_t *calls, *errors; /* of a service: per bucket */
    uint64_t key;
};

struct lines {
    struct line *at;
    uint32_t count, room;
};

static struct line *line_add(struct api_call *c, struct lines *l)
{
    if (l->count == l->room) {
        uint32_t room = l->room ? l->room * 2 : 64;
        struct line *more = arena_alloc(c->arena, room * sizeof *more);

        if (!more)
            return NULL;
        if (l->count)
            memcpy(more, l->at, l->count * sizeof *more);
        l->at = more;
        l->room = room;
    }
    l->at[l->count] = (struct line){0};
    return &l->at[l->count++];
}

static uint64_t key_of(const struct figures_shown *s, enum sort sort)
{
    switch (sort) {
    case BY_CALLS:
        return s->calls;
    case BY_ERRORS:
        return s->errors;
    case BY_P50:
        return s->p50_us;
    case BY_P95:
        return s->p95_us;
    case BY_P99:
        return s->p99_us;
    case BY_TOTAL:
        return s->total_us;
    case BY_NAME:
        break;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    size_t shorter = x->name.len < y->name.len ? x->name.len : y->name.len;
    int names;

    if (x->key != y->key)
        return x->key < y->key ? 1 : -1;
    if ((names = memcmp(x->name.at, y->name.at, shorter)) != 0)
        return names;
    if (x->name.len != y->name.len)
        return x->name.len < y->name.len ? -1 : 1;
    return (x->operation > y->operation) - (x->operation < y->operation);
}

static void lines_sort(struct lines *l, enum sort sort)
{
    for (uint32_t i = 0; i < l->count; i++)
        l->at[i].key = key_of(&l->at[i].shown, sort);
    if (l->count)
        qsort(l->at, l->count, sizeof *l->at, compare);
}

/* ---- figures ---- */

struct counting {
    struct figures sum;
    uint64_t *calls, *errors; /* NULL: no chart is wanted */
};

static void add_row(void *own, const struct figures_row *r)
{
    struct counting *n = own;

    figures_add(&n->sum, r);
    if (n->calls) {
        n->calls[r->bucket] += r->calls;
        n->errors[r->bucket] += r->errors;
    }
}

/* What is counted of each line; lines of which there is nothing in the range leave. */
static bool lines_count(struct api_call *c, struct lines *l, const struct figures_wish *w,
                        bool charts)
{
    struct counting n = {0};
    uint32_t kept = 0;

    for (uint32_t i = 0; i < l->count && !c->refused; i++) {
        if (charts && !n.calls) {
            n.calls = arena_zero(c->arena, w->buckets, sizeof *n.calls);
            n.errors = arena_zero(c->arena, w->buckets, sizeof *n.errors);
            if (!n.calls || !n.errors)
                break;
        }
        figures_clear(&n.sum);
        figures_walk(c, w, l->at[i].operation, add_row, &n);
        if (!n.sum.calls)
            continue;
        l->at[kept] = l->at[i];
        l->at[kept].calls = n.calls;
        l->at[kept].errors = n.errors;
        l->at[kept++].shown = figures_show(&n.sum);
        n.calls = n.errors = NULL;
    }
    l->count = kept;
    figures_free(&n.sum);
    return !c->refused && !arena_spent(c->arena);
}

static void write_series(struct buf *b, const char *key, const uint64_t *n, uint32_t count)
{
    json_open(b, key, '[');
    for (uint32_t i = 0; i < count; i++)
        json_uint(b, NULL, n[i]);
    json_close(b, ']');
}

/* ---- services ---- */

static bool find_services(struct api_call *c, struct lines *l)
{
    struct figures_services found;
    struct line *line;

    if (!figures_services(c, TEXT_NONE, &found))
        return false;
    for (uint32_t i = 0; i < found.count; i++) {
        const struct figures_service *s = &found.at[i];

        if (!s->all) /* log records alone */
            continue;
        if (!(line = line_add(c, l)))
            return false;
        *line = (struct line){.name = s->name,
                              .operation = s->all,
                              .project = s->project,
                              .first_ms = s->first_ms,
                              .last_ms = s->last_ms};
    }
    return true;
}

static void write_service(struct api_call *c, const struct figures_wish *w, const struct line *l)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "name", l->name);
    json_text(b, "project", l->project->slug);
    figures_write(b, w, &l->shown);
    json_int(b, "firstSeen", l->first_ms);
    json_int(b, "lastSeen", l->last_ms);
    json_int(b, "interval", figures_interval_s(w));
    json_int(b, "start", figures_begin_ms(w));
    write_series(b, "series", l->calls, w->buckets);
    write_series(b, "errorSeries", l->errors, w->buckets);
    json_close(b, '}');
}

/* The answer: a page of the lines, in that order. */
static void answer(struct api_call *c, const struct api_page *p, const struct figures_wish *w,
                   struct lines *l, enum sort sort,
                   void (*write)(struct api_call *c, const struct figures_wish *w,
                                 const struct line *l))
{
    uint32_t at = p->offset < l->count ? (uint32_t)p->offset : l->count;
    bool more = l->count - at > p->limit;
    uint32_t end = more ? at + p->limit : l->count;

    lines_sort(l, sort);
    page_link_offset(c, p, more);
    api_header(c, "X-Hits", arena_printf(c->arena, "%u", l->count));
    json_open(&c->out, NULL, '[');
    for (; at < end; at++)
        write(c, w, &l->at[at]);
    json_close(&c->out, ']');
    api_done(c, 200);
}

void service_list(struct api_call *c)
{
    struct lines l = {0};
    struct figures_wish w;
    struct api_page p;
    enum sort sort;

    if (!page_read(c, &p) || !read_sort(c, &sort) || !figures_wish_read(c, &w))
        return;
    if (w.buckets > CHART_BUCKETS_MAX) {
        api_detail(c, 400, "Use a larger interval, or a smaller date range.");
        return;
    }
    if (find_services(c, &l) && lines_count(c, &l, &w, true))
        answer(c, &p, &w, &l, sort, write_service);
}

/* ---- operations ---- */

static bool add_operations(struct api_call *c, const struct figures_service *of, bool entries,
                           struct lines *l)
{
    struct db_stmt *s = api_query(c, "api_operations");
    struct line *line;

    if (!s)
        return false;
    db_int(s, "service", of->id);
    while (api_row(c, s)) {
        if (entries && !db_col_int(s, 3))
            continue;
        if (!(line = line_add(c, l)))
            return false;
        *line = (struct line){.operation = db_col_int(s, 0),
                              .name = api_keep_col(c, s, 1),
                              .kind = (uint8_t)db_col_int(s, 2),
                              .entry = (uint8_t)db_col_int(s, 3),
                              .project = of->project};
    }
    return !c->refused;
}

static bool find_operations(struct api_call *c, struct lines *l)
{
    struct figures_services found;

    if (!figures_services(c, c->arg[0], &found))
        return false;
    for (uint32_t i = 0; i < found.count; i++)
        if (!add_operations(c, &found.at[i], api_flag(c, "entry"), l))
            return false;
    return true;
}

static void write_operation(struct api_call *c, const struct figures_wish *w, const struct line *l)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "name", l->name);
    json_str(b, "kind", span_kind_name(l->kind));
    json_bool(b, "entry", l->entry);
    json_text(b, "project", l->project->slug);
    figures_write(b, w, &l->shown);
    json_close(b, '}');
}

void service_operations(struct api_call *c)
{
    struct lines l = {0};
    struct figures_wish w;
    struct api_page p;
    enum sort sort;

    if (!page_read(c, &p) || !read_sort(c, &sort) || !figures_wish_read(c, &w))
        return;
    figures_sums(c, &w);
    if (find_operations(c, &l) && lines_count(c, &l, &w, false))
        answer(c, &p, &w, &l, sort, write_operation);
}
