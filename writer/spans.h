/* spans.h -- records of spans and of log records: seen before? Into their block, with what they leave in
 * rows and in the aggregates.
 * Once       a bundle that comes again (an exporter repeats what was not answered) has the same digest
 *            and is dropped. The last SPANS_SEEN digests are known, after a restart those of the newest
 *            blocks.
 * Batches    rows wait in memory with the batch (pack.h) and are written by its commit. */
#ifndef QUERN_WRITER_SPANS_H
#define QUERN_WRITER_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/block.h"
#include "proto/text.h"
#include "writer/context.h"

#define SPANS_SEEN 32768 /* bundles; some minutes at the highest rate */

struct spans;
struct spans *spans_new(void);
void spans_free(struct spans *s);

enum spans_taken { SPANS_TAKEN, SPANS_NOT_FLUSH, SPANS_NOT_STALL };
enum spans_taken spans_take(struct writer *w, enum record_kind kind, struct text body);
/* Like spans_take, of a record that lies in a block already: its counts alone. False: no room, flush. */
bool spans_count(struct writer *w, enum record_kind kind, struct text body);
/* Room for those of all records of a block. */
bool spans_block_room(const struct writer *w, enum record_kind kind,
                      const struct block_view *block);

/* pack.c: finish the marks of open blocks; write the rows; forget them. */
void spans_close(struct writer *w);
int spans_put(struct writer *w);
void spans_done(struct writer *w);
/* active.c: another segment is the active one; its operations are numbered anew, or as it says. */
void spans_begin_segment(struct writer *w);
int spans_open_segment(struct writer *w);
/* At start: the digests of the newest blocks. */
void spans_recover(struct writer *w);

#endif
