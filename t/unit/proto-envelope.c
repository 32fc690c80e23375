/* Envelopes: framing, headers, tolerance, refusals. */
#include "proto/envelope.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;
static struct envelope env;

static enum envelope_rc cut_text(struct text body)
{
    arena_reset(&arena);
    return envelope_read(body, &arena, &env);
}

#define cut(literal) cut_text(TEXT(literal))
#define refuses(literal, rc, name) is_int(cut(literal), rc, name)

static void framing(void)
{
    is_int(cut("{}\n{\"type\":\"event\",\"length\":2}\n{}\n{\"type\":\"attachment\",\"length\":6}\n"
               "a\r\nb\r\n\n"),
           ENVELOPE_OK, "§10.1 event and attachment with CRLF in it, both with length");
    is_int(env.count, 2, "§10.1 two items");
    is_int(env.items[0].type, ITEM_EVENT, "§10.1 an event");
    is_text(env.items[0].payload, "{}", "§10.1 its bytes");
    is_text(env.items[1].payload, "a\r\nb\r\n", "§10.1 bytes of the attachment, exact");
    ok(cut("{}\n{\"type\":\"attachment\",\"length\":2}\na\r") == ENVELOPE_OK && env.count == 1,
       "§10.2 without the final LF");
    is_text(env.items[0].payload, "a\r", "§10.2 the same bytes");
    ok(cut("{}\n{\"type\":\"event\"}\n{\"a\":1}") == ENVELOPE_OK && env.count == 1,
       "§10.3 no length, payload ends at the end");
    is_text(env.items[0].payload, "{\"a\":1}", "§10.3 its bytes");
    ok(cut("{}\n{\"type\":\"event\"}\n{\"a\":1}\n{\"type\":\"session\"}\n{}") == ENVELOPE_OK &&
           env.count == 2,
       "§10.3 no length, a second item follows");
    is_int(env.items[1].type, ITEM_SESSION, "§10.3 ... of another type");
    ok(cut("{}\n{\"type\":\"event\",\"length\":8}\n{\n\"a\":1}\n") == ENVELOPE_OK && env.count == 1,
       "§10.4 pretty-printed JSON with length");
    refuses("{}\n{\"type\":\"event\"}\n{\n\"a\":1}\n", ENVELOPE_BAD_ITEM,
            "§10.4 ... without length");
    ok(cut("{}\n{\"type\":\"x\",\"length\":0}\n\n{\"type\":\"y\",\"length\":0}\n") == ENVELOPE_OK &&
           env.count == 2,
       "§10.5 length 0 followed by LF LF and LF EOF");
    ok(cut("{}\n{\"type\":\"x\",\"length\":0}") == ENVELOPE_OK && env.count == 1 &&
           env.items[0].payload.len == 0,
       "§10.5 length 0 and the end");
    refuses("{}\n{\"type\":\"event\",\"length\":3}\n{}", ENVELOPE_CUT_SHORT,
            "§10.6 length one too long");
    refuses("{}\n{\"type\":\"event\",\"length\":1}\n{}\n", ENVELOPE_NO_NEWLINE,
            "§10.6 length one too short");
    is_str(envelope_rc_text(ENVELOPE_CUT_SHORT), "unexpected end of file", "§10.6 its words");
    is_str(envelope_rc_text(ENVELOPE_NO_NEWLINE), "missing newline after header or payload",
           "§10.6 ... and these");
    refuses("{}\n{\"type\":\"e\",\"length\":1}\nx\n{\"type\":\"f\",\"length\":9}\nx",
            ENVELOPE_CUT_SHORT, "all or nothing");
    ok(cut("{}\n{\"type\":\"event\"}") == ENVELOPE_OK && env.count == 1 &&
           env.items[0].payload.len == 0,
       "§10.7 item header only: an empty item");
    refuses("{}\n{\"type\":\"e\",\"length\":-1}\n", ENVELOPE_BAD_ITEM, "a negative length");
    refuses("{}\n{\"type\":\"e\",\"length\":\"x\"}\n", ENVELOPE_BAD_ITEM, "a length that is none");
    refuses("{}\n{\"type\":\"e\",\"length\":18446744073709551615}\n", ENVELOPE_BAD_ITEM,
            "a giant one");
    refuses("{}\n{\"type\":\"e\",\"length\":9223372036854775807}\n", ENVELOPE_CUT_SHORT,
            "a large one");
    ok(cut("{}\n{\"type\":\"e\",\"length\":null}\nab") == ENVELOPE_OK &&
           text_is(env.items[0].payload, "ab"),
       "length null is no length");
}

static void headers(void)
{
    ok(cut("{}") == ENVELOPE_OK && env.count == 0, "§10.8 a header alone");
    ok(cut("{}\n") == ENVELOPE_OK && env.count == 0, "§10.8 ... with its LF");
    refuses("", ENVELOPE_EMPTY, "§10.8 no byte");
    refuses("\n", ENVELOPE_BAD_HEADER, "§10.8 an empty line");
    refuses("hello\n", ENVELOPE_BAD_HEADER, "§10.8 text");
    refuses("[]\n", ENVELOPE_BAD_HEADER, "§10.8 a list");
    refuses("null\n", ENVELOPE_BAD_HEADER, "§10.8 null");
    ok(cut("{}\r\n\n{\"type\":\"x\"}\r\nab\n\n\r\n \n") == ENVELOPE_OK && env.count == 1,
       "§10.9 CRLF behind headers, blank lines");
    is_text(env.items[0].payload, "ab", "§10.9 the payload");
    ok(cut("{}\n{\"type\":\"brand_new\",\"length\":3}\na\nb\n{\"type\":\"event\"}\n{}") ==
               ENVELOPE_OK &&
           env.count == 2,
       "§10.10 an unknown type, then an event");
    is_int(env.items[0].type, ITEM_UNKNOWN, "§10.10 unknown");
    is_text(env.items[0].type_name, "brand_new", "§10.10 ... by name");
    refuses("{}\n{\"length\":0}\n", ENVELOPE_BAD_ITEM, "§10.11 no type");
    refuses("{}\n{\"type\":7}\n", ENVELOPE_BAD_ITEM, "§10.11 type 7");
    refuses("{}\n[]\n", ENVELOPE_BAD_ITEM, "§10.11 a list as header");
    refuses("{\"a\":\"\xff\"}\n", ENVELOPE_BAD_HEADER, "§10.12 invalid UTF-8 in the header line");
    ok(cut("{}\n{\"type\":\"event\"}\n{\"m\":\"\xff\"}") == ENVELOPE_OK,
       "§10.12 ... in the payload is nobody's business here");
    ok(cut("{\"sent_at\":\"garbage\"}\n") == ENVELOPE_OK && !env.sent_at.at,
       "§10.15 garbage as sent_at is ignored");
    ok(cut("{\"sent_at\":\"2026-03-01T10:00:00.1234567+02:00\"}\n") == ENVELOPE_OK &&
           env.sent_at.at,
       "§10.15 offset and seven digits are parsed");
    ok(cut("{\"event_id\":\"D1F4A672-0B9E-4C53-876A-2BE0591FC38D\"}\n") == ENVELOPE_OK &&
           env.has_event_id && env.event_id[0] == 0xd1 && env.event_id[15] == 0x8d,
       "§10.16 event_id dashed and upper case");
    ok(cut("{\"event_id\":\"zz\"}\n") == ENVELOPE_OK && !env.has_event_id,
       "a malformed one is dropped");
    ok(cut("{\"sent_at\":\"x\",\"sent_at\":\"2026-03-01T10:00:00Z\"}\n") == ENVELOPE_OK &&
           env.sent_at.at,
       "duplicate keys: the last wins");
    ok(cut("{\"dsn\":\"https://0123456789abcdef0123456789abcdef@h/42\"}\n") == ENVELOPE_OK &&
           env.has_dsn && env.dsn.project == 42,
       "§10.28 dsn in the header");
    ok(cut("{\"sdk\":{\"name\":\"n\"},\"trace\":[]}\n") == ENVELOPE_OK && env.sdk && !env.trace,
       "sdk, and a bad trace");
}

static void items(void)
{
    struct buf b;
    struct arena big;

    cut("{}\n{\"type\":\"profile_chunk_ui\",\"length\":3,\"platform\":\"android\",\"meta_length\":"
        "2,"
        "\"content_type\":\"application/x-perfetto-trace\"}\n{}\n");
    is_int(env.items[0].type, ITEM_PROFILE_CHUNK, "an alias of a type");
    is_int(env.items[0].meta_length, 2, "§10.69 meta_length of a Perfetto chunk");
    is_text(env.items[0].payload, "{}\n", "§10.69 ... framed by its length");
    cut("{}\n{\"type\":\"log\",\"item_count\":2,\"content_type\":\"c\",\"length\":0}\n\n"
        "{\"type\":\"attachment\",\"filename\":\"f\",\"attachment_type\":\"t\"}\nx");
    is_int(env.items[0].item_count, 2, "item_count");
    is_int(env.items[1].item_count, -1, "... and none");
    is_text(env.items[1].filename, "f", "filename");
    is_str(item_kind(ITEM_CHECK_IN)->category, "monitor", "categories");
    ok(item_kind(ITEM_FEEDBACK)->is_event && !item_kind(ITEM_ATTACHMENT)->is_event,
       "event-like ones");
    ok(!item_kind(ITEM_CLIENT_REPORT)->category, "client reports are never limited");
    arena_init(&big, 64 * MIB);
    buf_init(&b, &big, 1024, 16 * MIB);
    buf_str(&b, "{}\n");
    for (int i = 0; i < 100000; i++)
        buf_str(&b, "{\"type\":\"x\"}\n\n");
    is_int(cut_text(buf_result(&b)), ENVELOPE_TOO_MANY, "§10.18 100,000 items");
    arena_free(&big);
}

static void names(void)
{
    arena_reset(&arena);
    is_text(envelope_filename(TEXT("../../etc/passwd"), &arena), "passwd", "§10.69 base name");
    is_text(envelope_filename(TEXT("C:\\x\\a.txt"), &arena), "a.txt", "backslashes");
    is_text(envelope_filename(TEXT("a\nb\x01.txt"), &arena), "ab.txt", "no control characters");
    is_text(envelope_filename(TEXT(".."), &arena), "attachment", "two dots are no name");
    is_text(envelope_filename(TEXT_NONE, &arena), "attachment", "none");
    is_text(envelope_filename(TEXT("dir/"), &arena), "attachment", "a folder");
}

int main(void)
{
    arena_init(&arena, REQUEST_ARENA_MAX);
    framing();
    headers();
    items();
    names();
    arena_free(&arena);
    return done_testing();
}
