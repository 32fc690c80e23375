/* model-search: the query language of issue lists, term by term, and what hostile text does to it.
 */
#include "model/search.h"

#include <math.h>

#include "proto/limits.h"
#include "t/lib/tap.h"

#define NOW 1772445600000LL /* 2026-03-02T10:00:00Z */

static struct arena arena;
static struct search got;
static struct text error;

static bool parse(const char *query)
{
    arena_reset(&arena);
    return search_parse(text_of(query), NOW, &arena, &got, &error);
}

static const struct search_term *only(const char *query)
{
    static const struct search_term nothing = {.key = (enum search_key) - 1};

    if (!parse(query) || got.count != 1) {
        note("%s: %u terms, %.*s", query, got.count, TEXT_ARG(error));
        return &nothing;
    }
    return &got.terms[0];
}

static void test_words(void)
{
    const struct search_term *t;

    ok(parse("") && got.count == 0, "no text, no terms");
    ok(parse("  \t\n ") && got.count == 0, "blanks, no terms");
    t = only("hello  world");
    is_int(t->key, SEARCH_MESSAGE, "free words are one message term");
    is_text(t->values[0].text, "hello world", "adjacent words are joined by one blank");
    ok(parse("a b level:error c") && got.count == 3, "a filter parts the free words");
    is_text(got.terms[2].values[0].text, "c", "the words behind it are a term of their own");
    t = only("\"boom \\\"x\\\"\"");
    is_text(t->values[0].text, "boom \"x\"", "13.16: escaped quotes in quoted free text");
    t = only("http://x/y");
    is_int(t->key, SEARCH_MESSAGE, "a URL alone is free text");
    t = only("foo()");
    is_text(t->values[0].text, "foo()", "a word may hold parentheses");
    t = only("\"never closed");
    is_text(t->values[0].text, "\"never closed", "an unbalanced quote among words is a character");
}

static void test_filters(void)
{
    const struct search_term *t = only("!environment:prod");

    ok(t->key == SEARCH_ENVIRONMENT && t->negated, "13.16: negation");
    t = only("level:[error, fatal]");
    ok(t->key == SEARCH_LEVEL && t->count == 2, "13.16: a list has its values");
    is_text(t->values[1].text, "fatal", "blanks in lists do not count");
    t = only("foo:[\"a, b\",c]");
    is_text(t->values[0].text, "a, b", "a quoted list value may hold a comma");
    t = only("has:user");
    ok(t->key == SEARCH_HAS && text_is(t->name, "user"), "13.16: presence");
    t = only("foo.bar:baz*");
    ok(t->key == SEARCH_TAG && text_is(t->name, "foo.bar") && t->values[0].wild,
       "13.18: a tag with a prefix pattern");
    t = only("tags[release]:x");
    ok(t->key == SEARCH_TAG && text_is(t->name, "release"), "tags[…] forces a tag");
    t = only("\"my key\":x");
    ok(t->key == SEARCH_TAG && text_is(t->name, "my key"), "a quoted key");
    t = only("url:http://x/y?a:b");
    is_text(t->values[0].text, "http://x/y?a:b", "colons in a value are characters");
    t = only("path:C:\\new\\*");
    ok(!t->values[0].wild && text_is(t->values[0].text, "C:\\new*"), "an escaped star is a star");
    t = only("user.id:9");
    ok(t->key == SEARCH_USER && text_is(t->values[0].text, "id:9"), "user.id is an identity");
    t = only("user.email:\"\"");
    ok(t->key == SEARCH_USER && text_empty(t->values[0].text),
       "an empty quoted value is kept empty");
    t = only("error.handled:true");
    ok(t->key == SEARCH_UNHANDLED && !t->flag, "handled is unhandled turned round");
    t = only("culprit:pay(app/cart)");
    is_text(t->values[0].text, "pay(app/cart)", "a value may hold parentheses");
    t = only("is:archived");
    ok(t->key == SEARCH_IS && t->word == SEARCH_IS_IGNORED, "archived is ignored");
    t = only("is:regressed");
    ok(t->word == SEARCH_IS_SUBSTATUS && text_is(t->name, "regressed"), "substatus");
    t = only("Level:error");
    ok(t->key == SEARCH_TAG, "keys are case-sensitive");
    ok(parse("!environment:prod has:user level:[error,fatal] \"boom \\\"x\\\"\"") && got.count == 4,
       "13.16: all of it together");
}

static void test_numbers_and_dates(void)
{
    const struct search_term *t = only("timesSeen:>1.5k");

    ok(t->key == SEARCH_TIMES_SEEN && t->op == SEARCH_GT && t->number == 1500, "number with k");
    t = only("timesSeen:!=3");
    ok(t->op == SEARCH_EQ && t->negated, "!= is a negated equality");
    t = only("age:-24h");
    ok(t->key == SEARCH_FIRST_SEEN && t->from_ms == NOW - 86400000 && t->to_ms == INT64_MAX,
       "13.17: age:-24h is later than a day ago");
    t = only("age:+24h");
    ok(t->to_ms == NOW - 86400000 && t->from_ms == INT64_MIN, "age:+24h is before a day ago");
    t = only("firstSeen:2026-03-01");
    ok(t->from_ms == 1772323200000LL && t->to_ms == t->from_ms + 86400000,
       "a bare date is its day");
    t = only("lastSeen:>=2026-03-01T10:00:00+01:00");
    is_int(t->from_ms, 1772355600000LL, "a zone is honoured");
    t = only("lastSeen:<2026-03-01T10:00:00.250Z");
    is_int(t->to_ms, 1772359200250LL, "so are milliseconds");
    t = only("timestamp:2026-03-01T10:00:00");
    ok(t->to_ms - t->from_ms == 600000, "a bare time is ten minutes around it");
}

static void test_refusals(void)
{
    static const struct {
        const char *query, *says;
    } CASES[] = {
        {"is:banana", "Invalid value for \"is\" search, valid values are ["},
        {"a OR b", "Boolean statements"},
        {"a and b", "Boolean statements"},
        {"(a b)", "Parentheses"},
        {"timesSeen:abc", "Invalid number: abc"},
        {"timesSeen:0x10", "Invalid number"},
        {"timesSeen:inf", "Invalid number"},
        {"age:yesterday", "Invalid date: yesterday"},
        {"age:-3y", "Invalid date"},
        {"age:2026-13-01", "Invalid date"},
        {"error.unhandled:maybe", "Invalid boolean: maybe"},
        {"foo:\"bar", "a value opens with a quote"},
        {"foo:[a,]", "Lists should not have empty values"},
        {"foo:[a", "a list opens"},
        {"foo:[]", "Lists should not have empty values"},
        {"assigned:", "Empty string after 'assigned:'"},
        {"count():>5", "Aggregate filters"},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ok(!parse(CASES[i].query) && text_starts(error, CASES[i].says), "refused: %s (%.*s)",
           CASES[i].query, TEXT_ARG(error));
    ok(parse("assigned:\"\"") && got.count == 1, "an empty value is allowed as \"\"");
}

static void test_bounds(void)
{
    static char big[SEARCH_QUERY_MAX * 2];
    size_t n = 0;

    for (int i = 0; i < SEARCH_TERMS_MAX + 1; i++)
        n += (size_t)sprintf(big + n, "a:%d ", i);
    ok(!parse(big), "too many terms are refused");
    memset(big, 'x', sizeof big - 1);
    ok(!parse(big), "a query too long is refused");
    strcpy(big, "a:[");
    for (int i = 0; i < SEARCH_VALUES_MAX + 1; i++)
        strcat(big, "x,");
    strcat(big, "y]");
    ok(!parse(big), "a list too long is refused");
}

static bool glob(const char *pattern, const char *value)
{
    return search_glob(text_of(pattern), text_of(value));
}

static void test_patterns(void)
{
    static char pattern[200], value[4000];

    ok(glob("*foo*", "a FOO b"), "within, any case");
    ok(glob("foo*", "foo") && !glob("foo*", "xfoo"), "prefix, anchored");
    ok(glob("*.js", "a.js.js") && !glob("*.js", "a.jsx"), "suffix, anchored");
    ok(glob("a*b*c", "a1b2b3c") && !glob("a*b*c", "a1b2"), "several stars");
    ok(glob("\\**", "*x") && !glob("\\**", "x"), "an escaped star is literal");
    ok(glob("*", "") && glob("", "") && !glob("", "x"), "nothing");
    for (int i = 0; i < 90; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    strcpy(pattern + 180, "*b");
    memset(value, 'a', sizeof value - 1);
    ok(!glob(pattern, value), "90 stars over 4,000 bytes end at once");
    is_text(search_like(text_of("50%*_\\*\\"), &arena), "50\\%%\\_*\\\\",
            "LIKE pattern is escaped");
    is_text(search_like_within(text_of("a*%"), &arena), "%a*\\%%", "substring pattern is escaped");
}

static void test_event(void)
{
    struct record_tag tags[] = {{TEXT("color"), TEXT("Blue")}, {TEXT("url"), TEXT("http://x")}};
    struct record_event e = {.level = 3,
                             .type = 1,
                             .title = TEXT("TypeError: x is undefined"),
                             .culprit = TEXT("pay(app/cart)"),
                             .platform = TEXT("javascript"),
                             .metadata = TEXT("{\"type\":\"TypeError\",\"function\":\"pay\"}"),
                             .release = TEXT("shop@1.0"),
                             .user = TEXT("id:9"),
                             .timestamp_ms = NOW,
                             .tags = tags,
                             .tag_count = 2};
    static const struct {
        const char *query;
        bool holds;
    } CASES[] = {
        {"undefined", true},
        {"UNDEFINED", true},
        {"nowhere", false},
        {"color:Blue", true},
        {"color:blue", false},
        {"color:b*", true},
        {"!color:Blue", false},
        {"size:1", false},
        {"!size:1", true},
        {"size:\"\"", true},
        {"has:url", true},
        {"!has:url", false},
        {"level:[error,fatal]", true},
        {"!level:error", false},
        {"user.id:9", true},
        {"error.type:TypeError", true},
        {"stack.function:p*", true},
        {"release:shop@*", true},
        {"timestamp:-1h", true},
        {"timestamp:+1h", false},
        {"is:resolved", true},
        {"!is:resolved", true},
        {"id:00000000000000000000000000000000", true},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        ok(parse(CASES[i].query) && search_event(&got, &e, &arena) == CASES[i].holds, "%s %s",
           CASES[i].query, CASES[i].holds ? "holds" : "does not hold");
    }
}

/* Any bytes: no crash, and texts stay inside what was given (run under ASan by `make fuzz` too). */
static void test_hostile(void)
{
    static const char ALPHABET[] = "a:\"[]*\\!(),. \t<>=-+k0z9tagshis\xff\xc3";
    unsigned seed = 7;
    char query[64];
    int parsed = 0;

    for (int round = 0; round < 20000; round++) {
        size_t len = (seed = seed * 1103515245 + 12345) >> 16 & 63;

        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245 + 12345;
            query[i] = ALPHABET[(seed >> 16) % (sizeof ALPHABET - 1)];
        }
        arena_reset(&arena);
        parsed += search_parse((struct text){query, len}, NOW, &arena, &got, &error);
        if (!error.at != !(error.len == 0))
            break;
    }
    ok(parsed > 0 && parsed < 20000, "20,000 random queries: %d are queries, the rest is refused",
       parsed);
}

int main(void)
{
    arena_init(&arena, 8 << 20);
    test_words();
    test_filters();
    test_numbers_and_dates();
    test_refusals();
    test_bounds();
    test_patterns();
    test_event();
    test_hostile();
    arena_free(&arena);
    return done_testing();
}
