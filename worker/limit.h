/* limit.h -- rate limits of keys and projects, and how an SDK is told about them.
 * For        every endpoint that takes data in; the buckets themselves are shared (shm/bucket.h).
 * Form       X-Sentry-Rate-Limits: seconds ":" categories ":" scope ":" reason, joined by ","
 * without a blank (with one, PHP's SDK turns each further limit into 60 s); whole seconds (Python
 *            and .NET parse integers). Families of categories go together, since each SDK knows
 *            other members of them.
 * Not limited: sessions and check-ins. Their counts are cheap, and a lost check-in raises an alarm.
 * Source     Sentry SDK docs, "Rate Limiting". */
#ifndef QUERN_WORKER_LIMIT_H
#define QUERN_WORKER_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/text.h"
#include "shm/bucket.h"
#include "shm/registry.h"

/* The limits that one request has run into. */
struct limit_hits {
    uint32_t seconds[BUCKET_CATEGORIES]; /* 0: not hit */
    bool project[BUCKET_CATEGORIES];     /* the project's quota, else the key's limit */
    bool any;
};
#define LIMIT_HEADER_MAX 1024

/* Take `cost` from the key and its project. False: one of them is used up, and *hits says so. */
bool limit_take(struct bucket_table *t, const struct reg_key *key,
                const struct reg_project *project, enum bucket_category category, uint32_t cost,
                int64_t now_us, struct limit_hits *hits);
/* Whether one more would be granted; takes nothing. */
bool limit_peek(const struct bucket_table *t, const struct reg_key *key,
                const struct reg_project *project, enum bucket_category category, int64_t now_us,
                struct limit_hits *hits);

/* For outcomes: the category's own name, and which kind of limit was hit. */
const char *limit_category(enum bucket_category category);
const char *limit_reason(const struct limit_hits *hits);

/* The header's value, written to `out` (LIMIT_HEADER_MAX bytes); empty: none was hit. */
struct text limit_header(const struct limit_hits *hits, char *out);
/* Seconds until the last of them is over; 0: none. */
uint32_t limit_wait(const struct limit_hits *hits);

#endif
