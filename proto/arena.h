/* arena.h -- the memory of one request.
 * For        everything a decoder makes: allocated by bumping a pointer, given back all at once.
 * Ownership  the caller owns struct arena; what it hands out lives until arena_reset/arena_free.
 * Errors     spending the budget is sticky: arena_alloc gives NULL from then on and arena_spent
 *            says so once, at the end. Sizes of 0 give a valid pointer.
 * Blocking   never, but for malloc of a chunk. */
#ifndef QUERN_PROTO_ARENA_H
#define QUERN_PROTO_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/text.h"

struct arena_chunk;

struct arena {
    char *at, *end;             /* free room of the newest chunk */
    struct arena_chunk *chunks; /* newest first */
    size_t budget;              /* bytes that may be taken in all */
    size_t taken;               /* bytes taken so far, chunks as a whole */
    bool spent;
};

/* Make an empty arena that will take at most `budget` bytes from malloc. Takes nothing yet. */
void arena_init(struct arena *a, size_t budget);
/* Make one of this memory, which stays the caller's (aligned for any type), and of no more. */
void arena_over(struct arena *a, void *room, size_t size);
/* `size` bytes, aligned for any type, not cleared. NULL once the budget is spent. */
void *arena_alloc(struct arena *a, size_t size);
/* The same, cleared; `count` × `size` may not overflow (NULL). */
void *arena_zero(struct arena *a, size_t count, size_t size);
/* A copy of the bytes, with a NUL behind it. */
char *arena_dup(struct arena *a, const void *bytes, size_t len);
struct text arena_text(struct arena *a, struct text t);
/* One behind the other; much cheaper than arena_printf. */
struct text arena_join(struct arena *a, struct text first, struct text second, struct text third);
/* printf into the arena. */
struct text arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool arena_spent(const struct arena *a);
/* Forget everything but keep the oldest chunk for the next request (no malloc in steady state). */
void arena_reset(struct arena *a);
/* Forget everything, and give all memory back. */
void arena_free(struct arena *a);

#endif
