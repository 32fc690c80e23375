/* issue.h -- per issue: counters, times and state, indexed by issue number.
 * Stored by the writer only (so that counters are exact after any crash); read by all.
 * The file is large and sparse; room is allocated in steps by the writer ahead of use.
 * At its start the writer rebuilds every entry from the catalogue. */
#ifndef QUERN_SHM_ISSUE_H
#define QUERN_SHM_ISSUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum issue_status { ISSUE_NONE, ISSUE_UNRESOLVED, ISSUE_RESOLVED, ISSUE_IGNORED, ISSUE_DISCARDED };

struct issue_entry { /* 64 bytes, one cache line */
    _Atomic uint32_t project;
    _Atomic uint8_t status; /* enum issue_status */
    _Atomic uint8_t flags;
    uint8_t pad[2];
    _Atomic uint64_t events;
    _Atomic int64_t first_ms, last_ms;
    _Atomic uint64_t last_seq; /* sequence of its newest event: head of the chain in the segments */
    _Atomic uint32_t users;
    _Atomic uint32_t release; /* resolved in this release row, 0: none */
    uint8_t rest[16];
};
_Static_assert(sizeof(struct issue_entry) == 64, "issue table v1");

struct issue_table;
int issue_open(int dir_fd, struct issue_table **out);
void issue_close(struct issue_table *t);
/* NULL: out of range or not allocated yet. */
const struct issue_entry *issue_at(const struct issue_table *t, uint32_t issue);
/* Writer: the entry to store into; allocates room as needed. NULL: disk full, or ISSUES_MAX. */
struct issue_entry *issue_edit(struct issue_table *t, uint32_t issue);
void issue_clear(struct issue_table *t); /* writer, before a rebuild */

#endif
