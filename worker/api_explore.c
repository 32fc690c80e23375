/* api_explore.c -- what an events/ request asks for, and the frame of its answer. */
#include "proto/record.h"
#include "worker/api_resources.h"
#include "worker/explore.h"

#define DAYS_14 (14 * 86400000LL)

bool explore_is_function(struct text field)
{
    return text_find_byte(field, '(') < field.len || text_starts(field, "equation|");
}

static bool read_fields(struct api_call *c, struct explore *e)
{
    uint32_t at = 0;
    struct text t;

    while (api_param_next(c, "field", &at, &t)) {
        if (text_empty(t))
            continue;
        if (e->count == EXPLORE_FIELDS_MAX) {
            api_detailf(c, 400,
                        "You can view up to %d fields at a time. Please delete some and try again.",
                        EXPLORE_FIELDS_MAX);
            return false;
        }
        e->adds_up |= explore_is_function(t);
        e->fields[e->count++] = t;
    }
    if (e->count)
        return true;
    api_detail(c, 400, "No columns selected");
    return false;
}

static bool has_field(const struct explore *e, struct text name)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (text_eq(e->fields[i], name))
            return true;
    return false;
}

static bool is_time(struct text t)
{
    return text_is(t, "timestamp") || text_is(t, "timestamp_precise") ||
           text_is(t, "sentry.timestamp_precise") || text_is(t, "precise.start_ts");
}

/* Rows come in order of time; that is the only order there is an answer for without reading all. */
static bool read_sort(struct api_call *c, struct explore *e)
{
    uint32_t at = 0;
    struct text t;

    if (!api_param_next(c, "sort", &at, &t) || text_empty(t))
        return true;
    e->ascending = t.at[0] != '-';
    if (!e->ascending)
        t = text_cut(t, 1, t.len);
    if (!has_field(e, t)) {
        api_detail(c, 400, "orderby must also be in the selected columns or groupby");
        return false;
    }
    if (is_time(t))
        return true;
    api_detail(c, 400, "Rows can be sorted by timestamp or -timestamp");
    return false;
}

static bool read_limit(struct api_call *c, struct explore *e)
{
    struct text t = api_param(c, "per_page");
    unsigned long long n = API_PAGE_MAX;

    if (t.at && (!text_u64(t, &n) || n < 1 || n > API_PAGE_MAX)) {
        api_detailf(c, 400, "Invalid per_page value. Must be between 1 and %d.", API_PAGE_MAX);
        return false;
    }
    e->limit = (uint32_t)n;
    return true;
}

static const struct {
    const char *name, *answer;
    uint32_t kind; /* 0: errors */
} datasets[] = {{"discover", "errors", 0},        {"errors", "errors", 0},
                {"spans", "spans", RECORD_SPANS}, {"transactions", "transactions", RECORD_SPANS},
                {"logs", "logs", RECORD_LOGS},    {"ourlogs", "logs", RECORD_LOGS}};

bool explore_dataset(struct api_call *c, struct explore *e)
{
    struct text name = api_param(c, "dataset");

    e->dataset = text_empty(name) ? "errors" : NULL;
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++) {
        if (!text_is(name, datasets[i].name))
            continue;
        e->dataset = datasets[i].answer;
        e->kind = datasets[i].kind;
    }
    e->what = e->kind ? EXPLORE_ITEMS : EXPLORE_ERRORS;
    e->transactions = text_is(name, "transactions");
    if (!e->dataset)
        api_detail(c, 400,
                   "dataset must be one of: discover, errors, spans, transactions, logs, ourlogs");
    return e->dataset;
}

void explore_events(struct api_call *c)
{
    struct explore e = {0};

    if (!explore_dataset(c, &e) || !read_fields(c, &e))
        return;
    if (e.adds_up && e.what == EXPLORE_ERRORS) {
        explore_issues(c, &e);
        return;
    }
    if (!range_read(c, DAYS_14, &e.range))
        return;
    if (e.adds_up) {
        explore_sums(c, &e);
        return;
    }
    if (!read_sort(c, &e) || !read_limit(c, &e))
        return;
    if (e.what == EXPLORE_ERRORS)
        explore_errors(c, &e);
    else
        explore_items(c, &e);
}

/* ---- the frame ---- */

void explore_begin(struct api_call *c)
{
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "data", '[');
}

void explore_end(struct api_call *c, const struct explore *e)
{
    static const char *const names[] = {"string",  "integer", "number",
                                        "boolean", "date",    "duration"};
    struct buf *b = &c->out;

    json_close(b, ']');
    json_open(b, "meta", '{');
    json_open(b, "fields", '{');
    for (uint32_t i = 0; i < e->count; i++) {
        json_key(b, e->fields[i]);
        json_str(b, NULL, names[e->types[i]]);
    }
    json_close(b, '}');
    json_open(b, "units", '{');
    for (uint32_t i = 0; i < e->count; i++) {
        json_key(b, e->fields[i]);
        if (e->types[i] == EXPLORE_DURATION)
            json_str(b, NULL, "millisecond");
        else
            json_null(b, NULL);
    }
    json_close(b, '}');
    json_bool(b, "isMetricsData", false);
    json_bool(b, "isMetricsExtractedData", false);
    json_open(b, "tips", '{');
    json_close(b, '}');
    json_str(b, "datasetReason", "unchanged");
    json_str(b, "dataScanned", e->partial ? "partial" : "full");
    json_str(b, "dataset", e->dataset);
    json_close(b, '}');
    json_close(b, '}');
    api_done(c, 200);
}
