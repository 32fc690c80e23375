/* worker-block-cache: what was unpacked is found again, by file and number; a place is taken over by another
 * block; what is damaged or too large is not kept; idle memory goes back. */
#include "proto/limits.h"
#include "t/lib/tap.h"
#include "worker/block_cache.h"

#include <stdlib.h>
#include <string.h>

static struct block_cache k;
static struct block_packer *packer;
static const struct query_segment old = {.id = 1, .file = "2026-01-01.db"},
                                  packed = {.id = 1, .file = "2026-01-01.packed.db"};

/* A block of two records, the second one `len` bytes of that letter. */
static struct text block_of(char letter, size_t len)
{
    char *bytes = malloc(len);

    memset(bytes, letter, len);
    block_add(packer, TEXT("first"));
    if (block_add(packer, (struct text){bytes, len}) != 1)
        abort();
    free(bytes);
    return block_finish(packer, letter == 'z');
}

static char found(const struct query_segment *g, int64_t block)
{
    struct block_view v;

    if (!block_cache_find(&k, g, block, &v))
        return 0;
    return v.count == 2 && text_is(v.records[0], "first") ? v.records[1].at[0] : '?';
}

static void test_find(void)
{
    struct block_view v;

    ok(!found(&old, 7), "an empty one has nothing");
    ok(block_cache_read(&k, &old, 7, block_of('a', 1000), &v) && v.count == 2 &&
           v.records[1].len == 1000,
       "a block is unpacked");
    ok(block_cache_read(&k, &old, 8, block_of('z', 1000), &v), "another");
    ok(found(&old, 7) == 'a' && found(&old, 8) == 'z', "both are found");
    ok(!found(&old, 9) && !found(&packed, 7), "no other block, and none of another file");
}

static void test_places(void)
{
    struct block_view v;
    int kept = 0;

    for (int i = 0; i < BLOCK_CACHE_SLOTS; i++)
        block_cache_read(&k, &packed, 3 * i, block_of((char)('a' + i % 20), 100), &v);
    for (int i = 0; i < BLOCK_CACHE_SLOTS; i++)
        kept += found(&packed, 3 * i) == 'a' + i % 20;
    is_int(kept, BLOCK_CACHE_SLOTS, "every third block of a file has a place of its own");
    ok(!found(&old, 7), "they took the places of others");
}

static void test_unfit(void)
{
    struct block_view v;
    struct text block;
    char *damaged;

    ok(block_cache_read(&k, &old, 1, block_of('a', BLOCK_BYTES - 5), &v), "a full block fits");
    block = block_of('b', 100);
    damaged = malloc(block.len);
    memcpy(damaged, block.at, block.len);
    damaged[block.len - 1] ^= 1;
    ok(!block_cache_read(&k, &old, 1, (struct text){damaged, block.len}, &v), "damage is seen");
    ok(!found(&old, 1), "… and what was in the place is not found any more");
    free(damaged);
}

static void test_giant(void)
{
    struct block_view v;
    size_t len = RECORD_MAX;
    char *giant = calloc(1, len);

    block_add(packer, (struct text){giant, len});
    ok(!block_cache_read(&k, &old, 2, block_finish(packer, false), &v), "a giant does not fit");
    ok(!found(&old, 2), "… and is not there");
    free(giant);
}

static void test_idle(void)
{
    found(&packed, 0);
    block_cache_tend(&k, 1);
    block_cache_tend(&k, BLOCK_CACHE_IDLE_US);
    ok(found(&packed, 0), "kept while it was used of late");
    block_cache_tend(&k, 2 * BLOCK_CACHE_IDLE_US);
    block_cache_tend(&k, 4 * BLOCK_CACHE_IDLE_US);
    ok(!k.room && !found(&packed, 0), "given back when it was not");
}

int main(void)
{
    packer = block_packer_new();
    test_find();
    test_places();
    test_unfit();
    test_giant();
    test_idle();
    block_cache_free(&k);
    block_packer_free(packer);
    return done_testing();
}
