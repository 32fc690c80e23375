/* listed.h -- tag keys that list as many values as they may, and which those are.
 * For        keys whose values are mostly unique (URLs, users): the first TAG_VALUES_MAX values of an
 *            owner's key are listed in the catalogue, later ones only counted. Knowing the listed ones,
 *            the tally need not carry every other value to the flush, to be looked for there in vain.
 * Truth      a full key's list never changes but by commands and unmerging: whoever runs those calls
 *            listed_clear(). Some values that are not listed seem to be: they are looked for, as all
 *            were without this. None that is listed seems not to be.
 * Bounds     a fixed number of keys; one takes another's place, and what is not here is looked up. */
#ifndef QUERN_WRITER_LISTED_H
#define QUERN_WRITER_LISTED_H

#include <stdbool.h>
#include <stdint.h>

struct listed;

struct listed *listed_new(void);
void listed_free(struct listed *l);
void listed_clear(struct listed *l);

/* An owner's key as one word. */
uint64_t listed_key(uint32_t table, uint32_t owner, uint64_t key_hash);
/* The key is full, and the value surely none of those that it lists. */
bool listed_excludes(const struct listed *l, uint64_t key, uint64_t value_hash);
bool listed_knows(const struct listed *l, uint64_t key);
/* The key is full; all that it lists follow by listed_add(). */
void listed_begin(struct listed *l, uint64_t key);
void listed_add(struct listed *l, uint64_t key, uint64_t value_hash);

#endif
