/* pack.h -- a batch: records into blocks and rows, and one transaction for all of it.
 * A batch stays whole in memory until its commit succeeded: when the disk is full it is tried again as
 * it is, and nothing that was decided has to be decided anew. */
#ifndef QUERN_WRITER_PACK_H
#define QUERN_WRITER_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/record.h"
#include "writer/context.h"

bool batch_init(struct batch *b);
void batch_free(struct batch *b);
bool batch_empty(const struct batch *b);
/* Is there room for one more record of that length? */
bool batch_room(const struct batch *b, size_t len);

/* Put a record into the block of its kind; where it lies. */
void batch_add(struct writer *w, enum record_kind kind, struct text body, int64_t time_ms,
               uint64_t *block, uint32_t *slot);
/* Count a record that is not stored. `category` and `reason` are literals. */
void batch_drop(struct writer *w, uint32_t project, int64_t time_ms, enum outcome outcome,
                const char *category, const char *reason);
void batch_drop_some(struct writer *w, uint32_t project, uint32_t quantity, int64_t time_ms,
                     enum outcome outcome, const char *category, const char *reason);
/* The record that was added last reaches up to then. */
void batch_stretch(struct writer *w, enum record_kind kind, int64_t until_ms);
/* Finish the blocks. */
void batch_close(struct writer *w);
/* Write it: DB_OK and the batch is empty; else it is as before and can be tried again. */
int batch_commit(struct writer *w);

#endif
