/* seal.h -- the threads that finish segments beside ingest.
 *   seal   build the indexes of a full segment in bulk, empty its WAL
 *   pack   in quiet hours: copy it into a new file with full blocks, compressed hard; nothing but the
 *          result is left, and it takes about two thirds of the room. A thread of its own: it may wait for
 *          hours until it is quiet again, and sealing may not
 * The catalogue is the writer's: results are fetched and entered by it (sealer_next).
 * Threads    all functions: the writer's. */
#ifndef QUERN_WRITER_SEAL_H
#define QUERN_WRITER_SEAL_H

#include <stdbool.h>
#include <stdint.h>

struct sealer;
struct writer;

struct sealed {    /* a finished job */
    uint32_t id;   /* of the segment */
    bool packed;   /* else sealed */
    bool failed;   /* logged */
    char file[64]; /* where it lies now */
    uint64_t bytes;
};

struct sealer *sealer_start(struct writer *w);
/* Waits for an index that is being built; gives a repacking up. */
void sealer_stop(struct sealer *s);
void sealer_seal(struct sealer *s, uint32_t id, const char *file);
/* False: it has such work already. */
bool sealer_pack(struct sealer *s, uint32_t id, const char *file);
/* Packing waits while `busy`. */
void sealer_load(struct sealer *s, bool busy);
/* Is it at work on that segment, or going to be? */
bool sealer_has(struct sealer *s, uint32_t id);
bool sealer_next(struct sealer *s, struct sealed *out);

/* What the thread does, for tests and tools. */
struct world;
struct seal_pause { /* asked between two blocks */
    bool (*go_on)(void *own);
    void *own;
};
/* Indexes and an empty WAL. DB_* code. */
int seal_file(const char *path);
/* Copy `from` to `to`. DB_* code; DB_BUSY: the pause said to stop. */
int seal_pack(const char *from, const char *to, const struct seal_pause *pause);

#endif
