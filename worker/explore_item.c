/* explore_item.c -- log records and spans as rows of columns. */
#include "model/query_words.h"
#include "proto/record.h"
#include "worker/explore.h"
#include "worker/item_query.h"

/* A column that is no attribute: which field of conditions it is, or one of these. */
enum { COLUMN_ITEM_ID = 200, COLUMN_PROJECT_ID, COLUMN_PRECISE, COLUMN_START };

struct column {
    struct query_term term;
    uint8_t what; /* enum query_field, or COLUMN_* */
};

struct rows {
    struct api_call *c;
    struct explore *e;
    struct column *columns;
    struct text *made; /* by place */
};

static struct column column_of(struct text name, struct arena *a)
{
    static const struct {
        const char *name;
        uint8_t what;
    } own[] = {{"sentry.item_id", COLUMN_ITEM_ID},    {"item_id", COLUMN_ITEM_ID},
               {"project.id", COLUMN_PROJECT_ID},     {"project_id", COLUMN_PROJECT_ID},
               {"timestamp_precise", COLUMN_PRECISE}, {"sentry.timestamp_precise", COLUMN_PRECISE},
               {"precise.start_ts", COLUMN_START}};
    struct column col = {.term = query_column(name, a)};

    col.what = col.term.field;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i].name))
            col.what = own[i].what;
    return col;
}

static uint8_t type_of(const struct column *col)
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

static void write_known(struct buf *b, struct arena *a, const struct column *col,
                        const struct query_item *item)
{
    struct query_value value;
    bool apart = col->what == QUERY_SELF_TIME || col->what == QUERY_CHILD_COUNT ||
                 col->what >= QUERY_ROOT_NAME; /* the whole trace would have to be read */

    if (apart || !query_values(&col->term, item, a, &value, 1))
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

static void write_value(struct rows *r, struct buf *b, uint32_t i, const struct item_seen *seen)
{
    const struct column *col = &r->columns[i];
    const struct query_item *item = &seen->item;
    uint64_t ns = item->span ? item->span->start_ns : item->log->time_ns;
    const struct attr *at;

    switch (col->what) {
    case COLUMN_ITEM_ID:
        json_text(b, NULL, item_id(r->c->arena, seen->at));
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
        r->e->types[i] = type_of_attr(at);
        attr_write_value(b, NULL, at);
        break;
    default:
        write_known(b, query_scratch(r->c->q), col, item);
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
            write_value(r, &b, i, seen);
    }
    json_close(&b, '}');
    r->made[place] = buf_result(&b);
}

/* ---- rows ---- */

static bool find(struct api_call *c, struct explore *e, struct item_query *q, uint32_t kind,
                 struct item_page *page)
{
    struct item_wish wish = {.kind = kind,
                             .range = e->range,
                             .query = &q->query,
                             .node = q->node,
                             .trace = q->of_trace ? q->trace : NULL,
                             .ascending = e->ascending,
                             .limit = e->limit};

    if (kind == RECORD_LOGS)
        wish.contained = item_query_contained(q);
    return item_cursor_read(c, &wish.from) && item_scan(c, &wish, page);
}

static void answer(struct api_call *c, struct explore *e, struct item_query *q, uint32_t kind)
{
    struct rows r = {.c = c, .e = e};
    struct item_page page;

    if (!find(c, e, q, kind, &page))
        return;
    r.columns = arena_alloc(c->arena, e->count * sizeof *r.columns);
    r.made = arena_zero(c->arena, page.count + 1, sizeof *r.made);
    if (!r.columns || !r.made)
        return;
    for (uint32_t i = 0; i < e->count; i++) {
        r.columns[i] = column_of(e->fields[i], c->arena);
        e->types[i] = type_of(&r.columns[i]);
    }
    if (!item_each(c, kind, &page, take, &r))
        return;
    item_cursor_link(c, &page);
    explore_begin(c);
    for (uint32_t i = 0; i < page.count; i++)
        if (r.made[i].len)
            json_raw(&c->out, NULL, r.made[i]);
    explore_end(c, e);
}

void explore_items(struct api_call *c, struct explore *e, uint32_t kind, bool transactions)
{
    struct item_query q;
    struct query_term entry = {
        .field = QUERY_IS_TRANSACTION, .op = QUERY_EQ, .value = {.text = TEXT("true")}};

    if (item_query_read(c, &q)) {
        if (transactions)
            item_query_and(&q, query_add(&q.query, &entry));
        answer(c, e, &q, kind);
    }
    item_query_end(&q);
}
