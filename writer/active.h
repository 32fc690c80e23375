/* active.h -- the segment that is being written: begin one, go over to the next.
 * A segment belongs to one UTC day and holds at most conf.segment_rows events. */
#ifndef QUERN_WRITER_ACTIVE_H
#define QUERN_WRITER_ACTIVE_H

#include <stdbool.h>
#include <stdint.h>

struct writer;

/* Go on with a file that is there. DB_* code. */
int active_open(struct writer *w, const char *file);
/* Make a new one, known to the catalogue before anything is in it. It takes the ring positions over
 * from the one before, whose catalogue row ends in the same step. */
int active_create(struct writer *w);
void active_close(struct writer *w);
/* May one more event go in? A segment that is full but could not be ended (no disk for the next one)
 * takes more all the same. */
bool active_has_room(const struct writer *w);
/* Is it time for the next one? `urgent`: even if that means finishing a flush first. */
bool active_is_full(const struct writer *w, bool *urgent);
/* The next one takes over; the old one goes to the sealing thread. Not while a flush is open. DB_OK, or
 * the old one stays in use. */
int active_roll(struct writer *w);

#endif
