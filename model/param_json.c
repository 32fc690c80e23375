/* param_json.c -- JSON inside a message: keys stay, since they say what it is about; strings behind
 * a colon and booleans are values. Python's way of printing a dict counts as well. */
#include <string.h>

#include "model/param_scan.h"

#define DEPTH_MAX 32

static size_t skip_blanks(const struct param_scan *s, size_t i)
{
    while (param_is(s, i, PARAM_SPACE))
        i++;
    return i;
}

/* Behind the closing quote; 0 when there is none. */
static size_t string_end(const struct param_scan *s, size_t i)
{
    char quote = s->at[i];

    for (i++; i < s->len && s->at[i] != quote; i++)
        if (s->at[i] == '\\')
            i++;
    return i < s->len ? i + 1 : 0;
}

static bool is_quote(const struct param_scan *s, size_t i)
{
    return param_byte(s, i, '"') || param_byte(s, i, '\'');
}

/* Does a document begin here: an object with a quoted key, or an array that holds one? */
static bool looks_like_one(const struct param_scan *s, size_t i)
{
    unsigned brackets = 0;
    size_t end;

    while (param_byte(s, i, '[') && brackets++ < 4)
        i = skip_blanks(s, i + 1);
    if (!param_byte(s, i, '{'))
        return false;
    i = skip_blanks(s, i + 1);
    return is_quote(s, i) && (end = string_end(s, i)) && param_byte(s, skip_blanks(s, end), ':');
}

void param_json_here(struct param_scan *s, size_t i)
{
    char open[DEPTH_MAX];
    unsigned depth = 0;

    if (i < s->json_end || s->json_left == 0 || !looks_like_one(s, i))
        return;
    s->json_left--;
    while (i < s->len) {
        char c = s->at[i];

        if (is_quote(s, i)) {
            if (!(i = string_end(s, i)))
                return;
            continue;
        }
        if (c == '{' || c == '[') {
            if (depth == DEPTH_MAX)
                return;
            open[depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (c != open[--depth])
                return;
            if (depth == 0) {
                s->json_end = i + 1;
                return;
            }
        }
        i++;
    }
}

static bool behind_colon(const struct param_scan *s, size_t i)
{
    while (i > 0 && param_is(s, i - 1, PARAM_SPACE))
        i--;
    return i > 0 && s->at[i - 1] == ':';
}

/* A whole key (`value` false) or a whole value. Strings of arrays are neither: they are read on. */
size_t param_json_string_here(const struct param_scan *s, size_t i, bool *value)
{
    size_t end;

    if (i >= s->json_end || !is_quote(s, i) || !(end = string_end(s, i)) || end > s->json_end)
        return 0;
    *value = behind_colon(s, i);
    return *value || param_byte(s, skip_blanks(s, end), ':') ? end - i : 0;
}

size_t param_json_bool_here(const struct param_scan *s, size_t i)
{
    static const char *const words[] = {"true", "false", "True", "False"};

    if (i >= s->json_end || !param_word_begins(s, i))
        return 0;
    for (size_t w = 0; w < 4; w++)
        if (param_literal(s, i, words[w]) && param_word_ends(s, i + strlen(words[w])))
            return strlen(words[w]);
    return 0;
}
