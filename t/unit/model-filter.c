/* model-filter.c -- inbound filters: what stays out, and what must not. */
#include "t/lib/tap.h"

#include "model/filter.h"

static struct arena arena;

/* The reason why `json` stays out; "" when it comes in. */
static const char *reason(const char *json, const char *agent, const struct filter_conf *conf)
{
    struct event_context ctx = {.received_us = 1700000000000000};
    struct event e;
    const char *why;

    arena_reset(&arena);
    if (event_read(text_of(json), &ctx, &arena, &e) != EVENT_OK ||
        event_fill(&e, &arena) != EVENT_OK)
        return "unreadable";
    why = filter_event(&e, text_of(agent), conf);
    return why ? why : "";
}

static bool glob(const char *pattern, const char *text)
{
    return filter_glob(text_of(pattern), text_of(text));
}

static void globs(void)
{
    char many[2001], stars[201];

    ok(glob("abc", "ABC"), "case does not matter");
    ok(!glob("abc", "abcd") && !glob("abcd", "abc"), "the whole text");
    ok(glob("*", "") && glob("*", "x"), "a star is anything");
    ok(glob("a*c", "abc") && glob("a*c", "ac") && glob("a*c", "acbc"), "in the middle");
    ok(!glob("a*c", "acb"), "with an end");
    ok(glob("*ResizeObserver*", "x ResizeObserver loop"), "on both sides");
    ok(glob("a?c", "abc") && !glob("a?c", "ac"), "a question mark is one");
    ok(glob("1.*", "1.2") && !glob("1.*", "2.1"), "a release");
    memset(many, 'a', 2000);
    many[2000] = '\0';
    for (int i = 0; i < 200; i += 2) {
        stars[i] = '*';
        stars[i + 1] = 'a';
    }
    stars[199] = 'b';
    stars[200] = '\0';
    ok(!glob(stars, many), "a hundred stars that fit nearly everywhere end soon");
}

static void localhost(void)
{
    struct filter_conf c = {.localhost = true};

    is_str(reason("{\"request\":{\"url\":\"http://localhost:3000/x\"}}", NULL, &c), "localhost",
           "host");
    is_str(reason("{\"request\":{\"url\":\"http://127.0.0.1/\"}}", NULL, &c), "localhost",
           "address");
    is_str(reason("{\"request\":{\"url\":\"http://[::1]:80/\"}}", NULL, &c), "localhost", "IPv6");
    is_str(reason("{\"user\":{\"ip_address\":\"127.0.0.1\"}}", NULL, &c), "localhost",
           "the user's");
    is_str(reason("{\"request\":{\"url\":\"http://localhost.example/\"}}", NULL, &c), "",
           "a host that begins alike");
    is_str(reason("{\"message\":\"x\"}", NULL, &c), "", "no request");
}

static void extensions(void)
{
    struct filter_conf c = {.extensions = true};

    is_str(
        reason("{\"exception\":{\"type\":\"Error\",\"value\":\"Extension context invalidated.\"}}",
               NULL, &c),
        "browser-extensions", "by its message");
    is_str(reason("{\"exception\":{\"type\":\"Error\",\"value\":\"x\",\"stacktrace\":{\"frames\":["
                  "{\"abs_path\":\"https://a.example/a.js\"},"
                  "{\"abs_path\":\"chrome-extension://abc/x.js\"}]}}}",
                  NULL, &c),
           "browser-extensions", "by where it happened");
    is_str(reason("{\"exception\":{\"type\":\"Error\",\"value\":\"x\",\"stacktrace\":{\"frames\":["
                  "{\"abs_path\":\"https://a.example/a.js\"},"
                  "{\"abs_path\":\"chrome-extension://abc/wrap.js\"},"
                  "{\"abs_path\":\"https://a.example/b.js\"}]}}}",
                  NULL, &c),
           "", "not by who stands in the middle");
}

static void crawlers(void)
{
    struct filter_conf c = {.crawlers = true};
    const char *e = "{\"message\":\"x\"}";

    is_str(
        reason(e, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", &c),
        "web-crawlers", "Googlebot");
    is_str(reason(e, "Mozilla/5.0 (compatible; YandexBot/3.0)", &c), "web-crawlers", "YandexBot");
    is_str(reason(e, "Baiduspider+(+http://www.baidu.com/search/spider.htm)", &c), "web-crawlers",
           "Baiduspider, whatever follows");
    is_str(reason(e, "Botanica 1.0", &c), "", "a name that goes on");
    is_str(reason(e, "Mozilla/5.0 (Linux; Android 7.0; CUBOT Note Plus)", &c), "", "a phone");
    is_str(reason(e, "Mozilla/5.0 (X11; Linux) Firefox/120", &c), "", "a browser");
    is_str(reason(e, NULL, &c), "", "nobody");
    is_str(reason("{\"request\":{\"headers\":{\"user-agent\":\"Googlebot/2.1\"}}}",
                  "sentry.python/2", &c),
           "web-crawlers", "one that a server tells of");
    is_str(
        reason(
            "{\"request\":{\"headers\":[[\"Accept\",\"*/*\"],[\"User-Agent\",\"Firefox/120\"]]}}",
            "sentry.python/2", &c),
        "", "a browser that a server tells of");
}

static void texts(void)
{
    struct text errors[] = {TEXT("*ResizeObserver*"), TEXT("TypeError: Failed to fetch")};
    struct text releases[] = {TEXT("1.*"), TEXT("dev")};
    struct filter_conf c = {.errors = errors, .error_count = 2};
    struct filter_conf r = {.releases = releases, .release_count = 2};

    is_str(
        reason("{\"exception\":{\"type\":\"Error\",\"value\":\"ResizeObserver loop\"}}", NULL, &c),
        "error-message", "a value");
    is_str(reason("{\"message\":\"ResizeObserver loop\"}", NULL, &c), "error-message", "a message");
    is_str(
        reason("{\"exception\":{\"type\":\"TypeError\",\"value\":\"Failed to fetch\"}}", NULL, &c),
        "error-message", "type and value");
    is_str(reason("{\"exception\":{\"type\":\"Error\",\"value\":\"Failed to fetch\"}}", NULL, &c),
           "", "another type");
    is_str(reason("{\"release\":\"1.7\"}", NULL, &r), "release-version", "a release");
    is_str(reason("{\"release\":\"2.1\"}", NULL, &r), "", "another release");
    is_str(reason("{\"message\":\"x\"}", NULL, &r), "", "no release");
}

int main(void)
{
    arena_init(&arena, 16 << 20);
    globs();
    localhost();
    extensions();
    crawlers();
    texts();
    arena_free(&arena);
    return done_testing();
}
