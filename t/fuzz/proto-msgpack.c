/* Any bytes as MessagePack: values are read until the bytes end or are refused; each is a tree that
 * JSON's writer can write and its reader read. */
#include <stdlib.h>

#include "proto/json.h"
#include "proto/limits.h"
#include "proto/msgpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = {(const char *)data, size};
    size_t before = size + 1;
    struct json *value;
    struct arena a;

    arena_init(&a, 32 * MIB);
    while (bytes.len && (value = msgpack_next(&bytes, &a))) {
        struct json *again;
        struct buf out;

        if (bytes.len >= before)
            abort(); /* each value takes something */
        before = bytes.len;
        buf_init(&out, &a, 256, 8 * MIB);
        json_write(&out, value);
        if (!out.failed && !arena_spent(&a) &&
            json_read(buf_result(&out), &a, &again, NULL) != JSON_OK && !arena_spent(&a))
            abort();
    }
    arena_free(&a);
    return 0;
}
