/* log_tally.h -- how many log records came, per service, environment, level and minute: what a chart of
 * their volume is drawn from. Part of span_tally.h, with its services, its generations and its rules. */
#ifndef QUERN_WRITER_LOG_TALLY_H
#define QUERN_WRITER_LOG_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/record_log.h"
#include "writer/service.h"

#define LOG_CELLS 8192u

struct log_cell {
    struct service *service;
    struct text environment;
    uint32_t minute;
    uint8_t level; /* severity_level() */
    uint64_t records;
    int64_t first_ms, last_ms;
};

struct log_cells {
    struct log_cell *at; /* LOG_CELLS */
    uint32_t count;
    uint16_t *slots; /* 2 × LOG_CELLS; cell + 1 */
};

bool log_cells_init(struct log_cells *l);
void log_cells_free(struct log_cells *l);
void log_cells_clear(struct log_cells *l);
bool log_cells_room(const struct log_cells *l, uint32_t records);

struct span_tally;
struct log_count { /* a bundle at a time */
    struct span_tally *tally;
    const struct log_bundle *bundle;
    struct service **services; /* of its resources … */
    struct text *environments; /* … and theirs */
    struct log_cell *last;
};
/* False: no memory. */
bool log_count_begin(struct log_count *c, struct span_tally *t, const struct log_bundle *b,
                     struct arena *a);
void log_count_record(struct log_count *c, const struct logrec *l);

#endif
