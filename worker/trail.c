#include "worker/trail.h"

#include <stdlib.h>

#define ROOM_MIN 1024

static uint32_t slot_of(const struct trail_table *t, uint32_t hash)
{
    return (uint32_t)(hash * 0x9e3779b97f4a7c15ULL >> 32) & (t->room - 1);
}

static void put(struct trail_table *t, struct trail_entry e)
{
    uint32_t at = slot_of(t, e.hash);

    while (t->slots[at].number)
        at = (at + 1) & (t->room - 1);
    t->slots[at] = e;
}

static bool grow(struct trail_table *t)
{
    struct trail_table more = {.room = t->room ? t->room * 2 : ROOM_MIN};

    if (!(more.slots = calloc(more.room, sizeof *more.slots)))
        return false;
    for (uint32_t i = 0; i < t->room; i++)
        if (t->slots[i].number)
            put(&more, t->slots[i]);
    more.count = t->count;
    free(t->slots);
    *t = more;
    return true;
}

bool trail_add(struct trail_table *t, uint32_t hash, uint32_t number)
{
    if (t->count == TRAIL_MAX || (t->count >= t->room / 4 * 3 && !grow(t)))
        return false;
    put(t, (struct trail_entry){hash, number});
    t->count++;
    return true;
}

uint32_t trail_next(const struct trail_table *t, uint32_t hash, uint32_t *at)
{
    if (!t->room)
        return 0;
    for (; *at < t->room; (*at)++) {
        const struct trail_entry *e = &t->slots[(slot_of(t, hash) + *at) & (t->room - 1)];

        if (!e->number)
            return 0;
        if (e->hash == hash) {
            (*at)++;
            return e->number;
        }
    }
    return 0;
}

bool trail_add_row(struct trail *t, uint32_t number, const struct trail_row *row)
{
    if (number > TRAIL_MAX)
        return false;
    if (number > t->row_room) {
        uint32_t room = t->row_room ? t->row_room * 2 : ROOM_MIN;
        struct trail_row *more;

        while (room < number)
            room *= 2;
        if (!(more = realloc(t->rows, room * sizeof *more)))
            return false;
        t->rows = more;
        t->row_room = room;
    }
    while (t->row_count < number)
        t->rows[t->row_count++] = (struct trail_row){.there = false};
    t->rows[number - 1] = *row;
    return true;
}

static void table_free(struct trail_table *t)
{
    free(t->slots);
    *t = (struct trail_table){.slots = NULL};
}

void trail_free(struct trail *t)
{
    table_free(&t->spans);
    table_free(&t->logs);
    table_free(&t->events);
    free(t->rows);
    t->rows = NULL;
    t->row_count = t->row_room = 0;
}

void trail_begin(struct trail *t, int64_t segment, uint64_t first_seq)
{
    trail_free(t);
    *t = (struct trail){
        .segment = segment, .first_seq = first_seq, .seq = first_seq ? first_seq - 1 : 0};
}
