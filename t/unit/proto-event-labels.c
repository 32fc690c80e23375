/* What an event is filed under: ids, levels, tags, names, times, messages. */
#include "t/lib/event.h"

#include "proto/hex.h"

static void documents(void)
{
    struct event e;

    is_int(take_text(TEXT(""), &e), EVENT_NOT_JSON, "nothing is no event");
    is_int(take_text(TEXT("{\"a\":"), &e), EVENT_NOT_JSON, "half of one neither");
    is_int(take_text(TEXT("[]"), &e), EVENT_NOT_OBJECT, "a list is no event");
    is_int(take_text(TEXT("null"), &e), EVENT_NOT_OBJECT, "null is none");
    is_int(take_text(TEXT("{}"), &e), EVENT_OK, "an empty object is one");
    is_str(json_at(&e, ""),
           "{\"platform\":\"other\",\"type\":\"default\",\"level\":\"error\","
           "\"timestamp\":\"2026-03-01T10:00:00Z\",\"received\":\"2026-03-01T10:00:00Z\"}",
           "... with everything a reader needs filled in");
    is_int(take_text(TEXT("\xef\xbb\xbf{\"level\":\"info\"}"), &e), EVENT_OK, "a BOM is skipped");
    at_is("{\"foo\":1,\"errors\":\"x\"}", "foo", "absent",
          "§10.53 unknown top-level key is dropped");
    ok(has_note(take("{\"foo\":1}"), "invalid_attribute", "foo"), "§10.53 ... and noted");
    at_is("{\"_meta\":[1,{\"x\":7}]}", "_meta", "absent", "§10.53 _meta garbage is ignored");
    ok(!json_get(take("{\"_meta\":7}")->root, "errors"), "§10.53 ... without a note");
    at_is("{\"foo\":1,\"errors\":[{\"type\":\"mine\",\"name\":\"a\"}]}", "errors.0.type",
          "\"mine\"", "the client's own errors stay");
    at_is("{\"foo\":1,\"errors\":[{\"type\":\"mine\",\"name\":\"a\"}]}", "errors.1.type",
          "\"invalid_attribute\"", "... and ours follow");
    at_is(
        "{\"user\":{\"id\":1,\"id\":2},\"user\":{\"id\":3,\"id\":4}}", "",
        "{\"user\":{\"id\":\"4\"},\"platform\":\"other\",\"type\":\"default\",\"level\":\"error\","
        "\"timestamp\":\"2026-03-01T10:00:00Z\",\"received\":\"2026-03-01T10:00:00Z\"}",
        "of duplicate keys only the last is kept");
    at_is("{\"release\":\"1\",\"release\":null}", "release", "absent", "... even a null");
    at_is("{\"sentry.interfaces.User\":{\"id\":\"7\"}}", "user.id", "\"7\"", "legacy names");
}

static void ids(void)
{
    struct event e;
    char hex[32];

    take("{\"event_id\":\"D1F4A672-0B9E-4C53-876A-2BE0591FC38D\"}");
    at_is("{\"event_id\":\"D1F4A672-0B9E-4C53-876A-2BE0591FC38D\"}", "event_id",
          "\"d1f4a6720b9e4c53876a2be0591fc38d\"", "dashed upper case becomes 32 lower-case digits");
    ok(!take("{\"event_id\":\"zz\"}")->has_id, "a malformed id is none");
    at_is("{\"event_id\":\"zz\"}", "event_id", "absent", "... and leaves");
    test_context.strict_id = true;
    is_int(take_text(TEXT("{\"event_id\":\"zz\"}"), &e), EVENT_BAD_ID,
           "§10.35 the store endpoint refuses a bad event_id");
    is_int(take_text(TEXT("{\"event_id\":7}"), &e), EVENT_BAD_ID, "§10.35 ... and a number");
    is_int(take_text(TEXT("{\"event_id\":\"\"}"), &e), EVENT_OK, "... but an empty one is none");
    is_int(take_text(TEXT("{}"), &e), EVENT_OK, "... and none is fine");
    test_context.strict_id = false;
    test_context.envelope_event_id = TEXT("00000000-0000-0000-0000-0000000000AB");
    at_is("{\"event_id\":\"d1f4a6720b9e4c53876a2be0591fc38d\"}", "event_id",
          "\"000000000000000000000000000000ab\"", "§10.16 the envelope's id wins");
    ok(take("{\"tags\":[],\"extra\":[],\"user\":[],\"contexts\":[],\"modules\":[]}")->has_id,
       "§10.55 PHP: the id is in the header only");
    ok(!json_get(
           take("{\"tags\":[],\"extra\":[],\"user\":[],\"contexts\":[],\"modules\":[]}")->root,
           "errors"),
       "§10.55 PHP: [] stands for an empty map, without a note");
    test_context.envelope_event_id = TEXT_NONE;
    take_text(TEXT("{}"), &e);
    event_set_id(&e, &test_arena, (const uint8_t[16]){0xab});
    hex_write(e.id, 16, hex);
    ok(e.has_id && memcmp(hex, "ab000000000000000000000000000000", 32) == 0 &&
           strcmp(json_at(&e, "event_id"), "\"ab000000000000000000000000000000\"") == 0,
       "event_set_id gives one, in struct and tree");
}

static void levels(void)
{
    at_is("{\"level\":40}", "level", "\"error\"", "§10.43 level 40");
    at_is("{\"level\":\"critical\"}", "level", "\"fatal\"", "§10.43 critical");
    at_is("{\"level\":\"log\"}", "level", "\"info\"", "§10.43 log");
    at_is("{\"level\":\"warn\"}", "level", "\"warning\"", "§10.43 warn");
    at_is("{\"level\":\"foobar\"}", "level", "\"error\"", "§10.43 foobar");
    ok(has_note(take("{\"level\":\"foobar\"}"), "invalid_data", "level"), "§10.43 ... is noted");
    at_is("{\"level\":null}", "level", "\"error\"", "§10.43 null");
    is_int(take("{\"level\":\"fatal\"}")->level, LEVEL_FATAL, "the struct has it");
    at_is("{\"type\":\"transaction\"}", "level", "\"info\"", "transactions default to info");
    is_int(take("{\"type\":\"transaction\"}")->type, EVENT_TRANSACTION,
           "§10.35 type transaction is believed");
    is_int(take("{\"type\":\"event\",\"exception\":{\"type\":\"X\"}}")->type, EVENT_ERROR,
           "Ruby's type \"event\" is not");
    at_is("{\"platform\":\"cobol\"}", "platform", "\"other\"", "an unknown platform is other");
    is_text(take("{\"platform\":\"ruby\"}")->platform, "ruby", "a known one stays");
}

static void tags(void)
{
    const char *mixed = "{\"tags\":{\"a\":true,\"b\":1.9,\"c\":null,\"d\":{\"x\":1},\"e f\":\"v\","
                        "\"g\":\"x\\ny\"}}";
    const struct event *e = take(mixed);

    is_str(json_at(e, "tags"), "[[\"a\",\"True\"],[\"b\",\"1\"],[\"e-f\",\"v\"]]",
           "§10.39 tag values become text, what cannot leaves");
    ok(has_note(e, "invalid_data", "tags.d") && has_note(e, "invalid_data", "tags.g"),
       "§10.39 ... with notes");
    at_is("{\"tags\":[[\"a\",\"1\"],[\"b\"],null,[\"a\",\"2\"],[\"c\",3]]}", "tags",
          "[[\"a\",\"1\"],[\"c\",\"3\"]]", "§10.39 pairs: the first of a repeated key wins");
    at_is("{\"tags\":\"x\"}", "tags", "absent", "§10.39 a string is no tags");
    e = take(printed("{\"tags\":{\"%s\":\"v\"}}", many('k', 33)));
    ok(strcmp(tag_of(e, many('k', 33)), "v") == 0, "§10.39 a key of 33 characters stays");
    e = take(printed("{\"tags\":{\"%s\":\"v\"}}", many('k', 201)));
    ok(strcmp(tag_of(e, many('k', 200)), "v") == 0, "§10.39 one of 201 is cut at 200");
    e = take(printed("{\"tags\":{\"k\":\"%s\"}}", many('v', 201)));
    ok(strcmp(tag_of(e, "k"), many('v', 200)) == 0, "§10.39 so is a value");
    at_is("{\"tags\":{\"b c?\":\"v\",\"\":\"v\",\"x\":\" \"}}", "tags", "absent",
          "keys with other characters, no key, no value");
    at_is("{\"tags\":{\"environment\":\"dev\"}}", "environment", "\"dev\"",
          "§10.40 tag environment is promoted");
    at_is("{\"tags\":{\"environment\":\"dev\"}}", "tags", "absent",
          "§10.40 ... and leaves the tags");
    at_is("{\"tags\":{\"environment\":\"dev\"},\"environment\":\"prod\"}", "environment",
          "\"prod\"", "§10.40 the attribute wins");
    at_is("{\"tags\":{\"release\":\"1\",\"user\":\"x\",\"dist\":\"y\",\"sentry:foo\":\"z\"}}",
          "tags", "absent", "§10.40 tag release and other reserved ones are removed");
    at_is("{\"server_name\":\"app-7\",\"site\":\"here\"}", "tags",
          "[[\"server_name\",\"app-7\"],[\"site\",\"here\"]]", "server_name and site become tags");
    at_is("{\"server_name\":\"app-7\"}", "server_name", "absent", "... and leave the top level");
    is_text(take("{\"server_name\":\"app-7\"}")->server_name, "app-7", "... but the struct knows");
}

static void derived(void)
{
    const struct event *e = take(
        "{\"tags\":{\"level\":\"mine\",\"url\":\"mine\"},\"level\":\"fatal\",\"logger\":\"shop\","
        "\"environment\":\"prod\",\"transaction\":\"/a\",\"release\":\"1.0\",\"dist\":\"7\","
        "\"user\":{\"id\":9},\"request\":{\"url\":\"http://h/x\"},\"exception\":[{\"type\":\"A\","
        "\"mechanism\":{\"type\":\"x\",\"handled\":true}},{\"type\":\"B\",\"mechanism\":{\"type\":"
        "\"m\","
        "\"handled\":false}}],\"contexts\":{\"os\":{\"name\":\"Linux\",\"version\":\"6.1\","
        "\"rooted\":false},\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11\"},\"my_device\":"
        "{\"type\":\"device\",\"model\":\"iPad\",\"family\":\"iPad\"},\"gpu\":{\"name\":\"G\","
        "\"vendor_name\":\"V\"},\"app\":{\"device_app_hash\":\"h\"}}}");

    is_str(tag_of(e, "level"), "fatal", "derived level replaces the client's");
    is_str(tag_of(e, "url"), "mine", "derived url does not");
    is_str(tag_of(e, "logger"), "shop", "logger");
    is_str(tag_of(e, "environment"), "prod", "environment");
    is_str(tag_of(e, "transaction"), "/a", "transaction");
    is_str(tag_of(e, "release"), "1.0", "release");
    is_str(tag_of(e, "dist"), "7", "dist");
    is_str(tag_of(e, "user"), "id:9", "user");
    is_str(tag_of(e, "mechanism"), "m", "mechanism of the main exception");
    is_str(tag_of(e, "handled"), "no", "handled is no if any is");
    is_str(tag_of(e, "os"), "Linux 6.1", "os");
    is_str(tag_of(e, "os.name"), "Linux", "os.name");
    is_str(tag_of(e, "os.rooted"), "no", "os.rooted");
    is_str(tag_of(e, "runtime.name"), "CPython", "runtime.name");
    is_str(tag_of(e, "my_device"), "iPad", "the context's key is the prefix");
    is_str(tag_of(e, "gpu.vendor"), "V", "gpu.vendor");
    is_str(tag_of(e, "app.device"), "h", "app.device");
}

static void names(void)
{
    at_is("{\"release\":42}", "release", "\"42\"", "§10.46 release 42 becomes text");
    at_is("{\"release\":\"latest\"}", "release", "absent", "§10.46 latest is no release");
    at_is("{\"release\":\"a/b\"}", "release", "absent", "§10.46 a slash");
    at_is("{\"release\":\"..\"}", "release", "absent", "§10.46 two dots");
    at_is("{\"release\":\"  a@1+b  \"}", "release", "\"a@1+b\"", "trimmed");
    is_int(take(printed("{\"release\":\"%s\"}", many('r', 201)))->release.len, 200,
           "§10.46 201 characters are cut to 200");
    is_int(take(printed("{\"environment\":\"%s\"}", many('e', 65)))->environment.len, 64,
           "§10.46 environment of 65 is cut to 64");
    at_is("{\"environment\":\"a/b\"}", "environment", "absent", "§10.46 environment a/b");
    at_is("{\"environment\":\"None\"}", "environment", "absent", "none is reserved");
    at_is("{\"environment\":7}", "environment", "absent", "a number is no environment");
    at_is("{\"dist\":\"^%\",\"release\":\"1\"}", "dist", "absent", "§10.46 dist ^%%");
    at_is("{\"dist\":\"a-1\",\"release\":\"1\"}", "dist", "\"a-1\"", "a good dist");
    at_is("{\"dist\":\"a-1\"}", "dist", "absent", "dist means nothing without release");
    at_is("{\"logger\":\"a\\nb\"}", "logger", "absent", "a logger has no line breaks");
    at_is("{\"culprit\":\"c\",\"transaction\":\"t\"}", "culprit", "absent",
          "culprit gives way to transaction");
    at_is("{\"transaction\":\" t \"}", "transaction", "\"t\"", "transaction is trimmed");
    at_is("{\"fingerprint\":[\"{{ default }}\",1,true,4.5,null,[\"x\"]]}", "fingerprint",
          "[\"{{ default }}\",\"1\",\"True\",\"4\"]", "§10.47 parts become text");
    at_is("{\"fingerprint\":\"x\"}", "fingerprint", "absent", "§10.47 a string is no fingerprint");
    at_is("{\"fingerprint\":[]}", "fingerprint", "absent", "§10.47 an empty one is absent");
    at_is("{\"fingerprint\":[\"\"]}", "fingerprint", "[\"\"]", "an empty part is kept");
    at_is("{\"fingerprint\":[9007199254740993.0]}", "fingerprint", "absent",
          "floats beyond 2^53 are dropped");
    is_int(take("{\"fingerprint\":[\"a\",\"b\"]}")->fingerprint_count, 2, "the struct has them");
}

static void messages(void)
{
    at_is("{\"message\":\"hi\"}", "logentry", "{\"formatted\":\"hi\"}", "§10.41 string");
    at_is("{\"message\":{\"message\":\"a %s\",\"params\":[\"b\"]}}", "logentry",
          "{\"message\":\"a %s\",\"params\":[\"b\"],\"formatted\":\"a b\"}", "§10.41 object");
    at_is("{\"message\":42}", "logentry.formatted", "\"42\"", "§10.41 number");
    at_is("{\"message\":true}", "logentry.formatted", "\"true\"", "§10.41 true");
    at_is("{\"message\":false}", "logentry", "absent", "§10.41 false is ignored");
    at_is("{\"message\":\"\"}", "logentry", "absent", "§10.41 empty is ignored");
    at_is("{\"message\":\"a\",\"logentry\":{\"formatted\":\"b\"}}", "logentry.formatted", "\"b\"",
          "§10.41 logentry wins");
    at_is("{\"message\":\"a\",\"logentry\":{\"formatted\":\"b\"}}", "message", "absent",
          "§10.41 ... and message is gone");
    at_is("{\"logentry\":{\"message\":\"%s of %s\",\"params\":[\"1\"]}}", "logentry.formatted",
          "\"%s of %s\"", "§10.42 formatting that fails keeps the template");
    at_is("{\"logentry\":{\"message\":\"%(a)s-%d%%\",\"params\":{\"a\":1}}}", "logentry.formatted",
          "\"%(a)s-%d%%\"", "a parameter by name, one missing");
    at_is("{\"logentry\":{\"message\":\"%(a)s-%(b).2f%%\",\"params\":{\"a\":1,\"b\":2.345}}}",
          "logentry.formatted", "\"1-2.35%\"", "parameters by name, a precision, a percent sign");
    at_is("{\"logentry\":{\"message\":\"{} {1} {{x}\",\"params\":[\"a\",\"b\"]}}",
          "logentry.formatted", "\"a b {x}\"", "curly braces");
    at_is("{\"logentry\":{\"message\":\"m\",\"formatted\":\"m\"}}", "logentry",
          "{\"formatted\":\"m\"}", "equal template and text: one is enough");
    at_is("{\"logentry\":{\"message\":\"m\",\"params\":[]}}", "logentry", "{\"formatted\":\"m\"}",
          "Python's logging without parameters");
    is_text(take("{\"logentry\":{\"message\":\"a %s\",\"params\":[1]}}")->message_template, "a %s",
            "the struct has the template");
    is_int(strlen(json_at(take(printed("{\"message\":\"%s\"}", many('m', 9000))),
                          "logentry.formatted")),
           8192 + 2, "long messages are cut, dots included");
}

static void times(void)
{
    const struct event *e;

    at_is("{\"timestamp\":\"2026-03-01T09:59:59.5\"}", "timestamp",
          "\"2026-03-01T09:59:59.500000Z\"", "§10.44 ISO without zone is UTC");
    at_is("{\"timestamp\":\"2026-03-01T11:59:59.1234567+02:00\"}", "timestamp",
          "\"2026-03-01T09:59:59.123457Z\"", "§10.44 ISO with zone and seven digits");
    at_is("{\"timestamp\":1772359199}", "timestamp", "\"2026-03-01T09:59:59Z\"", "§10.44 int");
    at_is("{\"timestamp\":1772359199.000001}", "timestamp", "\"2026-03-01T09:59:59.000001Z\"",
          "§10.44 float, rounded and not cut");
    at_is("{\"timestamp\":1772359199000}", "timestamp", "\"2026-03-01T10:00:00Z\"",
          "§10.44 milliseconds are the far future: shifted to now");
    ok(has_note(take("{\"timestamp\":1772359199000}"), "future_timestamp", "timestamp"),
       "§10.44 ... and noted");
    at_is("{\"timestamp\":\"not-a-timestamp\"}", "timestamp", "\"2026-03-01T10:00:00Z\"",
          "§10.44 no date: received");
    at_is("{\"timestamp\":-1}", "timestamp", "\"2026-03-01T10:00:00Z\"",
          "§10.44 negative: received");
    at_is("{\"timestamp\":\"2026-03-01T10:02:00Z\"}", "timestamp", "\"2026-03-01T10:00:00Z\"",
          "§10.44 two minutes ahead: shifted");
    at_is("{\"timestamp\":\"2026-03-01T10:00:59Z\"}", "timestamp", "\"2026-03-01T10:00:59Z\"",
          "59 seconds ahead: kept");
    e = take(
        "{\"timestamp\":\"2026-01-29T10:00:00Z\",\"breadcrumbs\":[{\"message\":\"a\",\"timestamp\":"
        "\"2026-01-29T09:00:00Z\"}]}");
    is_str(json_at(e, "timestamp"), "\"2026-03-01T10:00:00Z\"", "§10.44 31 days old: shifted");
    ok(has_note(e, "past_timestamp", "timestamp"), "§10.44 ... and noted");
    is_str(json_at(e, "breadcrumbs.values.0.timestamp"), "\"2026-03-01T09:00:00Z\"",
           "... together with the breadcrumbs");
    is_int(e->timestamp_us, RECEIVED_US, "... and in the struct");
    test_context.sent_at = TEXT("2026-03-01T08:00:00.000Z");
    e = take("{\"timestamp\":\"2026-03-01T07:59:00Z\",\"breadcrumbs\":[{\"message\":\"a\","
             "\"timestamp\":1772351940}]}");
    is_str(json_at(e, "timestamp"), "\"2026-03-01T09:59:00Z\"", "§10.45 two hours off: shifted");
    is_str(json_at(e, "breadcrumbs.values.0.timestamp"), "\"2026-03-01T09:59:00Z\"",
           "§10.45 ... breadcrumbs too");
    ok(has_note(e, "clock_drift", "timestamp"), "§10.45 ... clock_drift noted");
    test_context.sent_at = TEXT("2026-03-01T09:06:00Z");
    at_is("{\"timestamp\":\"2026-03-01T09:00:00Z\"}", "timestamp", "\"2026-03-01T09:00:00Z\"",
          "§10.45 54 minutes are the network");
    test_context.sent_at = TEXT("garbage");
    at_is("{\"timestamp\":\"2026-03-01T09:00:00Z\"}", "timestamp", "\"2026-03-01T09:00:00Z\"",
          "a broken sent_at corrects nothing");
    test_context.sent_at = TEXT_NONE;
    at_is("{\"breadcrumbs\":[{\"message\":\"a\",\"timestamp\":-5}]}",
          "breadcrumbs.values.0.timestamp", "absent", "a negative one in a breadcrumb just leaves");
    take("{\"timestamp\":9e99}");
    take("{\"timestamp\":4000000000000}");
    ok(true, "absurd timestamps do no harm");
}

static void hostile(void)
{
    struct event e;
    struct buf b;
    struct arena big;

    at_is("{\"extra\":{\"a\":NaN,\"b\":Infinity,\"c\":-Infinity}}", "extra",
          "{\"a\":null,\"b\":null,\"c\":null}", "§10.49 NaN and Infinity");
    at_is("{\"message\":\"a\\u0000b\\ud800c\"}", "logentry.formatted",
          "\"ab\xef\xbf\xbd"
          "c\"",
          "§10.49 NUL and a lone surrogate in a message");
    at_is("{\"message\":\"a\xff"
          "b\"}",
          "logentry.formatted",
          "\"a\xef\xbf\xbd"
          "b\"",
          "§10.12 invalid UTF-8 becomes U+FFFD");
    arena_init(&big, 256 * MIB);
    buf_init(&b, &big, 1024, 64 * MIB);
    buf_str(&b, "{\"extra\":{\"a\":");
    for (int i = 0; i < 200; i++)
        buf_str(&b, "{\"x\":[");
    buf_str(&b, "1");
    for (int i = 0; i < 200; i++)
        buf_str(&b, "]}");
    buf_str(&b, "}}");
    is_int(take_text(buf_result(&b), &e), EVENT_OK, "§10.49 200-deep nesting");
    buf_init(&b, &big, 1024, 64 * MIB);
    buf_str(&b, "{\"message\":\"");
    for (int i = 0; i < 20 * 1024; i++)
        buf_str(&b, many('x', 1024));
    buf_str(&b, "\"}");
    is_int(take_text(buf_result(&b), &e), EVENT_OK, "§10.49 a string of 20 MB");
    is_int(e.message.len, 8192, "§10.49 ... is cut");
    buf_init(&b, &big, 1024, 64 * MIB);
    buf_str(&b, "{\"x0\":0");
    for (int i = 1; i < 60000; i++)
        buf_printf(&b, ",\"x%d\":%d", i, i);
    buf_str(&b, "}");
    is_int(take_text(buf_result(&b), &e), EVENT_OK, "60,000 unknown keys");
    is_int(node_at(&e, "errors")->count, EVENT_ERRORS_MAX, "... leave a bounded number of notes");
    arena_free(&big);
}

int main(void)
{
    documents();
    ids();
    levels();
    tags();
    derived();
    names();
    messages();
    times();
    hostile();
    arena_free(&test_arena);
    return done_testing();
}
