/* recent.h -- the last RECENT_IDS event ids and their sequence numbers.
 * For        duplicates (SDK retries), and finding an event before its segment is indexed.
 * Processes  recent_add, recent_trim: the writer. recent_find: any.
 * Authority  the writer decides what is a duplicate, at the one place where order is known. Entries
 *            above the last committed sequence are removed by recent_trim when a writer starts. */
#ifndef QUERN_SHM_RECENT_H
#define QUERN_SHM_RECENT_H

#include <stdbool.h>
#include <stdint.h>

struct recent;
int recent_open(int dir_fd, struct recent **out, bool *fresh);
void recent_close(struct recent *r);
/* Newest first when an id was ever added twice. May miss an entry that is being overwritten. */
bool recent_find(const struct recent *r, uint32_t project, const uint8_t id[16], uint64_t *seq);
/* The oldest entry leaves. */
void recent_add(struct recent *r, uint32_t project, const uint8_t id[16], uint64_t seq);
/* Forget all with a sequence above `last`. */
void recent_trim(struct recent *r, uint64_t last);
void recent_clear(struct recent *r);
uint64_t recent_newest(const struct recent *r); /* highest sequence in it; 0: empty */

#endif
