/* deflate.c -- gzip in one go. */
#include "proto/deflate.h"

#include <limits.h>
#include <zlib.h>

#define LEVEL 1
#define WINDOW_GZIP (15 + 16) /* zlib: +16 asks for a gzip header */
#define MEMORY 8

struct text deflate_gzip(struct text plain, struct arena *a)
{
    z_stream z = {0};
    struct text out = TEXT_NONE;
    char *room;

    if (plain.len > UINT_MAX / 2 || !(room = arena_alloc(a, plain.len + 1)) ||
        deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return TEXT_NONE;
    z.next_in = (Bytef *)plain.at;
    z.avail_in = (uInt)plain.len;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)plain.len;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END)
        out = (struct text){room, plain.len - z.avail_out};
    deflateEnd(&z);
    return out;
}
