/* Request, user, addresses, contexts, SDK and the other maps. */
#include "t/lib/event.h"

static void urls(void)
{
    const struct event *e = take(
        "{\"request\":{\"url\":\"https://h.example/a/b?x=1&y=%20z#frag\",\"method\":\"post\"}}");

    is_str(json_at(e, "request.url"), "\"https://h.example/a/b\"",
           "§10.51 query and fragment are cut off");
    is_str(json_at(e, "request.query_string"), "[[\"x\",\"1\"],[\"y\",\" z\"]]",
           "§10.51 ... into their fields");
    is_str(json_at(e, "request.fragment"), "\"frag\"", "§10.51 ... both");
    is_str(json_at(e, "request.method"), "\"POST\"", "methods in upper case");
    is_text(e->request_url, "https://h.example/a/b", "the struct has it");
    at_is("{\"request\":{\"url\":\"http://h/a?x=1\",\"query_string\":\"y=2\"}}",
          "request.query_string", "[[\"y\",\"2\"]]", "a field that is set wins");
    at_is("{\"request\":{\"url\":\"http://example.com\"}}", "request.url",
          "\"http://example.com/\"", "a bare host gains a slash");
    at_is("{\"request\":{\"url\":\"http://h/a\xe2\x80\xa6\"}}", "request.url", "\"http://h/a...\"",
          "§10.51 an ellipsis becomes dots");
    at_is("{\"request\":{\"url\":\"not a url?x#y\"}}", "request.url", "\"not a url\"",
          "text that is no URL is cut as well");
    at_is("{\"request\":{\"method\":\"1234\"}}", "request", "absent", "§10.51 method 1234");
    at_is("{\"request\":{\"method\":\"A\"}}", "request", "absent", "§10.51 method A");
    at_is("{\"request\":{\"method\":\"FOO_BAR\"}}", "request.method", "\"FOO_BAR\"",
          "§10.51 method FOO_BAR is kept");
    at_is("{\"request\":\"x\"}", "request", "absent", "a string is no request");
}

static void maps(void)
{
    at_is("{\"request\":{\"query_string\":\"?a=1&b=2&a=3\"}}", "request.query_string",
          "[[\"a\",\"1\"],[\"b\",\"2\"],[\"a\",\"3\"]]", "§10.51 query as string");
    at_is("{\"request\":{\"query_string\":{\"a\":\"1\",\"b\":null,\"c\":[1]}}}",
          "request.query_string", "[[\"a\",\"1\"],[\"b\",null],[\"c\",[1]]]",
          "§10.51 query as object");
    at_is("{\"request\":{\"query_string\":[[\"a\",\"1\"],[\"b\"],7]}}", "request.query_string",
          "[[\"a\",\"1\"]]", "§10.51 query as pairs");
    at_is("{\"request\":{\"cookies\":\"a=b; c=d\"}}", "request.cookies",
          "[[\"a\",\"b\"],[\"c\",\"d\"]]", "§10.51 cookies as string");
    at_is("{\"request\":{\"cookies\":{\"a\":\"b\"}}}", "request.cookies", "[[\"a\",\"b\"]]",
          "§10.51 cookies as object");
    at_is("{\"request\":{\"headers\":{\"x-b\":[\"1\",\"2\"],\"accept\":\"a\",\"n\":7}}}",
          "request.headers", "[[\"Accept\",\"a\"],[\"N\",\"7\"],[\"X-B\",\"1,2\"]]",
          "§10.51 headers as object: title case, sorted, lists joined");
    at_is("{\"request\":{\"headers\":[[\"x-b\",\"2\"],[\"accept\",\"a\"],[\"x-b\",\"1\"]]}}",
          "request.headers", "[[\"X-B\",\"2\"],[\"Accept\",\"a\"],[\"X-B\",\"1\"]]",
          "headers as pairs keep their order");
    at_is("{\"request\":{\"headers\":{\"Cookie\":\"a=b\",\"Host\":\"h\"}}}", "request",
          "{\"headers\":[[\"Host\",\"h\"]],\"cookies\":[[\"a\",\"b\"]]}",
          "the Cookie header becomes cookies");
    at_is("{\"request\":{\"headers\":{\"Cookie\":\"a=b\"},\"cookies\":{\"x\":\"y\"}}}", "request",
          "{\"cookies\":[[\"x\",\"y\"]]}", "... unless there are some; it leaves all the same");
}

static void bodies(void)
{
    at_is("{\"request\":{\"data\":\"{\\\"a\\\":[1]}\"}}", "request",
          "{\"data\":{\"a\":[1]},\"inferred_content_type\":\"application/json\"}",
          "JSON in a string");
    at_is("{\"request\":{\"data\":\"a=1&b=\"}}", "request",
          "{\"data\":[[\"a\",\"1\"],[\"b\",\"\"]],\"inferred_content_type\":"
          "\"application/x-www-form-urlencoded\"}",
          "a form in a string");
    at_is("{\"request\":{\"data\":\"SGVsbG8gd29ybGQhIQ==\"}}", "request.data",
          "\"SGVsbG8gd29ybGQhIQ==\"", "base64 is no form");
    at_is("{\"request\":{\"data\":\"x\",\"headers\":{\"content-type\":\"text/plain; "
          "charset=utf-8\"}}}",
          "request.inferred_content_type", "\"text/plain\"", "else the header says what it is");
    at_is("{\"request\":{\"data\":{\"a\":{\"b\":1}}}}", "request.data", "{\"a\":{\"b\":1}}",
          "an object stays");
}

static void users(void)
{
    at_is("{\"user\":[]}", "user", "absent", "§10.50 user []");
    at_is("{\"user\":{}}", "user", "absent", "§10.50 user {}");
    at_is("{\"user\":{\"id\":1}}", "user.id", "\"1\"", "§10.50 id 1 becomes text");
    at_is("{\"user\":{\"id\":{\"a\":1},\"email\":\"e\"}}", "user", "{\"email\":\"e\"}",
          "an object is no id");
    at_is("{\"user\":{\"ip_address\":\"abc\"}}", "user", "absent", "§10.50 ip_address abc");
    ok(has_note(take("{\"user\":{\"ip_address\":\"abc\"}}"), "invalid_data", "user.ip_address"),
       "§10.50 ... is noted");
    at_is("{\"user\":{\"ip_address\":\"::1\"}}", "user.ip_address", "\"::1\"", "IPv6");
    at_is("{\"user\":{\"id\":\"1\",\"plan\":\"pro\",\"data\":{\"a\":1}}}", "user",
          "{\"id\":\"1\",\"data\":{\"a\":1,\"plan\":\"pro\"}}",
          "§10.50 unknown keys move into data");
    at_is("{\"user\":{\"id\":null,\"email\":null}}", "user", "absent", "PHP's null members");
    is_text(take("{\"user\":{\"id\":\"9\",\"email\":\"e\"}}")->user_key, "id:9",
            "identity: id first");
    is_text(take("{\"user\":{\"username\":\"n\",\"email\":\"e\"}}")->user_key, "username:n",
            "... then username");
    is_text(take("{\"user\":{\"email\":\"e\",\"ip_address\":\"1.2.3.4\"}}")->user_key, "email:e",
            "... then email");
    is_text(take("{\"user\":{\"ip_address\":\"1.2.3.4\"}}")->user_key, "ip:1.2.3.4",
            "... then address");
    ok(!take("{\"user\":{\"id\":\"[Filtered]\"}}")->user_key.at, "a filtered id is no identity");
}

static const char *ip(const char *json)
{
    return json_at(take(json), "user.ip_address");
}

static void addresses(void)
{
    test_context.client_ip = TEXT("198.51.100.7");
    is_str(ip("{\"user\":{\"ip_address\":\"{{auto}}\"}}"), "\"198.51.100.7\"",
           "§10.50 {{auto}} is the sender");
    is_str(ip("{\"platform\":\"javascript\"}"), "\"198.51.100.7\"",
           "§10.50 JS without user and setting: the sender");
    is_str(ip("{\"platform\":\"python\"}"), "absent", "... not for servers");
    is_str(ip("{\"platform\":\"javascript\",\"sdk\":{\"settings\":{\"infer_ip\":\"never\"}}}"),
           "absent", "§10.50 infer_ip never");
    is_str(ip("{\"user\":{\"ip_address\":\"{{auto}}\"},\"sdk\":{\"settings\":{\"infer_ip\":"
              "\"never\"}}}"),
           "absent", "... not even for {{auto}}");
    is_str(ip("{\"platform\":\"python\",\"sdk\":{\"settings\":{\"infer_ip\":\"auto\"}}}"),
           "\"198.51.100.7\"", "§10.50 infer_ip auto");
    is_str(ip("{\"platform\":\"javascript\",\"sdk\":{\"settings\":{\"infer_ip\":\"weird\"}}}"),
           "absent", "an invalid setting is never");
    is_str(ip("{\"request\":{\"env\":{\"REMOTE_ADDR\":\"203.0.113.5\"}}}"), "\"203.0.113.5\"",
           "REMOTE_ADDR is copied");
    at_is("{\"request\":{\"env\":{\"REMOTE_ADDR\":\"{{auto}}\"}}}", "request.env.REMOTE_ADDR",
          "\"198.51.100.7\"", "{{auto}} in REMOTE_ADDR");
    is_str(ip("{\"platform\":\"javascript\",\"user\":{\"ip_address\":\"192.0.2.1\"}}"),
           "\"192.0.2.1\"", "a real address stays");
    test_context.client_ip = TEXT_NONE;
    is_str(ip("{\"user\":{\"id\":\"1\",\"ip_address\":\"{{auto}}\"}}"), "absent",
           "without a sender {{auto}} leaves");
}

static void other_maps(void)
{
    at_is("{\"contexts\":{\"os\":null,\"x\":1}}", "contexts", "absent", "§10.52 bad contexts");
    at_is("{\"contexts\":{\"x\":1,\"os\":{\"name\":\"L\"}}}", "contexts",
          "{\"os\":{\"name\":\"L\"}}", "... leave alone the good");
    at_is("{\"contexts\":{\"os\":{\"raw_description\":\"Microsoft Windows 6.1.7601 S\"}}}",
          "contexts.os.version", "\"6.1.7601\"", "raw_description is parsed");
    at_is("{\"extra\":\"bar\"}", "extra", "absent", "§10.52 extra \"bar\"");
    at_is("{\"sdk\":\"x\"}", "sdk", "absent", "§10.52 sdk \"x\"");
    at_is("{\"modules\":{\"a\":1,\"b\":{}}}", "modules", "{\"a\":\"1\",\"b\":null}",
          "module versions are text");
    at_is("{\"measurements\":{\"lcp\":{\"value\":1}},\"spans\":[]}", "measurements", "absent",
          "§10.59 measurements leave an error event");
    at_is("{\"debug_meta\":{\"images\":[{\"type\":\"elf\",\"debug_id\":\"d\"},{\"type\":\"nope\"},"
          "7]}}",
          "debug_meta.images", "[{\"type\":\"elf\",\"debug_id\":\"d\"}]", "unknown images leave");
    test_context.sentry_client = TEXT("sentry.python/2.1.0");
    at_is("{}", "sdk", "{\"name\":\"sentry.python\",\"version\":\"2.1.0\"}",
          "the SDK of the auth header");
    test_context.sentry_client = TEXT_NONE;
}

static const char *word_at(const struct event *e, const char *path)
{
    const struct json *v = node_at(e, path);

    return v ? arena_dup(&test_arena, v->raw.at, v->raw.len) : "-";
}

/* "browser version, system version, device" */
static const char *agent(const char *header)
{
    const struct event *e =
        take(printed("{\"request\":{\"headers\":{\"User-Agent\":\"%s\"}}}", header));

    return printed("%s %s, %s %s, %s", word_at(e, "contexts.browser.name"),
                   word_at(e, "contexts.browser.version"), word_at(e, "contexts.client_os.name"),
                   word_at(e, "contexts.client_os.version"), word_at(e, "contexts.device.model"));
}

static void agents(void)
{
    const struct event *e = take("{\"platform\":\"javascript\",\"request\":{\"headers\":{\"User-"
                                 "Agent\":\"Mozilla/5.0 (Windows NT 10.0; "
                                 "Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                                 "Chrome/121.0.0.0 Safari/537.36 Edg/121.0.1\"}}}");

    is_str(json_at(e, "contexts.browser"), "{\"name\":\"Edge\",\"version\":\"121.0.1\"}",
           "browser");
    is_str(json_at(e, "contexts.os"), "{\"name\":\"Windows\",\"version\":\"10\"}", "system");
    is_str(tag_of(e, "browser"), "Edge 121.0.1", "... and the tags of it");
    e = take(
        "{\"request\":{\"headers\":{\"User-Agent\":\"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like "
        "Mac OS X) "
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1\"}}}");
    is_str(json_at(e, "contexts.client_os"), "{\"name\":\"iOS\",\"version\":\"17.2\"}", "iOS");
    is_str(json_at(e, "contexts.browser.name"), "\"Mobile Safari\"", "Mobile Safari");
    is_str(json_at(e, "contexts.device.family"), "\"iPhone\"", "iPhone");
    is_str(agent("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A) AppleWebKit/537.36 (KHTML, "
                 "like Gecko) "
                 "Chrome/121.0.1 Mobile Safari/537.36"),
           "Chrome Mobile 121.0.1, Android 14, Pixel 8", "Chrome on Android");
    is_str(agent("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/121.0.0.0 "
                 "Mobile Safari/537.36"),
           "Chrome Mobile 121.0.0.0, Android 10, -", "the reduced form");
    is_str(agent("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, "
                 "like Gecko) "
                 "Version/17.1 Safari/605.1.15"),
           "Safari 17.1, Mac OS X 10.15.7, Mac", "Safari");
    is_str(agent("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
           "Firefox 140.0, Ubuntu -, -", "Firefox");
    is_str(agent("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"),
           "IE 11.0, Windows 7, -", "Internet Explorer");
    is_str(agent("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)"),
           "IE 8.0, Windows XP, -", "an old one");
    is_str(agent("curl/8.1.2"), "curl 8.1.2, - -, -", "curl");
    is_str(agent("/"), "- -, - -, -", "nothing");
    at_is(
        "{\"contexts\":{\"browser\":{\"name\":\"Mine\"}},\"request\":{\"headers\":{\"User-Agent\":"
        "\"curl/8.1\"}}}",
        "contexts.browser.name", "\"Mine\"", "what the event says wins");
}

static void bags(void)
{
    const struct event *e;
    static char out[1 << 17];
    size_t len = (size_t)sprintf(out, "{\"extra\":{\"s\":\"%s\",\"l\":[", many('x', 20000));

    for (int i = 0; i < 5000; i++)
        len += (size_t)sprintf(out + len, "%s123456", i ? "," : "");
    sprintf(out + len, "]}}");
    e = take(out);
    ok(node_at(e, "extra.s")->raw.len <= 16384, "a value of extra has 16 KiB at most");
    ok(text_ends(node_at(e, "extra.s")->raw, "..."), "... and says that it was cut");
    ok(node_at(e, "extra.l")->count < 5000 && node_at(e, "extra.l")->count > 1000,
       "a list loses its end");
    at_is("{\"extra\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}}",
          "extra.a.b.c.d.e.f", "{\"g\":1}", "seven levels stay");
    at_is("{\"extra\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":1}}}}}}}}}",
          "extra.a.b.c.d.e.f.g", "\"{\\\"h\\\":1}\"", "deeper ones become text");
}

static void traces(void)
{
    const struct event *e = take("{\"contexts\":{\"trace\":{\"trace_id\":\"A4D90C3E-57B1-4F82-B6E1-"
                                 "F7302D58C96B\",\"span_id\":\"7e2f90ab41c8d356\"}}}");

    ok(e->has_trace && e->trace_id[0] == 0xa4 && e->has_span && e->span_id[7] == 0x56,
       "trace and span id, dashed and upper case");
    ok(!take("{\"contexts\":{\"trace\":{\"trace_id\":\"00000000000000000000000000000000\"}}}")
            ->has_trace,
       "zeros are no trace id");
}

int main(void)
{
    urls();
    maps();
    bodies();
    users();
    addresses();
    other_maps();
    agents();
    bags();
    traces();
    arena_free(&test_arena);
    return done_testing();
}
