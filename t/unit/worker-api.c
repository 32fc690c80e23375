/* worker-api: the small pure parts of the management API: scopes and roles, short ids, cursors and time
 * ranges, decoding of paths. The endpoints themselves are tested over HTTP (t/41-api-*.t). */
#include "t/lib/tap.h"
#include "worker/api_caller.h"
#include "worker/api_page.h"
#include "worker/api_scope.h"
#include "worker/issue_view.h"

#define NOW 1772445600000LL /* 2026-03-02T10:00:00Z */

static struct arena arena;

static struct api_call *call(const char *query)
{
    static struct api_call c;
    static struct api_param params[8];
    struct text q = text_of(query);

    arena_reset(&arena);
    c = (struct api_call){.arena = &arena, .now_ms = NOW, .params = params};
    c.req.base_url = TEXT("https://quern.test");
    c.req.path = TEXT("/api/0/x/");
    c.req.query = q;
    while (q.len) {
        size_t amp = text_find_byte(q, '&');
        struct text one = text_cut(q, 0, amp);
        size_t equals = text_find_byte(one, '=');

        params[c.param_count++] = (struct api_param){
            api_decode(&arena, text_cut(one, 0, equals), true),
            api_decode(&arena, text_cut(one, equals + 1, one.len), true),
        };
        q = text_cut(q, amp + 1, q.len);
    }
    return &c;
}

static void test_scopes(void)
{
    scope_set s = scope_set_of(TEXT("event:admin nonsense org:read"));

    ok(s == (SCOPE(EVENT_ADMIN) | SCOPE(EVENT_WRITE) | SCOPE(EVENT_READ) | SCOPE(ORG_READ)),
       "admin implies write implies read; what is unknown is passed over");
    for (int i = 0; i < SCOPES; i++)
        if (scope_of(text_of(scope_word((enum api_scope)i))) != (enum api_scope)i)
            ok(false, "scope %d and its word", i);
    ok(scope_of_role(TEXT("owner")) == SCOPES_ALL, "owners may everything");
    ok(!(scope_of_role(TEXT("viewer")) &
         (SCOPE(EVENT_WRITE) | SCOPE(PROJECT_WRITE) | SCOPE(ORG_WRITE) | SCOPE(MEMBER_INVITE) |
          SCOPE(TEAM_WRITE) | SCOPE(ALERTS_WRITE) | SCOPE(PROJECT_RELEASES))),
       "viewers may write nothing");
    ok(!(scope_of_role(TEXT("member")) & (SCOPE(PROJECT_WRITE) | SCOPE(MEMBER_INVITE))),
       "members neither change projects nor invite");
    is_int(scope_of_role(TEXT("king")), 0, "an unknown role may nothing");
    static const char *const LADDER[] = {"viewer", "member", "admin", "manager", "owner"};

    for (int i = 0; i + 1 < 5; i++)
        ok(!(scope_of_role(text_of(LADDER[i])) & ~scope_of_role(text_of(LADDER[i + 1]))),
           "%s may no more than %s", LADDER[i], LADDER[i + 1]);
}

static void test_short_ids(void)
{
    static const struct {
        const char *name, *slug;
        int64_t number;
    } GOOD[] = {{"SHOP-1A", "SHOP", 42},
                {"shop-1a", "shop", 42},
                {"my-shop-Z", "my-shop", 31},
                {"a-10", "a", 32},
                {"x-oil", "x", 0 * 1024 + 1 * 32 + 1}};
    static const char *const BAD[] = {"SHOP", "-1", "SHOP-", "SHOP-U", "SHOP-1_", "x-1234567890ABC",
                                      ""};
    struct text slug;
    int64_t number;

    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        ok(issue_short_parse(text_of(GOOD[i].name), &slug, &number) && number == GOOD[i].number,
           "%s is number %lld", GOOD[i].name, (long long)GOOD[i].number);
        is_text(slug, GOOD[i].slug, "of %s", GOOD[i].slug);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        ok(!issue_short_parse(text_of(BAD[i]), &slug, &number), "'%s' is none", BAD[i]);
}

static void test_decode(void)
{
    is_text(api_decode(&arena, TEXT("a%20b+c"), true), "a b c", "query: plus is a blank");
    is_text(api_decode(&arena, TEXT("a%20b+c"), false), "a b+c", "path: plus is a plus");
    is_text(api_decode(&arena, TEXT("%"), true), "%", "a lone per cent");
    is_text(api_decode(&arena, TEXT("%4"), true), "%4", "half an escape");
    is_text(api_decode(&arena, TEXT("%zz%41"), true), "%zzA", "a wrong one");
    is_int(api_decode(&arena, TEXT("a%00b"), true).len, 3, "a zero byte is a byte");
    is_text(caller_cookie(TEXT("a=b; quern_session=x1; c=d"), "quern_session"), "x1", "a cookie");
    ok(!caller_cookie(TEXT("xquern_session=x1"), "quern_session").at, "no cookie of that name");
}

static void test_pages(void)
{
    static const char *const BAD[] = {"cursor=x",       "cursor=1:2",
                                      "cursor=1:2:3",   "cursor=1:-2:0",
                                      "cursor=1:2:0:0", "cursor=9999999999999999999:0:0",
                                      "cursor=::",      "per_page=0",
                                      "per_page=101",   "per_page=x"};
    struct api_page p;
    struct api_call *c = call("per_page=50&cursor=1750000000000:42:1&query=a+b");

    ok(page_read(c, &p) && p.value == 1750000000000 && p.offset == 42 && p.prev && p.limit == 50,
       "a cursor is read");
    page_link(c, &p, 50, true, (struct api_page_key){9, 1}, (struct api_page_key){5, 2});
    is_text(c->headers[0].value,
            "<https://quern.test/api/0/x/?per_page=50&query=a+b&cursor=9:1:1>; rel=\"previous\"; "
            "results=\"true\"; cursor=\"9:1:1\", "
            "<https://quern.test/api/0/x/?per_page=50&query=a+b&cursor=5:2:0>; rel=\"next\"; "
            "results=\"true\"; cursor=\"5:2:0\"",
            "and a Link written, with the other parameters kept");
    c = call("cursor=0:100:0");
    ok(page_read(c, &p) && p.offset == 100, "an offset cursor");
    page_link_offset(c, &p, false);
    ok(text_find(c->headers[0].value,
                 TEXT("rel=\"previous\"; results=\"true\"; cursor=\"0:0:1\"")) <
           c->headers[0].value.len,
       "leads back to the first page");
    c = call("cursor=&per_page=100");
    ok(page_read(c, &p) && !p.given, "an empty cursor is none");
    ok(page_read(call("cursor=1750000000000.0:1:0"), &p),
       "a cursor with a float, as Sentry writes some");
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        c = call(BAD[i]);
        ok(!page_read(c, &p) && c->status == 400, "%s is refused", BAD[i]);
    }
    ok(page_read_clamped(call("limit=10000"), &p) && p.limit == 100, "a limit is cut");
    ok(!page_read_clamped(call("limit=-1"), &p), "a negative one refused");
}

static void test_ranges(void)
{
    static const char *const BAD[] = {"statsPeriod=9x", "start=2026-03-01",
                                      "end=2026-03-01", "start=2026-03-02&end=2026-03-01",
                                      "start=x&end=y",  "statsPeriodStart=1h&statsPeriodEnd=2h"};
    struct api_range r;

    ok(range_read(call(""), 3600000, &r) && !r.given && r.from_ms == NOW - 3600000, "the default");
    ok(range_read(call("statsPeriod=14d"), 0, &r) && r.given && r.from_ms == NOW - 14 * 86400000LL,
       "a period");
    ok(range_read(call("start=2026-03-01T00:00:00&end=2026-03-02T00:00:00Z"), 0, &r) &&
           r.from_ms == 1772323200000 && r.to_ms == 1772409600000,
       "start and end, with and without a zone");
    ok(range_read(call("start=1772323200&end=1772409600"), 0, &r) && r.from_ms == 1772323200000,
       "in seconds");
    ok(range_read(call("statsPeriodStart=2d&statsPeriodEnd=1d"), 0, &r) &&
           r.from_ms == NOW - 2 * 86400000LL && r.to_ms == NOW + 1 - 86400000,
       "from then to then");
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct api_call *c = call(BAD[i]);

        ok(!range_read(c, 0, &r) && c->status == 400, "%s is refused", BAD[i]);
    }
}

int main(void)
{
    arena_init(&arena, 4 << 20);
    test_scopes();
    test_short_ids();
    test_decode();
    test_pages();
    test_ranges();
    arena_free(&arena);
    return done_testing();
}
