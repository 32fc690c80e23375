/* span_tally.h -- rate, errors and durations per operation, release, environment and minute, and the
 * calls between services: what spans add to the catalogue since the last flush. Log records, too
 * (log_tally.h).
 * As tally.h: made of records as they lie in the blocks and nothing else; two generations, one filled
 * while the other is written; span_tally_room() says when the one being filled is full.
 * Weights    a sampled span counts for those that were not sent. */
#ifndef QUERN_WRITER_SPAN_TALLY_H
#define QUERN_WRITER_SPAN_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/latency.h"
#include "proto/record_span.h"
#include "writer/edge.h"
#include "writer/log_tally.h"
#include "writer/service.h"

#define SPAN_CELLS 16384u     /* operation × release × environment × minute */
#define SPAN_EDGE_CELLS 2048u /* edge × minute */
#define SPAN_RELEASES 512u
#define SPAN_SKETCH_BYTES (4 * MIB) /* of all cells' sketches, about */

struct span_release {
    uint32_t project;
    struct text version;
    int64_t id; /* release.id, once the flush knows it */
    int64_t first_ms, last_ms;
};

struct span_cell {
    struct operation *operation;
    uint32_t release;        /* its number + 1; 0: none */
    struct text environment; /* of services_environment() */
    uint32_t minute;
    uint64_t calls, errors, total_us;
    int64_t first_ms, last_ms;
    struct latency sketch;
};

struct span_edge_cell {
    struct edge *edge;
    uint32_t minute;
    uint64_t calls, errors, total_us;
};

struct span_generation {
    struct span_cell *cells; /* SPAN_CELLS; their sketches keep their memory */
    uint32_t cell_count;
    uint16_t *cell_slots; /* 2 × SPAN_CELLS; cell + 1 */
    struct span_edge_cell *edges;
    uint32_t edge_count;
    uint16_t *edge_slots;
    struct span_release *releases;
    uint32_t release_count;
    struct arena texts; /* of the releases */
    size_t sketch_bytes;
    struct log_cells logs;
};

struct span_tally {
    struct span_generation generation[2];
    struct span_generation *filling, *flushing;
    struct services *services;
    struct edges *edges;
    int64_t now_ms;         /* newest receipt */
    uint64_t lost;          /* spans that did not fit */
    struct latency scratch; /* the flush's */
};

struct span_tally *span_tally_new(void);
void span_tally_free(struct span_tally *t);

bool span_tally_room(const struct span_tally *t, uint32_t spans);
/* When it is counted: when it says it was, but for times that are too far off. */
int64_t span_tally_time(int64_t at_ms, int64_t received_ms);
/* A bundle at a time: what its shapes have in common is looked up once. */
struct span_count {
    struct span_tally *tally;
    const struct span_bundle *bundle;
    struct service **services; /* of its resources … */
    struct text *environments; /* … and theirs */
    struct edge **peers;       /* of its shapes, where the same for all; */
    uint8_t *peer_known;       /* … 1: peers[] holds; 2: it varies */
    struct {
        const char *name;
        size_t len;
        uint32_t shape;
        struct operation *operation;
    } memo[64];
};
/* False: no memory. */
bool span_count_begin(struct span_count *c, struct span_tally *t, const struct span_bundle *b,
                      struct arena *a);
/* The operation of a span. NULL: no memory. */
struct operation *span_count_operation(struct span_count *c, const struct span_brief *s);
void span_count_span(struct span_count *c, const uint8_t trace_id[16], const struct span_brief *s);

/* Calls that nobody will answer are counted. False: there are none just now. */
bool span_tally_expire(struct span_tally *t, int64_t now_ms);
/* Time for a flush, before there is no room. */
bool span_tally_half_full(const struct span_tally *t);
/* The generation that was filled becomes the one to be written. */
void span_tally_turn(struct span_tally *t);
void span_tally_clear(struct span_generation *g);

#endif
