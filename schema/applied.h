/* applied.h -- up to where the rows of a file contain a ring: the table `applied`, which the catalogue and every
 * segment have. A position is put down in the transaction of the rows that were made of what lies before it.
 * Errors     DB_* codes.
 * Process    the writer. */
#ifndef QUERN_SCHEMA_APPLIED_H
#define QUERN_SCHEMA_APPLIED_H

#include "schema/db.h"

int applied_set(struct db *d, uint32_t slot, uint64_t incarnation, uint64_t position);
/* 0 when the file knows nothing of that incarnation. */
int applied_get(struct db *d, uint32_t slot, uint64_t incarnation, uint64_t *position);

#endif
