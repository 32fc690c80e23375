/* Any bytes as an envelope: cut or refused, and every payload lies inside the body. */
#include <stdlib.h>

#include "proto/envelope.h"
#include "proto/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text body = {(const char *)data, size};
    struct envelope e;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    if (envelope_read(body, &a, &e) == ENVELOPE_OK)
        for (uint32_t i = 0; i < e.count; i++) {
            struct text p = e.items[i].payload, name = envelope_filename(e.items[i].filename, &a);

            if (p.len && (p.at < body.at || p.at + p.len > body.at + body.len))
                abort();
            if (!name.len || name.len > FILENAME_MAX_BYTES || text_find_byte(name, '/') != name.len)
                abort();
        }
    arena_free(&a);
    return 0;
}
