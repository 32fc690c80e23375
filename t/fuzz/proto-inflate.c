/* The first byte chooses the encoding, the rest is the body: decoded or refused, within its bound. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/inflate.h"
#include "proto/limits.h"
#include "proto/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {"gzip", "deflate", "br", "zstd", "", "x"};
    const size_t max = 256 * KIB;
    struct inflate_buf buf = {0};
    struct text body, out;
    struct arena a;

    if (size == 0)
        return 0;
    arena_init(&a, REQUEST_ARENA_MAX);
    body = (struct text){(const char *)data + 1, size - 1};
    if (inflate_body(text_of(encodings[data[0] % 6]), body, max, &buf, &out) == INFLATE_OK &&
        out.len > max)
        abort();
    if (buf.room > max + 1)
        abort();
    if (inflate_by_magic(body, max, &buf, &out) == INFLATE_OK && out.len > max)
        abort();
    store_body(body, max, &a, &buf, &out);
    arena_free(&a);
    inflate_buf_free(&buf);
    return 0;
}
