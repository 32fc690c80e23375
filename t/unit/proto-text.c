/* The ground: texts, the arena, buffers and JSON output, hex, timestamps. */
#include "proto/buf.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/timestamp.h"
#include "t/lib/tap.h"

#include <math.h>

static struct arena arena;

static void texts(void)
{
    unsigned long long n;
    struct text t = TEXT("Hello World");

    ok(text_eq_nocase(t, TEXT("hELLO wORLD")) && !text_eq_nocase(t, TEXT("hello")), "case folded");
    ok(text_starts(t, "Hell") && !text_starts(t, "hell") && text_starts_nocase(t, "hell"),
       "prefixes");
    ok(text_ends(t, "World") && !text_ends(TEXT("d"), "World"), "suffixes");
    is_int(text_find(t, TEXT("o W")), 4, "found");
    is_int(text_find(t, TEXT("x")), t.len, "not found");
    is_int(text_find(t, TEXT("")), 0, "the empty text is everywhere");
    is_int(text_find_nocase(t, TEXT("WORLD")), 6, "found in any case");
    is_int(text_find_byte(TEXT_NONE, 'x'), 0, "in nothing there is nothing");
    is_text(text_trim(TEXT(" \t a b \r\n")), "a b", "trimmed");
    is_int(text_trim(TEXT(" \n ")).len, 0, "to nothing");
    ok(text_u64(TEXT("18446744073709551615"), &n) && n == UINT64_MAX, "the largest number");
    ok(!text_u64(TEXT("18446744073709551616"), &n), "one more does not fit");
    ok(!text_u64(TEXT(""), &n) && !text_u64(TEXT("1x"), &n) && !text_u64(TEXT("-1"), &n),
       "no numbers");
    is_text(text_clip(TEXT("a\xe4\xb8\xad"
                           "b"),
                      3),
            "a", "never inside a character");
    is_text(text_clip(TEXT("a\xe4\xb8\xad"
                           "b"),
                      4),
            "a\xe4\xb8\xad", "but behind one");
    is_int(text_chars(TEXT("a\xe4\xb8\xad\xf0\x9f\x98\x80\xff")), 4, "characters");
    is_text(text_clip_chars(TEXT("a\xe4\xb8\xad"
                                 "bc"),
                            2),
            "a\xe4\xb8\xad", "clipped by characters");
    is_text(text_cut(t, 6, 99), "World", "cut to what is there");
    is_int(text_cut(t, 99, 1).len, 0, "beyond the end");
}

/* text_plain() looks at eight bytes at a time: every byte, at every place. */
static void plain(void)
{
    int wrong = 0;

    for (int at = 0; at < 20; at++)
        for (int c = 0; c < 256; c++) {
            char s[20];
            bool careful = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';

            memset(s, 'x', sizeof s);
            s[at] = (char)c;
            wrong += text_plain((struct text){s, sizeof s}) != (careful ? (size_t)at : sizeof s);
        }
    is_int(wrong, 0, "text_plain stops at what JSON must escape, and only there");
}

static void utf8(void)
{
    static const struct {
        const char *bytes;
        size_t len, want;
    } cases[] = {{"a", 1, 1},
                 {"\xc3\xa9", 2, 2},
                 {"\xe4\xb8\xad", 3, 3},
                 {"\xf0\x9f\x98\x80", 4, 4},
                 {"\xf4\x8f\xbf\xbf", 4, 4},
                 {"\x80", 1, 0},
                 {"\xc0\xaf", 2, 0},
                 {"\xc1\xbf", 2, 0},
                 {"\xe0\x80\xaf", 3, 0},
                 {"\xed\xa0\x80", 3, 0},
                 {"\xf0\x80\x80\xaf", 4, 0},
                 {"\xf4\x90\x80\x80", 4, 0},
                 {"\xf5\x80\x80\x80", 4, 0},
                 {"\xe4\xb8", 2, 0},
                 {"\xc3", 1, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_int(text_char((struct text){cases[i].bytes, cases[i].len}, 0), cases[i].want,
               "UTF-8 sequence %zu", i);
}

static void arenas(void)
{
    struct arena a;
    char *first, *p;

    arena_init(&a, 1 * MIB);
    ok(a.taken == 0, "an arena starts with nothing");
    first = arena_alloc(&a, 10);
    ok(first && ((uintptr_t)first & (_Alignof(max_align_t) - 1)) == 0, "aligned");
    p = arena_alloc(&a, 1);
    ok(p > first && ((uintptr_t)p & (_Alignof(max_align_t) - 1)) == 0, "so is the next");
    ok(arena_alloc(&a, 0), "0 bytes are a pointer");
    p = arena_zero(&a, 100, 100);
    ok(p && p[0] == 0 && p[9999] == 0, "cleared");
    ok(arena_alloc(&a, 400 * KIB), "larger than a chunk");
    arena_reset(&a);
    ok(a.taken <= 256 * KIB && arena_alloc(&a, 10) == first, "a reset keeps the first chunk");
    ok(!arena_alloc(&a, 2 * MIB) && arena_spent(&a), "beyond the budget");
    ok(!arena_alloc(&a, 1), "spending is sticky");
    arena_reset(&a);
    ok(arena_alloc(&a, 1) && !arena_spent(&a), "until the next request");
    ok(!arena_zero(&a, SIZE_MAX, 16), "an overflow is no allocation");
    arena_reset(&a);
    ok(!arena_alloc(&a, SIZE_MAX), "nor is everything");
    arena_reset(&a);
    is_text(arena_printf(&a, "%d-%s", 7, "x"), "7-x", "printf");
    is_text(arena_text(&a, TEXT("copy")), "copy", "copy");
    arena_free(&a);
    ok(!a.chunks, "freed");
}

static const char *result(struct buf *b)
{
    struct text t = buf_result(b);

    return t.at ? arena_dup(&arena, t.at, t.len) : "failed";
}

static void buffers(void)
{
    struct buf b;

    buf_init(&b, &arena, 4, 64);
    buf_str(&b, "abc");
    buf_byte(&b, 'd');
    buf_printf(&b, "%04d", 42);
    is_str(result(&b), "abcd0042", "it grows");
    for (int i = 0; i < 100; i++)
        buf_byte(&b, 'x');
    is_str(result(&b), "failed", "not beyond its maximum");
    buf_init(&b, &arena, 16, KIB);
    json_open(&b, NULL, '{');
    json_text(&b, "t", TEXT("a\"\\\n\x01\xff\xc3\xa9"));
    json_text(&b, "none", TEXT_NONE);
    json_int(&b, "i", INT64_MIN);
    json_uint(&b, "u", UINT64_MAX);
    json_num(&b, "n", 0.1);
    json_num(&b, "inf", INFINITY);
    json_bool(&b, "yes", true);
    json_open(&b, "list", '[');
    json_close(&b, ']');
    json_open(&b, "more", '[');
    json_int(&b, NULL, 1);
    json_null(&b, NULL);
    json_raw(&b, NULL, TEXT("{}"));
    json_close(&b, ']');
    json_key(&b, TEXT("k\"y"));
    json_hex(&b, NULL, "\x01\xab", 2);
    json_time_us(&b, "time", 1772359200123456);
    json_close(&b, '}');
    is_str(result(&b),
           "{\"t\":\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\",\"none\":null,\"i\":-"
           "9223372036854775808,"
           "\"u\":18446744073709551615,\"n\":0.1,\"inf\":null,\"yes\":true,\"list\":[],\"more\":[1,"
           "null,{}],"
           "\"k\\\"y\":\"01ab\",\"time\":\"2026-03-01T10:00:00.123456Z\"}",
           "JSON");
}

static void ids(void)
{
    uint8_t id[16];
    char out[36];

    ok(uuid_read(TEXT("D1F4A672-0B9E-4C53-876A-2BE0591FC38D"), id), "a UUID");
    uuid_write(id, out);
    ok(memcmp(out, "d1f4a672-0b9e-4c53-876a-2be0591fc38d", 36) == 0, "written again");
    ok(uuid_read(TEXT("d1f4a6720b9e4c53876a2be0591fc38d"), id), "without dashes");
    ok(!uuid_read(TEXT("d1f4a6720b9e-4c53-876a-2be0591fc38d1"), id), "dashes elsewhere");
    ok(!uuid_read(TEXT("g1f4a6720b9e4c53876a2be0591fc38d"), id) && !uuid_read(TEXT_NONE, id),
       "no UUID");
    ok(!hex_read_id(TEXT("0000000000000000"), id, 8) && hex_read(TEXT("0000000000000000"), id, 8),
       "zeros are hex, but no id");
}

static const char *moment(const char *z)
{
    char out[TIMESTAMP_TEXT_MAX];
    int64_t us;

    if (!timestamp_read(text_of(z), &us))
        return "refused";
    return timestamp_write(us, out) ? arena_dup(&arena, out, strlen(out)) : "out of range";
}

static void timestamps(void)
{
    int64_t us;
    int wrong = 0;

    is_str(moment("2024-02-29T23:59:60Z"), "2024-03-01T00:00:00Z", "leap day, leap second");
    is_str(moment("2026-03-01 10:00:00"), "2026-03-01T10:00:00Z", "a blank, no zone");
    is_str(moment("2026-03-01T10:00:00.9999999Z"), "2026-03-01T10:00:01Z", "rounded up");
    is_str(moment("2026-03-01T00:30:00+0130"), "2026-02-28T23:00:00Z", "an offset without colon");
    is_str(moment("2026-03-01T10:00:00-05"), "2026-03-01T15:00:00Z", "hours only");
    is_str(moment("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z", "Go's zero time");
    is_str(moment("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z", "before 1970");
    is_str(moment("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z", "the last second");
    is_str(moment("1772359200.1234565"), "2026-03-01T10:00:00.123457Z", "seconds as text");
    is_str(moment("1772359200000"), "out of range", "milliseconds are far away");
    is_str(moment("2025-02-29T00:00:00Z"), "refused", "no leap year");
    is_str(moment("2026-13-01T00:00:00Z"), "refused", "no month");
    is_str(moment("2026-03-01T24:00:00Z"), "refused", "no hour");
    is_str(moment("2026-03-01T10:00:00+99:00"), "refused", "no offset");
    is_str(moment("2026-03-01T10:00:00Zx"), "refused", "something behind");
    is_str(moment("2026-03-01"), "refused", "no time");
    is_str(moment("99999999999999999999"), "refused", "too large");
    is_str(moment(""), "refused", "nothing");
    for (int64_t t = -62135596800LL; t < 253402300800LL; t += 86400 * 13 + 12345) {
        char out[TIMESTAMP_TEXT_MAX];
        size_t len = timestamp_write(t * 1000000 + 1, out);

        wrong += !timestamp_read((struct text){out, len}, &us) || us != t * 1000000 + 1;
    }
    is_int(wrong, 0, "every date from year 1 to 9999 reads back as itself");
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    texts();
    plain();
    utf8();
    arenas();
    buffers();
    ids();
    timestamps();
    arena_free(&arena);
    return done_testing();
}
