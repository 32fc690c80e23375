#include "shm/bucket.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "shm/limits.h"
#include "shm/region.h"

#define BUCKET_MAGIC 0x4b435542 /* "BUCK" */
#define BUCKET_VERSION 1
#define WINDOW_MAX_S (366u * 86400) /* longer ones are cut: the arithmetic stays in 64 bits */

/* GCRA (ITU-T I.371): one word says until when the allowance is used up, in nanoseconds of the
 * caller's clock. A full window of allowance may be taken at once; it comes back evenly. */
struct file {
    struct region_stamp stamp;
    _Atomic int64_t spent_until_ns[BUCKETS_MAX][BUCKET_CATEGORIES]; /* compare-and-swap: workers */
};

struct bucket_table {
    struct region region;
    struct file *file;
};

int bucket_open(int dir_fd, struct bucket_table **out)
{
    struct bucket_table *t = calloc(1, sizeof(*t));
    bool fresh;
    int rc;

    if (!t)
        return -ENOMEM;
    rc = region_ensure(dir_fd, "buckets", BUCKET_MAGIC, BUCKET_VERSION,
                       REGION_LAYOUT(sizeof(struct file), BUCKETS_MAX, BUCKET_CATEGORIES),
                       sizeof(struct file), &t->region, &fresh);
    if (rc != 0) {
        free(t);
        return rc;
    }
    t->file = t->region.at;
    *out = t;
    return 0;
}

void bucket_close(struct bucket_table *t)
{
    if (!t)
        return;
    region_close(&t->region);
    free(t);
}

static bool is_limited(uint32_t bucket, enum bucket_category category, uint32_t count,
                       uint32_t window_s)
{
    return bucket < BUCKETS_MAX && (unsigned)category < BUCKET_CATEGORIES && count && window_s;
}

/* What the word becomes when `cost` is taken; *wait_s > 0 when it may not be. */
static int64_t after(int64_t spent_until, uint32_t count, uint32_t window_s, uint32_t cost,
                     int64_t now, uint32_t *wait_s)
{
    int64_t window = (int64_t)(window_s < WINDOW_MAX_S ? window_s : WINDOW_MAX_S) * 1000000000;
    /* A batch above the whole allowance takes the whole allowance, else it could never pass. */
    uint32_t taken = cost < count ? cost : count;
    int64_t price = (int64_t)(((unsigned __int128)window * taken + count - 1) / count);
    int64_t over;

    if (spent_until < now)
        spent_until = now;
    else if (spent_until - now > window)
        spent_until = now + window; /* the limit was changed, or the clock set back */
    over = spent_until + price - (now + window);
    *wait_s = over > 0 ? (uint32_t)((over + 999999999) / 1000000000) : 0;
    return spent_until + price;
}

uint32_t bucket_take(struct bucket_table *t, uint32_t bucket, enum bucket_category category,
                     uint32_t count, uint32_t window_s, uint32_t cost, int64_t now_us)
{
    _Atomic int64_t *word;
    int64_t was, becomes;
    uint32_t wait_s;

    if (!is_limited(bucket, category, count, window_s))
        return 0;
    word = &t->file->spent_until_ns[bucket][category];
    /* Relaxed: the word stands for itself, nothing else is published by it. */
    was = atomic_load_explicit(word, memory_order_relaxed);
    do {
        becomes = after(was, count, window_s, cost, now_us * 1000, &wait_s);
        if (wait_s)
            return wait_s;
    } while (!atomic_compare_exchange_weak_explicit(word, &was, becomes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return 0;
}

uint32_t bucket_peek(const struct bucket_table *t, uint32_t bucket, enum bucket_category category,
                     uint32_t count, uint32_t window_s, int64_t now_us)
{
    uint32_t wait_s;

    if (!is_limited(bucket, category, count, window_s))
        return 0;
    after(atomic_load_explicit(&t->file->spent_until_ns[bucket][category], memory_order_relaxed),
          count, window_s, 1, now_us * 1000, &wait_s);
    return wait_s;
}
