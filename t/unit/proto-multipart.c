/* multipart/form-data, forms, crash dumps. */
#include <zlib.h>

#include "proto/form.h"
#include "proto/limits.h"
#include "proto/minidump.h"
#include "proto/multipart.h"
#include "t/lib/tap.h"

static struct arena arena;
static struct inflate_buf buf;

static void boundaries(void)
{
    struct text b;

    ok(multipart_boundary(TEXT("multipart/form-data; boundary=abc"), &b) && text_is(b, "abc"),
       "plain");
    ok(multipart_boundary(TEXT("Multipart/Form-Data; charset=x; boundary=\"a b;c\""), &b) &&
           text_is(b, "a b;c"),
       "quoted, behind another parameter");
    ok(!multipart_boundary(TEXT("text/plain; boundary=abc"), &b), "another type");
    ok(!multipart_boundary(TEXT("multipart/form-data"), &b), "none");
    ok(!multipart_boundary(TEXT("multipart/form-data; boundary="), &b), "an empty one");
    ok(multipart_sniff(TEXT("--xyz\r\nfoo"), &b) && text_is(b, "xyz"), "sniffed");
    ok(!multipart_sniff(TEXT("MDMP"), &b), "not sniffed");
}

static enum multipart_rc walk(struct text body, int *parts, struct multipart_part *last)
{
    struct multipart m = multipart_start(body, TEXT("B"));
    struct multipart_part p;
    enum multipart_rc rc;

    for (*parts = 0; (rc = multipart_next(&m, &arena, &p)) == MULTIPART_PART; ++*parts)
        *last = p;
    return rc;
}

static void bodies(void)
{
    struct multipart_part p;
    struct buf big;
    int n;

    is_int(
        walk(
            TEXT("preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\n"
                 "content-disposition: form-data; name=\"f\"; filename=\"x \\\"y\\\".dmp\"\r\n"
                 "Content-Type: application/x-dmp\r\n\r\nM--B\r\n\n\r\n--B--\r\nepilogue"),
            &n, &p),
        MULTIPART_END, "a whole body");
    is_int(n, 2, "two parts");
    is_text(p.name, "f", "name");
    is_text(p.filename, "x \"y\".dmp", "filename with quotes");
    is_text(p.content_type, "application/x-dmp", "type");
    is_text(p.data, "M--B\r\n\n", "data with something like a boundary in it");
    is_int(walk(TEXT("--B\nContent-Disposition: form-data; name=a\n\nx\n--B--"), &n, &p),
           MULTIPART_END, "bare LF");
    is_text(p.name, "a", "an unquoted name");
    is_text(p.data, "x", "its data");
    is_int(walk(TEXT("--B\r\n\r\n\r\n--B--"), &n, &p), MULTIPART_END, "a part with nothing");
    ok(!p.name.at && p.data.len == 0, "... has no name");
    is_int(walk(TEXT("--B--"), &n, &p), MULTIPART_END, "no part");
    is_int(walk(TEXT(""), &n, &p), MULTIPART_BAD, "no body");
    is_int(walk(TEXT("--B\r\nx: y\r\n"), &n, &p), MULTIPART_BAD, "headers without end");
    is_int(walk(TEXT("--B\r\n\r\nabc"), &n, &p), MULTIPART_BAD, "a part without end");
    is_int(walk(TEXT("--Bx\r\n\r\nabc\r\n--B--"), &n, &p), MULTIPART_BAD, "another boundary");
    buf_init(&big, &arena, 1024, MIB);
    for (int i = 0; i < 300; i++)
        buf_str(&big, "--B\r\n\r\n\r\n");
    is_int(walk(buf_result(&big), &n, &p), MULTIPART_TOO_MANY, "300 parts");
}

static void forms(void)
{
    struct text form = TEXT("a=1&&b=%41+%zz&c&=d");
    struct form_pair p;

    ok(form_next(&form, &arena, &p) && text_is(p.key, "a") && text_is(p.value, "1"), "a pair");
    ok(form_next(&form, &arena, &p) && text_is(p.key, "b") && text_is(p.value, "A %zz"),
       "escapes, a plus, a bad escape");
    ok(form_next(&form, &arena, &p) && text_is(p.key, "c") && !p.value.at, "no value");
    ok(form_next(&form, &arena, &p) && text_is(p.key, "") && text_is(p.value, "d"), "no key");
    ok(!form_next(&form, &arena, &p), "the end");
    is_text(form_get(TEXT("x=1&y=2"), "y", &arena), "2", "one by name");
    ok(!form_get(TEXT("x=1"), "y", &arena).at, "... or none");
}

static struct text gzipped(struct text t)
{
    static char out[1024];
    z_stream z = {0};

    deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)t.at;
    z.avail_in = (unsigned)t.len;
    z.next_out = (unsigned char *)out;
    z.avail_out = sizeof out;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return (struct text){out, sizeof out - z.avail_out};
}

static enum minidump_rc dump(struct text field, struct text *out)
{
    return minidump_read(field, MIB, &arena, &buf, out);
}

static void dumps(void)
{
    struct text out;

    is_int(dump(TEXT("MDMPxxxx"), &out), MINIDUMP_OK, "a dump");
    is_int(dump(TEXT("PMDMxxxx"), &out), MINIDUMP_OK, "of the other byte order");
    ok(dump(gzipped(TEXT("MDMPyyyy")), &out) == MINIDUMP_OK && text_is(out, "MDMPyyyy"),
       "§10.68 a gzip dump");
    is_int(dump(TEXT(""), &out), MINIDUMP_MISSING, "§10.68 a missing field");
    is_int(dump(TEXT("nope"), &out), MINIDUMP_BAD, "§10.68 bad magic");
    is_int(dump(TEXT("\x1f\x8bnope"), &out), MINIDUMP_BAD, "gzip that is none");
    ok(dump(TEXT("--q\r\nContent-Disposition: form-data; "
                 "name=\"upload_file_minidump\"\r\n\r\nMDMPzz\r\n"
                 "--q--\r\n"),
            &out) == MINIDUMP_OK &&
           text_is(out, "MDMPzz"),
       "§10.68 nested multipart");
    is_text(minidump_filename(TEXT("a.dmp.gz")), "a.dmp", "suffix of the compression");
    is_text(minidump_filename(TEXT("a.dmp")), "a.dmp", "none");
    is_str(minidump_rc_text(MINIDUMP_BAD), "invalid minidump", "Relay's words");
}

static const char *event_text(struct minidump_form *f)
{
    struct buf b;

    buf_init(&b, &arena, 64, MIB);
    json_write(&b, minidump_event(f));
    return arena_dup(&arena, buf_result(&b).at, buf_result(&b).len);
}

#define EXCEPTION                                                                                  \
    "\"level\":\"fatal\",\"exception\":{\"type\":\"Minidump\",\"value\":\"Crash dump of a native " \
    "program\",\"mechanism\":{\"type\":\"minidump\",\"handled\":false,\"synthetic\":true}}}"

static void dump_events(void)
{
    struct minidump_form f;

    minidump_form_init(&f, &arena);
    is_str(event_text(&f), "{\"extra\":{},\"platform\":\"native\"," EXCEPTION, "an empty form");
    minidump_form_init(&f, &arena);
    minidump_form_add(&f, TEXT("sentry__1"), TEXT("{\"release\":"));
    minidump_form_add(&f, TEXT("sentry__2"), TEXT("\"1.0\",\"platform\":\"c\"}"));
    minidump_form_add(&f, TEXT("sentry[tags][a]"), TEXT("b"));
    minidump_form_add(&f, TEXT("sentry[tags][c]"), TEXT("d"));
    minidump_form_add(&f, TEXT("prod"), TEXT("Electron"));
    is_str(event_text(&f),
           "{\"release\":\"1.0\",\"platform\":\"c\",\"tags\":{\"a\":\"b\",\"c\":\"d\"},\"extra\":{"
           "\"prod\":\"Electron\"}," EXCEPTION,
           "pieces, flattened keys, other fields");
    minidump_form_init(&f, &arena);
    minidump_form_add(&f, TEXT("sentry"), TEXT("not json"));
    minidump_form_add(&f, TEXT("sentry[a"), TEXT("x"));
    minidump_form_add(&f, TEXT("sentry[]"), TEXT("x"));
    minidump_form_add(&f, TEXT("sentry[a]b[c]"), TEXT("x"));
    ok(minidump_event(&f), "nonsense does no harm");
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    boundaries();
    bodies();
    forms();
    dumps();
    dump_events();
    inflate_buf_free(&buf);
    arena_free(&arena);
    return done_testing();
}
