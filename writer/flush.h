/* flush.h -- the aggregates into the catalogue.
 * One transaction per generation of writer/tally.h, written in slices between batches, so that no
 * batch waits long for it. It carries the mark up to where the catalogue contains the segments.
 * Errors     a failed flush is rolled back and written again from its beginning; the generation stays. */
#ifndef QUERN_WRITER_FLUSH_H
#define QUERN_WRITER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

struct writer;
struct flush;

enum flushed { FLUSH_DONE, FLUSH_MORE, FLUSH_FAILED };

struct flush *flush_new(void);
void flush_free(struct flush *f);
/* Is one under way? */
bool flush_is_open(const struct writer *w);
/* Is there anything to write? */
bool flush_is_due(const struct writer *w);
/* Take the generation that was filled, leave the other one to be filled. None may be under way, and
 * everything in it must be committed in its segment. */
void flush_begin(struct writer *w);
/* Write: for `least_us` in any case, then until records wait in a ring, at most for `most_us`. */
enum flushed flush_step(struct writer *w, int64_t least_us, int64_t most_us);
/* Everything there is, now: for commands and for the end. DB_* code. */
int flush_all(struct writer *w);

#endif
