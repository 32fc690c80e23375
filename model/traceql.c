#include "model/traceql.h"

#include <string.h>

struct reader {
    struct text rest;
    struct arena *arena;
    struct traceql *q;
    struct text error;
    uint32_t depth;
    bool grouped; /* by(…) was read */
};

static bool fail(struct reader *r, const char *why)
{
    if (!r->error.at)
        r->error =
            arena_printf(r->arena, "%s near \"%.*s\"", why, TEXT_ARG(text_clip(r->rest, 40)));
    return false;
}

static void blanks(struct reader *r)
{
    r->rest = text_trim(r->rest);
}

static bool take(struct reader *r, const char *sign)
{
    blanks(r);
    if (!text_starts(r->rest, sign))
        return false;
    r->rest = text_cut(r->rest, strlen(sign), r->rest.len);
    return true;
}

/* ---- names ---- */

static const struct {
    const char *name;
    uint8_t field;
} INTRINSICS[] = {
    {"name", QUERY_NAME},
    {"span:name", QUERY_NAME},
    {"status", QUERY_STATUS},
    {"span:status", QUERY_STATUS},
    {"statusMessage", QUERY_STATUS_MESSAGE},
    {"span:statusMessage", QUERY_STATUS_MESSAGE},
    {"kind", QUERY_KIND},
    {"span:kind", QUERY_KIND},
    {"duration", QUERY_DURATION},
    {"span:duration", QUERY_DURATION},
    {"span:id", QUERY_ID},
    {"span:parentID", QUERY_PARENT},
    {"span:childCount", QUERY_CHILD_COUNT},
    {"childCount", QUERY_CHILD_COUNT},
    {"trace:id", QUERY_TRACE},
    {"rootName", QUERY_ROOT_NAME},
    {"trace:rootName", QUERY_ROOT_NAME},
    {"rootServiceName", QUERY_ROOT_SERVICE},
    {"trace:rootService", QUERY_ROOT_SERVICE},
    {"traceDuration", QUERY_TRACE_DURATION},
    {"trace:duration", QUERY_TRACE_DURATION},
    {"event:name", QUERY_EVENT_NAME},
    {"instrumentation:name", QUERY_SCOPE_NAME},
    {"instrumentation:version", QUERY_SCOPE_VERSION},
};

static const struct {
    const char *prefix;
    uint8_t scope;
} SCOPES_OF[] = {{"span.", QUERY_SPAN}, {"resource.", QUERY_RESOURCE},     {"event.", QUERY_EVENT},
                 {"link.", QUERY_LINK}, {"instrumentation.", QUERY_SCOPE}, {".", QUERY_ANY}};

static struct text unquoted(struct text key)
{
    if (key.len >= 2 && key.at[0] == '"' && key.at[key.len - 1] == '"')
        return text_cut(key, 1, key.len - 2);
    return key;
}

bool traceql_name(struct text name, struct query_term *t)
{
    *t = (struct query_term){.op = QUERY_HAS};
    if (text_starts(name, "parent.")) /* the parent's attributes: not kept with a span */
        return false;
    for (size_t i = 0; i < sizeof INTRINSICS / sizeof *INTRINSICS; i++)
        if (text_is(name, INTRINSICS[i].name)) {
            t->field = INTRINSICS[i].field;
            return true;
        }
    for (size_t i = 0; i < sizeof SCOPES_OF / sizeof *SCOPES_OF; i++)
        if (text_starts(name, SCOPES_OF[i].prefix)) {
            t->scope = SCOPES_OF[i].scope;
            t->key = unquoted(text_cut(name, strlen(SCOPES_OF[i].prefix), name.len));
            if (text_is(t->key, "service.name") && t->scope <= QUERY_RESOURCE)
                t->field = QUERY_SERVICE;
            return t->key.len > 0;
        }
    return false;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c & 0x80) || (c != 0 && strchr("_.-:/@", c));
}

/* A name; keys with odd characters are quoted: span."http url". */
static struct text name(struct reader *r)
{
    struct text t = r->rest, out;
    size_t n = 0;

    while (n < t.len && name_char(t.at[n]))
        n++;
    if (n && n < t.len && t.at[n] == '"' && t.at[n - 1] == '.') {
        size_t end = text_find_byte(text_cut(t, n + 1, t.len), '"');

        n = n + end + 2 > t.len ? t.len : n + end + 2;
    }
    out = text_cut(t, 0, n);
    r->rest = text_cut(t, n, t.len);
    return out;
}

/* ---- values ---- */

/* Those of Go that stand for one byte; 0: one of a regular expression's. */
static char escaped(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

static bool string_value(struct reader *r, struct text *out)
{
    char quote = r->rest.at[0], *copy;
    size_t n = 0;

    if (!(copy = arena_alloc(r->arena, r->rest.len)))
        return fail(r, "out of memory");
    for (size_t i = 1; i < r->rest.len; i++) {
        char c = r->rest.at[i];

        if (c == quote) {
            *out = (struct text){copy, n};
            r->rest = text_cut(r->rest, i + 1, r->rest.len);
            return true;
        }
        if (c == '\\' && quote == '"' && i + 1 < r->rest.len && escaped(r->rest.at[i + 1]))
            c = escaped(r->rest.at[++i]);
        copy[n++] = c;
    }
    return fail(r, "a string without end");
}

enum value_kind { VALUE_PLAIN, VALUE_NIL };

static bool value(struct reader *r, struct query_term *t, enum value_kind *kind)
{
    struct text word;
    double ns;

    blanks(r);
    *kind = VALUE_PLAIN;
    if (r->rest.len && (r->rest.at[0] == '"' || r->rest.at[0] == '`')) {
        if (!string_value(r, &word))
            return false;
        t->value = query_literal(word, r->arena);
        return true;
    }
    word = name(r);
    if (!word.len && text_starts(r->rest, "+")) {
        r->rest = text_cut(r->rest, 1, r->rest.len);
        word = name(r);
    }
    if (!word.len)
        return fail(r, "a value is missing");
    t->value = query_literal(word, r->arena);
    if (text_is(word, "nil"))
        *kind = VALUE_NIL;
    else if (!t->value.is_number && word.at[0] >= '0' && word.at[0] <= '9') {
        if (!query_duration(word, &ns))
            return fail(r, "neither number nor duration");
        t->value = (struct query_value){.number = ns, .is_number = true};
    }
    return true;
}

/* ---- conditions ---- */

static const struct {
    const char *sign;
    uint8_t op;
    bool negated;
} OPERATORS[] = {{"=~", QUERY_MATCH, false}, {"!~", QUERY_MATCH, true}, {"!=", QUERY_EQ, true},
                 {">=", QUERY_GE, false},    {"<=", QUERY_LE, false},   {"=", QUERY_EQ, false},
                 {">", QUERY_GT, false},     {"<", QUERY_LT, false}};

static uint32_t full(struct reader *r, uint32_t node)
{
    if (node == QUERY_NONE)
        fail(r, "too many conditions");
    return node;
}

static uint32_t negate(struct reader *r, uint32_t node)
{
    return node == QUERY_NONE ? node
                              : full(r, query_join(&r->q->query, QUERY_NOT, node, QUERY_NONE));
}

/* x != 5 asks that there is an x. */
static uint32_t other_than(struct reader *r, const struct query_term *t, uint32_t node)
{
    struct query_term has = *t;

    has.op = QUERY_HAS;
    has.pattern = NULL;
    if (t->field != QUERY_ATTR)
        return negate(r, node);
    return full(
        r, query_join(&r->q->query, QUERY_AND, query_add(&r->q->query, &has), negate(r, node)));
}

static uint32_t comparison(struct reader *r, struct query_term t)
{
    enum value_kind kind;
    size_t i = 0;
    uint32_t node;

    while (i < sizeof OPERATORS / sizeof *OPERATORS && !take(r, OPERATORS[i].sign))
        i++;
    if (i == sizeof OPERATORS / sizeof *OPERATORS) /* { span.ok }: is there, and true */
        t.op = t.field == QUERY_ATTR ? QUERY_EQ : QUERY_HAS;
    if (i == sizeof OPERATORS / sizeof *OPERATORS) {
        t.value = (struct query_value){.text = TEXT("true")};
        return full(r, query_add(&r->q->query, &t));
    }
    if (!value(r, &t, &kind))
        return QUERY_NONE;
    if (kind == VALUE_NIL) {
        t.op = QUERY_HAS;
        node = full(r, query_add(&r->q->query, &t));
        return OPERATORS[i].negated ? node : negate(r, node);
    }
    t.op = OPERATORS[i].op;
    if (t.op == QUERY_MATCH && !query_pattern(&r->q->query, &t, t.value.text, false)) {
        fail(r, "the expression is not understood");
        return QUERY_NONE;
    }
    node = full(r, query_add(&r->q->query, &t));
    return OPERATORS[i].negated ? other_than(r, &t, node) : node;
}

/* Tempo numbers the spans of a trace and says -1 for no parent. Those numbers are not kept; what is asked of
 * them is whether there is a parent: "nestedSetParent < 0" are roots. */
static uint32_t parent_number(struct reader *r)
{
    struct query_term has = {.field = QUERY_PARENT, .op = QUERY_HAS};
    enum value_kind kind;
    struct query_term t;
    size_t i = 0;
    bool none;

    while (i < sizeof OPERATORS / sizeof *OPERATORS && !take(r, OPERATORS[i].sign))
        i++;
    if (i == sizeof OPERATORS / sizeof *OPERATORS || !value(r, &t, &kind) || !t.value.is_number) {
        fail(r, "compare it with a number");
        return QUERY_NONE;
    }
    switch (OPERATORS[i].op) {
    case QUERY_LT:
        none = t.value.number == 0;
        break;
    case QUERY_EQ:
        none = !OPERATORS[i].negated;
        break;
    default:
        none = false;
    }
    if (t.value.number != (OPERATORS[i].op == QUERY_EQ || OPERATORS[i].op == QUERY_GT ? -1 : 0) ||
        OPERATORS[i].op == QUERY_MATCH || OPERATORS[i].op == QUERY_LE) {
        fail(r, "only whether there is a parent is known: < 0, >= 0, = -1, != -1");
        return QUERY_NONE;
    }
    return none ? negate(r, full(r, query_add(&r->q->query, &has)))
                : full(r, query_add(&r->q->query, &has));
}

static uint32_t conditions(struct reader *r);

static uint32_t condition(struct reader *r)
{
    struct query_term t;
    struct text word;
    uint32_t node;

    blanks(r);
    if (text_starts(r->rest, "!") && !text_starts(r->rest, "!=") && take(r, "!"))
        return negate(r, condition(r));
    if (take(r, "(")) {
        if (++r->depth > QUERY_DEPTH) {
            fail(r, "nested too deeply");
            return QUERY_NONE;
        }
        node = conditions(r);
        r->depth--;
        if (!r->error.at && !take(r, ")"))
            fail(r, "\")\" is missing");
        return node;
    }
    word = name(r);
    if (text_is(word, "true") || text_is(word, "false")) {
        t = (struct query_term){.field = QUERY_ID, .op = QUERY_HAS};
        node = full(r, query_add(&r->q->query, &t));
        return text_is(word, "false") ? negate(r, node) : node;
    }
    if (text_is(word, "nestedSetParent"))
        return parent_number(r);
    if (!traceql_name(word, &t)) {
        r->rest = word.len ? word : r->rest;
        fail(r, "not an attribute");
        return QUERY_NONE;
    }
    return comparison(r, t);
}

static uint32_t all_of(struct reader *r)
{
    uint32_t node = condition(r), next;

    while (!r->error.at && take(r, "&&")) {
        next = condition(r);
        if (!r->error.at)
            node = full(r, query_join(&r->q->query, QUERY_AND, node, next));
    }
    return node;
}

static uint32_t conditions(struct reader *r)
{
    uint32_t node = all_of(r), next;

    while (!r->error.at && take(r, "||")) {
        next = all_of(r);
        if (!r->error.at)
            node = full(r, query_join(&r->q->query, QUERY_OR, node, next));
    }
    return node;
}

/* ---- sets ---- */

static uint32_t new_set(struct reader *r, struct traceql_set s)
{
    if (r->q->set_count == TRACEQL_SETS) {
        fail(r, "too many spansets");
        return 0;
    }
    r->q->sets[r->q->set_count] = s;
    return r->q->set_count++;
}

static uint32_t sets(struct reader *r);

static uint32_t one_set(struct reader *r)
{
    struct traceql_set s = {.kind = TRACEQL_FILTER, .node = QUERY_NONE};
    uint32_t set;

    if (take(r, "(")) {
        if (++r->depth > QUERY_DEPTH) {
            fail(r, "nested too deeply");
            return 0;
        }
        set = sets(r);
        r->depth--;
        if (!r->error.at && !take(r, ")"))
            fail(r, "\")\" is missing");
        return set;
    }
    if (!take(r, "{")) {
        fail(r, "\"{\" is missing");
        return 0;
    }
    if (take(r, "}"))
        return new_set(r, s);
    s.node = conditions(r);
    if (!r->error.at && !take(r, "}"))
        fail(r, "\"}\" is missing");
    return new_set(r, s);
}

static uint32_t related(struct reader *r)
{
    static const struct {
        const char *sign;
        uint8_t kind;
    } signs[] = {{">>", TRACEQL_DESCENDANT},
                 {"<<", TRACEQL_ANCESTOR},
                 {">", TRACEQL_CHILD},
                 {"<", TRACEQL_PARENT},
                 {"~", TRACEQL_SIBLING}};
    uint32_t set = one_set(r);

    for (size_t i = 0; !r->error.at && i < sizeof signs / sizeof *signs; i++)
        if (take(r, signs[i].sign)) {
            struct traceql_set s = {.kind = signs[i].kind, .a = set};

            s.b = one_set(r);
            set = new_set(r, s);
            i = (size_t)-1; /* from the first sign again */
        }
    return set;
}

static uint32_t joined(struct reader *r, const char *sign, uint8_t kind,
                       uint32_t (*part)(struct reader *r))
{
    uint32_t set = part(r);

    while (!r->error.at && take(r, sign)) {
        struct traceql_set s = {.kind = kind, .a = set};

        s.b = part(r);
        set = new_set(r, s);
    }
    return set;
}

static uint32_t all_sets(struct reader *r)
{
    return joined(r, "&&", TRACEQL_AND, related);
}

static uint32_t sets(struct reader *r)
{
    return joined(r, "||", TRACEQL_OR, all_sets);
}

/* ---- pipelines ---- */

static bool names(struct reader *r, bool keep)
{
    struct query_term t;
    struct text n;

    if (!take(r, "("))
        return fail(r, "\"(\" is missing");
    do {
        blanks(r);
        n = name(r);
        if (!n.len)
            break;
        if (!traceql_name(n, &t))
            return fail(r, "not an attribute");
        if (keep && r->q->select_count < TRACEQL_SELECTS) {
            r->q->selects[r->q->select_count] = t;
            r->q->select_names[r->q->select_count++] = n;
        }
    } while (take(r, ","));
    return take(r, ")") || fail(r, "\")\" is missing");
}

static bool figure(struct reader *r, struct text word)
{
    static const char *const figures[] = {[TRACEQL_COUNT] = "count",
                                          [TRACEQL_AVG] = "avg",
                                          [TRACEQL_MIN] = "min",
                                          [TRACEQL_MAX] = "max",
                                          [TRACEQL_SUM] = "sum"};
    struct query_term t = {0}, of;
    enum value_kind kind;
    uint8_t which = 0;
    size_t i = 0;

    while (which <= TRACEQL_SUM && !text_is(word, figures[which]))
        which++;
    if (which > TRACEQL_SUM)
        return fail(r, "this step is not supported");
    if (r->grouped) /* else it would be taken of all groups together */
        return fail(r, "figures of groups are not supported");
    if (!take(r, "("))
        return fail(r, "\"(\" is missing");
    blanks(r);
    word = name(r);
    if (which != TRACEQL_COUNT && (!traceql_name(word, &of) || of.field != QUERY_DURATION))
        return fail(r, "only durations are aggregated");
    if (!take(r, ")"))
        return fail(r, "\")\" is missing");
    while (i < sizeof OPERATORS / sizeof *OPERATORS && !take(r, OPERATORS[i].sign))
        i++;
    if (i == sizeof OPERATORS / sizeof *OPERATORS || OPERATORS[i].op == QUERY_MATCH)
        return fail(r, "a comparison is missing");
    if (!value(r, &t, &kind))
        return false;
    if (!t.value.is_number || r->q->step_count == TRACEQL_STEPS)
        return fail(r, "not a number");
    r->q->steps[r->q->step_count].figure = which;
    r->q->steps[r->q->step_count].op = OPERATORS[i].negated ? QUERY_HAS : OPERATORS[i].op;
    r->q->steps[r->q->step_count++].value = t.value.number;
    return true;
}

static bool step(struct reader *r)
{
    struct text word;

    blanks(r);
    word = name(r);
    if (text_is(word, "select"))
        return names(r, true);
    if (text_is(word, "by")) {
        r->grouped = true;
        return names(r, false);
    }
    if (text_is(word, "coalesce")) {
        r->grouped = false;
        return (take(r, "(") && take(r, ")")) || fail(r, "\"()\" is missing");
    }
    return figure(r, word);
}

/* Hints for Tempo's own engine: with (most_recent=true). */
static void hints(struct reader *r)
{
    if (take(r, "with")) {
        size_t end = text_find_byte(r->rest, ')');

        r->rest = text_cut(r->rest, end + 1, r->rest.len);
    }
}

bool traceql_read(struct text t, struct arena *a, struct traceql *q, struct text *error)
{
    struct reader r = {.rest = text_trim(t), .arena = a, .q = q};

    memset(q, 0, sizeof *q);
    if (!query_begin(&q->query, a)) {
        *error = TEXT("out of memory");
        return false;
    }
    if (text_empty(r.rest))
        r.rest = TEXT("{}");
    q->root = sets(&r);
    while (!r.error.at && take(&r, "|"))
        step(&r);
    if (!r.error.at)
        hints(&r);
    blanks(&r);
    if (!r.error.at && r.rest.len)
        fail(&r, "not understood");
    *error = r.error;
    return !r.error.at;
}

uint32_t traceql_lead(const struct traceql *q)
{
    const struct traceql_set *s = &q->sets[q->root];

    while (s->kind != TRACEQL_FILTER) {
        if (s->kind == TRACEQL_OR)
            return QUERY_NONE;
        s = &q->sets[s->a];
    }
    return s->node;
}
