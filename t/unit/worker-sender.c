/* worker-sender.c -- the client's address behind proxies. */
#include "t/lib/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "worker/sender.h"

static char room[SENDER_MAX];

static struct text forwarded(const char *list, uint32_t hops)
{
    return sender_forwarded(TEXT("10.0.0.1"), text_of(list), hops, room);
}

static struct text text(int family, const char *address)
{
    static char out[SENDER_MAX];
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : &six.sin6_addr);
    return sender_text(family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six, out);
}

int main(void)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    char out[SENDER_MAX];

    is_text(text(AF_INET, "192.0.2.7"), "192.0.2.7", "IPv4");
    is_text(text(AF_INET, "255.100.10.0"), "255.100.10.0", "IPv4, numbers of each length");
    is_text(text(AF_INET6, "2001:db8::7"), "2001:db8::7", "IPv6");
    is_text(text(AF_INET6, "::ffff:192.0.2.7"), "192.0.2.7", "IPv4 in IPv6");
    ok(!sender_text((struct sockaddr *)&local, out).at, "a unix socket has none");

    is_text(forwarded("1.1.1.1", 0), "10.0.0.1", "no trusted proxy: the peer");
    is_text(forwarded(NULL, 1), "10.0.0.1", "no header: the peer");
    is_text(forwarded("6.6.6.6, 1.1.1.1", 1), "1.1.1.1", "one proxy: the last entry");
    is_text(forwarded("6.6.6.6, 1.1.1.1, 2.2.2.2", 2), "1.1.1.1", "two: the one before");
    is_text(forwarded("1.1.1.1", 3), "1.1.1.1", "fewer entries than proxies: the first");
    is_text(forwarded("1.1.1.1:4711", 1), "1.1.1.1", "with a port");
    is_text(forwarded("[2001:db8::1]:4711", 1), "2001:db8::1", "IPv6 with a port");
    is_text(forwarded("2001:db8::1", 1), "2001:db8::1", "IPv6 bare");
    is_text(forwarded("unknown", 1), "10.0.0.1", "no address: the peer");
    is_text(forwarded("<script>", 1), "10.0.0.1", "nonsense: the peer");
    is_text(forwarded(",,,", 1), "10.0.0.1", "empty entries: the peer");
    is_text(forwarded("[", 1), "10.0.0.1", "half an IPv6 address: the peer");
    return done_testing();
}
