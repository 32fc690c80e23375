/* proto-msgpack.c -- MessagePack as JSON, and bytes that are neither. */
#include "t/lib/tap.h"

#include "proto/msgpack.h"

static struct arena arena;

static struct text json_of(struct text bytes)
{
    struct json *v;
    struct buf out;

    arena_reset(&arena);
    if (!(v = msgpack_next(&bytes, &arena)))
        return TEXT("bad");
    buf_init(&out, &arena, 256, 1 << 20);
    json_write(&out, v);
    return buf_result(&out);
}

#define READS(bytes, json, name) is_text(json_of(TEXT(bytes)), json, name)

int main(void)
{
    char deep[1000];
    struct text two = TEXT("\x01\xa1x");
    uint64_t seed = 88172645463325252ULL;
    bool sound = true;

    arena_init(&arena, 8 << 20);
    READS("\x00", "0", "0");
    READS("\x7f", "127", "127");
    READS("\xff", "-1", "-1");
    READS("\xd0\x80", "-128", "int 8");
    READS("\xd1\x80\x00", "-32768", "int 16");
    READS("\xd2\x80\x00\x00\x00", "-2147483648", "int 32");
    READS("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808", "int 64");
    READS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615", "uint 64");
    READS("\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5", "float 64");
    READS("\xca\x3f\xc0\x00\x00", "1.5", "float 32");
    READS("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "null", "not a number");
    READS("\xc0", "null", "nil");
    READS("\xc2", "false", "false");
    READS("\xc3", "true", "true");
    READS("\xa5hello", "\"hello\"", "a short string");
    READS("\xd9\x05hello", "\"hello\"", "str 8");
    READS("\xa3"
          "a\"b",
          "\"a\\\"b\"", "a quote in a string");
    READS("\xc4\x03"
          "abc",
          "null", "bytes are null");
    READS("\xd6\x01"
          "abcd",
          "null", "so are extensions");
    READS("\x93\x01\xa1x\xc0", "[1,\"x\",null]", "an array");
    READS("\xdc\x00\x02\x01\x02", "[1,2]", "array 16");
    READS("\x82\xa1"
          "a\x01\xa1"
          "b\x92\xc3\xc2",
          "{\"a\":1,\"b\":[true,false]}", "a map");
    READS("\x82\x01\x02\xa1"
          "b\x03",
          "{\"b\":3}", "a key that is no string");
    READS("\x81\xa2\"\n\x01", "{\"\\\"\\n\":1}", "a key that JSON must escape");
    READS("", "bad", "nothing");
    READS("\xc1", "bad", "a byte that is never used");
    READS("\xa5hell", "bad", "a string cut short");
    READS("\x92\x01", "bad", "an array cut short");
    READS("\xdf\xff\xff\xff\xff", "bad", "a map of four billion");
    READS("\xdb\xff\xff\xff\xff", "bad", "a string of four billion bytes");
    memset(deep, 0x91, sizeof deep);
    is_text(json_of((struct text){deep, sizeof deep}), "bad", "arrays a thousand deep");
    ok(msgpack_next(&two, &arena) && msgpack_next(&two, &arena) && !msgpack_next(&two, &arena),
       "values one after the other");
    for (int i = 0; i < 200000; i++) {
        char noise[24];

        for (size_t j = 0; j < sizeof noise; j++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            noise[j] = (char)(seed >> 32);
        }
        sound &= json_of((struct text){noise, sizeof noise}).at != NULL;
    }
    ok(sound, "noise is read or refused");
    arena_free(&arena);
    return done_testing();
}
