/* bucket.h -- rate limits shared by the workers: GCRA, one 64-bit word per limit, compare-and-swap.
 * A killed worker can leave nothing half done. Buckets are lost with the file: nobody is harmed. */
#ifndef QUERN_SHM_BUCKET_H
#define QUERN_SHM_BUCKET_H

#include <stdint.h>

/* Families that are limited and reported together, after Relay's data categories. */
enum bucket_category {
    BUCKET_ERROR,
    BUCKET_TRANSACTION,
    BUCKET_LOG,
    BUCKET_METRIC,
    BUCKET_PROFILE,
    BUCKET_ATTACHMENT,
    BUCKET_SESSION,
    BUCKET_MONITOR,
    BUCKET_FEEDBACK,
    BUCKET_REPLAY,
    BUCKET_OTHER,
    BUCKET_CATEGORIES = 16
};

struct bucket_table;
int bucket_open(int dir_fd, struct bucket_table **out);
void bucket_close(struct bucket_table *t);
/* Take `cost` from the bucket that allows `count` per `window_s`. 0: granted; else whole seconds to
 * wait, at least 1. Out-of-range indexes are granted. */
uint32_t bucket_take(struct bucket_table *t, uint32_t bucket, enum bucket_category category,
                     uint32_t count, uint32_t window_s, uint32_t cost, int64_t now_us);
/* Whether it would be granted; takes nothing. */
uint32_t bucket_peek(const struct bucket_table *t, uint32_t bucket, enum bucket_category category,
                     uint32_t count, uint32_t window_s, int64_t now_us);

#endif
