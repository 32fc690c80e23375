/* rules_read.c -- lines, words and matchers of rule text. */
#include "model/rules_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool rules_fail(struct rules_reader *r, size_t at, const char *format, ...)
{
    char reason[256];
    va_list ap;

    if (r->failed)
        return false;
    r->failed = true;
    va_start(ap, format);
    vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    /* Columns count characters, as editors do. */
    uint32_t column = 1;
    for (size_t i = r->line_at; i < at && i < r->text.len; i++)
        column += ((unsigned char)r->text.at[i] & 0xc0) != 0x80;
    *r->error = (struct group_rules_error){
        .which = r->which,
        .line = r->line,
        .column = column,
        .reason = arena_text(r->arena, text_of(reason)),
    };
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool rules_next_line(struct rules_reader *r)
{
    size_t next =
        r->line ? text_find_byte(text_cut(r->text, r->line_at, r->text.len), '\n') + r->line_at + 1
                : 0;

    for (; next < r->text.len; next = r->end + 1) {
        r->line++;
        r->line_at = r->at = next;
        r->end = next + text_find_byte(text_cut(r->text, next, r->text.len), '\n');
        rules_blanks(r);
        if (r->at < r->end && r->text.at[r->at] != '#') {
            while (r->end > r->at && is_blank(r->text.at[r->end - 1]))
                r->end--;
            return true;
        }
    }
    return false;
}

void rules_blanks(struct rules_reader *r)
{
    while (r->at < r->end && is_blank(r->text.at[r->at]))
        r->at++;
}

bool rules_at_end(struct rules_reader *r)
{
    rules_blanks(r);
    return r->at == r->end;
}

bool rules_peek(const struct rules_reader *r, char c)
{
    return r->at < r->end && r->text.at[r->at] == c;
}

bool rules_take(struct rules_reader *r, char c)
{
    if (!rules_peek(r, c))
        return false;
    r->at++;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

struct text rules_word(struct rules_reader *r)
{
    size_t from = r->at;

    while (r->at < r->end && is_word(r->text.at[r->at]))
        r->at++;
    return text_cut(r->text, from, r->at - from);
}

/* The text without the backslashes before quotes and backslashes; itself when it has none. Those
 * before anything else stay: they tell a pattern that a "*" is meant. */
static struct text unescape(struct rules_reader *r, struct text t, bool quotes)
{
    char *out;
    size_t n = 0;

    if (!t.len || !memchr(t.at, '\\', t.len))
        return t;
    if (!(out = arena_alloc(r->arena, t.len)))
        return TEXT_NONE;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '\\' && i + 1 < t.len &&
            (t.at[i + 1] == '\\' || (quotes && t.at[i + 1] == '"')))
            i++;
        out[n++] = t.at[i];
    }
    return (struct text){out, n};
}

bool rules_quoted(struct rules_reader *r, bool escapes, struct text *out)
{
    size_t open = r->at++, from = r->at;

    while (r->at < r->end && r->text.at[r->at] != '"') {
        if (escapes && r->text.at[r->at] == '\\' && r->at + 1 < r->end)
            r->at++;
        r->at++;
    }
    if (r->at >= r->end)
        return rules_fail(r, open, "the quote is not closed");
    *out = text_cut(r->text, from, r->at - from);
    if (escapes)
        *out = unescape(r, *out, true);
    r->at++;
    return true;
}

bool rules_category(struct rules_reader *r, struct text name, uint32_t *out)
{
    struct categories *c = r->categories;

    for (uint32_t i = 0; i < c->count; i++)
        if (text_eq(c->names[i], name)) {
            *out = i;
            return true;
        }
    if (c->count == CATEGORIES_MAX)
        return rules_fail(r, r->at, "more than %d categories", CATEGORIES_MAX);
    c->names[ *out = c->count++] = name;
    return true;
}

/* ---- matchers ---- */

enum kind_of {
    KIND_PLAIN,
    KIND_NOCASE,
    KIND_PATH,
    KIND_BOOLEAN,
    KIND_FAMILY,
    KIND_LIST,
    KIND_CATEGORY
};

struct field_name {
    const char *name;
    uint8_t field, kind;
};

static const struct field_name stack_fields[] = {
    {"stack.module", FIELD_MODULE, KIND_PLAIN},
    {"module", FIELD_MODULE, KIND_PLAIN},
    {"stack.function", FIELD_FUNCTION, KIND_PLAIN},
    {"function", FIELD_FUNCTION, KIND_PLAIN},
    {"stack.abs_path", FIELD_PATH, KIND_PATH},
    {"path", FIELD_PATH, KIND_PATH},
    {"stack.package", FIELD_PACKAGE, KIND_PATH},
    {"package", FIELD_PACKAGE, KIND_PATH},
    {"category", FIELD_CATEGORY, KIND_CATEGORY},
    {"family", FIELD_FAMILY, KIND_FAMILY},
    {"app", FIELD_APP, KIND_BOOLEAN},
    {"error.type", FIELD_ERROR_TYPE, KIND_PLAIN},
    {"type", FIELD_ERROR_TYPE, KIND_PLAIN},
    {"error.value", FIELD_ERROR_VALUE, KIND_PLAIN},
    {"value", FIELD_ERROR_VALUE, KIND_PLAIN},
    {"error.mechanism", FIELD_ERROR_MECHANISM, KIND_PLAIN},
    {"mechanism", FIELD_ERROR_MECHANISM, KIND_PLAIN},
    {"thread.name", FIELD_THREAD_NAME, KIND_NOCASE},
    {"thread.id", FIELD_THREAD_ID, KIND_NOCASE},
    {"thread.crashed", FIELD_THREAD_CRASHED, KIND_BOOLEAN},
    {"thread.current", FIELD_THREAD_CURRENT, KIND_BOOLEAN},
};

static const struct field_name finger_fields[] = {
    {"error.type", FIELD_ERROR_TYPE, KIND_PLAIN},
    {"type", FIELD_ERROR_TYPE, KIND_PLAIN},
    {"error.value", FIELD_ERROR_VALUE, KIND_NOCASE},
    {"value", FIELD_ERROR_VALUE, KIND_NOCASE},
    {"message", FIELD_MESSAGE, KIND_NOCASE},
    {"logger", FIELD_LOGGER, KIND_PLAIN},
    {"level", FIELD_LEVEL, KIND_NOCASE},
    {"stack.abs_path", FIELD_PATH, KIND_PATH},
    {"path", FIELD_PATH, KIND_PATH},
    {"stack.module", FIELD_MODULE, KIND_PLAIN},
    {"module", FIELD_MODULE, KIND_PLAIN},
    {"stack.function", FIELD_FUNCTION, KIND_PLAIN},
    {"function", FIELD_FUNCTION, KIND_PLAIN},
    {"stack.package", FIELD_PACKAGE, KIND_PATH},
    {"package", FIELD_PACKAGE, KIND_PATH},
    {"release", FIELD_RELEASE, KIND_PATH},
    {"app", FIELD_APP, KIND_BOOLEAN},
    {"family", FIELD_FAMILY, KIND_FAMILY},
    {"sdk", FIELD_SDK, KIND_LIST},
    {"thread.name", FIELD_THREAD_NAME, KIND_NOCASE},
    {"thread.id", FIELD_THREAD_ID, KIND_NOCASE},
    {"thread.crashed", FIELD_THREAD_CRASHED, KIND_BOOLEAN},
    {"thread.current", FIELD_THREAD_CURRENT, KIND_BOOLEAN},
};

static const struct field_name *find_field(struct text name, bool finger)
{
    const struct field_name *f = finger ? finger_fields : stack_fields;
    size_t n = finger ? sizeof finger_fields / sizeof *f : sizeof stack_fields / sizeof *f;

    for (size_t i = 0; i < n; i++)
        if (text_is(name, f[i].name))
            return &f[i];
    return NULL;
}

static int8_t truth_of(struct text t)
{
    if (text_is(t, "1") || text_is(t, "yes") || text_is(t, "true"))
        return TRI_YES;
    if (text_is(t, "0") || text_is(t, "no") || text_is(t, "false"))
        return TRI_NO;
    return TRI_UNKNOWN;
}

static uint8_t families_of(struct text list)
{
    uint8_t bits = 0;

    while (list.len) {
        size_t comma = text_find_byte(list, ',');
        struct text one = text_trim(text_cut(list, 0, comma));

        if (text_is(one, "all"))
            bits |= (1 << FAMILIES) - 1;
        else if (text_is(one, "native"))
            bits |= 1 << FAMILY_NATIVE;
        else if (text_is(one, "javascript"))
            bits |= 1 << FAMILY_JAVASCRIPT;
        else if (text_is(one, "other"))
            bits |= 1 << FAMILY_OTHER;
        list = text_cut(list, comma + (comma < list.len), list.len);
    }
    return bits;
}

/* A category matcher can only ever see categories that some rule before it or behind it assigns;
 * those that no rule knows yet are entered, so that the bits are complete. */
static bool category_bits(struct rules_reader *r, struct text pattern, struct matcher *out)
{
    uint32_t known;

    if (!memchr(pattern.at, '*', pattern.len) && !memchr(pattern.at, '?', pattern.len) &&
        !memchr(pattern.at, '[', pattern.len) && !memchr(pattern.at, '{', pattern.len)) {
        if (!rules_category(r, pattern, &known))
            return false;
        out->categories = (uint64_t)1 << known;
        return true;
    }
    return true; /* bits come when all categories are known, see rules_compile.c */
}

static bool fill(struct rules_reader *r, const struct field_name *f, struct text argument,
                 struct matcher *out)
{
    static const uint8_t styles[] = {GLOB_PLAIN, GLOB_NOCASE, GLOB_PATH};

    out->field = f->field;
    out->argument = argument;
    switch (f->kind) {
    case KIND_BOOLEAN:
        out->truth = truth_of(argument);
        return true;
    case KIND_FAMILY:
        out->families = families_of(argument);
        return true;
    case KIND_LIST:
        return true;
    case KIND_CATEGORY:
        return glob_compile(argument, GLOB_PLAIN, r->arena, &out->glob) &&
               category_bits(r, argument, out);
    default:
        return glob_compile(argument, styles[f->kind], r->arena, &out->glob);
    }
}

/* Up to a blank; within brackets also up to the "]" that closes them. */
static struct text unquoted(struct rules_reader *r, bool bracketed)
{
    size_t from = r->at;

    while (r->at < r->end && !is_blank(r->text.at[r->at])) {
        if (bracketed && r->text.at[r->at] == ']') {
            size_t next = r->at + 1;

            while (next < r->end && is_blank(r->text.at[next]))
                next++;
            if (next == r->end || next > r->at + 1 || r->text.at[next] == '|')
                break;
        }
        r->at++;
    }
    return text_cut(r->text, from, r->at - from);
}

bool rules_matcher(struct rules_reader *r, bool finger, bool bracketed, struct matcher *out)
{
    static const struct field_name tag = {"tags.", FIELD_TAG, KIND_PLAIN};
    const struct field_name *field;
    struct text name, argument;

    *out = (struct matcher){.name = TEXT_NONE};
    out->negated = rules_take(r, '!');
    size_t at = r->at;
    if (rules_peek(r, '"')) {
        if (!rules_quoted(r, false, &name))
            return false;
    } else {
        name = rules_word(r);
    }
    if (name.len == 0)
        return rules_fail(r, at, "expected a matcher, such as type:ValueError");
    field = find_field(name, finger);
    if (!field && finger && text_starts(name, "tags.") && name.len > 5) {
        field = &tag;
        out->name = text_cut(name, 5, name.len);
    }
    if (!rules_take(r, ':'))
        return rules_fail(r, r->at, "expected \":\" behind \"%.*s\"",
                          TEXT_ARG(text_clip(name, 80)));
    if (!field)
        return rules_fail(r, at, "unknown matcher \"%.*s\"", TEXT_ARG(text_clip(name, 80)));
    at = r->at;
    if (rules_peek(r, '"')) {
        if (!rules_quoted(r, finger, &argument))
            return false;
    } else if ((argument = unquoted(r, bracketed)).len == 0) {
        return rules_fail(r, at, "expected an argument behind \":\"");
    }
    if (!finger)
        argument = unescape(r, argument, false);
    return argument.at && fill(r, field, argument, out);
}
