/* Rate limits: so many per window, not one more, whoever asks, and back with time. */
#include "shm/bucket.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define S INT64_C(1000000)
#define NOW (1767225600 * S) /* 2026-01-01 */

static int dir;
static struct bucket_table *t;

static uint32_t take(uint32_t bucket, uint32_t count, uint32_t window_s, uint32_t cost, int64_t now)
{
    return bucket_take(t, bucket, BUCKET_ERROR, count, window_s, cost, now);
}

static void limits(void)
{
    int granted = 0;

    for (int i = 0; i < 100; i++)
        granted += take(1, 10, 60, 1, NOW) == 0;
    is_int(granted, 10, "ten at once of ten per minute");
    is_int(take(1, 10, 60, 1, NOW), 6, "the next in six seconds");
    is_int(take(1, 10, 60, 1, NOW + 5 * S), 1, "in one, five seconds later");
    is_int(take(1, 10, 60, 1, NOW + 6 * S), 0, "and then one");
    ok(take(1, 10, 60, 1, NOW + 6 * S) > 0, "and only one");
    granted = 0;
    for (int i = 0; i < 3600; i++)
        granted += take(1, 10, 60, 1, NOW + 100 * S + i * S) == 0;
    is_int(granted, 609, "over an hour the rate, and the burst once");
    is_int(bucket_take(t, 1, BUCKET_LOG, 10, 60, 1, NOW), 0, "categories are apart");
    is_int(take(2, 10, 60, 1, NOW), 0, "buckets too");
}

static void costs(void)
{
    is_int(take(3, 100, 60, 60, NOW), 0, "sixty of a hundred");
    ok(take(3, 100, 60, 60, NOW) > 0, "sixty more are too many");
    is_int(take(3, 100, 60, 40, NOW), 0, "forty are not: a refusal takes nothing");
    is_int(take(4, 100, 60, 5000, NOW), 0, "a batch above the allowance passes once");
    is_int(take(4, 100, 60, 1, NOW), 1, "and takes all of it");
    is_int(take(4, 100, 60, 5000, NOW + 59 * S), 1, "for a whole window");
    is_int(take(4, 100, 60, 5000, NOW + 60 * S), 0, "and then again");
}

static void edges(void)
{
    is_int(take(BUCKETS_MAX, 1, 60, 1, NOW) + take(BUCKETS_MAX, 1, 60, 1, NOW), 0,
           "a bucket there is not limits nothing");
    is_int(bucket_take(t, 1, (enum bucket_category)99, 1, 60, 1, NOW), 0, "nor a category");
    is_int(take(5, 0, 60, 1, NOW) + take(5, 1, 0, 1, NOW), 0, "nor a limit of nothing");
    is_int(bucket_peek(t, 6, BUCKET_ERROR, 1, 60, NOW), 0, "a look");
    is_int(take(6, 1, 60, 1, NOW), 0, "takes nothing");
    is_int(bucket_peek(t, 6, BUCKET_ERROR, 1, 60, NOW), 60, "and sees what was taken");
    is_int(take(6, 1, 60, 1, NOW - 3600 * S), 60, "a clock set back waits one window, not an hour");
    is_int(take(7, UINT32_MAX, 1, UINT32_MAX, NOW), 0, "the largest count");
    is_int(take(8, 1, UINT32_MAX, 1, NOW), 0, "the longest window");
    ok(take(8, 1, UINT32_MAX, 1, NOW) <= 366u * 86400, "is cut to a year");
    is_int(take(9, 1000, 60, 1, NOW) + take(9, 10, 60, 1, NOW), 0, "a limit lowered in use holds");
}

static void together(void)
{
    _Atomic int *granted =
        mmap(NULL, sizeof(*granted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid[4];

    for (int i = 0; i < 4; i++)
        if ((pid[i] = fork()) == 0) {
            for (int n = 0; n < 20000; n++)
                *granted += take(10, 30000, 60, 1, NOW) == 0;
            _exit(0);
        }
    for (int i = 0; i < 4; i++)
        waitpid(pid[i], NULL, 0);
    is_int(*granted, 30000, "four processes get no more and no less than the limit");
}

int main(void)
{
    dir = scratch();
    is_int(bucket_open(dir, &t), 0, "made");
    limits();
    costs();
    edges();
    together();
    bucket_close(t);
    return done_testing();
}
