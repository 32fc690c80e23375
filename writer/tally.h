/* tally.h -- aggregates in memory: what the records since the last flush add to the catalogue.
 * For        counts per issue, hour, tag value, release, environment, user: kept as sums, written as
 *            upserts, so that an event costs no row in the catalogue.
 * Source     the records as they lie in the blocks, and nothing else: after a crash recover.c runs the
 *            blocks behind the catalogue's mark through the same functions.
 * Generations  one is filled while the other is being written (flush.c), in slices between batches.
 * Bounds     rows, issues and bytes of a generation are fixed at start; tally_room() says when it is
 *            full, and then it must be flushed first. */
#ifndef QUERN_WRITER_TALLY_H
#define QUERN_WRITER_TALLY_H

#include "proto/record.h"
#include "writer/context.h"
#include "writer/state.h"

enum tally_table {                        /* in the order in which they are written */
                   TALLY_RELEASE_PROJECT, /* id: project; a: version */
                   TALLY_ENVIRONMENT,     /* id: project; a: name */
                   TALLY_PROJECT_HOUR,    /* id: project; id2: hour */
                   TALLY_OUTCOME, /* id: project; id2: hour; a: outcome byte and category; b: reason */
                   TALLY_PROJECT_TAG, /* id: project; a: key; b: value; id2: TALLY_UNLISTED or 0 */
                   TALLY_ISSUE_HOUR,  /* id: issue; id2: hour */
                   TALLY_ISSUE_DAY,   /* id: issue; id2: day */
                   TALLY_ISSUE_RELEASE, /* id: issue; a: version; b: environment */
                   TALLY_ISSUE_TAG,     /* id: issue; the others likewise */
                   TALLY_TABLES
};

#define TALLY_UNLISTED 1u /* all values of the key that are counted but not listed; b: absent */

struct tally_row {
    uint64_t hash;
    uint32_t id, id2;
    uint32_t text; /* offset of a, then b, in the generation's bytes */
    uint16_t a_len, b_len;
    uint64_t n;
    uint8_t table;
    uint32_t release; /* TALLY_RELEASE_PROJECT: release.id, once the flush knows it */
    int64_t first_ms, last_ms;
};

struct tally_text { /* own copy, overwritten in place while it fits */
    char *at;
    uint32_t len, room;
};

struct tally_issue { /* what happened to one issue */
    uint32_t issue, project;
    uint32_t events;
    int64_t first_ms, last_ms;
    uint64_t first_seq, last_seq;
    bool created, unhandled;
    uint8_t level, type; /* of its newest event, as are the texts */
    struct tally_text title, culprit, metadata, platform, logger, release;
    struct tally_text first_release;
    enum state_change change; /* an event reopened it … */
    int64_t change_ms;        /* … then … */
    struct tally_text change_release;
    uint32_t short_id; /* of a created one, once written */
    /* distinct users: a list, or from ISSUE_USERS_EXACT on a sketch */
    uint64_t *users;
    uint32_t user_count, user_room;
    uint8_t *sketch;
};

struct tally_hash { /* a grouping hash that came to belong to an issue */
    struct tally_hash *next;
    uint32_t project, issue;
    uint8_t hash[16];
    int64_t created_ms;
    struct text reason;
};

struct tally_feedback {
    struct tally_feedback *next;
    struct record_feedback record; /* texts in the generation */
};

struct tally_mark { /* what the generation reaches up to, per segment */
    uint32_t segment;
    uint64_t block, seq;
    bool whole; /* that is its end */
};
#define TALLY_MARKS 8

#define TALLY_ROWS 32768u
#define TALLY_ISSUES 4096u
#define TALLY_BYTES (2 * MIB) /* more than any one record */

struct tally_generation {
    struct tally_row *rows;
    uint32_t row_count;
    uint32_t *row_slots; /* 2 × TALLY_ROWS; row + 1 */
    struct tally_issue *issues;
    uint32_t issue_count;
    uint32_t *issue_slots; /* 2 × TALLY_ISSUES; issue + 1 */
    char *bytes;
    size_t used;
    struct tally_hash *hashes, **hashes_end;
    struct tally_feedback *feedback, **feedback_end;
    struct tally_mark marks[TALLY_MARKS];
    uint32_t mark_count;
    uint64_t seq;     /* the newest event in it */
    int64_t since_us; /* when its first record came */
    uint32_t summed;  /* rows that tally_sum() has been at */
    bool empty;
    bool issue_only; /* events are being moved, not new: nothing but their issue's own figures */
};

struct flush;
struct listed;

struct tally {
    struct tally_generation generation[2];
    struct tally_generation *filling, *flushing; /* flushing NULL: none is being written */
    struct flush *flush;
    struct listed *listed; /* listed.h */
    int64_t flushed_us;    /* when the last flush ended … */
    int64_t took_us;       /* … and what it took */
    int64_t retry_us;      /* after a failed one: not before then */
};

struct tally *tally_new(void);
void tally_free(struct tally *t);

/* Will a record of that length, with that many tags, surely fit? */
bool tally_room(const struct tally *t, size_t len, uint32_t tags);
bool tally_half_full(const struct tally *t);
/* The outcome category that an event of that type is counted under. */
const char *tally_category(uint8_t event_type);
/* One stored event. `created`: it made the issue. */
void tally_event(struct writer *w, const struct record_event *r, uint64_t seq, uint32_t issue,
                 bool created);
void tally_change(struct writer *w, uint32_t issue, enum state_change change,
                  const struct record_event *r);
void tally_hash(struct writer *w, const struct record_event *r, uint32_t which, uint32_t issue);
void tally_outcome(struct writer *w, const struct record_outcome *r);
void tally_feedback(struct writer *w, const struct record_feedback *r);
/* There is something for a flush that is kept elsewhere (span_tally.h). */
void tally_wake(struct writer *w);
/* The segment's blocks up to `block` and events up to `seq` are in; `whole`: it has no more. */
void tally_mark(struct writer *w, uint32_t segment, uint64_t block, uint64_t seq, bool whole);

/* Before the generation is written: tags of projects are the sum of those of their issues. One row more
 * goes into its sum. False: all have. */
bool tally_sum(struct tally_generation *g);

/* The row of that key; NULL: none. */
struct tally_row *tally_find(struct tally_generation *g, enum tally_table table, uint32_t id,
                             uint32_t id2, struct text a, struct text b);
struct text tally_row_a(const struct tally_generation *g, const struct tally_row *r);
struct text tally_row_b(const struct tally_generation *g, const struct tally_row *r);
/* Bytes of the generation; room was asked for before. */
void *tally_alloc(struct tally_generation *g, size_t size);
void tally_clear(struct tally_generation *g);

#endif
