/* Secrets in attributes: hidden by their key, cleaned by patterns, once per text of a batch. */
#include "model/scrub_attr.h"
#include "proto/limits.h"
#include "proto/record_span.h"
#include "t/lib/tap.h"

static struct arena arena;

/* One span through the packer; its attribute of that key afterwards, as text. */
static struct text stored(const struct scrub_conf *conf, const char *key, const char *value)
{
    static struct resource r = {.service = TEXT("s")};
    struct attr at = {.key = text_of(key), .kind = ATTR_STRING, .text = text_of(value)};
    struct span s = {.start_ns = 5, .end_ns = 6, .name = TEXT("n"), .weight = 1, .resource = &r};
    struct span_packer *p = span_packer_new();
    struct span_cursor c;
    struct span_bundle b;
    struct buf out;

    s.trace_id[0] = s.span_id[0] = 1;
    s.attrs = (struct attrs){.at = &at, .count = 1};
    span_packer_open(p, 1, 1, scrub_attr_filter(conf, &arena));
    span_packer_add(p, &s);
    s.span_id[0] = 2;
    span_packer_add(p, &s);
    buf_init(&out, &arena, 1024, RECORD_MAX);
    span_packer_finish(p, &out);
    span_packer_free(p);
    span_bundle_open(buf_result(&out), &arena, &b);
    span_cursor_open(&c, &b, &b.groups[0], &arena);
    span_cursor_next(&c, &s);
    return attr_string(&s.attrs, key);
}

int main(void)
{
    struct text own[] = {TEXT("konto")}, safe[] = {TEXT("x-auth-kind")};
    struct scrub_conf on = {.enabled = true, .defaults = true, .safe = safe, .safe_count = 1};
    struct scrub_conf off = {0}, words = on, ip = on;

    words.sensitive = own;
    words.sensitive_count = 1;
    ip.ip_addresses = true;
    arena_init(&arena, 64 * MIB);
    is_text(stored(&on, "http.request.header.authorization", "abc"), "[Filtered]",
            "a telling key hides its value");
    is_text(stored(&on, "db.user.password", "abc"), "[Filtered]", "whatever stands around it");
    is_text(stored(&on, "url.full", "https://u:pw@api.example/x"),
            "https://u:[Filtered]@api.example/x", "a password in a URL");
    is_text(stored(&on, "note", "card 4111 1111 1111 1111"), "card [Filtered]", "a card number");
    is_text(stored(&on, "http.route", "/auth/token"), "/auth/token", "words in values stay");
    is_text(stored(&on, "x-auth-kind", "abc"), "abc", "safe fields stay");
    is_text(stored(&on, "gen_ai.token.kind", "abc"), "abc", "so do counts of tokens");
    is_text(stored(&on, "exception.stacktrace", "at /home/ann/x.py"), "at /home/ann/x.py",
            "and stack texts");
    is_text(stored(&words, "konto.nr", "7"), "[Filtered]", "a project's own words, as key");
    is_text(stored(&words, "note", "das Konto"), "[Filtered]", "and as value");
    is_text(stored(&ip, "client.address", "10.0.0.1"), "[Filtered]", "addresses, where wanted");
    is_text(stored(&on, "client.address", "10.0.0.1"), "10.0.0.1", "and not where not");
    is_text(stored(&off, "password", "abc"), "abc", "switched off: nothing");
    arena_free(&arena);
    return done_testing();
}
