/* Scrubbing: what leaves, what stays readable, what is left alone. */
#include "model/scrub.h"
#include "model/scrub_rules.h"
#include "t/lib/event.h"

static struct scrub_conf conf = {.enabled = true, .defaults = true};

static const struct event *scrubbed(const char *json)
{
    static struct event e;

    if (!test_arena.budget)
        arena_init(&test_arena, REQUEST_ARENA_MAX);
    arena_reset(&test_arena);
    test_context.received_us = RECEIVED_US;
    if (event_read(text_of(json), &test_context, &test_arena, &e) != EVENT_OK ||
        !scrub_event(&e, &conf, &test_arena) || event_fill(&e, &test_arena) != EVENT_OK)
        note("not taken: %s", json);
    return &e;
}

#define becomes(json, path, want, name) is_str(json_at(scrubbed(json), path), want, name)
#define F "\"[Filtered]\""

static void keys(void)
{
    static const char *const secret[] = {
        "password",    "PASSWD",        "my_secret_id", "api-key",     "X-Api-Key",
        "apikey",      "api_key",       "credentials",  "mysql_pwd",   "privateKey",
        "private-key", "private_key",   "otp",          "two-factor",  "two_factor",
        "csrftoken",   "Authorization", "author",       "oauth_state", "authToken"};
    static const char *const fine[] = {"pass", "hotp", "key", "tok", "pas\xc3\x9fword", "api", "x"};
    char json[256];

    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        snprintf(json, sizeof json, "{\"extra\":{\"%s\":\"v\"}}", secret[i]);
        is_str(json_at(scrubbed(json), "extra") + strlen(secret[i]) + 4, F "}", "§10.70 key %s",
               secret[i]);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        snprintf(json, sizeof json, "{\"extra\":{\"%s\":\"v\"}}", fine[i]);
        is_str(json_at(scrubbed(json), "extra") + strlen(fine[i]) + 4, "\"v\"}", "key %s stays",
               fine[i]);
    }
    becomes("{\"extra\":{\"password\":{\"a\":[1]}}}", "extra.password", F,
            "a whole tree under a secret key");
    becomes("{\"extra\":{\"password\":7}}", "extra.password", F, "a number");
    becomes("{\"extra\":{\"password\":null}}", "extra.password", "null", "null gives nothing away");
    becomes("{\"extra\":{\"auth\":true}}", "extra.auth", "true", "neither does a boolean");
    becomes("{\"extra\":{\"a\":{\"b\":[{\"token\":\"x\"}]}}}", "extra.a.b.0.token", F,
            "deep inside");
    becomes("{\"extra\":{\"a\":[[\"password\",\"x\"],[\"b\",\"y\"]]}}", "extra.a",
            "[[\"password\"," F "],[\"b\",\"y\"]]", "lists of pairs have keys, too");
}

static void values(void)
{
    becomes("{\"extra\":{\"a\":\"my secret plan\"}}", "extra.a", F,
            "a telling word filters the value");
    becomes("{\"extra\":{\"a\":\"x token: y\"}}", "extra.a", F, "token:");
    becomes("{\"extra\":{\"a\":\"x token y\"}}", "extra.a", "\"x token y\"",
            "a token is just a word");
    becomes("{\"extra\":{\"a\":\"se\\u0063ret\"}}", "extra.a", F, "escaped letters hide nothing");
    becomes("{\"extra\":{\"a\":\"4571234567890111\"}}", "extra.a", F,
            "§10.70 a card number in extra");
    becomes("{\"extra\":{\"a\":4571234567890111}}", "extra.a", F, "... as a number");
    becomes("{\"extra\":{\"a\":\"pay 4571 2345 6789 0111 now\"}}", "extra.a",
            "\"pay [Filtered] now\"", "... with blanks");
    becomes("{\"extra\":{\"a\":\"3712-345678-90111\"}}", "extra.a", F, "Amex");
    becomes("{\"extra\":{\"a\":\"5555555555554444 6011000990139424 6511111111111111\"}}", "extra.a",
            "\"[Filtered] [Filtered] [Filtered]\"", "Mastercard, Discover");
    becomes("{\"extra\":{\"a\":\"14571234567890111\"}}", "extra.a", "\"14571234567890111\"",
            "17 digits are no card");
    becomes("{\"extra\":{\"a\":\"4571234567890111a\"}}", "extra.a", "\"4571234567890111a\"",
            "nor is the start of a word");
    becomes("{\"extra\":{\"a\":\"x 078-05-1120.\"}}", "extra.a", "\"x [Filtered].\"", "SSN");
    becomes("{\"extra\":{\"a\":\"078-05-11201\"}}", "extra.a", "\"078-05-11201\"",
            "a longer number");
    becomes("{\"extra\":{\"a\":\"to DE44500105175407324931\"}}", "extra.a", "\"to [Filtered]\"",
            "IBAN");
    becomes("{\"extra\":{\"a\":\"XX44500105175407324931\"}}", "extra.a",
            "\"XX44500105175407324931\"", "of no country");
    becomes("{\"extra\":{\"a\":\"Bearer abc.def-1\"}}", "extra.a", F, "bearer");
    becomes("{\"extra\":{\"a\":\"a bearer\"}}", "extra.a", "\"a bearer\"", "of nothing");
    becomes("{\"extra\":{\"a\":\"at /home/ann/x and C:\\\\Users\\\\bob\\\\y\"}}", "extra.a",
            "\"at /home/[Filtered]/x and C:\\\\Users\\\\[Filtered]\\\\y\"", "user directories");
    becomes("{\"extra\":{\"a\":\"/usr/lib/x /hom/e/ /home/x\"}}", "extra.a",
            "\"/usr/lib/x /hom/e/ /home/x\"", "other directories");
    becomes("{\"breadcrumbs\":[{\"message\":\"get https://u:p@h/x\"}]}",
            "breadcrumbs.values.0.message", "\"get https://u:[Filtered]@h/x\"",
            "§10.70 a URL password in a breadcrumb");
    becomes("{\"breadcrumbs\":[{\"message\":\"http://h:80/a@b\"}]}", "breadcrumbs.values.0.message",
            "\"http://h:80/a@b\"", "a port is no password");
    becomes("{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"f\","
            "\"vars\":{\"k\":"
            "\"-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----\"}}]}}}",
            "exception.values.0.stacktrace.frames.0.vars.k",
            "\"-----BEGIN RSA PRIVATE KEY-----[Filtered]-----END RSA PRIVATE KEY-----\"",
            "§10.70 PEM in vars");
    becomes("{\"extra\":{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIE cut\"}}", "extra.k",
            "\"-----BEGIN PRIVATE KEY-----[Filtered]\"", "... cut short");
    becomes("{\"extra\":{\"a\":\"ann@example.com 10.0.0.1\"}}", "extra.a",
            "\"ann@example.com 10.0.0.1\"", "addresses are not part of the default");
}

static void spared(void)
{
    const struct event *e = scrubbed(
        "{\"exception\":{\"type\":\"AuthError\",\"value\":\"wrong password "
        "4571234567890111\",\"module\":\"auth\","
        "\"stacktrace\":{\"frames\":[{\"function\":\"authenticate\",\"filename\":\"/home/x/"
        "auth.py\",\"module\":"
        "\"a.auth\",\"context_line\":\"password = "
        "1\",\"vars\":{\"password\":\"x\"}}]}},\"transaction\":\"/auth\","
        "\"user\":{\"email\":\"author@example.com\",\"id\":\"auth|1\",\"ip_address\":\"1.2.3.4\","
        "\"data\":{\"secret\":1}},"
        "\"request\":{\"headers\":{\"User-Agent\":\"Author/"
        "1.0\",\"Authorization\":\"x\",\"X\":\"y\"},\"url\":"
        "\"https://u:p@h/"
        "auth\"},\"tags\":{\"service\":\"auth-api\",\"password\":\"x\"},\"debug_meta\":{\"images\":"
        "[{\"type\":"
        "\"elf\",\"code_file\":\"/home/ann/"
        "secret\"}]},\"contexts\":{\"app\":{\"app_name\":\"Authenticator\"},\"mine\":{\"a\":"
        "\"secret\"},\"trace\":{\"data\":{\"token\":\"x\"}}}}");

    is_text(e->exceptions[0].value, "wrong password 4571234567890111", "§10.70 exception values");
    is_text(e->exceptions[0].type, "AuthError", "types");
    is_text(e->exceptions[0].stack->frames[0].function, "authenticate", "functions");
    is_text(e->exceptions[0].stack->frames[0].filename, "/home/x/auth.py", "files");
    is_text(e->exceptions[0].stack->frames[0].context_line, "password = 1", "source");
    is_str(json_at(e, "exception.values.0.stacktrace.frames.0.vars"), "{\"password\":" F "}",
           "but not variables");
    is_text(e->user_email, "author@example.com", "§10.70 user.email stays");
    is_text(e->user_id, "auth|1", "user.id stays");
    is_text(e->user_ip, "1.2.3.4", "user.ip_address stays");
    is_str(json_at(e, "user.data"), "{\"secret\":" F "}", "user.data does not");
    is_str(json_at(e, "request.headers"),
           "[[\"Authorization\"," F "],[\"User-Agent\",\"Author/1.0\"],[\"X\",\"y\"]]",
           "§10.70 Authorization leaves, User-Agent stays");
    is_str(json_at(e, "request.url"), "\"https://u:[Filtered]@h/auth\"",
           "of the URL only the password");
    is_str(json_at(e, "tags"), "[[\"service\",\"auth-api\"],[\"password\"," F "]]",
           "tags are filtered by key only");
    is_str(tag_of(e, "password"), "", "a filtered tag is not counted");
    is_str(json_at(e, "debug_meta.images.0.code_file"), "\"/home/ann/secret\"", "debug images");
    is_str(json_at(e, "contexts"),
           "{\"app\":{\"app_name\":\"Authenticator\"},\"mine\":{\"a\":" F
           "},\"trace\":{\"data\":{\"token\":" F "}}}",
           "contexts about the machine stay, others do not");
}

static void readable(void)
{
    becomes("{\"message\":\"password of ann@example.com is 4571234567890111\"}",
            "logentry.formatted", "\"password of [email] is [creditcard]\"",
            "§10.70 logentry.formatted keeps its words");
    becomes("{\"message\":\"iban DE44500105175407324931, ssn 078-05-1120\"}", "logentry.formatted",
            "\"iban [iban], ssn [usssn]\"", "IBAN and SSN");
    becomes("{\"message\":\"mail <a.b+c@sub.example.org>.\"}", "logentry.formatted",
            "\"mail <[email]>.\"", "an address in brackets");
    becomes("{\"message\":\"user@host and @handle and a@b.c1\"}", "logentry.formatted",
            "\"user@host and @handle and a@b.c1\"", "what is no address");
    becomes("{\"logentry\":{\"message\":\"x %s\",\"params\":[\"my password\"]}}", "logentry.params",
            "[" F "]", "parameters are filtered");
    becomes("{\"foo\":\"my password\"}", "errors.0.value", F, "so are values in notes");
    becomes("{\"password\":\"x\"}", "errors.0.value", F, "... and those under a telling name");
}

static void cookies(void)
{
    becomes("{\"request\":{\"cookies\":\"sessionid=1; theme=dark; _CSRF=2\"}}", "request.cookies",
            "[[\"sessionid\"," F "],[\"theme\",\"dark\"],[\"_CSRF\"," F "]]", "cookies by name");
    becomes("{\"request\":{\"headers\":{\"Set-Cookie\":\"phpsessid=1; path=/\"}}}",
            "request.headers", "[[\"Set-Cookie\"," F "]]", "Set-Cookie");
    becomes("{\"request\":{\"headers\":{\"Set-Cookie\":\"theme=1\"}}}", "request.headers",
            "[[\"Set-Cookie\",\"theme=1\"]]", "... of something harmless");
    becomes("{\"extra\":{\"http.request.header.cookie\":\"a\",\"http.request.header.cookie."
            "session\":\"b\","
            "\"http.request.header.cookie.theme\":\"c\"}}",
            "extra",
            "{\"http.request.header.cookie\":" F ",\"http.request.header.cookie.session\":" F
            ",\"http.request.header.cookie.theme\":\"c\"}",
            "attributes of cookies");
    becomes("{\"request\":{\"data\":\"{\\\"password\\\":\\\"x\\\"}\"}}", "request.data",
            "{\"password\":" F "}", "JSON in a body is looked into");
    becomes("{\"request\":{\"query_string\":\"a=1&token=2\"}}", "request.query_string",
            "[[\"a\",\"1\"],[\"token\"," F "]]", "the query");
}

static void settings(void)
{
    struct text own[] = {TEXT("iphone"), TEXT("kontonummer"), TEXT("")},
                safe[] = {TEXT("Auth_Method")};
    char word[128];

    conf = (struct scrub_conf){.enabled = true,
                               .defaults = true,
                               .sensitive = own,
                               .sensitive_count = 3,
                               .safe = safe,
                               .safe_count = 1};
    becomes("{\"extra\":{\"KontoNummer\":\"x\"}}", "extra.KontoNummer", F,
            "a sensitive field, as key");
    becomes("{\"extra\":{\"a\":\"my IPHONE\"}}", "extra.a", F, "... in a value");
    becomes("{\"extra\":{\"a\":\"ipho\"}}", "extra.a", "\"ipho\"", "... not half of it");
    becomes("{\"extra\":{\"auth_method\":\"ldap auth\"}}", "extra.auth_method", "\"ldap auth\"",
            "a safe field is never filtered");
    memset(word, 'q', sizeof word);
    own[2] = (struct text){word, sizeof word};
    becomes("{\"extra\":{\"a\":\"kontonummer\",\"b\":\"qqq\"}}", "extra",
            "{\"a\":" F ",\"b\":\"qqq\"}", "a word longer than a lane");
    conf.defaults = false;
    becomes("{\"extra\":{\"password\":\"4571234567890111\",\"iphone\":1}}", "extra",
            "{\"password\":\"4571234567890111\",\"iphone\":" F "}",
            "without defaults only one's own");
    conf = (struct scrub_conf){.enabled = false, .defaults = true};
    becomes("{\"extra\":{\"password\":\"x\"}}", "extra.password", "\"x\"", "switched off");
    conf.ip_addresses = true;
    becomes(
        "{\"extra\":{\"a\":\"from 10.0.0.1:80, [::1] v1.2.3.4 1.2.3 10:00:00 std::x fe80::1ff\"}}",
        "extra.a", "\"from [ip]:80, [[ip]] v1.2.3.4 1.2.3 10:00:00 std::x [ip]\"",
        "addresses in text");
    becomes("{\"user\":{\"id\":\"1\",\"ip_address\":\"1.2.3.4\"}}", "user", "{\"id\":\"1\"}",
            "the user's");
    becomes(
        "{\"user\":{\"id\":\"1\"},\"request\":{\"env\":{\"REMOTE_ADDR\":\"1.2.3.4\",\"A\":\"b\"}}}",
        "request.env", "{\"A\":\"b\"}", "REMOTE_ADDR");
    conf = (struct scrub_conf){.enabled = true, .defaults = true};
}

static void alone(void)
{
    struct json *v = json_new_string(&test_arena, TEXT("x"));

    ok(scrub_value(v, TEXT("db.password"), &conf, &test_arena) && text_is(v->raw, "[Filtered]"),
       "one value under its key");
    is_text(scrub_text(TEXT("mail a@example.com"), &conf, &test_arena), "mail [email]", "one text");
    ok(!scrub_text(TEXT_NONE, &conf, &test_arena).at, "none");
}

int main(void)
{
    keys();
    values();
    spared();
    readable();
    cookies();
    settings();
    alone();
    arena_free(&test_arena);
    return done_testing();
}
