/* keep.h -- housekeeping: what is done once a second, a minute, an hour, between batches. */
#ifndef QUERN_WRITER_KEEP_H
#define QUERN_WRITER_KEEP_H

#include <stdint.h>

struct writer;

void keep_second(struct writer *w);
/* A segment leaves: so does, at once, the file it had before it was packed. Else the next start would
 * find that, and take it in. */
void keep_leave(struct writer *w, uint32_t id);
/* keep_span.c: old figures of spans leave. */
void keep_spans(struct writer *w);
/* Segments that a crash left half sealed are given to the sealing thread (at start). */
void keep_unsealed(struct writer *w);

#endif
