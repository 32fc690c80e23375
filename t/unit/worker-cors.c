/* worker-cors.c -- allowed origins. */
#include "t/lib/tap.h"

#include "worker/cors.h"

static bool allows(const char *domain, const char *origin)
{
    struct text d = text_of(domain);

    return cors_allows(&d, 1, text_of(origin));
}

int main(void)
{
    const struct text two[] = {TEXT("a.example"), TEXT("*.b.example")};

    ok(cors_allows(NULL, 0, TEXT("https://x.example")), "no list: all");
    ok(allows("*", "https://x.example"), "star: all");
    ok(allows("a.example", NULL), "no origin: no page, allowed");
    ok(allows("a.example", "https://a.example"), "host");
    ok(allows("a.example", "http://A.Example:8080"), "host in any case, any port and scheme");
    ok(!allows("a.example", "https://b.example"), "another host");
    ok(!allows("a.example", "https://xa.example"), "a host that ends alike");
    ok(!allows("a.example", "https://a.example.evil.test"), "a host that begins alike");
    ok(allows("*.a.example", "https://x.y.a.example"), "subdomain");
    ok(allows("*.a.example", "https://a.example"), "wildcard is the domain itself too");
    ok(!allows("*.a.example", "https://xa.example"), "not without the dot");
    ok(allows("https://a.example", "https://a.example/page?x"), "scheme; a Referer's path");
    ok(!allows("https://a.example", "http://a.example"), "another scheme");
    ok(allows("a.example:8080", "http://a.example:8080"), "port");
    ok(!allows("a.example:8080", "http://a.example:8081"), "another port");
    ok(allows("http://[::1]:3000", "http://[::1]:3000"), "IPv6");
    ok(!allows("a.example", "null"), "opaque origin");
    ok(cors_allows(two, 2, TEXT("https://c.b.example")), "second of a list");
    ok(!cors_allows(two, 2, TEXT("https://c.example")), "none of a list");
    return done_testing();
}
