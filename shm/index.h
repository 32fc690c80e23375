/* index.h -- fingerprint index: (project, hash) → issue, shared by all workers, lock-free.
 * For        a known error costs no query; two workers meeting a new one at once end with one
 *            issue.
 * Processes  index_find: any. index_claim: workers. index_set, index_forget, index_grow: the
 *            writer. index_sweep: master, after a death.
 * Authority  an entry is a *claim* (a worker proposes an issue number, signed with its slot and
 *            generation) until the writer makes it *live* when it has stored the issue. The writer
 *            has the last word: if workers on either side of a growth or a sweep proposed two
 *            numbers for one key, the live one counts. Hence a claim is a hint that saves work, and
 *            no crash between claim and record can do harm.
 * Blocking   never: slots are taken word by word with compare-and-swap and whoever meets a
 *            half-made one completes it; nobody waits.
 * Crash      any process may be killed at any instruction.
 * Threads    a struct index belongs to one thread; index_refresh unmaps what others would read.
 * Damage     a live entry carries check bits over key and number: flipped ones are not found,
 *            logged (index.damaged), and set anew by whoever comes next. */
#ifndef QUERN_SHM_INDEX_H
#define QUERN_SHM_INDEX_H

#include <stdbool.h>
#include <stdint.h>

struct index;

struct index_key {
    uint64_t lo, hi; /* neither is 0: index_key() sees to that */
};
/* Mix project and grouping hash. */
struct index_key index_key(uint32_t project, const uint8_t hash[16]);

enum index_rc {
    INDEX_KNOWN,   /* someone was here before; *issue is theirs */
    INDEX_CLAIMED, /* the claim is ours; *issue is our number */
    INDEX_FULL /* no slot within INDEX_PROBE_MAX: go on with your own, the writer sorts it out */
};

/* Open or make the index in `dir_fd` (a control file and one table file per growth). `slots` is the
 * capacity of a fresh one, a power of two. */
int index_open(int dir_fd, uint64_t slots, struct index **out, bool *fresh);
void index_close(struct index *x);
/* Map the newest table if the writer has published a larger one. Cheap when nothing changed; call
 * once per request. False: it could not be mapped, the old one is still in use. */
bool index_refresh(struct index *x);

/* Claimed or live. Never waits. */
bool index_find(const struct index *x, struct index_key key, uint32_t *issue);
/* Only what the writer has made live. */
bool index_find_live(const struct index *x, struct index_key key, uint32_t *issue);
/* *issue in: the number to propose; 0: take a fresh one (index_next_issue) if it comes to that.
 * Out: what the key has now; with INDEX_FULL the number to go on with. */
enum index_rc index_claim(struct index *x, struct index_key key, uint32_t slot, uint32_t generation,
                          uint32_t *issue);

/* Make (key → issue) live, whatever was there. 0; -ENOSPC: grow first. */
int index_set(struct index *x, struct index_key key, uint32_t issue);
void index_forget(struct index *x, struct index_key key); /* the key may be claimed anew */
/* Twice the size: copies what is live, publishes. Claims of the old table are proposed again.
 * 0; -EFBIG: it has INDEX_SLOTS_MAX already; else a negative errno, and the old table goes on. */
int index_grow(struct index *x);
void index_clear(struct index *x); /* writer, before a rebuild from the catalogue */

/* Clear the claims that `slot` made in `generation`; returns how many. */
uint64_t index_sweep(struct index *x, uint32_t slot, uint32_t generation);

struct index_load {
    uint64_t slots, used, claims; /* claims: not live yet */
};
struct index_load index_load(const struct index *x); /* walks the table */
/* Slots and how many are used, without walking; `claims` stays 0. */
struct index_load index_size(const struct index *x);
bool index_wants_growth(const struct index *x); /* cheap; load above 60 % */

/* A fresh issue number, never given out before (shared counter). */
uint32_t index_next_issue(struct index *x);
/* Writer, at start: numbers up to `issue` are taken. */
void index_reserve(struct index *x, uint32_t issue);

#endif
