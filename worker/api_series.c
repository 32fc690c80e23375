/* api_series.c -- what a chart asks for, and its answer in two shapes: the older events-stats/ and
 * events-timeseries/. */
#include <math.h>

#include "model/search.h"
#include "worker/api_resources.h"
#include "worker/series.h"

#define DAY_MS 86400000LL
#define HOUR_MS 3600000LL

/* ---- what is asked for ---- */

static bool too_many(struct api_call *c, const char *key, uint32_t max)
{
    api_detailf(c, 400, "At most %u of %s", max, key);
    return false;
}

/* What to draw: functions, two of which had other names once. */
static bool read_axes(struct api_call *c, struct series *s)
{
    uint32_t at = 0;
    struct text t;

    while (api_param_next(c, "yAxis", &at, &t)) {
        if (text_is(t, "event_count"))
            t = TEXT("count()");
        else if (text_is(t, "user_count"))
            t = TEXT("count_unique(user)");
        if (text_empty(t))
            continue;
        if (!explore_is_function(t)) {
            api_detailf(c, 400, "%.*s is not a valid yAxis", TEXT_ARG(text_clip(t, 64)));
            return false;
        }
        if (s->axis_count == SERIES_AXES_MAX)
            return too_many(c, "yAxis", SERIES_AXES_MAX);
        s->axes[s->axis_count++] = t;
    }
    if (!s->axis_count)
        s->axes[s->axis_count++] = TEXT("count()");
    return true;
}

/* What to draw apart; `field` names functions, too, which are drawn because yAxis says so. */
static bool read_groups(struct api_call *c, const char *key, struct series *s)
{
    uint32_t at = 0;
    struct text t;

    while (api_param_next(c, key, &at, &t)) {
        if (text_empty(t) || explore_is_function(t))
            continue;
        if (s->group_count == SERIES_GROUPS_MAX)
            return too_many(c, key, SERIES_GROUPS_MAX);
        s->groups[s->group_count++] = t;
    }
    return true;
}

/* "5m", or seconds; without one, or with one that gives too many points, a round one that suits. */
static bool read_interval(struct api_call *c, struct series *s)
{
    static const int64_t steps[] = {60,    300,   600,   1800,  3600,  7200,
                                    10800, 21600, 43200, 86400, 604800};
    int64_t length = s->e.range.to_ms - s->e.range.from_ms, least = 1000;
    struct text t = api_param(c, "interval");
    unsigned long long seconds;

    if (text_u64(t, &seconds) && seconds > 0 && seconds < 1ULL << 32)
        s->step_ms = (int64_t)seconds * 1000;
    else if (t.len && (!search_duration(t, &s->step_ms) || s->step_ms <= 0)) {
        api_detail(c, 400, "Invalid interval");
        return false;
    }
    if (s->e.what == EXPLORE_ERRORS)
        least = HOUR_MS; /* they are counted by the hour */
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !s->step_ms; i++)
        if (length / (steps[i] * 1000) <= 100 && steps[i] * 1000 >= least)
            s->step_ms = steps[i] * 1000;
    if (!s->step_ms)
        s->step_ms = 604800000;
    s->step_ms = (s->step_ms + least - 1) / least * least;
    while (length / s->step_ms >= SERIES_BUCKETS_MAX - 1)
        s->step_ms *= 2;
    s->begin_ms = s->e.range.from_ms / s->step_ms * s->step_ms;
    s->buckets = (uint32_t)((s->e.range.to_ms - s->begin_ms + s->step_ms - 1) / s->step_ms);
    if (!s->buckets)
        s->buckets = 1;
    return true;
}

static bool read_top(struct api_call *c, struct series *s)
{
    struct text t = api_param(c, "topEvents");
    unsigned long long n = 0;

    if (t.len && (!text_u64(t, &n) || n < 1)) {
        api_detail(c, 400, "topEvents must be an integer");
        return false;
    }
    if (n > SERIES_TOP_MAX) {
        api_detailf(c, 400, "Can only get up to %d top events", SERIES_TOP_MAX);
        return false;
    }
    if (s->group_count)
        s->top = n ? (uint32_t)n : 5;
    return true;
}

/* `group` is the parameter that names what to group by. */
static bool read_wish(struct api_call *c, const char *group, struct series *s)
{
    if (!explore_dataset(c, &s->e) || !range_read(c, DAY_MS, &s->e.range) || !read_axes(c, s) ||
        !read_groups(c, group, s) || !read_top(c, s) || !read_interval(c, s))
        return false;
    return s->e.what == EXPLORE_ERRORS ? series_of_errors(c, s) : series_of_items(c, s);
}

struct series_line *series_line_add(struct api_call *c, struct series *s)
{
    struct series_line *line = &s->lines[s->count];

    line->values = arena_zero(c->arena, s->group_count + 1, sizeof *line->values);
    line->at = arena_zero(c->arena, (size_t)s->axis_count * s->buckets, sizeof *line->at);
    if (!line->values || !line->at)
        return NULL;
    s->count++;
    return line;
}

/* ---- a value ---- */

static void write_number(struct buf *b, const char *key, uint8_t type, double v)
{
    if (type == EXPLORE_INTEGER && !isnan(v))
        json_uint(b, key, (uint64_t)v);
    else
        json_num(b, key, v);
}

static const char *type_word(uint8_t type)
{
    return type == EXPLORE_INTEGER ? "integer" : type == EXPLORE_DURATION ? "duration" : "number";
}

/* ---- events-stats/ ---- */

/* The functions' names in the answer have no brackets: count, p95_span_duration. */
static struct text word_of(struct api_call *c, struct text axis)
{
    struct buf b;

    buf_init(&b, c->arena, axis.len + 1, axis.len + 1);
    for (size_t i = 0; i < axis.len; i++) {
        char byte = axis.at[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');

        if (plain || (i + 2 < axis.len && byte != ')'))
            buf_byte(&b, plain ? byte : '_');
    }
    return buf_result(&b);
}

static void write_points(struct api_call *c, const struct series *s, const struct series_line *line,
                         uint32_t axis)
{
    struct buf *b = &c->out;

    json_open(b, "data", '[');
    for (uint32_t i = 0; i < s->buckets; i++) {
        json_open(b, NULL, '[');
        json_int(b, NULL, (s->begin_ms + i * s->step_ms) / 1000);
        json_open(b, NULL, '[');
        json_open(b, NULL, '{');
        write_number(b, "count", s->types[axis], line->at[axis * s->buckets + i]);
        json_close(b, '}');
        json_close(b, ']');
        json_close(b, ']');
    }
    json_close(b, ']');
}

static void write_meta(struct api_call *c, const struct series *s, uint32_t axis)
{
    struct buf *b = &c->out;
    struct text word = word_of(c, s->axes[axis]);

    json_open(b, "meta", '{');
    json_open(b, "fields", '{');
    json_key(b, word);
    json_str(b, NULL, type_word(s->types[axis]));
    json_close(b, '}');
    json_open(b, "units", '{');
    json_key(b, word);
    if (s->types[axis] == EXPLORE_DURATION)
        json_str(b, NULL, "millisecond");
    else
        json_null(b, NULL);
    json_close(b, '}');
    json_str(b, "dataset", s->e.dataset);
    json_str(b, "dataScanned", s->e.partial ? "partial" : "full");
    json_close(b, '}');
}

static void write_axis(struct api_call *c, const struct series *s, const struct series_line *line,
                       uint32_t axis, uint32_t order)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    write_points(c, s, line, axis);
    json_int(b, "start", s->begin_ms / 1000);
    json_int(b, "end", (s->begin_ms + s->buckets * s->step_ms) / 1000);
    json_bool(b, "isMetricsData", false);
    json_bool(b, "isMetricsExtractedData", false);
    write_meta(c, s, axis);
    json_uint(b, "order", order);
    json_close(b, '}');
}

static void write_line(struct api_call *c, const struct series *s, uint32_t n)
{
    struct buf *b = &c->out;

    if (s->axis_count == 1) {
        write_axis(c, s, &s->lines[n], 0, n);
        return;
    }
    json_open(b, NULL, '{');
    for (uint32_t i = 0; i < s->axis_count; i++) {
        json_key(b, s->axes[i]);
        write_axis(c, s, &s->lines[n], i, i);
    }
    if (s->group_count)
        json_uint(b, "order", n);
    json_close(b, '}');
}

/* "checkout,error": the values of a line, as people read them. */
static struct text name_of(struct api_call *c, const struct series *s, uint32_t n)
{
    struct buf b = api_buf(c);

    for (uint32_t i = 0; i < s->group_count; i++) {
        struct json *v = NULL;
        struct text t;

        json_read(s->lines[n].values[i], c->arena, &v, NULL);
        t = json_as_text(v, c->arena);
        if (i)
            buf_byte(&b, ',');
        buf_text(&b, t.len ? t : TEXT("(no value)"));
    }
    return buf_result(&b);
}

void series_stats(struct api_call *c)
{
    struct series *s = arena_zero(c->arena, 1, sizeof *s);

    if (!s || !read_wish(c, "field", s))
        return;
    if (!s->group_count) {
        write_line(c, s, 0);
        api_done(c, 200);
        return;
    }
    json_open(&c->out, NULL, '{');
    for (uint32_t i = 0; i < s->count; i++) {
        json_key(&c->out, name_of(c, s, i));
        write_line(c, s, i);
    }
    json_close(&c->out, '}');
    api_done(c, 200);
}

/* ---- events-timeseries/ ---- */

static void write_group(struct buf *b, const struct series *s, const struct series_line *line)
{
    if (!s->group_count)
        return;
    json_open(b, "groupBy", '[');
    for (uint32_t i = 0; i < s->group_count; i++) {
        json_open(b, NULL, '{');
        json_text(b, "key", s->groups[i]);
        json_raw(b, "value", line->values[i]);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_series(struct api_call *c, const struct series *s, uint32_t n, uint32_t axis)
{
    const struct series_line *line = &s->lines[n];
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "yAxis", s->axes[axis]);
    write_group(b, s, line);
    json_open(b, "values", '[');
    for (uint32_t i = 0; i < s->buckets; i++) {
        int64_t at = s->begin_ms + i * s->step_ms;

        json_open(b, NULL, '{');
        json_int(b, "timestamp", at);
        write_number(b, "value", s->types[axis], line->at[axis * s->buckets + i]);
        json_bool(b, "incomplete", at + s->step_ms > c->now_ms);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_open(b, "meta", '{');
    json_str(b, "valueType", type_word(s->types[axis]));
    if (s->types[axis] == EXPLORE_DURATION)
        json_str(b, "valueUnit", "millisecond");
    else
        json_null(b, "valueUnit");
    json_int(b, "interval", s->step_ms);
    json_uint(b, "order", n);
    json_bool(b, "isOther", false);
    json_str(b, "dataScanned", s->e.partial ? "partial" : "full");
    json_close(b, '}');
    json_close(b, '}');
}

void series_times(struct api_call *c)
{
    struct series *s = arena_zero(c->arena, 1, sizeof *s);
    struct buf *b = &c->out;

    if (!s || !read_wish(c, "groupBy", s))
        return;
    json_open(b, NULL, '{');
    json_open(b, "meta", '{');
    json_str(b, "dataset", s->e.dataset);
    json_int(b, "start", s->begin_ms);
    json_int(b, "end", s->begin_ms + s->buckets * s->step_ms);
    json_close(b, '}');
    json_open(b, "timeSeries", '[');
    for (uint32_t n = 0; n < s->count; n++)
        for (uint32_t axis = 0; axis < s->axis_count; axis++)
            write_series(c, s, n, axis);
    json_close(b, ']');
    json_close(b, '}');
    api_done(c, 200);
}
