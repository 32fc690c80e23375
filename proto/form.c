#include "proto/form.h"

#include "proto/hex.h"

struct text form_decode(struct text t, struct arena *a)
{
    char *out, *to;

    if (text_find_byte(t, '%') == t.len && text_find_byte(t, '+') == t.len)
        return t;
    if (!(out = to = arena_alloc(a, t.len + 1)))
        return TEXT_NONE;
    for (size_t i = 0; i < t.len; i++) {
        uint8_t byte;

        if (t.at[i] == '%' && hex_read(text_cut(t, i + 1, 2), &byte, 1)) {
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = t.at[i] == '+' ? ' ' : t.at[i];
        }
    }
    *to = '\0';
    return (struct text){out, (size_t)(to - out)};
}

bool form_next(struct text *rest, struct arena *a, struct form_pair *out)
{
    while (rest->len) {
        struct text piece = text_cut(*rest, 0, text_find_byte(*rest, '&'));
        size_t equals = text_find_byte(piece, '=');

        *rest = text_cut(*rest, piece.len + 1, rest->len);
        if (piece.len == 0)
            continue;
        out->key = form_decode(text_cut(piece, 0, equals), a);
        out->value =
            equals < piece.len ? form_decode(text_cut(piece, equals + 1, piece.len), a) : TEXT_NONE;
        return !arena_spent(a);
    }
    return false;
}

struct text form_get(struct text form, const char *key, struct arena *a)
{
    struct form_pair pair;

    while (form_next(&form, a, &pair))
        if (text_is(pair.key, key))
            return pair.value.at ? pair.value : TEXT("");
    return TEXT_NONE;
}
