/* checkpoint.h -- the thread that moves committed pages from the WALs into their files.
 * For        keeping that work, and its fsyncs, out of the commits. Connections of its own, passive
 *            checkpoints: it never makes the writer wait for a lock.
 * While records stream in without a pause, a thread never gets a WAL quite empty, and it would go on
 * growing: each commit would lengthen the file, which takes twice as long as to overwrite. When one has
 * become long the writer does the last little itself, and it begins anew.
 * Threads    all functions: the writer's. */
#ifndef QUERN_WRITER_CHECKPOINT_H
#define QUERN_WRITER_CHECKPOINT_H

#include <stdbool.h>

struct checkpointer;
struct writer;

/* NULL: no memory or no thread. */
struct checkpointer *checkpointer_start(struct writer *w);
void checkpointer_stop(struct checkpointer *c);
/* The active segment is another one from now on. */
void checkpointer_watch(struct checkpointer *c, const char *segment_path);
/* Something was committed; wakes the thread when enough has come together. Says of which file the WAL is long
 * and all but its last commits are in the file. */
enum { CHECKPOINT_SEGMENT = 1, CHECKPOINT_CATALOGUE = 2 };
unsigned checkpointer_note(struct checkpointer *c, int segment_frames, int catalogue_frames);

#endif
