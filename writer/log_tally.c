#include "writer/log_tally.h"

#include <stdlib.h>
#include <string.h>

#include "writer/span_tally.h"

#define SLOTS (2 * LOG_CELLS)

bool log_cells_init(struct log_cells *l)
{
    l->at = calloc(LOG_CELLS, sizeof *l->at);
    l->slots = calloc(SLOTS, sizeof *l->slots);
    return l->at && l->slots;
}

void log_cells_free(struct log_cells *l)
{
    free(l->at);
    free(l->slots);
}

void log_cells_clear(struct log_cells *l)
{
    if (l->count)
        memset(l->slots, 0, SLOTS * sizeof *l->slots);
    l->count = 0;
}

bool log_cells_room(const struct log_cells *l, uint32_t records)
{
    return !l->count || l->count + records <= LOG_CELLS;
}

static bool is(const struct log_cell *c, const struct log_cell *wanted)
{
    return c->service == wanted->service && c->minute == wanted->minute &&
           c->level == wanted->level && c->environment.at == wanted->environment.at;
}

static struct log_cell *cell_of(struct log_cells *l, const struct log_cell *wanted)
{
    uint64_t h =
        (uintptr_t)wanted->service * 0x9e3779b97f4a7c15 + (uintptr_t)wanted->environment.at;
    uint32_t at;

    h = (h ^ h >> 31) * 0x94d049bb133111eb + (wanted->minute * 8u + wanted->level) * 0x9e3779b1u;
    at = (uint32_t)(h ^ h >> 32) & (SLOTS - 1);
    for (; l->slots[at]; at = (at + 1) & (SLOTS - 1))
        if (is(&l->at[l->slots[at] - 1], wanted))
            return &l->at[l->slots[at] - 1];
    if (l->count == LOG_CELLS)
        return NULL;
    l->at[l->count] = *wanted;
    l->slots[at] = (uint16_t)++l->count;
    return &l->at[l->count - 1];
}

bool log_count_begin(struct log_count *c, struct span_tally *t, const struct log_bundle *b,
                     struct arena *a)
{
    *c = (struct log_count){.tally = t, .bundle = b};
    return services_of_bundle(t->services, b->head.project, &b->tables, a, &c->services,
                              &c->environments);
}

void log_count_record(struct log_count *c, const struct logrec *l)
{
    size_t resource = (size_t)(l->resource - c->bundle->tables.resources);
    int64_t at_ms = span_tally_time((int64_t)(l->time_ns / 1000000), c->bundle->head.received_ms);
    struct log_cell wanted = {.service = c->services[resource],
                              .environment = c->environments[resource],
                              .minute = (uint32_t)(at_ms / 60000),
                              .level = severity_level(l->severity),
                              .first_ms = at_ms,
                              .last_ms = at_ms};

    if (!c->last || !is(c->last, &wanted))
        c->last = cell_of(&c->tally->filling->logs, &wanted);
    if (!c->last) {
        c->tally->lost++;
        return;
    }
    c->last->records++;
    c->last->first_ms = at_ms < c->last->first_ms ? at_ms : c->last->first_ms;
    c->last->last_ms = at_ms > c->last->last_ms ? at_ms : c->last->last_ms;
}
