/* Titles, culprits, locations, metadata. */
#include "model/title.h"
#include "t/lib/event.h"

static struct title title;

static const char *z(struct text t)
{
    return arena_dup(&test_arena, t.at, t.len);
}

static const char *titled(const char *json)
{
    if (!title_make(take(json), &test_arena, &title))
        note("spent");
    return z(title.title);
}

#define STACK(frames) "\"stacktrace\":{\"frames\":[" frames "]}"

static void errors(void)
{
    is_str(titled("{\"exception\":{\"type\":\"ValueError\",\"value\":\"boom\\nand more\"}}"),
           "ValueError: boom", "type and first line of the value");
    is_str(z(title.metadata), "{\"type\":\"ValueError\",\"value\":\"boom\\nand more\"}",
           "metadata");
    is_str(titled("{\"exception\":{\"type\":\"E\",\"value\":\"\"}}"), "E", "no value");
    is_str(titled("{\"exception\":{\"value\":\"just text\"}}"), "Error: just text", "no type");
    is_str(titled("{\"message\":\"\",\"exception\":{\"type\":\"E\",\"value\":\"v\"}}"), "E: v",
           "§10.55 Ruby: an empty message beside the exception");
    is_int(strlen(titled(
               printed("{\"exception\":{\"type\":\"E\",\"value\":\"%s\"}}", many('v', 2000)))),
           256, "256 characters at most");
    ok(text_ends(title.title, "..."), "... dots included");
    is_str(titled("{\"exception\":[{\"type\":\"A\"},{\"type\":\"B\"}]}"), "B",
           "the last of a chain");
    is_str(titled("{\"main_exception_id\":0,\"exception\":[{\"type\":\"A\",\"mechanism\":{"
                  "\"exception_id\":0}},"
                  "{\"type\":\"B\",\"mechanism\":{\"exception_id\":1}}]}"),
           "A", "or the main one");
    is_str(
        titled("{\"exception\":{\"type\":\"SIGSEGV\",\"value\":\"x\",\"mechanism\":{\"synthetic\":"
               "true}," STACK("{\"function\":\"main\"},{\"function\":\"crash\"}") "}}"),
        "crash", "§10.56 synthetic: the crash function");
    is_str(z(title.culprit), "", "§10.56 ... and no culprit");
    is_str(titled("{\"exception\":{\"type\":\"SIGSEGV\",\"mechanism\":{\"synthetic\":true}}}"),
           "<unknown>", "synthetic without a stack");
    is_str(titled("{\"exception\":{\"value\":\"hello\\nworld\",\"mechanism\":{\"synthetic\":true},"
                  "\"stacktrace\":{\"frames\":[{\"function\":\"crash\",\"in_app\":true}]}}}"),
           "hello", "a message with a stack attached is its own title");
    is_str(titled("{\"exception\":{\"type\":\"Minidump\",\"value\":\"Crash "
                  "dump\",\"mechanism\":{\"type\":"
                  "\"minidump\",\"synthetic\":true}}}"),
           "Crash dump", "a dump that nobody has unwound");
    is_str(titled("{\"exception\":{\"type\":\"Minidump\",\"value\":\"Crash "
                  "dump\",\"mechanism\":{\"type\":"
                  "\"minidump\",\"synthetic\":true}," STACK("{\"function\":\"crash\"}") "}}"),
           "crash", "one that somebody has");
    titled("{\"exception\":{\"type\":\"E\"," STACK(
        "{\"function\":\"a\",\"filename\":\"a.py\",\"in_app\":true},{\"function\":\"<redacted>\","
        "\"in_app\":true},"
        "{\"function\":\"lib\",\"filename\":\"lib.py\",\"in_app\":false}") "}}");
    is_str(z(title.location), "a.py", "location: the innermost named frame of the application");
    is_str(z(title.metadata), "{\"type\":\"E\",\"filename\":\"a.py\",\"function\":\"a\"}",
           "... in the metadata");
}

static void culprits(void)
{
    titled("{\"transaction\":\"/checkout\",\"exception\":{\"type\":\"E\"}}");
    is_str(z(title.culprit), "/checkout", "transaction");
    titled("{\"culprit\":\"c\",\"exception\":{\"type\":\"E\"}}");
    is_str(z(title.culprit), "c", "the deprecated field");
    titled("{\"platform\":\"python\",\"exception\":{\"type\":\"E\"," STACK(
        "{\"function\":\"f\",\"module\":\"a.b\",\"in_app\":true},{\"function\":\"g\",\"module\":"
        "\"lib\",\"in_app\":"
        "false}") "}}");
    is_str(z(title.culprit), "a.b in f", "python");
    titled("{\"platform\":\"javascript\",\"exception\":{\"type\":\"E\"," STACK(
        "{\"filename\":\"http://h/app.js\"}") "}}");
    is_str(z(title.culprit), "?(/app.js)", "javascript, without a function");
    titled("{\"platform\":\"native\",\"exception\":{\"type\":\"E\"," STACK(
        "{\"function\":\"f\"}") "}}");
    is_str(z(title.culprit), "f", "native");
    titled("{\"platform\":\"go\",\"exception\":{\"type\":\"E\"," STACK(
        "{\"function\":\"f\"}") "},\"request\":{\"url\":"
                                "\"http://h/x\"}}");
    is_str(z(title.culprit), "http://h/x", "a frame without place says nothing: the URL");
    titled("{\"message\":\"m\"}");
    is_str(z(title.culprit), "", "nothing at all");
}

static void others(void)
{
    is_str(titled("{\"message\":\"  hello\\nworld\"}"), "hello", "a message: its first line");
    is_str(z(title.metadata), "{\"title\":\"hello\"}", "... in the metadata");
    is_str(titled("{}"), "<unlabeled event>", "nothing said");
    is_str(
        titled("{\"exception\":{\"values\":[{\"type\":null,\"value\":null,\"stacktrace\":{}}]}}"),
        "<unlabeled event>", "§10.38 an exception of nothing");
    is_str(
        titled("{\"csp\":{\"effective_directive\":\"img-src\",\"blocked_uri\":\"https://h/x\"}}"),
        "Blocked 'image' from 'h'", "csp");
    is_str(z(title.metadata),
           "{\"message\":\"Blocked 'image' from 'h'\",\"uri\":\"h\",\"directive\":\"img-src\"}",
           "its metadata");
    is_str(titled("{\"hpkp\":{\"hostname\":\"h\"}}"),
           "Public key pinning validation failed for 'h'", "hpkp");
    is_str(z(title.location), "h", "its location");
    is_str(titled("{\"type\":\"transaction\",\"transaction\":\"/x\"}"), "/x", "transaction");
    is_str(titled("{\"type\":\"transaction\"}"), "<unlabeled transaction>", "... without a name");
    is_str(titled("{\"type\":\"feedback\",\"contexts\":{\"feedback\":{\"message\":\"bad\\nthing\","
                  "\"url\":\"u\"}}}"),
           "bad", "feedback");
    is_str(z(title.location), "u", "its location");
}

int main(void)
{
    errors();
    culprits();
    others();
    arena_free(&test_arena);
    return done_testing();
}
