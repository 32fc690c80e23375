/* recover.h -- from a data folder, in whatever state the last writer left it, to a running writer.
 *   1  open the catalogue and the segments; set aside what is damaged, take in what is unknown
 *   2  rebuild what lies in shared memory: issue table, index, recent ids, registry
 *   3  count the blocks that the catalogue does not contain yet
 * The rings then go on where the database is (drain.c). */
#ifndef QUERN_WRITER_RECOVER_H
#define QUERN_WRITER_RECOVER_H

#include <stdint.h>

struct writer;

/* Open (or make) the catalogue, bring it to the newest form; first start. DB_* code, logged. */
int recover_catalogue(struct writer *w);
/* Issue table, index, projects from the catalogue. */
int recover_issues(struct writer *w);
/* One issue's entry again from its row: after a command. */
int recover_issue(struct writer *w, uint32_t issue);
/* Aggregates of what was committed since they were last written; ids that the recent table misses. */
int recover_tally(struct writer *w);

#endif
