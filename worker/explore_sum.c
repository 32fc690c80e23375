/* explore_sum.c -- logs and spans added up: a row per group, a column per function. */
#include "worker/explore.h"
#include "worker/sums.h"

/* Which fields are functions, and which are grouped by. False: refused. */
static bool read_fields(struct api_call *c, struct explore *e, struct sums *s)
{
    for (uint32_t i = 0; i < e->count; i++) {
        struct text t = e->fields[i];

        if (!explore_is_function(t)) {
            s->columns[s->column_count] = explore_column_of(t, c->arena);
            s->types[s->column_count] = (uint8_t)explore_column_type(&s->columns[s->column_count]);
            s->column_count++;
        } else if (s->function_count < SUMS_FUNCTIONS_MAX &&
                   sum_function_read(t, c->arena, &s->functions[s->function_count])) {
            s->function_count++;
        } else {
            api_detailf(c, 400,
                        "%.*s cannot be added up: there are count(), eps(), epm(), sum(), avg(), "
                        "min(), max(), p50() to p100(), failure_count() and failure_rate(), at "
                        "most %d at a time",
                        TEXT_ARG(text_clip(t, 64)), SUMS_FUNCTIONS_MAX);
            return false;
        }
    }
    return true;
}

/* "-count()", also without brackets: the number of a function among the fields. False: refused. */
static bool read_sort(struct api_call *c, const struct explore *e, uint32_t *function,
                      bool *ascending)
{
    struct text t = api_param(c, "sort");
    uint32_t n = 0;

    *function = 0;
    *ascending = false;
    if (text_empty(t))
        return true;
    *ascending = t.at[0] != '-';
    if (!*ascending)
        t = text_cut(t, 1, t.len);
    for (uint32_t i = 0; i < e->count; i++) {
        struct text name = e->fields[i];

        if (!explore_is_function(name))
            continue;
        if (text_eq(name, t) ||
            (text_ends(name, "()") && text_eq(text_cut(name, 0, name.len - 2), t))) {
            *function = n;
            return true;
        }
        n++;
    }
    api_detail(c, 400, "Sums can be sorted by one of the functions that are asked for");
    return false;
}

static void write_row(struct api_call *c, const struct explore *e, const struct sums *s,
                      const struct sum_group *g)
{
    struct buf *b = &c->out;
    uint32_t function = 0, column = 0;

    json_open(b, NULL, '{');
    for (uint32_t i = 0; i < e->count; i++) {
        json_key(b, e->fields[i]);
        if (explore_is_function(e->fields[i]))
            sums_write(b, s, g, 0, function++);
        else
            json_raw(b, NULL, g->values[column++]);
    }
    json_close(b, '}');
}

static void read_types(struct explore *e, const struct sums *s)
{
    uint32_t function = 0, column = 0;

    for (uint32_t i = 0; i < e->count; i++)
        e->types[i] = explore_is_function(e->fields[i])
                          ? (uint8_t)sum_function_type(&s->functions[function++])
                          : s->types[column++];
}

static void answer(struct api_call *c, struct explore *e, const struct sums *s,
                   const struct api_page *p)
{
    uint32_t first = p->offset < s->count ? (uint32_t)p->offset : s->count;
    uint32_t end = s->count - first > p->limit ? first + p->limit : s->count;

    if (s->partial)
        api_header(c, "X-Quern-Searched", arena_printf(c->arena, "%lld", (long long)s->looked_ms));
    e->partial = s->partial;
    read_types(e, s);
    explore_begin(c);
    for (uint32_t i = first; i < end; i++)
        write_row(c, e, s, s->groups[i]);
    page_link_offset(c, p, end < s->count);
    explore_end(c, e);
}

void explore_sums(struct api_call *c, struct explore *e)
{
    struct sums *s = arena_zero(c->arena, 1, sizeof *s);
    struct item_query q = {0};
    struct api_page p;
    uint32_t by;
    bool ascending;

    if (!s || !read_fields(c, e, s) || !read_sort(c, e, &by, &ascending) || !page_read(c, &p))
        return;
    s->buckets = 1;
    s->seconds = (double)(e->range.to_ms - e->range.from_ms) / 1000;
    if (explore_query(c, e, &q)) {
        struct item_wish wish = {.kind = e->kind,
                                 .range = e->range,
                                 .query = &q.query,
                                 .node = q.node,
                                 .trace = q.of_trace ? q.trace : NULL};

        if (sums_run(c, s, &wish)) {
            sums_sort(s, by, ascending);
            answer(c, e, s, &p);
        }
        sums_free(s);
    }
    item_query_end(&q);
}
