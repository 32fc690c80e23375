/* stored.h -- events where they are stored: by sequence, by id, along an issue, along a project.
 * For        event lists, event pages, neighbours. Query thread.
 * Way        an issue's newest event is in its row, each event names the one before it, so the events
 *            of an issue are a chain from segment to segment. Sealed segments have indexes besides;
 *            the active one is looked through backwards where no link leads on (at most
 *            SEGMENT_ROWS_MAX narrow rows). Blocks are read only for what is shown.
 * Merging    events keep the number of the issue they came in with: those of a parent are its own
 *            and those of all that were merged into it (struct stored_walk).
 * Errors     what a damaged or missing segment holds is not there; the log has a line. */
#ifndef QUERN_WORKER_STORED_H
#define QUERN_WORKER_STORED_H

#include "proto/record.h"
#include "worker/api_call.h"

struct stored_event {
    uint64_t seq, prev; /* prev 0: the first of its issue */
    int64_t project, issue, timestamp_ms, block;
    uint32_t slot;
    uint8_t id[16];
    struct query_segment *segment;
};

/* A statement of a segment; NULL: it is gone, or damaged. */
struct db_stmt *stored_query(struct api_call *c, struct query_segment *g, const char *name);
/* Its next row, or none; a damaged file has none. `s` may be NULL. */
bool stored_row(struct query_segment *g, struct db_stmt *s);
/* A row of the api_stored_* queries. */
void stored_event_row(struct db_stmt *s, struct query_segment *g, struct stored_event *e);
bool stored_by_seq(struct api_call *c, uint64_t seq, struct stored_event *out);
/* In one project, or with NULL in all of the call's organisation. */
bool stored_by_id(struct api_call *c, const struct api_project *project, const uint8_t id[16],
                  struct stored_event *out);
/* The issue it is shown under: its own, or the one that was merged into. 0: gone. */
int64_t stored_issue(struct api_call *c, const struct stored_event *e);
/* Issues with an event of this trace, at most `room`. */
uint32_t stored_issues_of_trace(struct api_call *c, const uint8_t trace[16], int64_t *issues,
                                uint32_t room);

/* The event that came before or after this sequence in an issue (its children included). */
bool stored_before(struct api_call *c, int64_t issue, uint64_t seq, struct stored_event *out);
bool stored_after(struct api_call *c, int64_t issue, uint64_t seq, struct stored_event *out);

/* Newest first through an issue, or through a project. */
#define STORED_MEMBERS_MAX 256 /* merged issues whose events are shown with the parent's */
struct stored_walk {
    struct api_call *call;
    int64_t project; /* 0: along issues */
    uint64_t at;     /* events below this sequence are left to show */
    uint32_t count;
    struct stored_member {
        int64_t issue;
        bool done, linked;        /* linked: prev leads to the event before, always */
        struct stored_event head; /* the next one of this member */
    } * members;
};
/* before: UINT64_MAX for the newest. False: arena spent. */
bool stored_walk_issue(struct api_call *c, int64_t issue, uint64_t before, struct stored_walk *out);
void stored_walk_project(struct api_call *c, int64_t project, uint64_t before,
                         struct stored_walk *out);
bool stored_walk_next(struct stored_walk *w, struct stored_event *out);

/* The record itself, with its tags and payload: valid until the next stored_read, which shares the
 * scratch arena (also yours for what you derive from it). False: damaged. */
bool stored_read(struct api_call *c, const struct stored_event *e, struct record_event *out);

/* The event that a path names: by id, or within the call's issue also "latest", "oldest" and
 * "recommended" (api_event.c). */
bool api_event_find(struct api_call *c, struct text name, struct stored_event *e);

#endif
