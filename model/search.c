/* search.c -- the grammar: a query cut into terms, keys looked up, values read by the key's kind. */
#include "model/search.h"

#include <string.h>

#include "proto/limits.h"

enum kind { TEXT_KIND, DATE_KIND, NUMBER_KIND, BOOL_KIND, VERSION_KIND, IS_KIND, HAS_KIND };

static const struct key {
    const char *name;
    enum search_key key;
    enum kind kind;
    const char *note; /* tag name or prefix of the value; "!" turns a boolean round */
} KEYS[] = {
    {"is", SEARCH_IS, IS_KIND, NULL},
    {"has", SEARCH_HAS, HAS_KIND, NULL},
    {"message", SEARCH_MESSAGE, TEXT_KIND, NULL},
    {"title", SEARCH_TITLE, TEXT_KIND, NULL},
    {"culprit", SEARCH_CULPRIT, TEXT_KIND, NULL},
    {"location", SEARCH_CULPRIT, TEXT_KIND, NULL},
    {"level", SEARCH_LEVEL, TEXT_KIND, NULL},
    {"platform", SEARCH_PLATFORM, TEXT_KIND, NULL},
    {"platform.name", SEARCH_PLATFORM, TEXT_KIND, NULL},
    {"event.type", SEARCH_TYPE, TEXT_KIND, NULL},
    {"issue.type", SEARCH_CATEGORY, TEXT_KIND, NULL}, /* so far each category has one type */
    {"issue.category", SEARCH_CATEGORY, TEXT_KIND, NULL},
    {"issue.priority", SEARCH_PRIORITY, TEXT_KIND, NULL},
    {"issue", SEARCH_ISSUE, TEXT_KIND, NULL},
    {"issue.id", SEARCH_ISSUE, TEXT_KIND, NULL},
    {"assigned", SEARCH_ASSIGNED, TEXT_KIND, NULL},
    {"assigned_to", SEARCH_ASSIGNED, TEXT_KIND, NULL},
    {"assigned_or_suggested", SEARCH_ASSIGNED, TEXT_KIND, NULL},
    {"bookmarks", SEARCH_BOOKMARKS, TEXT_KIND, NULL},
    {"age", SEARCH_FIRST_SEEN, DATE_KIND, NULL},
    {"firstSeen", SEARCH_FIRST_SEEN, DATE_KIND, NULL},
    {"first_seen", SEARCH_FIRST_SEEN, DATE_KIND, NULL},
    {"lastSeen", SEARCH_LAST_SEEN, DATE_KIND, NULL},
    {"last_seen", SEARCH_LAST_SEEN, DATE_KIND, NULL},
    {"timestamp", SEARCH_TIMESTAMP, DATE_KIND, NULL},
    {"event.timestamp", SEARCH_TIMESTAMP, DATE_KIND, NULL},
    {"timesSeen", SEARCH_TIMES_SEEN, NUMBER_KIND, NULL},
    {"times_seen", SEARCH_TIMES_SEEN, NUMBER_KIND, NULL},
    {"users_seen", SEARCH_USERS_SEEN, NUMBER_KIND, NULL},
    {"release", SEARCH_RELEASE, TEXT_KIND, NULL},
    {"first-release", SEARCH_FIRST_RELEASE, TEXT_KIND, NULL},
    {"firstRelease", SEARCH_FIRST_RELEASE, TEXT_KIND, NULL},
    {"release.version", SEARCH_RELEASE_VERSION, VERSION_KIND, NULL},
    {"release.package", SEARCH_RELEASE_PACKAGE, TEXT_KIND, NULL},
    {"release.build", SEARCH_RELEASE_BUILD, TEXT_KIND, NULL},
    {"environment", SEARCH_ENVIRONMENT, TEXT_KIND, NULL},
    {"error.type", SEARCH_ERROR_TYPE, TEXT_KIND, NULL},
    {"error.value", SEARCH_ERROR_VALUE, TEXT_KIND, NULL},
    {"error.unhandled", SEARCH_UNHANDLED, BOOL_KIND, NULL},
    {"error.handled", SEARCH_UNHANDLED, BOOL_KIND, "!"},
    {"error.mechanism", SEARCH_TAG, TEXT_KIND, "mechanism"},
    {"stack.filename", SEARCH_FILENAME, TEXT_KIND, NULL},
    {"stack.abs_path", SEARCH_FILENAME, TEXT_KIND, NULL},
    {"stack.function", SEARCH_FUNCTION, TEXT_KIND, NULL},
    {"user", SEARCH_USER, TEXT_KIND, ""},
    {"user.id", SEARCH_USER, TEXT_KIND, "id:"},
    {"user.email", SEARCH_USER, TEXT_KIND, "email:"},
    {"user.username", SEARCH_USER, TEXT_KIND, "username:"},
    {"user.ip", SEARCH_USER, TEXT_KIND, "ip:"},
    {"http.url", SEARCH_TAG, TEXT_KIND, "url"},
    {"trace", SEARCH_TRACE, TEXT_KIND, NULL},
    {"id", SEARCH_EVENT, TEXT_KIND, NULL},
};

static const struct {
    const char *word;
    enum search_is is;
    const char *substatus;
} STATES[] = {
    {"unresolved", SEARCH_IS_UNRESOLVED, NULL},
    {"resolved", SEARCH_IS_RESOLVED, NULL},
    {"ignored", SEARCH_IS_IGNORED, NULL},
    {"archived", SEARCH_IS_IGNORED, NULL},
    {"muted", SEARCH_IS_IGNORED, NULL},
    {"assigned", SEARCH_IS_ASSIGNED, NULL},
    {"unassigned", SEARCH_IS_UNASSIGNED, NULL},
    {"for_review", SEARCH_IS_FOR_REVIEW, NULL},
    {"linked", SEARCH_IS_LINKED, NULL},
    {"unlinked", SEARCH_IS_UNLINKED, NULL},
    {"new", SEARCH_IS_SUBSTATUS, "new"},
    {"ongoing", SEARCH_IS_SUBSTATUS, "ongoing"},
    {"escalating", SEARCH_IS_SUBSTATUS, "escalating"},
    {"regressed", SEARCH_IS_SUBSTATUS, "regressed"},
    {"until_escalating", SEARCH_IS_SUBSTATUS, "archived_until_escalating"},
    {"until_condition_met", SEARCH_IS_SUBSTATUS, "archived_until_condition_met"},
    {"forever", SEARCH_IS_SUBSTATUS, "archived_forever"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct reader {
    const char *at, *end;
    int64_t now_ms;
    struct arena *arena;
    struct search *out;
    struct text *error;
    struct text words; /* free text that is being joined; none: at == NULL */
};

static bool refuse(struct reader *r, struct text why)
{
    *r->error = why;
    return false;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static struct search_term *term_new(struct reader *r, enum search_key key)
{
    struct search_term *t;

    if (r->out->count == SEARCH_TERMS_MAX)
        return NULL;
    t = &r->out->terms[r->out->count++];
    *t = (struct search_term){.key = key};
    return t;
}

/* The closing quote of the string whose opening one is at `at`; NULL: there is none. */
static const char *quote_end(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        else if (*at == '"')
            return at;
    }
    return NULL;
}

/* Take \" back to ", and keep every other backslash: Windows paths are searched for as they are,
 * and
 * "\*" is settled by value_set, which knows whether this is a pattern. */
static struct text unquote(const char *at, const char *end, struct arena *a)
{
    char *out = arena_alloc(a, (size_t)(end - at) + 1);
    size_t n = 0;

    if (!out)
        return TEXT_NONE;
    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end && at[1] == '"')
            at++;
        out[n++] = *at;
    }
    return (struct text){out, n};
}

static bool has_star(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '\\' && i + 1 < t.len && t.at[i + 1] == '*')
            i++;
        else if (t.at[i] == '*')
            return true;
    }
    return false;
}

/* Store a value: its prefix, whether it is a pattern, "\*" taken back when it is none. */
static void value_set(struct reader *r, struct search_value *v, struct text t, const char *prefix)
{
    size_t lead = prefix ? strlen(prefix) : 0, n = 0;
    char *out = arena_alloc(r->arena, lead + t.len + 1);

    if (!out) {
        *v = (struct search_value){.text = TEXT("")};
        return;
    }
    v->wild = has_star(t);
    memcpy(out, prefix ? prefix : "", lead);
    n = t.len ? lead : 0; /* user.id:"" asks for absence, not for the identity "id:" */
    for (size_t i = 0; i < t.len; i++) {
        if (!v->wild && t.at[i] == '\\' && i + 1 < t.len && t.at[i + 1] == '*')
            i++;
        out[n++] = t.at[i];
    }
    v->text = (struct text){out, n};
}

/* One value up to a blank (in lists: up to ',' or ']'), quoted or bare. */
static bool value_read(struct reader *r, bool in_list, struct text *out)
{
    const char *from = r->at;

    if (from < r->end && *from == '"') {
        const char *close = quote_end(from, r->end);

        if (!close)
            return refuse(r, TEXT("a value opens with a quote that is never closed"));
        *out = unquote(from + 1, close, r->arena);
        r->at = close + 1;
        return true;
    }
    while (r->at < r->end && !(in_list ? *r->at == ',' || *r->at == ']' : blank(*r->at)))
        r->at++;
    *out = text_trim((struct text){from, (size_t)(r->at - from)});
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && blank(*r->at))
        r->at++;
}

static bool list_read(struct reader *r, struct search_term *t, const struct key *k)
{
    struct search_value *values = arena_zero(r->arena, SEARCH_VALUES_MAX, sizeof *values);

    if (!values)
        return refuse(r, TEXT("the query is too large"));
    r->at++; /* [ */
    for (;;) {
        struct text value;

        skip_blanks(r);
        if (!value_read(r, true, &value))
            return false;
        skip_blanks(r);
        if (text_empty(value))
            return refuse(r, TEXT("Lists should not have empty values"));
        if (t->count == SEARCH_VALUES_MAX)
            return refuse(r, TEXT("a list holds too many values"));
        value_set(r, &values[t->count++], value,
                  k->kind == TEXT_KIND && k->key == SEARCH_USER ? k->note : NULL);
        if (r->at == r->end || (*r->at != ',' && *r->at != ']'))
            return refuse(r, TEXT("a list opens with [ and is never closed"));
        if (*r->at++ == ']')
            break;
    }
    t->values = values;
    return true;
}

static bool is_read(struct reader *r, struct search_term *t, struct text value)
{
    for (size_t i = 0; i < COUNT(STATES); i++) {
        if (text_is(value, STATES[i].word)) {
            t->word = STATES[i].is;
            t->name = text_of(STATES[i].substatus);
            return true;
        }
    }
    struct text all = TEXT("");

    for (size_t i = 0; i < COUNT(STATES); i++)
        all = arena_printf(r->arena, "%.*s%s'%s'", TEXT_ARG(all), i ? ", " : "", STATES[i].word);
    return refuse(r,
                  arena_printf(r->arena, "Invalid value for \"is\" search, valid values are [%.*s]",
                               TEXT_ARG(all)));
}

static enum search_op op_take(struct text *value, bool *negated)
{
    static const struct {
        const char *sign;
        enum search_op op;
    } OPS[] = {{">=", SEARCH_GE}, {"<=", SEARCH_LE}, {"!=", SEARCH_EQ},
               {">", SEARCH_GT},  {"<", SEARCH_LT},  {"=", SEARCH_EQ}};

    for (size_t i = 0; i < COUNT(OPS); i++) {
        if (text_starts(*value, OPS[i].sign)) {
            if (OPS[i].sign[0] == '!')
                *negated = !*negated;
            *value = text_cut(*value, strlen(OPS[i].sign), value->len);
            return OPS[i].op;
        }
    }
    return SEARCH_EQ;
}

/* A plain value (no list) by the kind of its key. */
static bool plain_read(struct reader *r, struct search_term *t, const struct key *k,
                       struct text value)
{
    bool ok = true;

    switch (k->kind) {
    case IS_KIND:
        return is_read(r, t, value);
    case HAS_KIND:
        t->name = value;
        return true;
    case DATE_KIND:
        t->op = op_take(&value, &t->negated);
        if (!search_window(value, t->op, r->now_ms, &t->from_ms, &t->to_ms))
            return refuse(r, arena_printf(r->arena,
                                          "Invalid date: %.*s. Expected +/-duration (e.g. +1h) or "
                                          "ISO 8601-like (e.g. 2026-03-01 or 2026-03-01T10:00:00)",
                                          TEXT_ARG(value)));
        return true;
    case NUMBER_KIND:
        t->op = op_take(&value, &t->negated);
        if (!search_number(value, &t->number))
            return refuse(r,
                          arena_printf(r->arena,
                                       "Invalid number: %.*s. Expected number then optional k, m, "
                                       "or b suffix (e.g. 500k)",
                                       TEXT_ARG(value)));
        return true;
    case BOOL_KIND:
        t->flag = text_is(value, "true") || text_is(value, "1");
        ok = t->flag || text_is(value, "false") || text_is(value, "0");
        t->flag ^= k->note != NULL;
        if (!ok)
            return refuse(r, arena_printf(r->arena,
                                          "Invalid boolean: %.*s. Expected true, 1, false, or 0.",
                                          TEXT_ARG(value)));
        return true;
    case VERSION_KIND:
        t->op = op_take(&value, &t->negated);
        break;
    case TEXT_KIND:
        break;
    }
    if (!(t->values = arena_zero(r->arena, 1, sizeof *t->values)))
        return refuse(r, TEXT("the query is too large"));
    t->count = 1;
    value_set(r, t->values, value, k->key == SEARCH_USER ? k->note : NULL);
    return true;
}

static const struct key *key_find(struct text name)
{
    for (size_t i = 0; i < COUNT(KEYS); i++)
        if (text_is(name, KEYS[i].name))
            return &KEYS[i];
    return NULL;
}

/* r->at stands behind the colon. */
static bool filter_read(struct reader *r, struct text name, bool forced_tag, bool negated)
{
    static const struct key TAG = {"", SEARCH_TAG, TEXT_KIND, NULL};
    const struct key *k = forced_tag ? &TAG : key_find(name);
    struct search_term *t;
    struct text value;
    bool quoted = r->at < r->end && *r->at == '"';

    if (!k)
        k = &TAG;
    if (!(t = term_new(r, k->key)))
        return refuse(r, TEXT("the query has too many terms"));
    t->negated = negated;
    if (k->key == SEARCH_TAG)
        t->name = k->note ? text_of(k->note) : name;
    if (r->at < r->end && *r->at == '[' && (k->kind == TEXT_KIND || k->kind == VERSION_KIND))
        return list_read(r, t, k);
    if (!value_read(r, false, &value))
        return false;
    if (text_empty(value) && !quoted)
        return refuse(r, arena_printf(r->arena, "Empty string after '%.*s:'", TEXT_ARG(name)));
    return plain_read(r, t, k, value);
}

/* End the run of free words: it becomes one term. */
static bool words_flush(struct reader *r)
{
    struct search_term *t;

    if (!r->words.at)
        return true;
    if (!(t = term_new(r, SEARCH_MESSAGE)) ||
        !(t->values = arena_zero(r->arena, 1, sizeof *t->values)))
        return refuse(r, TEXT("the query has too many terms"));
    t->count = 1;
    value_set(r, t->values, r->words, NULL);
    r->words = TEXT_NONE;
    return true;
}

static void words_add(struct reader *r, struct text word)
{
    if (text_empty(word))
        return;
    r->words = r->words.at ? arena_printf(r->arena, "%.*s %.*s", TEXT_ARG(r->words), TEXT_ARG(word))
                           : word;
}

static bool free_read(struct reader *r)
{
    const char *from = r->at;
    struct text word;

    if (*from == '"') {
        const char *close = quote_end(from, r->end);

        if (close && (close + 1 == r->end || blank(close[1]))) {
            r->at = close + 1;
            words_add(r, unquote(from + 1, close, r->arena));
            return true;
        }
    }
    if (*from == '(' || *from == ')')
        return refuse(r, TEXT("Parentheses are not supported in this search"));
    while (r->at < r->end && !blank(*r->at))
        r->at++;
    word = (struct text){from, (size_t)(r->at - from)};
    if (text_eq_nocase(word, TEXT("OR")) || text_eq_nocase(word, TEXT("AND")))
        return refuse(r,
                      TEXT("Boolean statements containing \"OR\" or \"AND\" are not supported in "
                           "this search"));
    words_add(r, word);
    return true;
}

/* A key at `at`: its name and where its colon is. False: what stands here is free text. */
static bool key_read(struct reader *r, const char *at, struct text *name, bool *forced_tag,
                     const char **colon)
{
    const char *from = at;

    *forced_tag = false;
    if (at < r->end && *at == '"') {
        const char *close = quote_end(at, r->end);

        if (!close || close + 1 >= r->end || close[1] != ':')
            return false;
        *name = unquote(at + 1, close, r->arena);
        *colon = close + 1;
        return !text_empty(*name);
    }
    while (at < r->end && key_char(*at))
        at++;
    *name = (struct text){from, (size_t)(at - from)};
    if (at < r->end && *at == '[' && text_is(*name, "tags")) {
        const char *close = memchr(at, ']', (size_t)(r->end - at));

        if (!close)
            return false;
        *name = (struct text){at + 1, (size_t)(close - at - 1)};
        name->len = text_find_byte(*name, ','); /* tags[name,number] */
        *name = text_trim(*name);
        *forced_tag = true;
        at = close + 1;
    }
    if (text_empty(*name) || at >= r->end || *at != ':')
        return false;
    *colon = at;
    /* http://x: what follows is no value but the rest of a URL */
    return !(at + 2 < r->end && at[1] == '/' && at[2] == '/');
}

/* count():>5, p95(transaction.duration):… */
static bool aggregate_at(const struct reader *r, const char *at)
{
    const char *from = at;

    while (at < r->end && key_char(*at))
        at++;
    if (at == from || at >= r->end || *at != '(')
        return false;
    while (at < r->end && *at != ')' && !blank(*at))
        at++;
    return at + 1 < r->end && *at == ')' && at[1] == ':';
}

static bool one_read(struct reader *r)
{
    bool negated = *r->at == '!', forced_tag;
    const char *at = r->at + negated, *colon;
    struct text name;

    if (aggregate_at(r, at))
        return refuse(r, TEXT("Aggregate filters (count()) are not supported in issue searches."));
    if (!key_read(r, at, &name, &forced_tag, &colon))
        return free_read(r);
    if (!words_flush(r))
        return false;
    r->at = colon + 1;
    return filter_read(r, name, forced_tag, negated);
}

bool search_parse(struct text query, int64_t now_ms, struct arena *a, struct search *out,
                  struct text *error)
{
    struct reader r = {.at = query.at,
                       .end = query.at + query.len,
                       .now_ms = now_ms,
                       .arena = a,
                       .out = out,
                       .error = error};

    *error = TEXT_NONE;
    out->count = 0;
    if (query.len > SEARCH_QUERY_MAX)
        return refuse(&r, TEXT("the query is too long"));
    if (!(out->terms = arena_zero(a, SEARCH_TERMS_MAX, sizeof *out->terms)))
        return refuse(&r, TEXT("the query is too large"));
    for (;;) {
        skip_blanks(&r);
        if (r.at >= r.end)
            break;
        if (!one_read(&r))
            return false;
    }
    if (!words_flush(&r))
        return false;
    return !arena_spent(a) || refuse(&r, TEXT("the query is too large"));
}
