#include "worker/cors.h"

struct place {
    struct text scheme, host, port; /* absent: not said */
};

static struct place place_of(struct text url)
{
    size_t scheme = text_find(url, TEXT("://"));
    struct place p = {TEXT_NONE, TEXT_NONE, TEXT_NONE};
    size_t colon;

    if (scheme != url.len) {
        p.scheme = text_cut(url, 0, scheme);
        url = text_cut(url, scheme + 3, url.len);
    }
    url = text_cut(url, 0, text_find_byte(url, '/'));
    colon = url.len && url.at[0] == '[' ? text_find_byte(url, ']') + 1 : text_find_byte(url, ':');
    p.host = text_cut(url, 0, colon);
    if (colon + 1 < url.len)
        p.port = text_cut(url, colon + 1, url.len);
    return p;
}

static bool host_fits(struct text allowed, struct text host)
{
    struct text tail;

    if (!text_starts(allowed, "*."))
        return text_is(allowed, "*") || text_eq_nocase(allowed, host);
    tail = text_cut(allowed, 2, allowed.len);
    if (text_eq_nocase(tail, host))
        return true;
    if (host.len <= tail.len + 1 || host.at[host.len - tail.len - 1] != '.')
        return false;
    return text_eq_nocase(text_cut(host, host.len - tail.len, tail.len), tail);
}

bool cors_allows(const struct text *domains, uint32_t count, struct text origin)
{
    struct place from;

    if (count == 0 || origin.len == 0)
        return true;
    from = place_of(origin);
    for (uint32_t i = 0; i < count; i++) {
        struct place to = place_of(domains[i]);

        if (text_is(domains[i], "*"))
            return true;
        if (to.scheme.at && !text_is(to.scheme, "*") && !text_eq_nocase(to.scheme, from.scheme))
            continue;
        if (to.port.at && !text_is(to.port, "*") && !text_eq(to.port, from.port))
            continue;
        if (host_fits(to.host, from.host))
            return true;
    }
    return false;
}
