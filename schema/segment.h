/* segment.h -- one day file in our structs: what the writer puts in, what recovery reads back.
 * For        the writer, its sealing thread, `quern check`. (The API has statements of its own.)
 * One thread per open segment. Errors are DB_* codes; the text is in db_error(segment_db(s)). */
#ifndef QUERN_SCHEMA_SEGMENT_H
#define QUERN_SCHEMA_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/db.h"

struct segment;

struct segment_event { /* a row of `event` */
    uint64_t seq;
    uint8_t id[16];
    uint32_t project, issue;
    int64_t hash; /* segment_hash() of the first grouping hash */
    uint64_t prev_seq;
    int64_t timestamp_ms;
    uint64_t block;
    uint32_t slot;
    bool has_trace;
    uint8_t trace[16];
};

/* The blocks of a packed copy are numbered from so far behind those of the file it is made of: whoever
 * kept the number of a block, or of one or two beside it, thereby sees that it has another one now. */
#define SEGMENT_RENUMBERED 5

struct segment_block { /* a row of `block` */
    uint64_t id;
    uint32_t kind, records, raw_bytes;
    int64_t min_ms, max_ms;
    const void *data;
    size_t len;
};

struct segment_attachment {
    uint32_t project;
    const uint8_t *event_id;                       /* 16 bytes */
    const char *name, *content_type, *type, *file; /* with lengths; file NULL: inline */
    size_t name_len, content_type_len, type_len, file_len;
    uint64_t size;
    int64_t created_ms;
    const void *data;
    size_t data_len;
};

/* ---- spans and log records: segment_span.c ---- */

#define ENTRY_ERROR 1 /* it failed */
#define ENTRY_ROOT 2  /* nobody called it */
#define ENTRY_PIECE 4 /* no entry span at all: the earliest of a piece of a trace that came alone */

struct segment_operation { /* a row of `operation` */
    uint32_t id, project;
    const char *service, *name;
    size_t service_len, name_len;
    uint8_t kind;
};

struct segment_entry { /* a row of `entry` */
    uint32_t operation;
    int64_t start_ms;
    uint64_t duration_us;
    uint8_t flags; /* ENTRY_* */
    uint8_t trace[16];
};

struct segment_mark { /* a row of `mark` */
    uint64_t block;
    uint32_t kind;
    int64_t min_ms, max_ms;
    const void *traces, *words;
    size_t traces_len, words_len;
};

/* What a segment says about itself. */
struct segment_facts {
    uint32_t id;        /* of its catalogue row */
    uint64_t first_seq; /* of the event that will be or was its first */
    uint64_t last_seq;  /* 0: no event yet */
    uint64_t last_block;
    uint64_t rows;
    int64_t day;
};

/* *out is set even when it fails, unless memory ran out, as with db_open. */
int segment_open(const char *path, enum db_mode mode, bool full_sync, struct segment **out);
/* A sealed or packed one, to change rows of it. */
int segment_reopen(const char *path, struct segment **out);
/* A new file, to be written in one go, closed and renamed to where it belongs; db_options.bulk. The
 * transaction is open. */
enum segment_shape {
    SEGMENT_FAST = 8192, /* to be appended to: large pages are fewer writes per commit … */
    SEGMENT_DENSE = 4096 /* … to be kept: small ones are fuller, but each is a read */
};
int segment_create(const char *path, const struct segment_facts *facts, enum segment_shape page,
                   struct segment **out);
void segment_close(struct segment *s);
struct db *segment_db(struct segment *s);
/* What an event's row keeps of a grouping hash: the first 8 bytes, as a number. */
int64_t segment_hash(const uint8_t hash[16]);
/* After a function here has answered `rc`: is it the file that is bad (db_damaged)? s NULL: it is not. */
bool segment_damaged(const struct segment *s, int rc);
int segment_facts(struct segment *s, struct segment_facts *out);

int segment_put_block(struct segment *s, const struct segment_block *b);
int segment_put_event(struct segment *s, const struct segment_event *e);
/* 1: stored; 0: the same one is there already (the envelope was sent again). */
int segment_put_attachment(struct segment *s, const struct segment_attachment *a);
/* Does that file belong to an attachment of that event? */
bool segment_has_file(struct segment *s, const uint8_t event_id[16], const char *file, size_t len);

/* Copy the positions of all rings (schema/applied.h) into a file that follows. */
int segment_hand_on(struct segment *from, struct segment *to);

int segment_put_operation(struct segment *s, const struct segment_operation *o);
int segment_put_entry(struct segment *s, const struct segment_entry *e);
int segment_put_mark(struct segment *s, const struct segment_mark *m);
/* Entry rows so far. */
int segment_entries(struct segment *s, uint64_t *count);
/* All operations, in order of their numbers; `each` answers whether to go on, texts live until it has. */
int segment_operations(struct segment *s,
                       bool (*each)(void *own, const struct segment_operation *o), void *own);
/* Sealing: the marks' traces as an index. Within a transaction. */
int segment_index_traces(struct db *d);
/* The same, of traces that were gathered; sorted by this. */
struct segment_place {
    uint32_t hash, block;
};
int segment_index_places(struct db *d, struct segment_place *list, size_t count);
/* A slice of the filters of all blocks of a kind (model/marks.h). */
int segment_put_sieve(struct segment *s, uint32_t kind, uint32_t slice, uint64_t first_block,
                      const void *bits, size_t len);

/* Events with a sequence above `after`, in order. 1: a row; 0: no more; negative. */
int segment_events(struct segment *s, uint64_t after);
int segment_next_event(struct segment *s, struct segment_event *out);
/* Blocks above `after`, in order, but for their data. */
int segment_blocks(struct segment *s, uint64_t after);
int segment_next_block(struct segment *s, struct segment_block *out);
/* The data of one block; valid until the next call. 1: found; 0: not there; negative. */
int segment_block_data(struct segment *s, uint64_t id, const void **data, size_t *len);
int segment_event_at(struct segment *s, uint64_t seq, struct segment_event *out); /* likewise */

#endif
