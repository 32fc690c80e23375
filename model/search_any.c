/* search_any.c -- alternatives: "level:fatal OR release:1.2 AND color:red". */
#include "model/search.h"

#include "proto/buf.h"

/* The end of the word that begins at `at`: blanks in quotes and in [lists] belong to it. */
static const char *word_end(const char *at, const char *end)
{
    bool quoted = false;
    int depth = 0;

    for (; at < end; at++) {
        if (quoted && *at == '\\' && at + 1 < end)
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && *at == '[')
            depth++;
        else if (!quoted && *at == ']')
            depth--;
        else if (!quoted && depth <= 0 && (*at == ' ' || *at == '\t' || *at == '\n'))
            break;
    }
    return at;
}

/* One more; an empty one is only right when it is the only one. */
static bool add(struct text words, bool alone, int64_t now_ms, struct arena *a,
                struct search_any *out, struct text *error)
{
    if (text_empty(words) && !alone) {
        *error = TEXT("OR needs a condition on either side");
        return false;
    }
    if (out->count == SEARCH_ALTERNATIVES) {
        *error = TEXT("the query has too many alternatives");
        return false;
    }
    return search_parse(words, now_ms, a, &out->of[out->count++], error);
}

bool search_parse_any(struct text query, int64_t now_ms, struct arena *a, struct search_any *out,
                      struct text *error)
{
    const char *at = query.at, *end = query.at + query.len;
    struct buf words;

    out->count = 0;
    buf_init(&words, a, query.len + 1, query.len + 1);
    while (at < end) {
        const char *stop = word_end(at, end);
        struct text word = {at, (size_t)(stop - at)};

        at = stop < end ? stop + 1 : end;
        if (text_eq_nocase(word, TEXT("OR"))) {
            if (!add(buf_result(&words), false, now_ms, a, out, error))
                return false;
            buf_init(&words, a, query.len + 1, query.len + 1);
        } else if (word.len && !text_eq_nocase(word, TEXT("AND"))) {
            if (words.len)
                buf_byte(&words, ' ');
            buf_text(&words, word);
        }
    }
    return add(buf_result(&words), out->count == 0, now_ms, a, out, error);
}

bool search_event_any(const struct search_any *s, const struct record_event *e, struct arena *a)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (search_event(&s->of[i], e, a))
            return true;
    return false;
}
