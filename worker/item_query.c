#include "worker/item_query.h"

#include <string.h>

#include "model/query_words.h"
#include "worker/span_store.h"

void item_query_and(struct item_query *q, uint32_t node)
{
    q->node = q->node == QUERY_NONE ? node : query_join(&q->query, QUERY_AND, q->node, node);
}

static uint32_t is(struct item_query *q, uint8_t field, struct text value, struct arena *a)
{
    struct query_term t = {.field = field, .op = QUERY_EQ, .value = query_literal(value, a)};

    return query_add(&q->query, &t);
}

/* "none": what has no level. */
static uint32_t of_level(struct item_query *q, struct text name, struct arena *a)
{
    struct query_term any = {.field = QUERY_LEVEL, .op = QUERY_HAS};

    if (text_is(name, "none"))
        return query_join(&q->query, QUERY_NOT, query_add(&q->query, &any), QUERY_NONE);
    return is(q, QUERY_LEVEL, text_of(severity_name(severity_of(name))), a);
}

/* A parameter that may be there several times: one of its values. */
static bool read_repeated(struct api_call *c, const char *key, struct item_query *q)
{
    uint32_t at = 0, either = QUERY_NONE;
    bool level = strcmp(key, "level") == 0;
    struct text value;

    while (api_param_next(c, key, &at, &value)) {
        if (text_empty(value))
            continue;
        if (level && !severity_of(value) && !text_is(value, "none")) {
            api_detail(c, 400, "Invalid level: fatal, error, warn, info, debug, trace or none");
            return false;
        }
        either = query_join(&q->query, QUERY_OR, either,
                            level ? of_level(q, value, c->arena)
                                  : is(q, QUERY_SERVICE, value, c->arena));
    }
    if (either != QUERY_NONE)
        item_query_and(q, either);
    return true;
}

static bool read_ids(struct api_call *c, struct item_query *q)
{
    struct text trace = api_param(c, "trace"), span = api_param(c, "span");
    uint8_t id[8];

    if (!text_empty(trace)) {
        if (!span_trace_id(trace, q->trace)) {
            api_detail(c, 400, "A trace id is 32 hexadecimal digits");
            return false;
        }
        q->of_trace = true;
    }
    if (text_empty(span))
        return true;
    if (!span_span_id(span, id)) {
        api_detail(c, 400, "A span id is 16 hexadecimal digits");
        return false;
    }
    item_query_and(q, is(q, QUERY_ID, span, c->arena));
    return true;
}

/* "trace:…" among what has to hold: the index knows where its items are. */
static void find_trace(struct item_query *q, uint32_t node)
{
    const struct query_node *n = node == QUERY_NONE ? NULL : &q->query.nodes[node];

    if (!n || q->of_trace)
        return;
    if (n->kind == QUERY_AND) {
        find_trace(q, n->a);
        find_trace(q, n->b);
    } else if (n->kind == QUERY_TERM && n->term.field == QUERY_TRACE && n->term.op == QUERY_EQ) {
        q->of_trace = span_trace_id(n->term.value.text, q->trace);
    }
}

bool item_query_read(struct api_call *c, struct item_query *q)
{
    struct text query = api_param(c, "query"), error = TEXT_NONE;

    *q = (struct item_query){.node = QUERY_NONE};
    if (!query_begin(&q->query, c->arena))
        return false;
    if (query.len > SEARCH_QUERY_MAX) {
        api_detail(c, 400, "The query is too long");
        return false;
    }
    if (!query_words(query, c->now_ms, c->arena, &q->query, &q->node, &error)) {
        api_detailf(c, 400, "Error parsing search query: %.*s", TEXT_ARG(error));
        return false;
    }
    if (!read_repeated(c, "level", q) || !read_repeated(c, "service", q) || !read_ids(c, q))
        return false;
    find_trace(q, q->node);
    if (q->query.count < QUERY_NODES)
        return true;
    api_detail(c, 400, "The query has too many conditions");
    return false;
}

void item_query_end(struct item_query *q)
{
    query_end(&q->query);
}

/* Bodies that are texts are stored as they are; numbers, truth values and bytes are not. What cannot
 * be one of those as people read them is looked for in the bytes first. */
static bool is_plain(struct text t)
{
    if (t.len < 6)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char byte = (unsigned char)t.at[i];

        if (byte == ' ' || byte == ':' || byte == '_' || byte >= 0x80)
            return true;
    }
    return false;
}

static struct text contained(const struct span_query *q, uint32_t node)
{
    const struct query_node *n = node == QUERY_NONE ? NULL : &q->nodes[node];
    struct text a, b;

    if (!n)
        return TEXT_NONE;
    if (n->kind == QUERY_TERM)
        return n->term.field == QUERY_MESSAGE && n->term.op == QUERY_CONTAINS &&
                       is_plain(n->term.value.text)
                   ? n->term.value.text
                   : TEXT_NONE;
    if (n->kind != QUERY_AND)
        return TEXT_NONE;
    a = contained(q, n->a);
    b = contained(q, n->b);
    return a.len < b.len ? b : a;
}

struct text item_query_contained(const struct item_query *q)
{
    return contained(&q->query, q->node);
}
