/* param_value.c -- texts that are values because of what stands around them: behind "=", in SQL, in
 * what databases and parsers say about wrong input. */
#include <string.h>

#include "model/param_scan.h"

static bool holds(struct text t, const char *const *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (text_find(t, text_of(words[i])) < t.len)
            return true;
    return false;
}

/* In capitals, or as programs write it that make their SQL up. */
bool param_is_sql(struct text t)
{
    static const char *const verbs[] = {"SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "};
    static const char *const small[] = {"select * from ", "insert into ", "delete from ",
                                        " where "};

    return holds(t, verbs, 4) || (memchr(t.at, '\'', t.len) && holds(t, small, 4));
}

size_t param_quoted(struct param_scan *s, size_t i)
{
    bool *none = &s->no_quote[s->at[i] == '"'];
    const char *end = *none ? NULL : memchr(s->at + i + 1, s->at[i], s->len - i - 1);

    *none = !end;
    return end ? (size_t)(end - s->at) + 1 - i : 0;
}

static bool ends_before(const struct param_scan *s, size_t i, const char *literal)
{
    size_t n = strlen(literal);

    return i >= n && memcmp(s->at + i - n, literal, n) == 0;
}

/* Where SQL has an expression; 'o''hara' is one text. */
static size_t sql_literal(struct param_scan *s, size_t i)
{
    static const char *const words[] = {"LIKE", "THEN", "ELSE", "AND", "BETWEEN"};
    size_t before = i, n;
    bool expected;

    while (before > 0 && s->at[before - 1] == ' ')
        before--;
    expected = before > 0 && memchr("=<>(,", s->at[before - 1], 5);
    for (unsigned w = 0; w < sizeof words / sizeof *words && !expected; w++)
        expected = ends_before(s, before, words[w]);
    if (!expected || !(n = param_quoted(s, i)))
        return 0;
    while (param_byte(s, i + n, '\'')) {
        size_t more = param_quoted(s, i + n);

        if (!more)
            break;
        n += more;
    }
    return n;
}

/* Does what stands before the quote at i speak of wrong input? */
static bool announces_input(const struct param_scan *s, size_t i)
{
    static const char *const phrases[] = {
        "Duplicate entry ",  /* MySQL */
        "string value: ",    /* MySQL, Incorrect string value */
        "input string: ",    /* Java */
        "UUID string: ",     /* Java */
        " from String ",     /* Jackson */
        "with base 10: ",    /* Python */
        "string to float: ", /* Python */
        ": parsing ",        /* Go */
        "parsing time ",     /* Go */
    };
    size_t from = i > 60 ? i - 60 : 0;

    for (unsigned p = 0; p < sizeof phrases / sizeof *phrases; p++)
        if (ends_before(s, i, phrases[p]))
            return true;
    /* PostgreSQL: invalid input syntax for type integer: "abc" */
    return ends_before(s, i, ": ") &&
           memmem(s->at + from, i - from, "input syntax for ", strlen("input syntax for "));
}

/* Ruby's way to print an object: #<Cart id: 1, name: "Shoes"> */
static bool in_inspected(const struct param_scan *s, size_t i)
{
    size_t from = i > 160 ? i - 160 : 0;
    const char *open = memmem(s->at + from, i - from, "#<", 2), *more;

    if (!open)
        return false;
    while ((more = memmem(open + 2, (size_t)(s->at + i - open) - 2, "#<", 2)))
        open = more;
    return !memchr(open, '>', (size_t)(s->at + i - open));
}

static size_t quoted_value(struct param_scan *s, size_t i)
{
    size_t n;

    if (i > 0 && s->at[i - 1] == '=') {
        n = param_quoted(s, i);
        return n > 2 ? n : 0;
    }
    if (s->has_sql && s->at[i] == '\'' && (n = sql_literal(s, i)))
        return n;
    if (ends_before(s, i, "=>") || ends_before(s, i, "=> ")) /* Ruby's hashes */
        return param_quoted(s, i);
    if (announces_input(s, i))
        return param_quoted(s, i);
    if (s->at[i] == '"' && ends_before(s, i, ": ") && in_inspected(s, i))
        return param_quoted(s, i);
    if (s->at[i] == '"' && ends_before(s, i, ", ") && (n = param_quoted(s, i)) && /* V8 */
        (param_literal(s, i + n, "... is not valid JSON") ||
         param_literal(s, i + n, " is not valid JSON")))
        return n;
    return 0;
}

/* PostgreSQL: Key (name)=(anna) already exists. */
static size_t bracketed_value(const struct param_scan *s, size_t i)
{
    size_t room = s->len - i < 256 ? s->len - i : 256;
    const char *line = memchr(s->at + i, '\n', room), *end;

    if (line)
        room = (size_t)(line - s->at) - i;
    end = memmem(s->at + i, room, ") ", 2);

    return end && end > s->at + i ? (size_t)(end - s->at) - i : 0;
}

size_t param_value_here(struct param_scan *s, size_t i)
{
    char c = s->at[i];

    if (c == '\'' || c == '"')
        return quoted_value(s, i);
    return i >= 3 && s->at[i - 1] == '(' && s->at[i - 2] == '=' && s->at[i - 3] == ')'
               ? bracketed_value(s, i)
               : 0;
}
