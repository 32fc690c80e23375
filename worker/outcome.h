/* outcome.h -- what became of items that were not stored, counted so that "where are my events" has
 * an answer.
 * Two ways   Items of a request that is answered with success go into a list of that request, which
 *            becomes a record beside its others: the reply stands on it. Items of refused requests
 *            (401 has no project and is not counted) are tallied in memory and go to the ring once
 *            a second: a refusal must cost nothing.
 * Bounds     both merge equal entries; the tally holds OUTCOME_TALLY_MAX different ones, further
 *            ones are counted under reason "other". */
#ifndef QUERN_WORKER_OUTCOME_H
#define QUERN_WORKER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"

/* ---- one request's ---- */
struct outcome_entry {
    struct outcome_entry *next;
    struct record_outcome what;
};
struct outcome_list {
    struct outcome_entry *first, *last;
    uint32_t count;
};
/* Texts are not copied: literals, or of the arena. Merges with an equal entry. */
void outcome_add(struct outcome_list *l, struct arena *a, const struct record_outcome *what);
/* As the body of a RECORD_OUTCOMES; TEXT_NONE when empty or the arena is spent. */
struct text outcome_body(const struct outcome_list *l, struct arena *a);

/* ---- the worker's ---- */
#define OUTCOME_CATEGORY_MAX 32 /* bytes of a category, longer ones are cut */
#define OUTCOME_REASON_MAX 64
struct outcome_tally;
struct outcome_tally *outcome_tally_new(void); /* NULL: no memory */
void outcome_tally_free(struct outcome_tally *t);
void outcome_tally_add(struct outcome_tally *t, const struct record_outcome *what);
/* As a record's body in the arena; TEXT_NONE when there is nothing to say. */
struct text outcome_tally_body(const struct outcome_tally *t, struct arena *a);
void outcome_tally_clear(struct outcome_tally *t); /* the body is in the ring */

#endif
