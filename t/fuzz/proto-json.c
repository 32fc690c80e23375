/* Any bytes: what the reader accepts, the writer writes so that it reads again as the same. */
#include <stdlib.h>

#include "proto/json.h"
#include "proto/limits.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text written(const struct json *v, struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 256, 64 * MIB);
    json_write(&b, v);
    return buf_result(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *v, *again;
    struct text first, second;
    struct arena a;

    arena_init(&a, 256 * MIB);
    if (json_read((struct text){(const char *)data, size}, &a, &v, NULL) == JSON_OK) {
        first = written(v, &a);
        if (!first.at || !utf8_valid(first) || json_read(first, &a, &again, NULL) != JSON_OK)
            abort();
        second = written(again, &a);
        if (!text_eq(first, second))
            abort();
    }
    arena_free(&a);
    return 0;
}
