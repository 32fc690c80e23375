/* context.h -- the writer: what its parts share. One thread owns all of it; the two that help it
 * (checkpoint.h, seal.h) have structs of their own behind pointers.
 *
 * The way of a batch:
 *   drain.c     rings in turn → decisions (decide.c, state.c) → blocks and rows (pack.c), aggregates
 *               (tally.c); stops before a command
 *   pack.c      one transaction in the active segment, with the ring positions; then the room in the
 *               rings is released and the workers answer
 *   command.c   the commands at the heads of the rings, in a catalogue transaction of their own
 *   flush.c     the aggregates into the catalogue, in slices between batches */
#ifndef QUERN_WRITER_CONTEXT_H
#define QUERN_WRITER_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"
#include "schema/db.h"
#include "schema/segment.h"
#include "shm/world.h"
#include "writer/writer.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

/* What a batch may hold. Larger ones gain nothing (measured: 256 events of 13 KB fill the disk's
 * time), smaller ones pay more commits. */
#define COMMIT_RECORDS 1024
#define COMMIT_BYTES (4 * MIB)

#define UNPACKABLE_MAX 8
#define KINDS 16 /* record kinds are below this */

struct checkpointer;
struct sealer;
struct tally;
struct states;
struct relearn;
struct spans;
struct span_tally;

struct project { /* what the writer needs of one; from the catalogue */
    uint32_t id, org;
    bool active;
    bool seen;              /* has had an event */
    bool webhooks;          /* the settings name receivers */
    uint32_t resolve_age_h; /* 0: never by age */
    char slug[64], org_slug[64];
};

struct slot {          /* one worker's ring, as the writer sees it */
    uint64_t cursor;   /* next record to take */
    uint64_t leave_at; /* its tail when we were told to stop: what is behind is the next writer's */
    bool open;         /* we know where to go on */
    bool touched;      /* by the batch in the making */
    bool command;      /* the record at the cursor is one: it waits for the segment commit */
    uint8_t idle_seconds; /* nothing was in it for so long; at 3 its pages are given back */
};

struct packing { /* a block in the making */
    struct block_packer *packer;
    uint64_t block; /* its id; 0: empty */
    int64_t min_ms, max_ms;
};

struct batch {
    struct segment_event *events;
    uint32_t event_count;
    struct segment_block *blocks; /* data: offsets into `bytes` until the commit */
    uint32_t block_count, block_room;
    struct record_attachment *attachments; /* texts lie in the rings, which are not released yet */
    uint32_t attachment_count;
    char *bytes; /* packed blocks; reserved for the worst case, touched as needed */
    size_t len, room;
    uint32_t records;
    size_t raw; /* bytes of records taken in */
    struct packing packing[KINDS];
    /* what becomes of records that are not stored; becomes an outcomes record of the batch */
    struct {
        uint32_t project, quantity;
        int64_t time_ms;
        uint8_t outcome;
        const char *category, *reason;
    } dropped[32];
    uint32_t dropped_count;
};

struct effects {      /* what a command means for shared memory; noted, and done after its commit */
    bool projects;    /* registry anew */
    bool roll;        /* begin a new segment */
    uint32_t *issues; /* entries anew; with ISSUE_GONE set: deleted */
    uint32_t issue_count, issue_room;
    struct effect_hash {
        uint32_t project, issue; /* 0: forget */
        uint8_t hash[16];
    } * hashes;
    uint32_t hash_count, hash_room;
    bool failed; /* no memory */
};
#define ISSUE_GONE 0x80000000u

struct active { /* the segment being written */
    struct segment *segment;
    uint32_t id;
    int64_t day;
    uint64_t first_seq, next_block;
    uint64_t rows;
    uint64_t attachments;
    uint64_t entries; /* rows of entry spans */
    bool overdue;     /* the next one could not be begun … */
    int64_t retry_us; /* … and is tried again then */
    uint64_t bytes;   /* file and WAL, as of the last second */
    int64_t first_ms;
    char file[64];
};

struct writer {
    const struct writer_conf *conf;
    struct world *world;
    struct db *catalogue;
    struct active active;
    struct batch batch;
    struct slot slots[WORLD_SLOTS];
    uint32_t turn; /* the ring to begin with */
    struct tally *tally;
    struct states *states;
    struct spans *spans;               /* spans.h */
    struct span_tally *span_tally;     /* span_tally.h */
    struct checkpointer *checkpointer; /* NULL in tools */
    struct sealer *sealer;             /* likewise */
    struct relearn *relearn;           /* NULL: nothing is left to learn; relearn.h */
    struct arena arena;                /* of the record at hand */
    struct arena command_arena;        /* of the command at hand, and its answer */
    struct effects effects;

    struct project *projects; /* sorted by id */
    uint32_t project_count;

    uint64_t next_seq;
    uint32_t issue_high; /* the highest number in use */
    uint32_t
        issue_floor; /* proposals up to here are not trusted to be free: they may be deleted ones */

    uint64_t wanted;               /* board.flush_wanted as last served */
    bool hurry;                    /* the flush under way serves it: a reader waits */
    uint64_t committed_records;    /* since the start */
    struct {                       /* keep.c's own */
        uint64_t seconds, records; /* second counter; committed_records a second ago */
        int64_t busy_us;           /* when there was last much to do */
        uint32_t pruned;           /* issues up to this one had their old hours taken out */
        int64_t pruned_operation, pruned_edge, pruned_service; /* likewise, of spans' figures */
        int64_t unmerging;                                     /* the job at hand */
        uint32_t unpackable[UNPACKABLE_MAX]; /* could not be repacked: not again in this life … */
        uint32_t unpackable_count;           /* … and none at all when there are so many */
        bool deleting;                       /* another segment is to go */
        struct {
            uint32_t id; /* of the segment */
            char file[64];
            int64_t due_us;
        } leaving[8]; /* replaced files, removed when no reader can be about to open them */
    } keep;
    int64_t second_us;   /* when the housekeeping of a second was last done */
    bool stalled;        /* the disk refuses: keep the batch, try again */
    bool catalogue_lost; /* it was damaged and is being made again from the segments */
    bool stopping;       /* told to drain and leave … */
    bool leaving;        /* … and slot.leave_at is noted */
    int64_t orphan_us;   /* master was gone at this time; 0: it is there */
};

/* ---- writer.c ---- */
static inline struct issue_entry *writer_issue(struct writer *w, uint32_t issue)
{
    return issue_edit(w->world->issues, issue);
}
const struct project *writer_project(const struct writer *w, uint32_t id);
void writer_count(struct writer *w, enum counter which, uint64_t n);
/* Log a database error once, with what was being done. Returns rc. */
int writer_complain(struct db *d, const char *doing, int rc);

#endif
