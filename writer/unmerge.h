/* unmerge.h -- moving events to the issue that their hashes went to.
 * The command (command_merge.c) has made the issue, moved the hashes, and noted the job; new events go
 * the new way from then on. What is left is done here, segment by segment, between batches:
 *   1  walk the events of the old issue (and of those merged into it) in the segment's index, pick those
 *      with one of the hashes, and read their records
 *   2  one catalogue transaction: their figures are added to the new issue and taken from the old one,
 *      and the job says that this segment is counted
 *   3  one transaction in the segment: the rows say the new issue
 * Killed between 2 and 3, step 3 is done again; it changes nothing the second time. */
#ifndef QUERN_WRITER_UNMERGE_H
#define QUERN_WRITER_UNMERGE_H

#include <stdbool.h>

struct writer;

/* Do a segment's worth, if there is any and its segment is sealed. True: there may be more. Not while a
 * flush is open. */
bool unmerge_some(struct writer *w);
/* Is a job waiting for segments like these? Then they must not be repacked now. */
bool unmerge_pending(struct writer *w);

#endif
