/* notice.h -- what the notifier is told: new issues and regressions of projects that want to hear.
 * Never blocks: when the ring to the notifier is full, notices are counted and dropped. */
#ifndef QUERN_WRITER_NOTICE_H
#define QUERN_WRITER_NOTICE_H

struct writer;
struct tally_generation;

/* After a flush: everything in it has its numbers now. */
void notice_flushed(struct writer *w, const struct tally_generation *g);

#endif
