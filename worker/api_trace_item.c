/* api_trace_item.c -- which attributes spans and log records have, and which values, for completion: of the
 * newest ones (attr_store.h).
 * Source     getsentry/sentry, api/endpoints/organization_trace_item_attributes.py. */
#include "model/query_words.h"
#include "worker/api_resources.h"
#include "worker/attr_store.h"
#include "worker/item_query.h"

#define DAYS_14 (14 * 86400000LL)

enum type { TYPE_STRING, TYPE_NUMBER, TYPE_BOOLEAN, TYPES };
static const char *const types[TYPES] = {"string", "number", "boolean"};

/* Columns that are no attributes. */
static const struct known {
    const char *key;
    enum type type;
    bool spans, logs;
} KNOWN[] = {
    {"environment", TYPE_STRING, true, true},       {"id", TYPE_STRING, true, true},
    {"is_transaction", TYPE_BOOLEAN, true, false},  {"message", TYPE_STRING, false, true},
    {"platform", TYPE_STRING, true, true},          {"project", TYPE_STRING, true, true},
    {"release", TYPE_STRING, true, true},           {"service", TYPE_STRING, true, true},
    {"severity", TYPE_STRING, false, true},         {"severity_number", TYPE_NUMBER, false, true},
    {"span.description", TYPE_STRING, true, false}, {"span.duration", TYPE_NUMBER, true, false},
    {"span.kind", TYPE_STRING, true, false},        {"span.name", TYPE_STRING, true, false},
    {"span.op", TYPE_STRING, true, false},          {"span.status", TYPE_STRING, true, false},
    {"span_id", TYPE_STRING, true, true},           {"trace", TYPE_STRING, true, true},
    {"transaction", TYPE_STRING, true, false}};

struct items {
    struct attr_wish wish;
    struct item_query query;
    struct text match; /* what keys or values have to contain */
    bool typed;        /* one type alone */
    enum type type;
};

static bool read_type(struct api_call *c, struct items *i)
{
    struct text t = api_param(c, "attributeType");

    i->typed = !text_empty(t);
    for (int k = 0; i->typed && k < TYPES; k++) {
        if (text_is(t, types[k])) {
            i->type = (enum type)k;
            return true;
        }
    }
    if (i->typed)
        api_detail(c, 400, "attributeType must be one of: string, number, boolean");
    return !i->typed;
}

/* False: refused; the query has to be ended all the same. */
static bool items_read(struct api_call *c, struct items *i)
{
    struct text kind = api_param(c, "itemType");
    struct api_range range;

    i->match = api_param(c, "substringMatch");
    i->wish.logs = text_is(kind, "logs") || text_is(kind, "ourlogs");
    if (!text_empty(kind) && !i->wish.logs && !text_is(kind, "spans")) {
        api_detail(c, 400, "itemType must be one of: spans, logs");
        return false;
    }
    if (!read_type(c, i) || !range_read(c, DAYS_14, &range) || !item_query_read(c, &i->query))
        return false;
    i->wish.from_ms = range.from_ms;
    i->wish.to_ms = range.to_ms;
    i->wish.query = &i->query.query;
    i->wish.node = i->query.node;
    i->wish.typed = true;
    return true;
}

static bool is_wanted(const struct items *i, struct text key, enum type type)
{
    return (!i->typed || type == i->type) &&
           (text_empty(i->match) || text_find_nocase(key, i->match) < key.len);
}

static enum type type_of(uint8_t kind)
{
    return kind == ATTR_INT || kind == ATTR_DOUBLE ? TYPE_NUMBER
           : kind == ATTR_BOOL                     ? TYPE_BOOLEAN
                                                   : TYPE_STRING;
}

static void write_key(struct api_call *c, struct text key, enum type type, bool known)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    if (type == TYPE_STRING || known)
        json_text(b, "key", key);
    else /* as columns and conditions name them */
        json_text(b, "key", arena_printf(c->arena, "tags[%.*s,%s]", TEXT_ARG(key), types[type]));
    json_text(b, "name", key);
    json_open(b, "attributeSource", '{');
    json_str(b, "source_type", known ? "sentry" : "user");
    json_close(b, '}');
    json_str(b, "attributeType", types[type]);
    json_open(b, "secondaryAliases", '[');
    json_close(b, ']');
    json_close(b, '}');
}

/* Keys come sorted: an attribute of a span and of its resource, or an int here and a double there, is
 * one. */
static void write_found(struct api_call *c, const struct items *i,
                        const struct attr_list_found *keys)
{
    for (int type = 0; type < TYPES; type++) {
        struct text last = TEXT_NONE;

        for (uint32_t k = 0; k < keys->count; k++) {
            const struct attr_found *f = &keys->at[k];

            if ((int)type_of(f->kind) != type || f->kind == ATTR_EMPTY || f->scope == QUERY_EVENT ||
                f->scope == QUERY_LINK || !is_wanted(i, f->text, (enum type)type) ||
                (last.at && text_eq(last, f->text)))
                continue;
            last = f->text;
            write_key(c, f->text, (enum type)type, false);
        }
    }
}

void trace_item_attributes(struct api_call *c)
{
    struct items i = {.query = {.node = QUERY_NONE}};
    struct attr_list_found keys;

    if (items_read(c, &i) && attr_store_keys(c, &i.wish, &keys)) {
        json_open(&c->out, NULL, '[');
        for (size_t k = 0; k < sizeof KNOWN / sizeof *KNOWN; k++)
            if ((i.wish.logs ? KNOWN[k].logs : KNOWN[k].spans) &&
                is_wanted(&i, text_of(KNOWN[k].key), KNOWN[k].type))
                write_key(c, text_of(KNOWN[k].key), KNOWN[k].type, true);
        write_found(c, &i, &keys);
        json_close(&c->out, ']');
        api_done(c, 200);
    }
    item_query_end(&i.query);
}

static void write_value(struct buf *b, struct text key, const struct attr_found *f)
{
    json_open(b, NULL, '{');
    json_text(b, "key", key);
    json_text(b, "name", f->text);
    json_text(b, "value", f->text);
    json_int(b, "count", f->spans);
    json_close(b, '}');
}

/* The same value may stand there as a number and as a text. */
void trace_item_values(struct api_call *c)
{
    struct items i = {.query = {.node = QUERY_NONE}};
    struct query_term term = query_column(c->arg[0], c->arena);
    struct attr_list_found values;
    struct text last = TEXT_NONE;
    uint32_t shown = 0;

    if (items_read(c, &i) && attr_store_values(c, &i.wish, &term, &values)) {
        json_open(&c->out, NULL, '[');
        for (uint32_t k = 0; k < values.count && shown < API_IDS_MAX; k++) {
            const struct attr_found *f = &values.at[k];

            if ((!text_empty(i.match) && text_find_nocase(f->text, i.match) >= f->text.len) ||
                (last.at && text_eq(last, f->text)))
                continue;
            last = f->text;
            write_value(&c->out, c->arg[0], f);
            shown++;
        }
        json_close(&c->out, ']');
        api_done(c, 200);
    }
    item_query_end(&i.query);
}
