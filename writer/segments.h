/* segments.h -- all segments as the catalogue knows them, and making that agree with the folder. */
#ifndef QUERN_WRITER_SEGMENTS_H
#define QUERN_WRITER_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct writer;

struct segments_row {
    uint32_t id;
    char file[64];
    char state[12];
    int64_t day;
    uint64_t first_seq, last_seq;
    int64_t first_ms, last_ms;
    uint64_t rows, bytes;
    uint64_t tallied_block, tallied_seq;
    bool whole; /* all of it is in the aggregates */
};

struct segments {
    struct segments_row *rows; /* oldest first */
    uint32_t count;
};

/* DB_* code; free it either way. */
int segments_list(struct writer *w, struct segments *out);
void segments_free(struct segments *s);
/* Into the catalogue, but for what says how far it was counted. */
int segments_insert(struct writer *w, const struct segments_row *r);
/* Start: files that are missing or damaged leave the catalogue, files that it does not know enter it;
 * opens the active one (or makes it) and finds the next sequence. */
int segments_recover(struct writer *w);
/* Take a segment out of the catalogue; its aggregates stay. Inside a transaction of the caller's. */
int segments_forget(struct writer *w, uint32_t id);
/* The same, and remember that its file goes next: should we be killed before it has, the next start
 * removes it, where it would take in any other file that the catalogue does not know. */
int segments_leave(struct writer *w, uint32_t id);
int segments_set_state(struct writer *w, uint32_t id, const char *state, const char *file,
                       uint64_t bytes);

#endif
