/* Exceptions, mechanisms, stack traces, frames, threads, breadcrumbs. */
#include "t/lib/event.h"

static const char *frames(int count, const char *member)
{
    static char out[1 << 18];
    size_t len =
        (size_t)sprintf(out, "{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[");

    for (int i = 0; i < count; i++)
        len += (size_t)sprintf(out + len, "%s{\"function\":\"f%d\",%s}", i ? "," : "", i, member);
    sprintf(out + len, "]}}}");
    return out;
}

#define STACK "exception.values.0.stacktrace"

static void forms(void)
{
    static const char want[] = "{\"values\":[{\"type\":\"A\",\"value\":\"b\"}]}";

    at_is("{\"exception\":{\"values\":[{\"type\":\"A\",\"value\":\"b\"}]}}", "exception", want,
          "§10.36 exception as {\"values\"}");
    at_is("{\"exception\":[{\"type\":\"A\",\"value\":\"b\"}]}", "exception", want,
          "§10.36 exception as a list");
    at_is("{\"exception\":{\"type\":\"A\",\"value\":\"b\"}}", "exception", want,
          "§10.36 exception as a single object");
    at_is("{\"exception\":[null,{\"type\":\"A\",\"value\":\"b\",\"module\":null},null]}",
          "exception", want, "§10.36 with null members");
    at_is("{\"exception\":{\"values\":{\"type\":\"A\",\"value\":\"b\"}}}", "exception", want,
          "an object where the list should be");
    at_is("{\"exception\":\"x\"}", "exception", "absent", "§10.36 a string is none");
    ok(has_note(take("{\"exception\":\"x\"}"), "invalid_data", "exception"),
       "§10.36 ... and noted");
    at_is("{\"exception\":{}}", "exception", "absent", "§10.36 an empty object is none");
    ok(!json_get(take("{\"exception\":{},\"threads\":[],\"breadcrumbs\":{\"values\":null}}")->root,
                 "errors"),
       "... without a note");
    at_is("{\"exception\":[7,{\"type\":\"A\",\"value\":\"b\"}]}", "exception", want,
          "members that are no objects leave");
    is_int(take("{\"exception\":[{\"type\":\"A\"},{\"type\":\"B\"}]}")->exception_count, 2,
           "the struct has both");
}

static void values(void)
{
    at_is("{\"exception\":{\"value\":\"ValueError: boom\"}}", "exception.values.0",
          "{\"value\":\"boom\",\"type\":\"ValueError\"}", "§10.37 type split off the value");
    at_is("{\"exception\":{\"value\":\"ValueError:boom\"}}", "exception.values.0.type",
          "\"ValueError\"", "§10.37 without a blank");
    at_is("{\"exception\":{\"value\":\"not a type: boom\"}}", "exception.values.0",
          "{\"value\":\"not a type: boom\"}", "two words are no type");
    at_is("{\"exception\":{\"type\":\"E\",\"value\":{\"a\":true}}}", "exception.values.0.value",
          "\"{\\\"a\\\":true}\"", "§10.37 an object becomes text");
    at_is("{\"exception\":{\"value\":{\"a\":true}}}", "exception.values.0.type", "absent",
          "... which is not split");
    at_is("{\"exception\":[{},{\"type\":\"A\"}]}", "exception.values", "[{\"type\":\"A\"}]",
          "§10.37 {} in the list is dropped");
    is_int(take("{\"exception\":{\"values\":[{\"type\":null,\"value\":null,\"stacktrace\":{}}]}}")
               ->type,
           EVENT_DEFAULT, "§10.38 an exception of nothing: the event is a default one");
    at_is("{\"exception\":{\"type\":\"E\",\"thread_id\":12345678901234567890}}",
          "exception.values.0.thread_id", "\"12345678901234567890\"",
          "huge thread ids keep digits");
    is_int(take(frames(1, "\"lineno\":1"))->type, EVENT_ERROR, "an exception makes an error");
}

static void mechanisms(void)
{
    const struct event *e;

    at_is("{\"exception\":{\"type\":\"E\",\"mechanism\":{}}}", "exception.values.0.mechanism",
          "{\"type\":\"generic\"}", "an empty mechanism is generic");
    at_is("{\"exception\":{\"type\":\"E\",\"mechanism\":\"x\"}}", "exception.values.0.mechanism",
          "absent", "a string is none");
    e = take(
        "{\"exception\":{\"type\":\"E\",\"mechanism\":{\"type\":\"mach\",\"handled\":0,"
        "\"synthetic\":"
        "true,\"exception_id\":\"3\",\"parent_id\":1.0,\"is_exception_group\":true,\"source\":"
        "\"exceptions[0]\",\"meta\":{\"signal\":{\"number\":11,\"name\":\"SIGSEGV\"},\"ns_error\":"
        "{\"domain\":\"D\",\"code\":-7},\"mach_exception\":{\"exception\":1,\"name\":\"EXC\"}}}}}");
    ok(e->exceptions[0].mechanism.present, "the struct has it");
    is_int(e->exceptions[0].mechanism.handled, TRI_NO, "handled");
    ok(e->exceptions[0].mechanism.synthetic, "synthetic");
    ok(e->exceptions[0].mechanism.is_group, "is_exception_group");
    is_int(e->exceptions[0].mechanism.exception_id, 3, "exception_id from a string");
    is_int(e->exceptions[0].mechanism.parent_id, 1, "parent_id from a float");
    is_text(e->exceptions[0].mechanism.source, "exceptions[0]", "source");
    is_int(e->exceptions[0].mechanism.signal_number, 11, "signal");
    is_text(e->exceptions[0].mechanism.signal_name, "SIGSEGV", "signal name");
    is_int(e->exceptions[0].mechanism.ns_error_code, -7, "ns_error");
    is_int(e->exceptions[0].mechanism.mach_exception, 1, "mach_exception");
    e = take("{\"exception\":{\"type\":\"E\"}}");
    ok(!e->exceptions[0].mechanism.present && e->exceptions[0].mechanism.handled == TRI_UNKNOWN &&
           e->exceptions[0].mechanism.exception_id == -1 &&
           e->exceptions[0].mechanism.signal_number == INT64_MIN,
       "absent ones say so");
    e = take("{\"main_exception_id\":2,\"exception\":[{\"type\":\"A\",\"mechanism\":{\"exception_"
             "id\":2}},"
             "{\"type\":\"B\",\"mechanism\":{\"exception_id\":0}}]}");
    is_text(event_main_exception(e)->type, "A", "main_exception_id picks one");
    is_text(event_main_exception(take("{\"exception\":[{\"type\":\"A\"},{\"type\":\"B\"}]}"))->type,
            "B", "else the last");
}

static void frame_fields(void)
{
    const struct event *e = take(frames(300, "\"lineno\":1"));

    is_int(e->exceptions[0].stack->count, 250, "§10.48 of 300 frames 250 are kept");
    is_text(e->exceptions[0].stack->frames[249].function, "f299", "§10.48 ... the last ones");
    e = take(frames(1, "\"filename\":\"https://h/static/app.js?v=1#x\""));
    is_str(json_at(e, STACK ".frames.0.filename"), "\"/static/app.js\"",
           "§10.48 a URL as filename becomes its path");
    is_str(json_at(e, STACK ".frames.0.abs_path"), "\"https://h/static/app.js?v=1#x\"",
           "§10.48 ... and stays as abs_path");
    is_str(json_at(take(frames(1, "\"filename\":\"http://foo.com\"")), STACK ".frames.0.filename"),
           "\"http://foo.com\"", "§10.48 a URL without path stays");
    is_str(json_at(take(frames(1, "\"filename\":\"app:///x.js\"")), STACK ".frames.0.filename"),
           "\"app:///x.js\"", "app:// stays");
    is_str(json_at(take(frames(1, "\"abs_path\":\"/srv/a.py\"")), STACK ".frames.0.filename"),
           "\"/srv/a.py\"", "filename is copied from abs_path");
    is_str(json_at(take(frames(1, "\"filename\":\"a.py\",\"abs_path\":\"/srv/a.py\"")),
                   STACK ".frames.0.filename"),
           "\"a.py\"", "both sent: both stay");
    is_str(json_at(take(frames(1, "\"vars\":[1,\"b\"]")), STACK ".frames.0.vars"),
           "{\"0\":1,\"1\":\"b\"}", "§10.48 a list of vars gets names");
    is_str(json_at(take(frames(1, "\"lineno\":\"12\",\"colno\":12.0")), STACK ".frames.0.lineno"),
           "12", "§10.48 lineno \"12\"");
    is_int(take(frames(1, "\"lineno\":\"12\",\"colno\":7.0"))->exceptions[0].stack->frames[0].colno,
           7, "colno 7.0");
    is_str(json_at(take(frames(1, "\"lineno\":0,\"colno\":-1")), STACK ".frames.0.lineno"),
           "absent", "lineno 0 is unknown");
    is_str(json_at(take(frames(1, "\"pre_context\":[\"a\"]")), STACK ".frames.0.context_line"),
           "\"\"", "context without its line: an empty one");
    is_str(
        json_at(take(frames(1, "\"instruction_addr\":123456")), STACK ".frames.0.instruction_addr"),
        "\"0x1e240\"", "addresses become hex");
    is_str(json_at(take(frames(1, "\"instruction_addr\":\"0xZZ\"")),
                   STACK ".frames.0.instruction_addr"),
           "absent", "... or leave");
    is_str(json_at(take(frames(1, "\"vars\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}")),
                   STACK ".frames.0.vars"),
           "{\"a\":{\"b\":{\"c\":{\"d\":\"{\\\"e\\\":1}\"}}}}",
           "vars are five levels deep, then text");
    at_is("{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"?\"}]}}}",
          STACK ".frames.0.function", "absent", "§10.48 function \"?\" is none");
    at_is("{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[]}}}", STACK, "absent",
          "§10.48 no frames, no stacktrace");
    is_int(take("{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[null,{}]}}}")
               ->exceptions[0]
               .stack->count,
           1, "§10.48 [null,{}] is one frame");
    at_is("{\"exception\":{\"type\":\"E\",\"stacktrace\":null}}", STACK, "absent",
          "Python's null stacktrace");
}

static void in_app(void)
{
    const struct event *e = take(frames(2, "\"lineno\":1"));

    is_int(e->exceptions[0].stack->frames[0].in_app, TRI_YES, "nobody said: all are in-app");
    is_str(json_at(e, STACK ".frames.0.in_app"), "true", "... in the tree as well");
    e = take("{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"a\"},{"
             "\"function\":"
             "\"b\",\"in_app\":false}]}}}");
    is_int(e->exceptions[0].stack->frames[0].in_app, TRI_NO, "somebody said: the others are not");
}

static int with_vars(const struct event *e)
{
    const struct json *list = node_at(e, STACK ".frames");
    int count = 0;

    for (const struct json *f = list->child; f; f = f->next)
        count += json_get(f, "vars") != NULL;
    return count;
}

static void slimming(void)
{
    const struct event *e = take(frames(50, "\"vars\":{\"a\":1}"));

    is_int(with_vars(e), 50, "50 frames keep their variables");
    e = take(frames(120, "\"vars\":{\"a\":1}"));
    is_int(with_vars(e), 50, "of 120 system frames 50 do");
    ok(node_at(e, STACK ".frames.24.vars") && !node_at(e, STACK ".frames.25.vars") &&
           !node_at(e, STACK ".frames.94.vars") && node_at(e, STACK ".frames.95.vars"),
       "... 25 at either end");
    e = take(frames(120, "\"in_app\":true,\"vars\":{\"a\":1}"));
    is_int(with_vars(e), 50, "the same with 120 frames of the application");
}

static void stacks(void)
{
    const struct event *e;

    at_is("{\"exception\":{\"type\":\"E\"},\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}",
          STACK ".frames.0.function", "\"f\"",
          "a stacktrace of the event moves into its exception");
    at_is("{\"exception\":{\"type\":\"E\"},\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}",
          "stacktrace", "absent", "... wholly");
    e = take(
        "{\"exception\":{\"type\":\"E\",\"thread_id\":7},\"threads\":[{\"id\":1,\"crashed\":true,"
        "\"stacktrace\":{\"frames\":[{\"function\":\"a\"}]}},{\"id\":7,\"stacktrace\":{\"frames\":["
        "{\"function\":\"b\"}]}}]}");
    is_text(event_crash_stack(e)->frames[0].function, "b", "the exception's thread has the stack");
    e = take(
        "{\"threads\":[{\"id\":1,\"stacktrace\":{\"frames\":[{\"function\":\"a\"}]}},{\"id\":\"7\","
        "\"crashed\":true,\"stacktrace\":{\"frames\":[{\"function\":\"b\"}]}}]}");
    is_text(event_crash_stack(e)->frames[0].function, "b", "else the crashed one");
    e = take(
        "{\"threads\":[{\"id\":1,\"stacktrace\":{\"frames\":[{\"function\":\"a\"}]}},{\"id\":2}]}");
    is_text(event_crash_stack(e)->frames[0].function, "a", "else the only one");
    e = take("{\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}");
    is_text(event_crash_stack(e)->frames[0].function, "f", "else the event's own");
    ok(!event_crash_stack(take("{\"message\":\"m\"}")), "else none");
    at_is("{\"threads\":{\"values\":[{}]}}", "threads", "absent",
          "§10.52 an empty thread is dropped");
}

static void breadcrumbs(void)
{
    static char out[1 << 16];
    size_t len = (size_t)sprintf(out, "{\"breadcrumbs\":[");

    at_is("{\"breadcrumbs\":[null,{\"message\":\"m\",\"level\":\"nope\",\"data\":\"x\",\"ty\":"
          "\"http\"},{}]}",
          "breadcrumbs", "{\"values\":[{\"message\":\"m\",\"type\":\"http\",\"level\":\"info\"}]}",
          "a breadcrumb: defaults, alias, bad fields");
    at_is("{\"breadcrumbs\":{}}", "breadcrumbs", "absent", "§10.52 breadcrumbs {}");
    at_is("{\"breadcrumbs\":{\"values\":[{\"category\":\"c\",\"data\":{\"a\":1}}]}}", "breadcrumbs",
          "{\"values\":[{\"category\":\"c\",\"data\":{\"a\":1},\"type\":\"default\",\"level\":"
          "\"info\"}]}",
          "data stays");
    for (int i = 0; i < 300; i++)
        len += (size_t)sprintf(out + len, "%s{\"message\":\"m%d\"}", i ? "," : "", i);
    sprintf(out + len, "]}");
    is_int(node_at(take(out), "breadcrumbs.values")->count, BREADCRUMBS_MAX,
           "too many: the newest");
    is_str(json_at(take(out), "breadcrumbs.values.0.message"), "\"m100\"", "... of them");
}

int main(void)
{
    forms();
    values();
    mechanisms();
    frame_fields();
    in_app();
    slimming();
    stacks();
    breadcrumbs();
    arena_free(&test_arena);
    return done_testing();
}
