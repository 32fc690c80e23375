/* series_item.c -- figures over time of spans and logs. */
#include <math.h>

#include "worker/series.h"
#include "worker/sums.h"

static bool read_functions(struct api_call *c, struct series *s, struct sums *sums)
{
    for (uint32_t i = 0; i < s->axis_count; i++) {
        if (!sum_function_read(s->axes[i], c->arena, &sums->functions[i])) {
            api_detailf(c, 400, "%.*s cannot be added up over time",
                        TEXT_ARG(text_clip(s->axes[i], 64)));
            return false;
        }
        s->types[i] = (uint8_t)sum_function_type(&sums->functions[i]);
    }
    sums->function_count = s->axis_count;
    for (uint32_t i = 0; i < s->group_count; i++)
        sums->columns[i] = explore_column_of(s->groups[i], c->arena);
    sums->column_count = s->group_count;
    return true;
}

/* "-count()": the lines with the most of it; the first axis, when it is not said. */
static void sort(struct api_call *c, const struct series *s, struct sums *sums)
{
    struct text t = api_param(c, "sort");
    bool ascending = t.len && t.at[0] != '-';
    uint32_t by = 0;

    if (t.len && !ascending)
        t = text_cut(t, 1, t.len);
    for (uint32_t i = 0; i < s->axis_count; i++)
        if (text_eq(t, s->axes[i]))
            by = i;
    sums_sort(sums, by, ascending);
}

static bool write_lines(struct api_call *c, struct series *s, const struct sums *sums)
{
    for (uint32_t n = 0; n < sums->count; n++) {
        struct series_line *line = series_line_add(c, s);

        if (!line)
            return false;
        for (uint32_t i = 0; i < s->group_count; i++)
            line->values[i] = sums->groups[n]->values[i];
        for (uint32_t axis = 0; axis < s->axis_count; axis++)
            for (uint32_t i = 0; i < s->buckets; i++)
                line->at[axis * s->buckets + i] = sums_value(sums, sums->groups[n], i, axis);
    }
    return true;
}

/* Which groups there are is found first, in one bucket; then those that are shown are spread over time. */
static bool add_up(struct api_call *c, struct series *s, struct sums *sums,
                   const struct item_wish *wish)
{
    sums->buckets = 1;
    sums->seconds = (double)(s->e.range.to_ms - s->e.range.from_ms) / 1000;
    if (s->group_count) {
        if (!sums_run(c, sums, wish))
            return false;
        sort(c, s, sums);
        if (!sums_narrow(sums, s->top, s->begin_ms, s->step_ms, s->buckets))
            return false;
    } else {
        sums->begin_ms = s->begin_ms;
        sums->step_ms = s->step_ms;
        sums->buckets = s->buckets;
    }
    sums->seconds = (double)s->step_ms / 1000;
    return sums_run(c, sums, wish) && write_lines(c, s, sums);
}

bool series_of_items(struct api_call *c, struct series *s)
{
    struct sums *sums = arena_zero(c->arena, 1, sizeof *sums);
    struct item_query q = {0};
    bool good = false;

    if (!sums || !read_functions(c, s, sums))
        return false;
    if (explore_query(c, &s->e, &q)) {
        struct item_wish wish = {.kind = s->e.kind,
                                 .range = s->e.range,
                                 .query = &q.query,
                                 .node = q.node,
                                 .trace = q.of_trace ? q.trace : NULL};

        good = add_up(c, s, sums, &wish);
        s->e.partial = sums->partial;
        sums_free(sums);
    }
    item_query_end(&q);
    return good;
}
