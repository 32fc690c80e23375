/* Names, ops and statuses of spans, from old and new conventions. */
#include "model/span_name.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;
static struct attr_list list;

static void begin(void)
{
    attr_list_init(&list, &arena, 16, 64);
}

static void str(const char *key, const char *value)
{
    attr_add_text(&list, key, text_of(value));
}

static void num(const char *key, int64_t value)
{
    struct attr *at = attr_add(&list, text_of(key));

    at->kind = ATTR_INT;
    at->integer = value;
}

static struct span made(uint8_t kind, uint8_t code)
{
    return (struct span){.kind = kind,
                         .code = code,
                         .flags = code == SPAN_FAILED ? SPAN_ERROR : 0,
                         .name = TEXT("name"),
                         .attrs = list.attrs};
}

static void test_ops(void)
{
    struct span s;

    begin();
    s = made(SPAN_INTERNAL, 0);
    is_text(span_op(&s), "default", "nothing known: default");
    str("http.method", "GET");
    s = made(SPAN_CLIENT, 0);
    is_text(span_op(&s), "http.client", "old HTTP method, client");
    s = made(SPAN_SERVER, 0);
    is_text(span_op(&s), "http.server", "server");
    begin();
    str("db.system.name", "mysql");
    s = made(SPAN_CLIENT, 0);
    is_text(span_op(&s), "db", "database");
    begin();
    str("messaging.system", "kafka");
    s = made(SPAN_PRODUCER, 0);
    is_text(span_op(&s), "message", "messaging");
    begin();
    str("rpc.service", "a.B");
    s = made(SPAN_CLIENT, 0);
    is_text(span_op(&s), "rpc", "rpc");
    s.op = TEXT("own");
    is_text(span_op(&s), "own", "Sentry's own op goes first");
}

static void test_descriptions(void)
{
    struct span s;

    begin();
    str("http.request.method", "GET");
    str("url.path", "/cart/7?x=1");
    s = made(SPAN_SERVER, 0);
    is_text(span_description(&s, &arena), "GET /cart/7", "server: path without query");
    str("http.route", "/cart/:id");
    s = made(SPAN_SERVER, 0);
    is_text(span_description(&s, &arena), "GET /cart/:id", "server: the route goes first");
    begin();
    str("http.request.method", "POST");
    str("url.full", "https://u:p@api.example/pay?card=1#x");
    s = made(SPAN_CLIENT, 0);
    is_text(span_description(&s, &arena), "POST https://api.example/pay",
            "client: no user, query, fragment");
    begin();
    str("db.system", "mysql");
    str("db.statement", "SELECT 1");
    s = made(SPAN_CLIENT, 0);
    is_text(span_description(&s, &arena), "SELECT 1", "database: the query");
    begin();
    s = made(0, 0);
    is_text(span_description(&s, &arena), "name", "else the name");
    s.name = TEXT_NONE;
    is_text(span_operation(&s), "(unnamed)", "or none");
}

static void test_statuses(void)
{
    struct span s;

    begin();
    num("http.status_code", 404);
    num("http.response.status_code", 503);
    s = made(SPAN_CLIENT, SPAN_FAILED);
    is_int(span_status_word(&s), STATUS_UNAVAILABLE, "8.42 the new name of two wins");
    s = made(SPAN_SERVER, SPAN_UNSET);
    is_int(span_status_word(&s), STATUS_OK, "unset: ok");
    begin();
    num("rpc.grpc.status_code", 4);
    s = made(SPAN_CLIENT, SPAN_FAILED);
    is_int(span_status_word(&s), STATUS_DEADLINE_EXCEEDED, "gRPC's number");
    begin();
    str("rpc.response.status_code", "PERMISSION_DENIED");
    s = made(SPAN_CLIENT, SPAN_FAILED);
    is_int(span_status_word(&s), STATUS_PERMISSION_DENIED, "gRPC's word");
    begin();
    s = made(0, SPAN_FAILED);
    is_int(span_status_word(&s), STATUS_UNKNOWN, "failed, no more is known");
    s.status = STATUS_NOT_FOUND;
    is_int(span_status_word(&s), STATUS_NOT_FOUND, "Sentry's own goes first");
}

static void test_names(void)
{
    static const struct {
        const char *in, *out;
    } names[] = {
        {"/user/123/cart", "/user/*/cart"},
        {"/user/8f14e45f-ceea-467f-ab0e-d3a1a2b3c4d5", "/user/*"},
        {"/a/deadbeefdeadbeefdeadbeefdeadbeef/", "/a/*/"},
        {"/day/2024-05-01", "/day/*"},
        {"/x/0x1f2e", "/x/*"},
        {"/api/v2/items", "/api/v2/items"},
        {"/a%20b/c", "/a%20b/c"},
        {"GET /user/42", "GET /user/*"},
        {"/", "/"},
        {"", ""},
        {"/img/photo-1234.png", "/img/*"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        is_text(span_name_sanitise(text_of(names[i].in), &arena), names[i].out, "'%s'",
                names[i].in);
    ok(span_name_is_raw(TEXT("url"), TEXT("x")) && span_name_is_raw(TEXT_NONE, TEXT("/x")) &&
           !span_name_is_raw(TEXT("route"), TEXT("/x")) &&
           !span_name_is_raw(TEXT_NONE, TEXT("GET /x")),
       "which names hold ids");
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    test_ops();
    test_descriptions();
    test_statuses();
    test_names();
    arena_free(&arena);
    return done_testing();
}
