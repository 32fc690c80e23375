/* arena.c -- chunks from malloc, a pointer that only moves up. */
#include "proto/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A request with a 13 KB event takes some 150 KB, so one chunk serves it and is kept from request
 * to request; pages that nobody touches cost nothing. */
#define CHUNK_BYTES (256 * 1024)

struct arena_chunk {
    struct arena_chunk *older;
    size_t bytes; /* all of it, this header included */
};

enum {
    ALIGN = _Alignof(max_align_t),
    HEADER = (sizeof(struct arena_chunk) + ALIGN - 1) / ALIGN * ALIGN
};

void arena_init(struct arena *a, size_t budget)
{
    *a = (struct arena){.budget = budget};
}

void arena_over(struct arena *a, void *room, size_t size)
{
    *a = (struct arena){.at = room, .end = (char *)room + size};
}

static bool more(struct arena *a, size_t size)
{
    size_t bytes = size > CHUNK_BYTES - HEADER ? size + HEADER : CHUNK_BYTES;
    struct arena_chunk *c;

    if (bytes > a->budget - a->taken) /* the last chunk may be a small one */
        bytes = size + HEADER;
    if (bytes > a->budget - a->taken || !(c = malloc(bytes))) {
        a->spent = true;
        return false;
    }
    *c = (struct arena_chunk){.older = a->chunks, .bytes = bytes};
    a->chunks = c;
    a->taken += bytes;
    a->at = (char *)c + HEADER;
    a->end = (char *)c + bytes;
    return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *out;

    if (a->spent || size > SIZE_MAX / 2) {
        a->spent = true;
        return NULL;
    }
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if ((!a->at || size > (size_t)(a->end - a->at)) && !more(a, size))
        return NULL;
    out = a->at;
    a->at += size;
    return out;
}

void *arena_zero(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    void *out;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        a->spent = true;
        return NULL;
    }
    if ((out = arena_alloc(a, bytes)))
        memset(out, 0, bytes);
    return out;
}

char *arena_dup(struct arena *a, const void *bytes, size_t len)
{
    char *out = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

    if (out) {
        if (len)
            memcpy(out, bytes, len);
        out[len] = '\0';
    }
    return out;
}

struct text arena_text(struct arena *a, struct text t)
{
    char *copy;

    if (!t.at || !(copy = arena_dup(a, t.at, t.len)))
        return TEXT_NONE;
    return (struct text){copy, t.len};
}

static char *put(char *to, struct text t)
{
    return t.len ? (char *)memcpy(to, t.at, t.len) + t.len : to;
}

struct text arena_join(struct arena *a, struct text first, struct text second, struct text third)
{
    size_t len = first.len + second.len + third.len;
    char *out = arena_alloc(a, len + 1);

    if (!out)
        return TEXT_NONE;
    *put(put(put(out, first), second), third) = '\0';
    return (struct text){out, len};
}

struct text arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap, again;
    char *out;
    int len;

    va_start(ap, format);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    out = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
    if (out)
        vsnprintf(out, (size_t)len + 1, format, again);
    va_end(again);
    return out ? (struct text){out, (size_t)len} : TEXT_NONE;
}

bool arena_spent(const struct arena *a)
{
    return a->spent;
}

/* Give back all chunks but the oldest, or that one as well. */
static void let_go(struct arena *a, bool keep_oldest)
{
    struct arena_chunk *c = a->chunks;

    while (c && (c->older || !keep_oldest)) {
        struct arena_chunk *older = c->older;

        free(c);
        c = older;
    }
    *a = (struct arena){.budget = a->budget, .chunks = c};
    if (c) {
        a->taken = c->bytes;
        a->at = (char *)c + HEADER;
        a->end = (char *)c + c->bytes;
    }
}

void arena_reset(struct arena *a)
{
    /* A giant first chunk belonged to one giant request. */
    let_go(a, a->chunks && (a->chunks->older || a->chunks->bytes <= CHUNK_BYTES));
    if (a->chunks && a->chunks->bytes > CHUNK_BYTES)
        let_go(a, false);
}

void arena_free(struct arena *a)
{
    let_go(a, false);
}
