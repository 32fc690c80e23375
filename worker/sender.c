#include "worker/sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* inet_ntop prints with sprintf, and this is done for every event. */
static struct text four_text(const uint8_t *byte, char *out)
{
    char *at = out;

    for (int i = 0; i < 4; i++) {
        if (byte[i] >= 100)
            *at++ = (char)('0' + byte[i] / 100);
        if (byte[i] >= 10)
            *at++ = (char)('0' + byte[i] / 10 % 10);
        *at++ = (char)('0' + byte[i] % 10);
        *at++ = i < 3 ? '.' : '\0';
    }
    return (struct text){out, (size_t)(at - out) - 1};
}

struct text sender_text(const struct sockaddr *peer, char *out)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)peer)->sin6_addr;

    if (peer->sa_family == AF_INET)
        return four_text((const uint8_t *)&((const struct sockaddr_in *)peer)->sin_addr, out);
    if (peer->sa_family != AF_INET6)
        return TEXT_NONE;
    if (IN6_IS_ADDR_V4MAPPED(six))
        return four_text(six->s6_addr + 12, out);
    return inet_ntop(AF_INET6, six, out, SENDER_MAX) ? text_of(out) : TEXT_NONE;
}

/* "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711" */
static bool address_of(struct text entry, char *out)
{
    unsigned char scratch[16];
    size_t colon = text_find_byte(entry, ':');

    if (entry.len && entry.at[0] == '[')
        entry = text_cut(entry, 1, text_find_byte(entry, ']') - 1);
    else if (colon != entry.len &&
             text_find_byte(text_cut(entry, colon + 1, entry.len), ':') == entry.len - colon - 1)
        entry.len = colon; /* one colon: a port behind an IPv4 address */
    if (entry.len == 0 || entry.len >= SENDER_MAX)
        return false;
    memcpy(out, entry.at, entry.len);
    out[entry.len] = '\0';
    return inet_pton(AF_INET, out, scratch) == 1 || inet_pton(AF_INET6, out, scratch) == 1;
}

struct text sender_forwarded(struct text peer, struct text forwarded, uint32_t hops, char *out)
{
    struct text entry = TEXT_NONE, rest = forwarded;

    if (hops == 0 || forwarded.len == 0)
        return peer;
    while (hops-- && rest.len) {
        size_t from = rest.len;

        while (from && rest.at[from - 1] != ',')
            from--;
        entry = text_trim(text_cut(rest, from, rest.len));
        rest = text_cut(rest, 0, from ? from - 1 : 0);
    }
    return address_of(entry, out) ? text_of(out) : peer;
}
