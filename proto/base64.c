#include "proto/base64.h"

#include <stdint.h>

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-' || c == ' ')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

struct text base64_read(struct text t, struct arena *a)
{
    uint32_t bits = 0;
    unsigned held = 0;
    char *out, *to;
    size_t i = 0;

    t = text_trim(t);
    if (t.len == 0 || !(out = to = arena_alloc(a, t.len / 4 * 3 + 4)))
        return TEXT_NONE;
    for (; i < t.len && t.at[i] != '='; i++) {
        int v = sextet(t.at[i]);

        if (t.at[i] == '\r' || t.at[i] == '\n')
            continue;
        if (v < 0)
            return TEXT_NONE;
        bits = bits << 6 | (uint32_t)v;
        if ((held += 6) >= 8) {
            held -= 8;
            *to++ = (char)(bits >> held);
        }
    }
    for (; i < t.len; i++)
        if (!strchr("=\r\n", t.at[i]) || !t.at[i])
            return TEXT_NONE;
    return held == 6 ? TEXT_NONE : (struct text){out, (size_t)(to - out)};
}
