/* span_query.c -- the tree of conditions, and asking it. Values come from query_value.c. */
#include "model/span_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/expression.h"
#include "model/marks.h"
#include "model/search.h"

#define VALUES 64 /* of one field of one item: elements of arrays, attributes of events */

struct pattern {
    struct pattern *next;
    bool glob;
    struct text text; /* glob */
    struct expression expression;
};

/* ---- making ---- */

bool query_begin(struct span_query *q, struct arena *a)
{
    *q = (struct span_query){.nodes = arena_zero(a, QUERY_NODES, sizeof *q->nodes)};
    return q->nodes != NULL;
}

void query_end(struct span_query *q)
{
    struct pattern *next;

    for (struct pattern *p = q->patterns; p; p = next) {
        next = p->next;
        free(p);
    }
    q->patterns = NULL;
}

static uint32_t add(struct span_query *q, struct query_node n)
{
    if (q->count == QUERY_NODES)
        return QUERY_NONE;
    q->nodes[q->count] = n;
    return q->count++;
}

uint32_t query_add(struct span_query *q, const struct query_term *t)
{
    struct query_node n = {.kind = QUERY_TERM, .term = *t};

    if (t->field == QUERY_ATTR)
        query_aliases(t->key, n.term.names);
    return add(q, n);
}

uint32_t query_join(struct span_query *q, enum query_kind kind, uint32_t a, uint32_t b)
{
    if (kind != QUERY_NOT && (a == QUERY_NONE || b == QUERY_NONE))
        return a == QUERY_NONE ? b : a;
    return add(q, (struct query_node){.kind = kind, .a = a, .b = b});
}

static bool number_read(struct text t, double *out)
{
    char digits[40], *end;

    if (t.len == 0 || t.len >= sizeof digits || text_find_byte(t, 0) < t.len ||
        !memchr("0123456789+-.", t.at[0], 13))
        return false;
    memcpy(digits, t.at, t.len);
    digits[t.len] = 0;
    *out = strtod(digits, &end);
    return *end == 0;
}

struct query_value query_literal(struct text t, struct arena *a)
{
    struct query_value v = {.text = t};

    v.is_number = number_read(t, &v.number);
    return v;
}

bool query_pattern(struct span_query *q, struct query_term *t, struct text text, bool glob)
{
    struct pattern *p;

    if (text.len > EXPRESSION_MAX || !(p = calloc(1, sizeof *p)))
        return false;
    p->glob = glob;
    p->text = text;
    if (!glob && !expression_read(text, &p->expression)) {
        free(p);
        return false;
    }
    p->next = q->patterns;
    q->patterns = p;
    t->op = QUERY_MATCH;
    t->pattern = p;
    return true;
}

/* ---- asking ---- */

static bool matches(const struct pattern *p, struct text t)
{
    return p->glob ? search_glob(p->text, t) : expression_matches(&p->expression, t);
}

static bool compares(const struct query_term *t, const struct query_value *v)
{
    const struct query_value *want = &t->value;
    bool numbers = v->is_number && want->is_number;

    switch (t->op) {
    case QUERY_EQ:
        return (v->text.at && text_eq(v->text, want->text)) ||
               (numbers && v->number == want->number);
    case QUERY_MATCH:
        return matches(t->pattern, v->text);
    case QUERY_CONTAINS:
        return text_find_nocase(v->text, want->text) < v->text.len || want->text.len == 0;
    case QUERY_LT:
        return numbers && v->number < want->number;
    case QUERY_LE:
        return numbers && v->number <= want->number;
    case QUERY_GT:
        return numbers && v->number > want->number;
    case QUERY_GE:
        return numbers && v->number >= want->number;
    default:
        return true;
    }
}

static enum query_answer ask_term(const struct query_term *t, const struct query_item *item,
                                  struct arena *a)
{
    struct query_value values[VALUES];
    uint32_t count;

    if (t->field >= QUERY_ROOT_NAME && !item->summary)
        return QUERY_MAYBE;
    if ((t->field == QUERY_SELF_TIME || t->field == QUERY_CHILD_COUNT) && !item->node)
        return QUERY_MAYBE;
    count = query_values(t, item, a, values, VALUES);
    for (uint32_t i = 0; i < count; i++)
        if (compares(t, &values[i]))
            return QUERY_YES;
    return QUERY_NO;
}

/* Depth: at most QUERY_NODES. */
static enum query_answer ask(const struct span_query *q, uint32_t node,
                             const struct query_item *item, struct arena *a)
{
    const struct query_node *n = &q->nodes[node];
    enum query_answer left, right;

    switch (n->kind) {
    case QUERY_TERM:
        return ask_term(&n->term, item, a);
    case QUERY_NOT:
        return (enum query_answer)(QUERY_YES - ask(q, n->a, item, a));
    case QUERY_AND:
        if ((left = ask(q, n->a, item, a)) == QUERY_NO)
            return QUERY_NO;
        right = ask(q, n->b, item, a);
        return left < right ? left : right;
    case QUERY_OR:
        if ((left = ask(q, n->a, item, a)) == QUERY_YES)
            return QUERY_YES;
        right = ask(q, n->b, item, a);
        return left > right ? left : right;
    default:
        return QUERY_YES;
    }
}

enum query_answer query_ask(const struct span_query *q, uint32_t node,
                            const struct query_item *item, struct arena *a)
{
    return node == QUERY_NONE ? QUERY_YES : ask(q, node, item, a);
}

/* ---- what a block must speak of ---- */

/* As marks_add_attr spells them. */
static void need_attr(const struct query_term *t, struct query_need *need)
{
    struct text aliases[QUERY_ALIASES], number = TEXT_NONE;
    double v = t->value.number;
    char digits[24];

    if (t->value.is_number) {
        if (!(v > -9e15 && v < 9e15) || v != (double)(int64_t)v)
            return;
        number.at = digits;
        number.len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)v);
    }
    query_aliases(t->key, aliases);
    for (uint32_t i = 0; i < QUERY_ALIASES && aliases[i].at; i++) {
        if (number.at)
            need->words[need->count++] = marks_word(aliases[i], number);
        if (t->value.text.at && !text_eq(t->value.text, number))
            need->words[need->count++] = marks_word(aliases[i], t->value.text);
        need->words[need->count++] = marks_word(aliases[i], MARKS_ODD);
    }
}

static bool need_of(const struct query_term *t, struct query_need *need)
{
    *need = (struct query_need){.count = 0};
    if (t->op != QUERY_EQ)
        return false;
    switch (t->field) {
    case QUERY_ATTR:
        if (t->scope <= QUERY_RESOURCE)
            need_attr(t, need);
        break;
    case QUERY_NAME:
        need->words[need->count++] = marks_word(MARKS_NAME, t->value.text);
        break;
    case QUERY_SERVICE:
        need->words[need->count++] = marks_word(MARKS_SERVICE, t->value.text);
        break;
    case QUERY_LEVEL:
        need->words[need->count++] = marks_word(MARKS_LEVEL, t->value.text);
        break;
    case QUERY_STATUS:
        if (text_is(t->value.text, "error"))
            need->words[need->count++] = marks_word(MARKS_STATUS, t->value.text);
        break;
    case QUERY_ERROR:
        if (text_is(t->value.text, "true"))
            need->words[need->count++] = marks_word(MARKS_STATUS, TEXT("error"));
        break;
    default:
        break;
    }
    return need->count > 0;
}

/* The terms that have to hold, all of them: those that nothing but ANDs stand over. `out` has room for
 * QUERY_NODES. */
static uint32_t required(const struct span_query *q, uint32_t node, const struct query_term **out)
{
    const struct query_node *n = node == QUERY_NONE ? NULL : &q->nodes[node];
    uint32_t count;

    if (!n || (n->kind != QUERY_TERM && n->kind != QUERY_AND))
        return 0;
    if (n->kind == QUERY_TERM) {
        *out = &n->term;
        return 1;
    }
    count = required(q, n->a, out);
    return count + required(q, n->b, out + count);
}

uint32_t query_needs(const struct span_query *q, uint32_t node, struct query_need *out,
                     uint32_t room)
{
    const struct query_term *terms[QUERY_NODES];
    uint32_t all = required(q, node, terms), count = 0;

    for (uint32_t i = 0; i < all && count < room; i++)
        count += need_of(terms[i], &out[count]);
    return count;
}

/* ---- bytes that records must hold ---- */

/* Can it be nothing but a text that is stored as it is? Numbers, truth values, bytes (in base64) and texts in
 * JSON are stored otherwise. */
static bool is_stored_plain(const struct query_value *v)
{
    static const char marks[] = " _.:-", of_numbers[] = "eEinfaINFA";
    bool marked = false, worded = false;

    if (v->is_number || v->text.len < 4)
        return false;
    for (size_t i = 0; i < v->text.len; i++) {
        char c = v->text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool mark = memchr(marks, c, sizeof marks - 1) != NULL;

        if (!letter && !mark && !(c >= '0' && c <= '9'))
            return false;
        marked |= mark;
        worded |= letter && !memchr(of_numbers, c, sizeof of_numbers - 1);
    }
    return marked && worded;
}

static bool is_named(const struct query_term *t)
{
    return t->op == QUERY_EQ && t->value.text.len && !text_is(t->value.text, "(unnamed)") &&
           !text_is(t->value.text, "unknown_service");
}

static uint32_t holds_of(const struct query_term *t, struct query_hold *out, uint32_t room)
{
    uint32_t count = 0;

    if ((t->field == QUERY_NAME || t->field == QUERY_SERVICE) && is_named(t))
        out[count++] = (struct query_hold){{t->value.text}};
    if (t->field != QUERY_ATTR || !t->names[0].at || t->op == QUERY_MATCH ||
        t->op == QUERY_CONTAINS)
        return count;
    memcpy(out[count++].any, t->names, sizeof t->names);
    if (t->op == QUERY_EQ && count < room && is_stored_plain(&t->value))
        out[count++] = (struct query_hold){{t->value.text}};
    return count;
}

uint32_t query_holds(const struct span_query *q, uint32_t node, struct query_hold *out,
                     uint32_t room)
{
    const struct query_term *terms[QUERY_NODES];
    uint32_t all = required(q, node, terms), count = 0;

    for (uint32_t i = 0; i < all && count < room; i++)
        count += holds_of(terms[i], out + count, room - count);
    return count;
}

bool query_may_hold(const struct query_hold *holds, uint32_t count, struct text record)
{
    for (uint32_t i = 0; i < count; i++) {
        bool any = false;

        for (int k = 0; !any && k < QUERY_ALIASES && holds[i].any[k].at; k++)
            any = text_find(record, holds[i].any[k]) < record.len;
        if (!any)
            return false;
    }
    return true;
}

/* ---- durations ---- */

static bool unit_of(struct text *t, double *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1},  {"us", 1e3}, {"µs", 1e3},   {"μs", 1e3},   {"ms", 1e6},
                 {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
    size_t len = 0;

    while (len < t->len && !(t->at[len] >= '0' && t->at[len] <= '9') && t->at[len] != '.')
        len++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_is(text_cut(*t, 0, len), units[i].name)) {
            *ns = units[i].ns;
            *t = text_cut(*t, len, t->len);
            return true;
        }
    return false;
}

bool query_duration(struct text t, double *ns)
{
    double number, unit;

    *ns = 0;
    if (t.len == 0)
        return false;
    if (text_is(t, "0"))
        return true;
    while (t.len) {
        size_t len = 0;

        while (len < t.len && ((t.at[len] >= '0' && t.at[len] <= '9') || t.at[len] == '.'))
            len++;
        if (!number_read(text_cut(t, 0, len), &number))
            return false;
        t = text_cut(t, len, t.len);
        if (!unit_of(&t, &unit))
            return false;
        *ns += number * unit;
    }
    return true;
}
