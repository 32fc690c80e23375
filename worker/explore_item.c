/* explore_item.c -- log records and spans as rows of columns. */
#include "model/query_words.h"
#include "proto/record.h"
#include "worker/explore.h"

/* A column that is no attribute: which field of conditions it is, or one of these. */
enum { COLUMN_ITEM_ID = 200, COLUMN_PROJECT_ID, COLUMN_PRECISE, COLUMN_START };

struct rows {
    struct api_call *c;
    struct explore *e;
    struct explore_column *columns;
    struct text *made; /* by place */
};

struct explore_column explore_column_of(struct text name, struct arena *a)
{
    static const struct {
        const char *name;
        uint8_t what;
    } own[] = {{"sentry.item_id", COLUMN_ITEM_ID},    {"item_id", COLUMN_ITEM_ID},
               {"project.id", COLUMN_PROJECT_ID},     {"project_id", COLUMN_PROJECT_ID},
               {"timestamp_precise", COLUMN_PRECISE}, {"sentry.timestamp_precise", COLUMN_PRECISE},
               {"precise.start_ts", COLUMN_START}};
    struct explore_column col = {.term = query_column(name, a)};

    col.what = col.term.field;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i].name))
            col.what = own[i].what;
    return col;
}

enum explore_type explore_column_type(const struct explore_column *col)
{
    switch (col->what) {
    case COLUMN_PROJECT_ID:
    case COLUMN_PRECISE:
    case QUERY_SEVERITY:
        return EXPLORE_INTEGER;
    case COLUMN_START:
        return EXPLORE_NUMBER;
    case QUERY_TIMESTAMP:
        return EXPLORE_DATE;
    case QUERY_DURATION:
        return EXPLORE_DURATION;
    case QUERY_ERROR:
    case QUERY_IS_TRANSACTION:
        return EXPLORE_BOOLEAN;
    default:
        return EXPLORE_STRING;
    }
}

/* ---- values ---- */

static const struct attr *find_attr(const struct attrs *list, struct text key)
{
    for (uint32_t i = list->count; i-- > 0;)
        if (text_eq(list->at[i].key, key))
            return &list->at[i];
    return NULL;
}

/* The item's own, else its sender's; under this name, or another that means the same. */
static const struct attr *attr_of(const struct query_item *item, struct text key)
{
    const struct attrs *own = item->span ? &item->span->attrs : &item->log->attrs;
    const struct resource *r = item->span ? item->span->resource : item->log->resource;
    const struct attr *found = NULL;
    struct text names[QUERY_ALIASES];

    query_aliases(key, names);
    for (int i = 0; i < QUERY_ALIASES && names[i].at && !found; i++)
        if (!(found = find_attr(own, names[i])))
            found = find_attr(&r->attrs, names[i]);
    return found;
}

static uint8_t type_of_attr(const struct attr *at)
{
    return at->kind == ATTR_BOOL                             ? EXPLORE_BOOLEAN
           : at->kind == ATTR_INT || at->kind == ATTR_DOUBLE ? EXPLORE_NUMBER
                                                             : EXPLORE_STRING;
}

/* The whole trace would have to be read. */
static bool is_apart(const struct explore_column *col)
{
    return col->what == QUERY_SELF_TIME || col->what == QUERY_CHILD_COUNT ||
           (col->what >= QUERY_ROOT_NAME && col->what < QUERY_FIELDS);
}

static void write_known(struct buf *b, struct arena *a, const struct explore_column *col,
                        const struct query_item *item)
{
    struct query_value value;

    if (is_apart(col) || !query_values(&col->term, item, a, &value, 1))
        json_null(b, NULL);
    else if (col->what == QUERY_DURATION)
        json_num(b, NULL, value.number / 1e6);
    else if (col->what == QUERY_SEVERITY)
        json_int(b, NULL, (int64_t)value.number);
    else if (col->what == QUERY_ERROR || col->what == QUERY_IS_TRANSACTION)
        json_bool(b, NULL, text_is(value.text, "true"));
    else
        json_text(b, NULL, value.text);
}

bool explore_has(const struct explore_column *col, const struct query_item *item)
{
    return col->what != QUERY_ATTR || attr_of(item, col->term.key);
}

bool explore_number(struct api_call *c, const struct explore_column *col,
                    const struct query_item *item, double *out)
{
    const struct attr *at = col->what == QUERY_ATTR ? attr_of(item, col->term.key) : NULL;
    struct query_value value;

    if (at && at->kind == ATTR_INT)
        *out = (double)at->integer;
    else if (at && at->kind == ATTR_DOUBLE)
        *out = at->real;
    else if (col->what != QUERY_ATTR && col->what < QUERY_FIELDS && !is_apart(col) &&
             query_values(&col->term, item, query_scratch(c->q), &value, 1) && value.is_number)
        *out = col->what == QUERY_DURATION ? value.number / 1e6 : value.number;
    else
        return false;
    return *out - *out == 0; /* neither infinite nor no number at all */
}

void explore_write(struct api_call *c, struct buf *b, const struct explore_column *col,
                   const struct item_seen *seen, uint8_t *type)
{
    const struct query_item *item = &seen->item;
    uint64_t ns = item->span ? item->span->start_ns : item->log->time_ns;
    const struct attr *at;

    switch (col->what) {
    case COLUMN_ITEM_ID:
        json_text(b, NULL, item_id(query_scratch(c->q), seen->at));
        break;
    case COLUMN_PROJECT_ID:
        json_int(b, NULL, seen->project->id);
        break;
    case COLUMN_PRECISE:
        json_uint(b, NULL, ns);
        break;
    case COLUMN_START:
        json_num(b, NULL, (double)ns / 1e9);
        break;
    case QUERY_TIMESTAMP:
        json_time_us(b, NULL, (int64_t)(ns / 1000));
        break;
    case QUERY_ATTR:
        if (!(at = attr_of(item, col->term.key))) {
            json_null(b, NULL);
            break;
        }
        *type = type_of_attr(at);
        attr_write_value(b, NULL, at);
        break;
    default:
        write_known(b, query_scratch(c->q), col, item);
    }
}

/* Log records have no id of their own: theirs is the one that lists know them by. */
static void take(void *own, uint32_t place, const struct item_seen *seen)
{
    struct rows *r = own;
    struct buf b;

    buf_init(&b, r->c->arena, 256, API_ANSWER_MAX);
    json_open(&b, NULL, '{');
    for (uint32_t i = 0; i < r->e->count; i++) {
        json_key(&b, r->e->fields[i]);
        if (seen->item.log && text_is(r->e->fields[i], "id"))
            json_text(&b, NULL, item_id(r->c->arena, seen->at));
        else
            explore_write(r->c, &b, &r->columns[i], seen, &r->e->types[i]);
    }
    json_close(&b, '}');
    r->made[place] = buf_result(&b);
}

/* ---- rows ---- */

static bool find(struct api_call *c, struct explore *e, struct item_query *q,
                 struct item_page *page)
{
    struct item_wish wish = {.kind = e->kind,
                             .range = e->range,
                             .query = &q->query,
                             .node = q->node,
                             .trace = q->of_trace ? q->trace : NULL,
                             .ascending = e->ascending,
                             .limit = e->limit};

    if (e->kind == RECORD_LOGS)
        wish.contained = item_query_contained(q);
    return item_cursor_read(c, &wish.from) && item_scan(c, &wish, page);
}

static void answer(struct api_call *c, struct explore *e, struct item_query *q)
{
    struct rows r = {.c = c, .e = e};
    struct item_page page;

    if (!find(c, e, q, &page))
        return;
    r.columns = arena_alloc(c->arena, e->count * sizeof *r.columns);
    r.made = arena_zero(c->arena, page.count + 1, sizeof *r.made);
    if (!r.columns || !r.made)
        return;
    for (uint32_t i = 0; i < e->count; i++) {
        r.columns[i] = explore_column_of(e->fields[i], c->arena);
        e->types[i] = (uint8_t)explore_column_type(&r.columns[i]);
    }
    if (!item_each(c, e->kind, &page, take, &r))
        return;
    item_cursor_link(c, &page);
    explore_begin(c);
    for (uint32_t i = 0; i < page.count; i++)
        if (r.made[i].len)
            json_raw(&c->out, NULL, r.made[i]);
    explore_end(c, e);
}

bool explore_query(struct api_call *c, const struct explore *e, struct item_query *q)
{
    struct query_term entry = {
        .field = QUERY_IS_TRANSACTION, .op = QUERY_EQ, .value = {.text = TEXT("true")}};

    if (!item_query_read(c, q))
        return false;
    if (e->transactions)
        item_query_and(q, query_add(&q->query, &entry));
    return true;
}

void explore_items(struct api_call *c, struct explore *e)
{
    struct item_query q;

    if (explore_query(c, e, &q))
        answer(c, e, &q);
    item_query_end(&q);
}
