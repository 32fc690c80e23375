/* relearn.h -- after an upgrade that brought another GROUP_VERSION: issues learn the hashes that their
 * stored events have now, so that the next event of a known error finds its issue and makes no other.
 * No old version of grouping is kept for that: the documents are.
 *   at start     the issues seen last come first, for at most RELEARN_START_US; the rings wait
 *   later        the others, some each second (keep.c)
 * An issue is done when its old hashes bear the new version; they stay, for workers that the upgrade
 * has not replaced yet. Killed in between, the next start goes on. */
#ifndef QUERN_WRITER_RELEARN_H
#define QUERN_WRITER_RELEARN_H

#include <stdbool.h>
#include <stdint.h>

#define RELEARN_START_US INT64_C(2000000)

struct relearn;
struct writer;

/* Once, after recovery: is there anything to learn? Learns what comes first. DB_* code. */
int relearn_begin(struct writer *w);
/* Go on until then, not while a flush is open. */
void relearn_some(struct writer *w, int64_t until_us);
void relearn_free(struct relearn *r);

#endif
