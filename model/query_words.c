#include "model/query_words.h"

#include <string.h>

#include "model/search.h"

struct words {
    struct text rest;
    int64_t now_ms;
    struct arena *arena;
    struct span_query *query;
    struct text error;
    uint32_t depth;
};

/* ---- keys ---- */

static const struct {
    const char *key;
    uint8_t field;
} KEYS[] = {
    {"id", QUERY_ID},
    {"span_id", QUERY_ID},
    {"span", QUERY_ID},
    {"trace", QUERY_TRACE},
    {"trace_id", QUERY_TRACE},
    {"trace.id", QUERY_TRACE},
    {"parent_span", QUERY_PARENT},
    {"parent_span_id", QUERY_PARENT},
    {"name", QUERY_NAME},
    {"span.name", QUERY_NAME},
    {"operation", QUERY_NAME},
    {"span.op", QUERY_OP},
    {"op", QUERY_OP},
    {"span.description", QUERY_DESCRIPTION},
    {"description", QUERY_DESCRIPTION},
    {"span.duration", QUERY_DURATION},
    {"duration", QUERY_DURATION},
    {"span.self_time", QUERY_SELF_TIME},
    {"self_time", QUERY_SELF_TIME},
    {"span.status", QUERY_STATUS_WORD},
    {"status", QUERY_STATUS_WORD},
    {"trace.status", QUERY_STATUS_WORD},
    {"span.status.message", QUERY_STATUS_MESSAGE},
    {"span.kind", QUERY_KIND},
    {"kind", QUERY_KIND},
    {"service", QUERY_SERVICE},
    {"service.name", QUERY_SERVICE},
    {"transaction", QUERY_TRANSACTION},
    {"is_transaction", QUERY_IS_TRANSACTION},
    {"error", QUERY_ERROR},
    {"release", QUERY_RELEASE},
    {"environment", QUERY_ENVIRONMENT},
    {"platform", QUERY_PLATFORM},
    {"project", QUERY_PROJECT},
    {"project.name", QUERY_PROJECT},
    {"timestamp", QUERY_TIMESTAMP},
    {"timestamp_precise", QUERY_TIMESTAMP},
    {"sentry.timestamp_precise", QUERY_TIMESTAMP},
    {"level", QUERY_LEVEL},
    {"severity", QUERY_LEVEL},
    {"severity_text", QUERY_LEVEL},
    {"severity_number", QUERY_SEVERITY},
    {"message", QUERY_MESSAGE},
    {"body", QUERY_MESSAGE},
    {"sdk.name", QUERY_SCOPE_NAME},
    {"otel.scope.name", QUERY_SCOPE_NAME},
    {"otel.scope.version", QUERY_SCOPE_VERSION},
    {"root.name", QUERY_ROOT_NAME},
    {"root.service", QUERY_ROOT_SERVICE},
    {"trace.duration", QUERY_TRACE_DURATION},
};

/* tags[name] and tags[name,type]; flags[…] has no meaning here. */
static struct text unwrap(struct text name)
{
    if (text_starts(name, "tags[") && text_ends(name, "]")) {
        name = text_cut(name, 5, name.len - 6);
        name = text_trim(text_cut(name, 0, text_find_byte(name, ',')));
    }
    return name;
}

struct query_term query_column(struct text name, struct arena *a)
{
    struct query_term t = {.field = QUERY_ATTR, .scope = QUERY_ANY, .op = QUERY_HAS};
    bool tag = text_starts(name, "tags[");

    t.key = unwrap(name);
    for (size_t i = 0; !tag && i < sizeof KEYS / sizeof *KEYS; i++)
        if (text_is(t.key, KEYS[i].key))
            t.field = KEYS[i].field;
    return t;
}

/* ---- values ---- */

static uint32_t wrong(struct words *w, const char *why, struct text what)
{
    if (!w->error.at)
        w->error = arena_printf(w->arena, "%s: %.*s", why, TEXT_ARG(text_clip(what, 100)));
    return QUERY_NONE;
}

static enum query_op operator_of(struct text *value)
{
    static const struct {
        const char *sign;
        enum query_op op;
    } signs[] = {
        {">=", QUERY_GE}, {"<=", QUERY_LE}, {">", QUERY_GT}, {"<", QUERY_LT}, {"=", QUERY_EQ}};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (text_starts(*value, signs[i].sign)) {
            *value = text_cut(*value, strlen(signs[i].sign), value->len);
            return signs[i].op;
        }
    return QUERY_EQ;
}

static bool is_time(uint8_t field)
{
    return field == QUERY_DURATION || field == QUERY_SELF_TIME || field == QUERY_TRACE_DURATION;
}

static void set_number(struct query_term *t, double n)
{
    t->value.number = n;
    t->value.is_number = true;
}

/* Numbers of those fields are milliseconds when they have no unit. */
static bool read_time(struct words *w, struct query_term *t)
{
    double ns;

    if (query_duration(t->value.text, &ns))
        set_number(t, ns);
    else if (t->value.is_number)
        t->value.number *= 1e6;
    else
        return wrong(w, "Invalid duration", t->value.text) != QUERY_NONE;
    t->value.text = TEXT_NONE;
    return true;
}

/* A moment, or a window around one: two conditions. */
static uint32_t moment(struct words *w, struct query_term t)
{
    static const enum search_op ops[] = {[QUERY_EQ] = SEARCH_EQ,
                                         [QUERY_LT] = SEARCH_LT,
                                         [QUERY_LE] = SEARCH_LE,
                                         [QUERY_GT] = SEARCH_GT,
                                         [QUERY_GE] = SEARCH_GE};
    struct query_term from = t, to = t;
    int64_t from_ms, to_ms;

    if (t.value.is_number && t.value.number > 1e17) /* precise timestamps are nanoseconds */
        return query_add(w->query, &t);
    if (!search_window(t.value.text, ops[t.op], w->now_ms, &from_ms, &to_ms))
        return wrong(w, "Invalid date", t.value.text);
    from.op = QUERY_GE;
    to.op = QUERY_LT;
    from.value.text = to.value.text = TEXT_NONE;
    set_number(&from, (double)from_ms * 1e6);
    set_number(&to, (double)to_ms * 1e6);
    return query_join(w->query, QUERY_AND, query_add(w->query, &from), query_add(w->query, &to));
}

/* "internal_error" is what failed; "error" and "unknown_error" say it as well. */
static uint32_t status(struct words *w, struct query_term t)
{
    if (text_is(t.value.text, "error") || text_is(t.value.text, "unset")) {
        t.field = QUERY_STATUS;
    } else if (t.op == QUERY_EQ) {
        uint8_t word = span_status_of(t.value.text);

        if (word != STATUS_UNKNOWN)
            t.value.text = text_of(span_status_name(word));
    }
    return query_add(w->query, &t);
}

static bool has_star(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '\\')
            i++;
        else if (t.at[i] == '*')
            return true;
    }
    return false;
}

static struct text without_escapes(struct text t, struct arena *a)
{
    char *out = text_find_byte(t, '\\') < t.len ? arena_alloc(a, t.len) : NULL;
    size_t n = 0;

    if (!out)
        return t;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '\\' && i + 1 < t.len && t.at[i + 1] && strchr("*\\\"", t.at[i + 1]))
            i++;
        out[n++] = t.at[i];
    }
    return (struct text){out, n};
}

static uint32_t condition(struct words *w, struct query_term t, struct text value, bool quoted)
{
    t.op = quoted ? QUERY_EQ : operator_of(&value);
    if (t.op == QUERY_EQ && value.len == 0) { /* key:"" asks for absence */
        t.op = QUERY_HAS;
        return query_join(w->query, QUERY_NOT, query_add(w->query, &t), QUERY_NONE);
    }
    if (t.op == QUERY_EQ && has_star(value)) {
        if (!query_pattern(w->query, &t, value, true))
            return wrong(w, "Invalid pattern", value);
        return query_add(w->query, &t);
    }
    value = without_escapes(value, w->arena);
    t.value = query_literal(value, w->arena);
    if (is_time(t.field))
        return read_time(w, &t) ? query_add(w->query, &t) : QUERY_NONE;
    if (t.field == QUERY_TIMESTAMP)
        return moment(w, t);
    if (t.field == QUERY_STATUS_WORD)
        return status(w, t);
    if (t.field == QUERY_LEVEL && severity_of(value))
        t.value.text = text_of(severity_name(severity_of(value)));
    if ((t.field == QUERY_ERROR || t.field == QUERY_IS_TRANSACTION) && text_is(value, "1"))
        t.value = (struct query_value){.text = TEXT("true")};
    if ((t.field == QUERY_ERROR || t.field == QUERY_IS_TRANSACTION) && text_is(value, "0"))
        t.value = (struct query_value){.text = TEXT("false")};
    if (t.field == QUERY_MESSAGE && t.op == QUERY_EQ)
        t.op = QUERY_CONTAINS;
    if (t.op > QUERY_CONTAINS && !t.value.is_number)
        return wrong(w, "Invalid number", value);
    return query_add(w->query, &t);
}

/* ---- reading ---- */

static void blanks(struct words *w)
{
    w->rest = text_trim(w->rest);
}

static bool stops(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '(' || c == ')';
}

/* A quoted text at the start; false: it has no end. */
static bool quoted(struct words *w, struct text *out)
{
    for (size_t i = 1; i < w->rest.len; i++) {
        if (w->rest.at[i] == '\\')
            i++;
        else if (w->rest.at[i] == '"') {
            *out = text_cut(w->rest, 1, i - 1);
            w->rest = text_cut(w->rest, i + 1, w->rest.len);
            return true;
        }
    }
    wrong(w, "Unmatched quote", w->rest);
    return false;
}

static struct text bare(struct words *w, const char *also)
{
    size_t n = 0;
    struct text out;

    while (n < w->rest.len && !(stops(w->rest.at[n]) && w->rest.at[n] != '(') &&
           !(also && w->rest.at[n] && strchr(also, w->rest.at[n])))
        n++;
    out = text_cut(w->rest, 0, n);
    w->rest = text_cut(w->rest, n, w->rest.len);
    return out;
}

static uint32_t value(struct words *w, const struct query_term *t, const char *also)
{
    struct text v;

    if (w->rest.len && w->rest.at[0] == '"')
        return quoted(w, &v) ? condition(w, *t, v, true) : QUERY_NONE;
    return condition(w, *t, bare(w, also), false);
}

static uint32_t list(struct words *w, const struct query_term *t)
{
    uint32_t node = QUERY_NONE;

    w->rest = text_cut(w->rest, 1, w->rest.len);
    for (blanks(w); w->rest.len && w->rest.at[0] != ']' && !w->error.at; blanks(w)) {
        if (w->rest.at[0] == ',' || w->rest.at[0] == ')')
            return wrong(w, "Lists should not have empty values", w->rest);
        node = query_join(w->query, QUERY_OR, node, value(w, t, ",]"));
        blanks(w);
        if (w->rest.len && w->rest.at[0] == ',')
            w->rest = text_cut(w->rest, 1, w->rest.len);
    }
    if (!w->rest.len)
        return wrong(w, "Unmatched bracket", TEXT("["));
    w->rest = text_cut(w->rest, 1, w->rest.len);
    return node == QUERY_NONE ? wrong(w, "Lists should not have empty values", TEXT("[]")) : node;
}

static bool key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("_.-@/$", c));
}

/* The key at the start, if one is there; the rest then begins behind its colon. */
static bool key(struct words *w, struct text *out)
{
    struct text t = w->rest;
    size_t n = 0;

    if (text_starts(t, "tags["))
        n = text_find_byte(t, ']') + 1;
    else
        while (n < t.len && key_char(t.at[n]))
            n++;
    if (n == 0 || n >= t.len || t.at[n] != ':' || text_starts(text_cut(t, n, t.len), "://"))
        return false;
    *out = text_cut(t, 0, n);
    w->rest = text_cut(t, n + 1, t.len);
    return true;
}

static uint32_t has(struct words *w)
{
    struct query_term t;
    struct text name;

    if (w->rest.len && w->rest.at[0] == '"') {
        if (!quoted(w, &name))
            return QUERY_NONE;
    } else {
        name = bare(w, NULL);
    }
    t = query_column(name, w->arena);
    return query_add(w->query, &t);
}

static uint32_t free_text(struct words *w)
{
    struct query_term t = {.field = QUERY_MESSAGE, .op = QUERY_CONTAINS};
    struct text v;

    if (w->rest.at[0] == '"') {
        if (!quoted(w, &v))
            return QUERY_NONE;
    } else {
        v = bare(w, NULL);
    }
    if (has_star(v)) {
        if (!query_pattern(w->query, &t, arena_printf(w->arena, "*%.*s*", TEXT_ARG(v)), true))
            return wrong(w, "Invalid pattern", v);
    } else {
        t.value = query_literal(without_escapes(v, w->arena), w->arena);
    }
    return query_add(w->query, &t);
}

static uint32_t either(struct words *w);

static uint32_t group(struct words *w)
{
    uint32_t node;

    if (++w->depth > QUERY_DEPTH)
        return wrong(w, "Nested too deeply", w->rest);
    w->rest = text_cut(w->rest, 1, w->rest.len);
    node = either(w);
    blanks(w);
    if (!w->rest.len || w->rest.at[0] != ')')
        return wrong(w, "Unmatched parenthesis", w->rest);
    w->rest = text_cut(w->rest, 1, w->rest.len);
    w->depth--;
    return node;
}

static uint32_t word(struct words *w)
{
    bool negated = false;
    uint32_t node;
    struct text name;
    struct query_term t;

    if (w->rest.at[0] == '(')
        return group(w);
    if (w->rest.at[0] == '!' && w->rest.len > 1) {
        struct words ahead = *w;

        ahead.rest = text_cut(w->rest, 1, w->rest.len);
        if ((negated = key(&ahead, &name)))
            w->rest = text_cut(w->rest, 1, w->rest.len);
    }
    if (!key(w, &name)) {
        node = free_text(w);
    } else if (text_is(name, "has")) {
        node = has(w);
    } else {
        t = query_column(name, w->arena);
        node = w->rest.len && w->rest.at[0] == '[' ? list(w, &t) : value(w, &t, NULL);
    }
    return negated && node != QUERY_NONE ? query_join(w->query, QUERY_NOT, node, QUERY_NONE) : node;
}

/* AND, OR as words of their own. */
static bool connective(struct words *w, const char *name)
{
    size_t n = strlen(name);

    blanks(w);
    if (!text_starts(w->rest, name) || (w->rest.len > n && !stops(w->rest.at[n])))
        return false;
    w->rest = text_cut(w->rest, n, w->rest.len);
    blanks(w);
    return true;
}

static uint32_t both(struct words *w)
{
    uint32_t node = QUERY_NONE, next;

    for (blanks(w); w->rest.len && w->rest.at[0] != ')' && !w->error.at; blanks(w)) {
        struct words ahead = *w;

        if (connective(&ahead, "OR"))
            break;
        if (connective(w, "AND"))
            continue;
        if ((next = word(w)) == QUERY_NONE)
            return wrong(w, "Not understood", w->rest);
        if ((node = query_join(w->query, QUERY_AND, node, next)) == QUERY_NONE)
            return wrong(w, "Too many conditions", w->rest);
    }
    return node;
}

static uint32_t either(struct words *w)
{
    uint32_t node = both(w), next;

    while (!w->error.at && connective(w, "OR")) {
        next = both(w);
        if (node == QUERY_NONE || next == QUERY_NONE)
            return wrong(w, "OR needs something on both sides", w->rest);
        if ((node = query_join(w->query, QUERY_OR, node, next)) == QUERY_NONE)
            return wrong(w, "Too many conditions", w->rest);
    }
    return node;
}

bool query_words(struct text t, int64_t now_ms, struct arena *a, struct span_query *q,
                 uint32_t *root, struct text *error)
{
    struct words w = {.rest = t, .now_ms = now_ms, .arena = a, .query = q};

    *root = either(&w);
    blanks(&w);
    if (!w.error.at && w.rest.len)
        wrong(&w, "Unmatched parenthesis", w.rest);
    *error = w.error;
    return !w.error.at;
}
