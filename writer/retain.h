/* retain.h -- whole segment files leave, by age and by the bytes of all together; the guard at the
 * disk's end. */
#ifndef QUERN_WRITER_RETAIN_H
#define QUERN_WRITER_RETAIN_H

#include <stdbool.h>

struct writer;

/* Take away what is too old or too much, one segment a call. True: there may be more. Needs the
 * catalogue for itself: not while a flush is open. */
bool retain_some(struct writer *w);
/* A segment's file, with its attachments'. The file last: a kill on the way leaves it to be found. */
void retain_remove(struct writer *w, const char *path);
/* Remove attachments that were being written when their worker was killed: an hour old and still
 * under a passing name. */
void retain_litter(struct writer *w);
/* Look at the disk; raises or lowers board.disk_full. */
void retain_guard(struct writer *w);
/* Segments and their bytes on the board. */
void retain_figures(struct writer *w);

#endif
