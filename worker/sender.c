#include "worker/sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct text sender_text(const struct sockaddr *peer, char *out)
{
    const void *address = NULL;
    int family = peer->sa_family;

    if (family == AF_INET) {
        address = &((const struct sockaddr_in *)peer)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)peer)->sin6_addr;

        address = six;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            family = AF_INET;
            address = six->s6_addr + 12;
        }
    }
    if (!address || !inet_ntop(family, address, out, SENDER_MAX))
        return TEXT_NONE;
    return text_of(out);
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
