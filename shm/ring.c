#include "shm/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shm/log.h"
#include "shm/region.h"

#define RING_MAGIC 0x474e4952 /* "RING" */
#define RING_VERSION 1
#define AREA_AT 4096    /* records begin on a page of their own, see ring_idle */
#define KIND_PAD 0xffff /* fills the area's end when the next record does not fit there */

struct ring_head { /* the first bytes of every ring file, version 1 */
    struct region_stamp stamp;
    /* Stored by the producer. `sequence` is stored before `tail`: see producer_start. */
    _Alignas(64) _Atomic uint64_t tail; /* end of the last whole record */
    _Atomic uint64_t sequence;          /* of the last record */
    /* Stored by the consumer. */
    _Alignas(64) _Atomic uint64_t head; /* first byte that may not be overwritten */
    _Atomic uint64_t boot;              /* in which boot it took over; 0: it is mending tail */
    _Atomic uint64_t mends;             /* how often it has set tail and sequence itself */
};
_Static_assert(sizeof(struct ring_head) == 192 && offsetof(struct ring_head, tail) == 64 &&
                   offsetof(struct ring_head, head) == 128,
               "ring file v1");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "an atomic that hides a lock cannot be shared");

struct frame {
    uint32_t mark; /* frame_mark() of its position: nobody outside can make one up */
    uint32_t crc;  /* CRC-32C of position, the fields below, and the body */
    uint32_t len;  /* of the body */
    uint16_t kind;
    uint16_t pad;
    uint64_t sequence; /* 1, 2, … */
};
_Static_assert(sizeof(struct frame) == 24, "ring frame v1");

struct ring {
    struct region region;
    struct ring_head *shared;
    uint8_t *area;
    uint64_t bytes; /* of the area; checked at open, never read from the mapping again */
    uint64_t incarnation;
    uint64_t boot; /* of this machine, now */

    /* Producer's own copies. They are what counts: a flipped shared word heals with a put. */
    bool producing;
    uint64_t tail, sequence, mends;

    /* Consumer's. */
    bool consuming;
    uint64_t head;
};

/* ---- frames ---- */

static uint64_t aligned(uint64_t len)
{
    return (len + 7) & ~UINT64_C(7);
}

static uint64_t frame_bytes(uint64_t len)
{
    return sizeof(struct frame) + aligned(len);
}

static struct frame *frame_at(const struct ring *r, uint64_t position)
{
    return (struct frame *)(r->area + (position & (r->bytes - 1)));
}

static uint64_t to_area_end(const struct ring *r, uint64_t position)
{
    return r->bytes - (position & (r->bytes - 1));
}

/* A word that only this file has at this position. A search for the next whole record thereby
 * passes over a client's bytes without computing checksums, whatever the client wrote into them. */
static uint32_t frame_mark(const struct ring *r, uint64_t position)
{
    uint64_t x = r->incarnation ^ (position * 0x9e3779b97f4a7c15);

    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
    return (uint32_t)(x >> 32);
}

/* The position is in the checksum, so that a frame of an earlier lap is none. */
static uint32_t frame_crc_head(uint64_t position, const struct frame *f)
{
    struct {
        uint64_t position, sequence;
        uint32_t len;
        uint16_t kind, pad;
    } covered = {position, f->sequence, f->len, f->kind, f->pad};
    _Static_assert(sizeof(covered) == 24, "no padding under a checksum");

    return crc32c(0, &covered, sizeof(covered));
}

/* The frame at `position` when it is whole and ends at or before `limit`; a private copy of its
 * header. */
static bool frame_read(const struct ring *r, uint64_t position, uint64_t limit, struct frame *out)
{
    uint64_t room = limit - position, to_end = to_area_end(r, position);
    struct frame f;
    uint32_t crc;

    if (to_end < room)
        room = to_end; /* records are contiguous */
    if (room < sizeof(f))
        return false;
    memcpy(&f, frame_at(r, position), sizeof(f));
    if (f.mark != frame_mark(r, position) || f.len > room || frame_bytes(f.len) > room)
        return false;
    crc = frame_crc_head(position, &f);
    if (f.kind != KIND_PAD)
        crc = crc32c(crc, frame_at(r, position) + 1, f.len);
    else if (frame_bytes(f.len) != to_end)
        return false;
    *out = f;
    return crc == f.crc;
}

/* Positions skip the area's end when not even a header fits there. */
static uint64_t over_short_end(const struct ring *r, uint64_t position)
{
    uint64_t to_end = to_area_end(r, position);

    return to_end < sizeof(struct frame) ? position + to_end : position;
}

/* The first whole frame at or after `position`; `limit` when there is none. */
static uint64_t frame_search(const struct ring *r, uint64_t position, uint64_t limit,
                             struct frame *out)
{
    for (; position < limit; position += 8)
        if (frame_read(r, position, limit, out))
            return position;
    return limit;
}

static bool words_sane(const struct ring *r, uint64_t head, uint64_t tail)
{
    return !((head | tail) & 7) && tail - head <= r->bytes;
}

/* ---- opening ---- */

int ring_open(int dir_fd, const char *name, uint64_t bytes, struct ring **out)
{
    uint64_t layout = REGION_LAYOUT(sizeof(struct ring_head), sizeof(struct frame), AREA_AT);
    struct ring *r;
    int rc;

    assert(bytes >= 4096 && (bytes & (bytes - 1)) == 0);
    if (!(r = calloc(1, sizeof(*r))))
        return -ENOMEM;
    rc = region_open(dir_fd, name, RING_MAGIC, RING_VERSION, layout, AREA_AT + bytes, &r->region);
    if (rc == -ENOENT || rc == -ESTALE) {
        if (rc == -ESTALE)
            log_warn("ring.damaged", "file=%s: not ours, torn or of another layout, made anew",
                     name);
        rc = region_create(dir_fd, name, RING_MAGIC, RING_VERSION, layout, AREA_AT + bytes,
                           &r->region);
        if (rc == 0) {
            struct ring_head *fresh = r->region.at;
            atomic_store_explicit(&fresh->boot, fresh->stamp.boot, memory_order_release);
        }
    }
    if (rc != 0) {
        free(r);
        return rc;
    }
    r->shared = r->region.at;
    r->area = (uint8_t *)r->region.at + AREA_AT;
    r->bytes = bytes;
    r->incarnation = region_incarnation(&r->region);
    r->boot = region_boot();
    *out = r;
    return 0;
}

void ring_close(struct ring *r)
{
    if (!r)
        return;
    region_close(&r->region);
    free(r);
}

uint64_t ring_incarnation(const struct ring *r)
{
    return r->incarnation;
}

/* ---- producer ---- */

/* Walk over whole frames that begin at `position`: where they end, and the last one's sequence. */
static uint64_t walk(const struct ring *r, uint64_t position, uint64_t limit, uint64_t *sequence)
{
    struct frame f;

    for (;;) {
        uint64_t at = over_short_end(r, position);

        if (at >= limit || !frame_read(r, at, limit, &f))
            return position;
        position = at + frame_bytes(f.len);
        if (f.kind != KIND_PAD)
            *sequence = f.sequence;
    }
}

/* Take over from the process that had this end before. It may have been killed after it wrote a
 * frame and before it published it: whole frames behind the tail are records, and we go on behind
 * them. (The position in their checksum rules out those of earlier laps.) False: the words make no
 * sense together; the consumer, which knows from the database where it is, puts them right. */
static bool producer_start(struct ring *r)
{
    uint64_t head = atomic_load_explicit(&r->shared->head, memory_order_acquire);
    uint64_t sequence = atomic_load_explicit(&r->shared->sequence, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&r->shared->tail, memory_order_relaxed);

    if (!words_sane(r, head, tail)) {
        log_warn("ring.words", "head=%llu tail=%llu: damaged, waiting for the consumer",
                 (unsigned long long)head, (unsigned long long)tail);
        return false;
    }
    r->tail = walk(r, tail, head + r->bytes, &sequence);
    r->sequence = sequence;
    atomic_store_explicit(&r->shared->sequence, sequence, memory_order_release);
    atomic_store_explicit(&r->shared->tail, r->tail, memory_order_release);
    return true;
}

/* Is this end ours to write? Not until the writer has taken over a ring from before a reboot. */
static bool producer_ready(struct ring *r)
{
    uint64_t mends;

    if (atomic_load_explicit(&r->shared->boot, memory_order_acquire) != r->boot)
        return false;
    mends = atomic_load_explicit(&r->shared->mends, memory_order_relaxed);
    if (!r->producing || r->mends != mends) {
        r->producing = producer_start(r);
        r->mends = mends;
    }
    return r->producing;
}

static void frame_seal(struct ring *r, uint64_t position, struct frame *f, uint32_t crc)
{
    f->mark = frame_mark(r, position);
    f->crc = crc;
    memcpy(frame_at(r, position), f, sizeof(*f));
}

static void write_pad(struct ring *r, uint64_t position, uint64_t room)
{
    struct frame f = {.len = (uint32_t)(room - sizeof(f)), .kind = KIND_PAD};

    frame_seal(r, position, &f, frame_crc_head(position, &f));
}

static void write_frame(struct ring *r, uint64_t position, uint16_t kind, const struct iovec *parts,
                        int count, uint32_t len)
{
    struct frame f = {.len = len, .kind = kind, .sequence = r->sequence + 1};
    uint8_t *to = (uint8_t *)(frame_at(r, position) + 1);
    uint32_t crc = frame_crc_head(position, &f);

    for (int i = 0; i < count; i++) {
        if (!parts[i].iov_len)
            continue;
        memcpy(to, parts[i].iov_base, parts[i].iov_len);
        crc = crc32c(crc, to, parts[i].iov_len);
        to += parts[i].iov_len;
    }
    frame_seal(r, position, &f, crc);
}

enum ring_rc ring_put(struct ring *r, uint16_t kind, const struct iovec *parts, int count,
                      uint64_t *end)
{
    uint64_t len = 0, need, pad, room, at, head;

    assert(kind != KIND_PAD);
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len > r->bytes)
            return RING_TOO_LONG;
        len += parts[i].iov_len;
    }
    need = frame_bytes(len);
    if (need >
        r->bytes / 2) /* so that what is not too long always fits an empty ring, pad and all */
        return RING_TOO_LONG;
    if (!producer_ready(r))
        return RING_FULL;
    /* Acquire, pairs with the release in ring_release: the consumer has left the bytes we reuse. */
    head = atomic_load_explicit(&r->shared->head, memory_order_acquire);
    if (r->tail - head > r->bytes)
        return RING_FULL; /* a damaged head: the consumer puts it right */
    room = r->bytes - (r->tail - head);
    pad = to_area_end(r, r->tail) < need ? to_area_end(r, r->tail) : 0;
    if (pad + need > room)
        return RING_FULL;
    if (pad >= sizeof(struct frame))
        write_pad(r, r->tail, pad);
    at = r->tail + pad;
    write_frame(r, at, kind, parts, count, (uint32_t)len);
    /* Release, pairs with the acquire in ring_next: nobody sees tail move before the frame is
     * whole. Killed above this line, the record never was, or is found whole by producer_start;
     * either way no reply has been sent. */
    r->sequence++;
    r->tail = at + need;
    atomic_store_explicit(&r->shared->sequence, r->sequence, memory_order_release);
    atomic_store_explicit(&r->shared->tail, r->tail, memory_order_release);
    *end = r->tail;
    return RING_OK;
}

uint64_t ring_room(const struct ring *r)
{
    uint64_t tail = r->producing ? r->tail : ring_tail(r), head = ring_released(r);
    uint64_t free, to_end = to_area_end(r, tail), most;

    if (!words_sane(r, head, tail))
        return 0;
    free = r->bytes - (tail - head);
    /* Either here up to the area's end, or behind a pad at its beginning. */
    most = free < to_end ? free : to_end;
    if (free > to_end && free - to_end > most)
        most = free - to_end;
    if (most > r->bytes / 2)
        most = r->bytes / 2;
    return most > sizeof(struct frame) ? most - sizeof(struct frame) : 0;
}

/* ---- consumer ---- */

static void head_store(struct ring *r, uint64_t head)
{
    r->head = head;
    /* Release, pairs with the acquire in ring_put and ring_released: we have left those bytes, and
     * the commit that made them durable came before. */
    atomic_store_explicit(&r->shared->head, head, memory_order_release);
}

/* The words that say where the ring ends cannot be right: set them from the whole frames at and
 * behind `from`. Producers hold still meanwhile (boot is 0) and read the words anew (mends). `head`
 * is what the database has; it is trusted. */
static void mend(struct ring *r, uint64_t head, uint64_t from)
{
    uint64_t sequence = atomic_load_explicit(&r->shared->sequence, memory_order_relaxed);
    uint64_t tail = from, limit = head + r->bytes, at = from;
    struct frame f;

    atomic_store_explicit(&r->shared->boot, 0, memory_order_seq_cst);
    while ((at = frame_search(r, at, limit, &f)) < limit) {
        at += frame_bytes(f.len);
        tail = at;
        if (f.sequence > sequence)
            sequence = f.sequence;
    }
    log_warn("ring.mended", "applied=%llu head=%llu tail=%llu found=%llu", (unsigned long long)head,
             (unsigned long long)ring_released(r), (unsigned long long)ring_tail(r),
             (unsigned long long)tail);
    head_store(r, head);
    atomic_store_explicit(&r->shared->sequence, sequence, memory_order_relaxed);
    atomic_store_explicit(&r->shared->tail, tail, memory_order_release);
    atomic_fetch_add_explicit(&r->shared->mends, 1, memory_order_release);
    atomic_store_explicit(&r->shared->boot, r->boot, memory_order_release);
}

/* The consumer's words are as the consumer knows them: it says that it has taken over, and puts
 * right what somebody else's slip, or a flipped bit, has changed. */
static void hold(struct ring *r)
{
    if (ring_released(r) != r->head)
        head_store(r, r->head);
    if (atomic_load_explicit(&r->shared->boot, memory_order_relaxed) != r->boot)
        atomic_store_explicit(&r->shared->boot, r->boot, memory_order_release);
}

/* The first look of this process at the ring; returns where to begin. `applied` is from the
 * database and trusted, but for 0: it knows nothing of this ring. */
static uint64_t consumer_start(struct ring *r, uint64_t applied)
{
    uint64_t head = ring_released(r), tail = ring_tail(r);
    bool sane = words_sane(r, head, tail);

    r->consuming = true;
    r->head = head;
    applied &= ~UINT64_C(7);
    if (sane && (applied == 0 || (applied <= tail && tail - applied > r->bytes))) {
        if (applied) /* the database is more than a lap behind: it came from a backup */
            log_warn("ring.older", "applied=%llu head=%llu", (unsigned long long)applied,
                     (unsigned long long)head);
        applied = head;
    } else if (!sane || applied > tail) {
        mend(r, applied, applied);
    } else if (applied < head) {
        head_store(r, applied); /* less than a lap: nothing behind it was overwritten */
    }
    hold(r);
    return applied;
}

static enum ring_rc skip_damage(struct ring *r, uint64_t *cursor, uint64_t tail,
                                struct ring_record *out)
{
    struct frame f;
    uint64_t next = frame_search(r, *cursor + 8, tail, &f);

    *out = (struct ring_record){.end = next, .skipped = next - *cursor};
    log_warn("ring.torn", "position=%llu skipped_bytes=%llu", (unsigned long long)*cursor,
             (unsigned long long)out->skipped);
    *cursor = next;
    return RING_TORN;
}

enum ring_rc ring_next(struct ring *r, uint64_t *cursor, struct ring_record *out)
{
    uint64_t tail;
    struct frame f;

    if (!r->consuming)
        *cursor = consumer_start(r, *cursor);
    hold(r);
    if (*cursor < r->head)
        *cursor = r->head; /* what is released may be overwritten, and is not lent twice */
    /* Acquire, pairs with the release in ring_put: the frames up to here are whole. */
    tail = atomic_load_explicit(&r->shared->tail, memory_order_acquire);
    if (!words_sane(r, *cursor, tail)) {
        mend(r, r->head, *cursor);
        tail = ring_tail(r);
    }
    for (;;) {
        uint64_t at = over_short_end(r, *cursor);

        if (at >= tail)
            return RING_EMPTY;
        *cursor = at;
        if (!frame_read(r, at, tail, &f))
            return skip_damage(r, cursor, tail, out);
        if (f.kind != KIND_PAD)
            break;
        *cursor = at + frame_bytes(f.len);
    }
    *out = (struct ring_record){.kind = f.kind,
                                .sequence = f.sequence,
                                .end = *cursor + frame_bytes(f.len),
                                .body = frame_at(r, *cursor) + 1,
                                .len = f.len};
    *cursor = out->end;
    return RING_OK;
}

void ring_release(struct ring *r, uint64_t position)
{
    if (!r->consuming)
        position = consumer_start(r, position);
    /* Never back, and never farther ahead than a lap: what is released twice was released. */
    if (position - r->head <= r->bytes)
        head_store(r, position);
}

uint64_t ring_tail(const struct ring *r)
{
    return atomic_load_explicit(&r->shared->tail, memory_order_acquire);
}

uint64_t ring_released(const struct ring *r)
{
    return atomic_load_explicit(&r->shared->head, memory_order_acquire);
}

uint64_t ring_bytes(const struct ring *r)
{
    return r->bytes;
}

void ring_idle(struct ring *r)
{
    madvise(r->area, r->bytes, MADV_DONTNEED);
}
