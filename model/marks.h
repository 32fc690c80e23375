/* marks.h -- what a block of spans or log records speaks of, so that most blocks need not be unpacked:
 * its traces, exactly but for hash collisions, and its words ("key=value", service, operation), as a
 * Bloom filter.
 * For        the writer (making), the sealing thread, the query thread (asking).
 * Ownership  a builder owns its memory; what marks_traces and marks_words give is valid until the next
 *            change.
 * Cost       4 bytes a trace, 8 to 16 bits a distinct word. A word is looked for by its text: 200 the number
 *            and "200" the string are the same, as people who search want it.
 * Slices     all bits of a word lie in one slice of the filter. So the filters of many blocks can be laid
 *            beside one another slice by slice (a packed segment's table `sieve`), and a word is looked for in
 *            all of them by reading one slice of each, which stand together. Filters of segments written
 *            before version 2 are not cut; they are told by their length. */
#ifndef QUERN_MODEL_MARKS_H
#define QUERN_MODEL_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/attr.h"
#include "proto/text.h"

#define MARKS_SLICE 64  /* bytes */
#define MARKS_SLICES 64 /* of a filter, at most; fuller ones let more blocks through */
#define MARKS_WORDS_MAX (MARKS_SLICES * MARKS_SLICE + 1) /* bytes of a filter: slices, version */

struct marks {
    uint32_t *traces;
    uint32_t trace_count, trace_room;
    uint64_t *words; /* open addressing; 0: free */
    uint32_t word_count, word_room;
    uint8_t *filter; /* MARKS_WORDS_MAX */
    bool failed;     /* no memory */
};

void marks_free(struct marks *m);
void marks_clear(struct marks *m); /* keeps its memory */
void marks_add_trace(struct marks *m, const uint8_t trace_id[16]);
void marks_add_word(struct marks *m, uint64_t word);
/* key=value of an attribute that has a short text; else key=MARKS_ODD. */
void marks_add_attr(struct marks *m, const struct attr *at);
/* As they are stored: ascending hashes, little-endian; the filter. */
struct text marks_traces(struct marks *m);
struct text marks_words(struct marks *m);

uint32_t marks_trace(const uint8_t trace_id[16]);
uint64_t marks_word(struct text key, struct text value);
bool marks_has_trace(struct text traces, uint32_t hash);
/* False: it is surely not there. */
bool marks_has_word(struct text words, uint64_t word);
/* The slice of a filter that a word lies in, of MARKS_SLICES; smaller filters repeat themselves. NULL: the
 * filter is not cut. */
const uint8_t *marks_slice(struct text words, uint32_t slice);
uint32_t marks_slice_of(uint64_t word);
bool marks_slice_has(const uint8_t *slice, uint64_t word);

/* Words that are no attributes. */
#define MARKS_ODD TEXT("\x01odd") /* arrays, fractions, bytes, long texts: look into the block */
#define MARKS_SERVICE TEXT("service.name")
#define MARKS_NAME TEXT("\x01name")
#define MARKS_OPERATION TEXT("\x01operation") /* service, NUL, name */
#define MARKS_STATUS TEXT("\x01status")       /* "error" */
#define MARKS_LEVEL TEXT("\x01level")         /* of log records: "warn" */
uint64_t marks_operation(struct text service, struct text name);

#endif
