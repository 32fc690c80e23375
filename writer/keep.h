/* keep.h -- housekeeping: what is done once a second, a minute, an hour, between batches. */
#ifndef QUERN_WRITER_KEEP_H
#define QUERN_WRITER_KEEP_H

struct writer;

void keep_second(struct writer *w);
/* keep_span.c: old figures of spans leave. */
void keep_spans(struct writer *w);
/* Segments that a crash left half sealed are given to the sealing thread (at start). */
void keep_unsealed(struct writer *w);

#endif
