/* tally_row.h -- inside of a tally: the rows of a generation, found by their keys. */
#ifndef QUERN_WRITER_TALLY_ROW_H
#define QUERN_WRITER_TALLY_ROW_H

#include "writer/tally.h"

#define TALLY_ROW_SLOTS (2 * TALLY_ROWS)

struct tally_key {
    enum tally_table table;
    uint32_t id, id2;
    struct text a, b;
    uint64_t hash; /* tally_key_hash() of all of them */
};

uint64_t tally_text_hash(struct text a, struct text b);
/* The same, when a's is known. */
uint64_t tally_text_hash_and(uint64_t a_hash, struct text b);
/* `texts`: their tally_text_hash(); 0: none. */
uint64_t tally_key_hash(enum tally_table table, uint32_t id, uint32_t id2, uint64_t texts);

/* The row of the key; NULL: none. */
struct tally_row *tally_row_find(struct tally_generation *g, const struct tally_key *k);
void tally_row_see(struct tally_row *r, uint64_t n, int64_t ms);
/* Add n to the row of the key. `text`: an offset where its texts lie already, or 0. */
struct tally_row *tally_row_add(struct tally_generation *g, const struct tally_key *k, uint32_t n,
                                int64_t ms, uint32_t text);

/* The project of an issue that has something in the generation. */
uint32_t tally_project_of(const struct tally_generation *g, uint32_t issue);
/* What an event's tags add to its issue and project. */
void tally_tags(struct tally *t, struct tally_generation *g, const struct record_event *r,
                uint32_t issue);

#endif
