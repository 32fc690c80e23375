/* query_value.c -- what a field of a condition is, on a span or a log record. */
#include <stdio.h>
#include <string.h>

#include "model/span_name.h"
#include "model/span_query.h"

struct values {
    struct query_value *at;
    uint32_t count, room;
    bool texts; /* of numbers, too */
    struct arena *arena;
};

static void add_text(struct values *v, struct text t)
{
    if (v->count < v->room && t.at)
        v->at[v->count++] = query_literal(t, v->arena);
}

/* Texts that are never numbers, even when they look it. */
static void add_word(struct values *v, struct text t)
{
    if (v->count < v->room && t.len)
        v->at[v->count++] = (struct query_value){.text = t};
}

static void add_number(struct values *v, double n, const struct attr *from)
{
    struct query_value value = {.number = n, .is_number = true};

    if (from && v->texts)
        value.text = attr_as_text(from, v->arena);
    if (v->count < v->room)
        v->at[v->count++] = value;
}

static void add_hex(struct values *v, const uint8_t *id, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *out = id_is_zero(id, len) ? NULL : arena_alloc(v->arena, 2 * len);

    if (!out)
        return;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[id[i] >> 4];
        out[2 * i + 1] = digits[id[i] & 15];
    }
    add_word(v, (struct text){out, 2 * len});
}

/* ---- attributes ---- */

static void add_array(struct values *v, struct text json)
{
    struct json *tree;

    if (json_read(json, v->arena, &tree, NULL) != JSON_OK || tree->kind != JSON_ARRAY) {
        add_text(v, json);
        return;
    }
    for (struct json *item = tree->child; item; item = item->next)
        add_text(v, json_as_text(item, v->arena));
}

static void add_attr(struct values *v, const struct attr *at)
{
    switch (at->kind) {
    case ATTR_JSON:
        add_array(v, at->text);
        break;
    case ATTR_INT:
        add_number(v, (double)at->integer, at);
        break;
    case ATTR_DOUBLE:
        add_number(v, at->real, at);
        break;
    case ATTR_EMPTY:
        break;
    default:
        add_text(v, attr_as_text(at, v->arena));
    }
}

static bool add_from(struct values *v, const struct attrs *list, struct text key)
{
    for (uint32_t i = list->count; i-- > 0;)
        if (text_eq(list->at[i].key, key)) {
            add_attr(v, &list->at[i]);
            return true;
        }
    return false;
}

static void add_events(struct values *v, const struct span *s, struct text key)
{
    for (uint32_t i = 0; s && i < s->event_count; i++)
        add_from(v, &s->events[i].attrs, key);
}

static void add_links(struct values *v, const struct span *s, struct text key)
{
    for (uint32_t i = 0; s && i < s->link_count; i++)
        add_from(v, &s->links[i].attrs, key);
}

static void one_attr(struct values *v, const struct query_item *item, uint8_t scope,
                     struct text key)
{
    const struct attrs *own = item->span ? &item->span->attrs : &item->log->attrs;
    const struct resource *resource = item->span ? item->span->resource : item->log->resource;
    const struct scope *library = item->span ? item->span->scope : item->log->scope;

    switch (scope) {
    case QUERY_ANY:
    case QUERY_ANY_OR_EVENT:
        if (!add_from(v, own, key))
            add_from(v, &resource->attrs, key);
        if (scope == QUERY_ANY_OR_EVENT)
            add_events(v, item->span, key);
        break;
    case QUERY_SPAN:
        add_from(v, own, key);
        break;
    case QUERY_RESOURCE:
        add_from(v, &resource->attrs, key);
        break;
    case QUERY_EVENT:
        add_events(v, item->span, key);
        break;
    case QUERY_LINK:
        add_links(v, item->span, key);
        break;
    default:
        if (library)
            add_from(v, &library->attrs, key);
    }
}

void query_aliases(struct text key, struct text out[QUERY_ALIASES])
{
    static const char *const groups[][QUERY_ALIASES] = {
        {"http.request.method", "http.method"},
        {"http.response.status_code", "http.status_code"},
        {"url.full", "http.url"},
        {"url.path", "http.target"},
        {"url.scheme", "http.scheme"},
        {"server.address", "net.peer.name", "http.host"},
        {"server.port", "net.peer.port"},
        {"client.address", "http.client_ip"},
        {"user_agent.original", "http.user_agent"},
        {"db.system.name", "db.system"},
        {"db.namespace", "db.name"},
        {"db.query.text", "db.statement"},
        {"db.operation.name", "db.operation"},
        {"db.collection.name", "db.sql.table"},
        {"rpc.system.name", "rpc.system"},
        {"messaging.destination.name", "messaging.destination"},
        {"deployment.environment.name", "deployment.environment"},
        {"service.peer.name", "peer.service"},
        {"code.function.name", "code.function"},
        {"code.file.path", "code.filepath"},
    };

    memset(out, 0, QUERY_ALIASES * sizeof *out);
    out[0] = key;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (int i = 0; i < QUERY_ALIASES && groups[g][i]; i++) {
            uint32_t n = 1;

            if (!text_is(key, groups[g][i]))
                continue;
            for (int k = 0; k < QUERY_ALIASES - 1 && groups[g][k]; k++)
                if (k != i)
                    out[n++] = text_of(groups[g][k]);
            return;
        }
}

/* Under the name that was asked for, or under its other names. */
static void attributes(struct values *v, const struct query_item *item, const struct query_term *t)
{
    struct text found[QUERY_ALIASES];
    const struct text *names = t->names;

    if (!names[0].at) {
        query_aliases(t->key, found);
        names = found;
    }
    for (uint32_t i = 0; i < QUERY_ALIASES && names[i].at && !v->count; i++)
        one_attr(v, item, t->scope, names[i]);
}

/* ---- fields ---- */

static struct text yes_no(bool b)
{
    return b ? TEXT("true") : TEXT("false");
}

static void of_span(struct values *v, const struct query_item *item, uint8_t field)
{
    const struct span *s = item->span;

    switch (field) {
    case QUERY_NAME:
        add_text(v, span_operation(s));
        break;
    case QUERY_DESCRIPTION:
        add_text(v, span_description(s, v->arena));
        break;
    case QUERY_OP:
        add_text(v, span_op(s));
        break;
    case QUERY_KIND:
        add_word(v, s->kind ? text_of(span_kind_name(s->kind)) : TEXT("unspecified"));
        break;
    case QUERY_STATUS:
        add_word(v, s->flags & SPAN_ERROR ? TEXT("error")
                    : s->code == SPAN_OK  ? TEXT("ok")
                                          : TEXT("unset"));
        break;
    case QUERY_STATUS_WORD:
        add_word(v, text_of(span_status_name(span_status_word(s))));
        break;
    case QUERY_STATUS_MESSAGE:
        add_text(v, s->status_message);
        break;
    case QUERY_DURATION:
        add_number(v, (double)(s->end_ns - s->start_ns), NULL);
        break;
    case QUERY_SELF_TIME:
        add_number(v, (double)item->node->self_ns, NULL);
        break;
    case QUERY_CHILD_COUNT:
        add_number(v, item->node->child_count, NULL);
        break;
    case QUERY_PARENT:
        add_hex(v, s->parent_id, 8);
        break;
    case QUERY_TRANSACTION:
        if (s->flags & (SPAN_ENTRY | SPAN_TRANSACTION))
            add_text(v, span_operation(s));
        break;
    case QUERY_IS_TRANSACTION:
        add_word(v, yes_no(s->flags & (SPAN_ENTRY | SPAN_TRANSACTION)));
        break;
    case QUERY_ERROR:
        add_word(v, yes_no(s->flags & SPAN_ERROR));
        break;
    case QUERY_MESSAGE:
        add_text(v, span_operation(s));
        add_text(v, span_description(s, v->arena));
        break;
    case QUERY_EVENT_NAME:
        for (uint32_t i = 0; i < s->event_count; i++)
            add_text(v, s->events[i].name);
        break;
    default:
        break;
    }
}

static void of_log(struct values *v, const struct query_item *item, uint8_t field)
{
    const struct logrec *l = item->log;

    switch (field) {
    case QUERY_LEVEL:
    case QUERY_STATUS:
        add_word(v, text_of(severity_name(l->severity)));
        break;
    case QUERY_SEVERITY:
        add_number(v, l->severity, NULL);
        break;
    case QUERY_MESSAGE:
    case QUERY_DESCRIPTION:
        add_text(v, attr_as_text(&l->body, v->arena));
        break;
    case QUERY_NAME:
    case QUERY_EVENT_NAME:
        add_text(v, l->event_name);
        break;
    case QUERY_ERROR:
        add_word(v, yes_no(l->severity >= 17));
        break;
    default:
        break;
    }
}

/* What both have. */
static bool of_both(struct values *v, const struct query_item *item, uint8_t field)
{
    const struct resource *r = item->span ? item->span->resource : item->log->resource;
    const struct scope *scope = item->span ? item->span->scope : item->log->scope;

    switch (field) {
    case QUERY_SERVICE:
        add_text(v, r->service);
        return true;
    case QUERY_RELEASE:
        add_text(v, r->release);
        return true;
    case QUERY_ENVIRONMENT:
        add_text(v, r->environment);
        return true;
    case QUERY_PLATFORM:
        add_text(v, r->platform);
        return true;
    case QUERY_PROJECT:
        add_text(v, item->project);
        return true;
    case QUERY_SCOPE_NAME:
        add_text(v, scope ? scope->name : TEXT_NONE);
        return true;
    case QUERY_SCOPE_VERSION:
        add_text(v, scope ? scope->version : TEXT_NONE);
        return true;
    case QUERY_TRACE:
        add_hex(v, item->span ? item->span->trace_id : item->log->trace_id, 16);
        return true;
    case QUERY_ID:
        add_hex(v, item->span ? item->span->span_id : item->log->span_id, 8);
        return true;
    case QUERY_TIMESTAMP:
        add_number(v, (double)(item->span ? item->span->start_ns : item->log->time_ns), NULL);
        return true;
    default:
        return false;
    }
}

static void of_trace(struct values *v, const struct trace_summary *s, uint8_t field)
{
    if (field == QUERY_ROOT_NAME)
        add_text(v, s->root_name);
    else if (field == QUERY_ROOT_SERVICE)
        add_text(v, s->root_service);
    else
        add_number(v, (double)(s->end_ns - s->start_ns), NULL);
}

uint32_t query_values(const struct query_term *t, const struct query_item *item, struct arena *a,
                      struct query_value *out, uint32_t room)
{
    bool texts = t->op == QUERY_HAS || t->op == QUERY_MATCH || t->op == QUERY_CONTAINS;
    struct values v = {out, 0, room, texts, a};

    if (t->field == QUERY_ATTR)
        attributes(&v, item, t);
    else if (t->field >= QUERY_ROOT_NAME)
        of_trace(&v, item->summary, t->field);
    else if (!of_both(&v, item, t->field)) {
        if (item->span)
            of_span(&v, item, t->field);
        else
            of_log(&v, item, t->field);
    }
    return v.count;
}
