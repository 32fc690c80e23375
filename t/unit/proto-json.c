/* JSON: what is read, what is refused, what is mended, what is written again. */
#include "proto/json.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;

static struct json *read_text(struct text t)
{
    struct json *v = NULL;

    return json_read(t, &arena, &v, NULL) == JSON_OK ? v : NULL;
}

static const char *rewritten(struct text t)
{
    struct json *v = read_text(t);
    struct buf b;
    struct text out;

    if (!v)
        return "(refused)";
    buf_init(&b, &arena, 16, MIB);
    json_write(&b, v);
    out = buf_result(&b);
    return arena_dup(&arena, out.at, out.len);
}

#define writes(in, want, name) is_str(rewritten(TEXT(in)), want, name)
#define refuses(in, name) ok(!read_text(TEXT(in)), name)

static void valid(void)
{
    writes(" {\"a\" : [1, -2.5e+3 , true,false,null,\"x\"] , \"b\":{}}\n",
           "{\"a\":[1,-2.5e+3,true,false,null,\"x\"],\"b\":{}}", "blanks leave, the rest stays");
    writes("\xef\xbb\xbf{}", "{}", "a byte order mark is skipped");
    writes("[]", "[]", "empty array");
    writes("[[],[{}],{\"\":[]}]", "[[],[{}],{\"\":[]}]", "nested empties");
    writes("0", "0", "a number alone");
    writes("\"\\u00e9\\n\\/\\ud83d\\ude00\"", "\"\\u00e9\\n\\/\\ud83d\\ude00\"",
           "clean escapes are copied as they are");
    writes("[NaN,Infinity,-Infinity]", "[null,null,null]", "NaN and Infinity read as null");
    writes("{\"a\\n\\u0041\":1}", "{\"a\\nA\":1}", "escaped keys");
}

static void mended(void)
{
    writes("\"a\\u0000b\"", "\"ab\"", "\\u0000 leaves");
    writes("\"a\\ud800b\"",
           "\"a\xef\xbf\xbd"
           "b\"",
           "a lone high surrogate becomes U+FFFD");
    writes("\"\\udc00\\ud800\\u0041\"",
           "\"\xef\xbf\xbd\xef\xbf\xbd"
           "A\"",
           "a lone low one, too");
    writes("\"a\xff\xc3(\"", "\"a\xef\xbf\xbd\xef\xbf\xbd(\"", "bytes that are no UTF-8");
    writes("\"a\nb\tc\x01\"", "\"a\\nb\\tc\\u0001\"", "raw control bytes are escaped");
    writes("\"\xe4\xb8\xad\xe6\x96\x87\"", "\"\xe4\xb8\xad\xe6\x96\x87\"", "UTF-8 stays");
    writes("\"\xed\xa0\x80\"", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
           "UTF-8 encoded surrogates");
    writes("{\"\xff\":\"\\\"\"}", "{\"\xef\xbf\xbd\":\"\\\"\"}", "keys are mended as well");
}

static void refused(void)
{
    refuses("", "nothing");
    refuses("  \n", "only blanks");
    refuses("{", "open object");
    refuses("[1", "open array");
    refuses("[1,]", "comma before the end");
    refuses("[,1]", "comma first");
    refuses("[1 2]", "no comma");
    refuses("[1]]", "a bracket too many");
    refuses("[1}", "wrong bracket");
    refuses("{\"a\"}", "key without value");
    refuses("{\"a\":}", "colon without value");
    refuses("{\"a\":1,}", "comma at the end of an object");
    refuses("{a:1}", "bare key");
    refuses("{1:1}", "number as key");
    refuses("{\"a\":1 \"b\":2}", "members without comma");
    refuses("01", "leading zero");
    refuses("1.", "no digits behind the point");
    refuses(".5", "no digits before the point");
    refuses("1e", "no exponent");
    refuses("+1", "plus");
    refuses("-", "minus alone");
    refuses("tru", "half a word");
    refuses("truex", "more than a word");
    refuses("\"abc", "open string");
    refuses("\"a\\x\"", "unknown escape");
    refuses("\"\\u12g4\"", "bad hex");
    refuses("\"\\u12", "cut hex");
    refuses("\"\\", "cut escape");
    refuses("{} x", "garbage behind");
    refuses("'a'", "single quotes");
    ok(!read_text((struct text){"[1]\0", 4}), "a NUL byte behind");
    ok(!read_text((struct text){"[\0"
                                "1]",
                                4}),
       "a NUL byte inside");
}

static void faults(void)
{
    struct json *v;
    size_t at = 99;

    is_int(json_read(TEXT("{\"a\":tru}"), &arena, &v, &at), JSON_BAD, "a fault is JSON_BAD");
    is_int(at, 5, "... and its place is told");
    is_int(json_read(TEXT(" "), &arena, &v, &at), JSON_EMPTY, "blanks are JSON_EMPTY");
}

static struct text repeated(const char *open, int times, const char *core, const char *close)
{
    struct buf b;

    buf_init(&b, &arena, 1024, 16 * MIB);
    for (int i = 0; i < times; i++)
        buf_str(&b, open);
    buf_str(&b, core);
    for (int i = 0; i < times; i++)
        buf_str(&b, close);
    return buf_result(&b);
}

static void bounds(void)
{
    struct json *v, *deep;
    int depth = 0;
    struct arena small;

    v = read_text(repeated("{\"a\":[", 100, "\"]}\"", "]}"));
    for (deep = v; deep && deep->child; deep = deep->child)
        depth++;
    is_int(depth, JSON_DEPTH_MAX, "§10.49 200-deep nesting is cut at the limit");
    is_int(deep->kind, JSON_NULL, "... to null");
    ok(read_text(repeated("[", 500000, "", "]")), "half a million brackets take linear time");
    ok(!read_text(repeated("[", 300, "", "")), "too deep and never closed is still refused");
    is_int(json_read(repeated("", JSON_TOKENS_MAX + 5, "[", ""), &arena, &v, NULL), JSON_BAD,
           "an open bracket");
    is_int(json_read(repeated("[1,", 1, "1", repeated(",1", JSON_TOKENS_MAX, "", "]").at), &arena,
                     &v, NULL),
           JSON_TOO_MANY, "too many values");
    arena_init(&small, 4096);
    is_int(json_read(TEXT("[[[1]]]"), &small, &v, NULL), JSON_SPENT, "a spent arena is told");
    arena_free(&small);
}

static void asking(void)
{
    struct json *v =
        read_text(TEXT("{\"a\":1,\"s\":\"x\\ty\",\"a\":2,\"t\":true,\"f\":12.0,\"q\":\"12\","
                       "\"n\":-9223372036854775808,\"big\":9223372036854775808,"
                       "\"h\":1.5,\"o\":{\"k\":[1,\"2\"]},\"e\":\"\"}"));
    int64_t n = 0;
    double d = 0;
    bool yes = false;

    ok(json_int64(json_get(v, "a"), &n) && n == 2, "of duplicate keys the last wins");
    is_text(json_string(json_get(v, "s"), &arena), "x\ty", "strings are decoded");
    ok(!json_string(json_get(v, "a"), &arena).at, "a number is no string");
    ok(json_string(json_get(v, "e"), &arena).at, "an empty string is there");
    ok(json_int64(json_get(v, "f"), &n) && n == 12, "integral float");
    ok(json_int64(json_get(v, "q"), &n) && n == 12, "digits in a string");
    ok(json_int64(json_get(v, "n"), &n) && n == INT64_MIN, "the smallest integer");
    ok(!json_int64(json_get(v, "big"), &n), "2^63 does not fit");
    ok(json_double(json_get(v, "big"), &d) && d == 0x1p63, "... but it is a double");
    is_text(json_as_text(json_get(v, "big"), &arena), "9223372036854775808", "... and digits");
    ok(!json_int64(json_get(v, "h"), &n), "a fraction is no integer");
    ok(json_boolean(json_get(v, "t"), &yes) && yes, "true");
    ok(!json_boolean(json_get(v, "s"), &yes), "text is no boolean");
    is_text(json_as_text(json_get(v, "o"), &arena), "{\"k\":[1,\"2\"]}", "objects as text");
    ok(!json_get(NULL, "x") && !json_get(json_get(v, "a"), "x"), "asking nothing is safe");
}

static const char *written(const struct json *v)
{
    struct buf b;

    buf_init(&b, &arena, 16, MIB);
    json_write(&b, v);
    return arena_dup(&arena, buf_result(&b).at, buf_result(&b).len);
}

static void changing(void)
{
    struct json *v = read_text(TEXT("{\"a\":1,\"b\":2,\"a\":3,\"c\":4}")), *taken;

    json_set(&arena, v, "a", json_new_string(&arena, TEXT("x\"\n\xe9")));
    is_str(written(v), "{\"a\":1,\"b\":2,\"a\":\"x\\\"\\n\xef\xbf\xbd\",\"c\":4}",
           "json_set replaces the one that counts");
    taken = json_take(v, "a");
    is_text(json_string(taken, &arena), "x\"\n\xef\xbf\xbd",
            "json_take gives the one that counted");
    is_str(written(v), "{\"b\":2,\"c\":4}", "... and removes all of that name");
    json_take(v, "c");
    json_set(&arena, v, "d", json_new_int(&arena, -7));
    is_str(written(v), "{\"b\":2,\"d\":-7}", "adding behind a removed last member");
    is_int(v->count, 2, "the count follows");
    json_to_null(json_get(v, "b"));
    is_str(written(v), "{\"b\":null,\"d\":-7}", "json_to_null keeps key and place");
    ok(!json_take(v, "zz"), "taking what is not there");
}

int main(void)
{
    arena_init(&arena, 512 * MIB);
    valid();
    mended();
    refused();
    faults();
    bounds();
    asking();
    changing();
    arena_free(&arena);
    return done_testing();
}
