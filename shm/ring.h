/* ring.h -- the way out of a worker: one producer, one consumer, one file.
 * For        carrying accepted records from a worker to the writer, in order.
 * Processes  ring_put: the worker it belongs to. ring_next, ring_release: the writer.
 *            ring_tail, ring_released: any.
 * Positions  64-bit, ever growing bytes since the file was made; the file's incarnation and a
 *            position name a record for ever.
 * Ownership  ring_put copies the body. ring_next lends a view; it is valid until ring_release.
 * Blocking   never: a full ring is an answer, not a wait.
 * Crash      a record is whole or absent, wherever either side is killed.
 * Damage     each frame is checked against CRC-32C, its position and the file's incarnation: torn
 *            and flipped bytes are skipped up to the next whole record, with a log line.
 * Reboot     a power cut may leave the file older than the database. Until the writer has said how
 *            far the database is (its first ring_next), puts into a ring from before are RING_FULL. */
#ifndef QUERN_SHM_RING_H
#define QUERN_SHM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ring; /* the mapping is ring.c's own business */

enum ring_rc {
    RING_OK,
    RING_FULL,
    RING_TOO_LONG,
    RING_EMPTY,
    RING_TORN /* damaged bytes were skipped up to the next whole record; `skipped` says how many */
};

/* Open DIR/NAME or make it with `bytes` of record room (a power of two). 0 or a negative errno. */
int ring_open(int dir_fd, const char *name, uint64_t bytes, struct ring **out);
void ring_close(struct ring *r);
uint64_t ring_incarnation(const struct ring *r);

/* Append one record made of `parts`. RING_OK is what a 2xx reply stands on: *end is the position
 * behind the record, and once ring_released() >= *end it is durable. On RING_FULL nothing was
 * written and the client is told when to come back. */
enum ring_rc ring_put(struct ring *r, uint16_t kind, const struct iovec *parts, int count,
                      uint64_t *end);

struct ring_record {
    uint16_t kind;
    uint64_t sequence; /* of this ring, 1, 2, … */
    uint64_t end;      /* position behind it */
    const void *body;
    size_t len;
    uint64_t skipped; /* RING_TORN: bytes given up before this record (or before the tail) */
};

/* The record at *cursor; moves *cursor behind it. RING_EMPTY: nothing there. RING_TORN: *cursor
 * moved over damaged bytes, `skipped` set, no record lent; call again.
 * The first call of a process takes the ring over: *cursor must be the position up to which the
 * database has applied this incarnation (0: it knows nothing of it, begin where the ring does). */
enum ring_rc ring_next(struct ring *r, uint64_t *cursor, struct ring_record *out);
/* The writer is done with everything below `position`: it is durable, the room may be reused, and
 * workers may answer. */
void ring_release(struct ring *r, uint64_t position);

uint64_t ring_tail(const struct ring *r);     /* acquire */
uint64_t ring_released(const struct ring *r); /* acquire; pairs with ring_release */
uint64_t ring_room(const struct ring *r);     /* bytes the body of a next record may have */
uint64_t ring_bytes(const struct ring *r);
/* Give the pages of an idle ring back to the system (they stay in the file). */
void ring_idle(struct ring *r);

#endif
