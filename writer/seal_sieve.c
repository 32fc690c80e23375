#include "writer/seal_sieve.h"

#include <stdlib.h>
#include <string.h>

#include "model/marks.h"

#define FILTER (MARKS_SLICES * MARKS_SLICE)

bool sieve_add(struct sieve *s, uint64_t block, struct text words)
{
    uint8_t *to;

    if (s->count == s->room) {
        uint32_t room = s->room ? s->room * 2 : 64;
        uint8_t *more = realloc(s->filters, (size_t)room * FILTER);

        if (!more)
            return false;
        s->filters = more;
        s->room = room;
    }
    if (!s->count)
        s->first = block;
    to = s->filters + (size_t)s->count++ * FILTER;
    for (uint32_t i = 0; i < MARKS_SLICES; i++) /* a small filter repeats itself */
        memcpy(to + i * MARKS_SLICE, marks_slice(words, i), MARKS_SLICE);
    return true;
}

int sieve_put(struct sieve *s, struct segment *to, uint32_t kind)
{
    uint8_t *row = malloc((size_t)s->count * MARKS_SLICE + 1);
    int rc = row ? DB_OK : DB_FAIL;

    for (uint32_t slice = 0; rc == DB_OK && s->count && slice < MARKS_SLICES; slice++) {
        for (uint32_t i = 0; i < s->count; i++)
            memcpy(row + (size_t)i * MARKS_SLICE,
                   s->filters + (size_t)i * FILTER + slice * MARKS_SLICE, MARKS_SLICE);
        rc = segment_put_sieve(to, kind, slice, s->first, row, (size_t)s->count * MARKS_SLICE);
    }
    free(row);
    s->count = 0;
    return rc;
}

void sieve_free(struct sieve *s)
{
    free(s->filters);
    *s = (struct sieve){.count = 0};
}
