/* limits.h -- the sizes of shared memory; proto/limits.h passes them on with the other bounds. */
#ifndef QUERN_SHM_LIMITS_H
#define QUERN_SHM_LIMITS_H

#define KIB 1024ULL
#define MIB (1024ULL * KIB)

#define SLOTS_MAX 64           /* worker slots: two generations of at most 32 */
#define RING_BYTES (4 * MIB)   /* per worker slot; counted in PSS, so no larger than needed */
#define NOTICE_BYTES (1 * MIB) /* writer → notifier */
#define MAILBOX_BYTES (256 * KIB)
#define RECENT_IDS (1 << 18) /* twice a segment's events */
#define ISSUES_MAX (1 << 22) /* entries of the shared issue table */
#define PROJECTS_MAX 4096
#define KEYS_MAX 16384
#define LOGIN_BUCKETS 1024 /* tries to log in, by address and by account (hashed) */
#define LOGIN_BUCKET_FIRST (KEYS_MAX + PROJECTS_MAX)
/* one set of rate limits per key, one per project, and those */
#define BUCKETS_MAX (KEYS_MAX + PROJECTS_MAX + LOGIN_BUCKETS)
#define INDEX_SLOTS_MIN (1ULL << 10)
#define INDEX_SLOTS (1ULL << 14)     /* of a fresh fingerprint index: 512 KiB; it grows */
#define INDEX_SLOTS_MAX (1ULL << 24) /* four keys for each of ISSUES_MAX: 512 MiB */
#define INDEX_PROBE_MAX 256          /* slots looked at for one key; 8 KiB, read in a row */

#endif
