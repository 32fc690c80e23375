/* outcome.c -- lists and the tally. */
#include "worker/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

/* ---- one request's ---- */

static bool same(const struct record_outcome *a, const struct record_outcome *b)
{
    return a->project == b->project && a->outcome == b->outcome &&
           text_eq(a->category, b->category) && text_eq(a->reason, b->reason);
}

static uint32_t add_up(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static struct record_outcome clipped(const struct record_outcome *what)
{
    struct record_outcome w = *what;

    w.category = text_clip(w.category, OUTCOME_CATEGORY_MAX);
    w.reason = text_clip(w.reason, OUTCOME_REASON_MAX);
    return w;
}

void outcome_add(struct outcome_list *l, struct arena *a, const struct record_outcome *what)
{
    struct record_outcome w = clipped(what);
    struct outcome_entry *e;

    if (w.quantity == 0)
        return;
    for (e = l->first; e; e = e->next)
        if (same(&e->what, &w)) {
            e->what.quantity = add_up(e->what.quantity, w.quantity);
            return;
        }
    /* A report full of made-up reasons: the rest goes into its last entry, so no count is lost. */
    if (l->count == OUTCOMES_PER_REQUEST_MAX) {
        l->last->what.quantity = add_up(l->last->what.quantity, w.quantity);
        return;
    }
    if (!(e = arena_alloc(a, sizeof *e)))
        return;
    *e = (struct outcome_entry){.what = w};
    if (l->last)
        l->last->next = e;
    else
        l->first = e;
    l->last = e;
    l->count++;
}

struct text outcome_body(const struct outcome_list *l, struct arena *a)
{
    struct buf out;

    if (!l->count)
        return TEXT_NONE;
    buf_init(&out, a, 64 * l->count, RECORD_MAX);
    for (const struct outcome_entry *e = l->first; e; e = e->next)
        record_outcome_write(&out, &e->what);
    return buf_result(&out);
}

/* ---- the worker's ---- */

struct slot {
    uint32_t project, quantity;
    int64_t time_ms;
    uint8_t outcome, category_len, reason_len;
    char category[OUTCOME_CATEGORY_MAX], reason[OUTCOME_REASON_MAX];
};

struct outcome_tally {
    uint32_t count;
    struct slot slot[OUTCOME_TALLY_MAX];
};

struct outcome_tally *outcome_tally_new(void)
{
    return calloc(1, sizeof(struct outcome_tally));
}

void outcome_tally_free(struct outcome_tally *t)
{
    free(t);
}

static struct record_outcome slot_read(const struct slot *s)
{
    return (struct record_outcome){
        .project = s->project,
        .quantity = s->quantity,
        .time_ms = s->time_ms,
        .outcome = s->outcome,
        .category = {s->category, s->category_len},
        .reason = {s->reason, s->reason_len},
    };
}

void outcome_tally_add(struct outcome_tally *t, const struct record_outcome *what)
{
    struct record_outcome w = clipped(what);
    struct slot *s;

    if (w.quantity == 0)
        return;
    if (t->count == OUTCOME_TALLY_MAX)
        w.reason = TEXT("other");
    for (uint32_t i = 0; i < t->count; i++) {
        struct record_outcome have = slot_read(&t->slot[i]);

        if (same(&have, &w)) {
            t->slot[i].quantity = add_up(t->slot[i].quantity, w.quantity);
            return;
        }
    }
    if (t->count == OUTCOME_TALLY_MAX) {
        /* The last slot takes in what has no place; sums over a second stay right. */
        t->slot[OUTCOME_TALLY_MAX - 1].quantity =
            add_up(t->slot[OUTCOME_TALLY_MAX - 1].quantity, w.quantity);
        return;
    }
    s = &t->slot[t->count++];
    *s = (struct slot){.project = w.project,
                       .quantity = w.quantity,
                       .time_ms = w.time_ms,
                       .outcome = w.outcome,
                       .category_len = (uint8_t)w.category.len,
                       .reason_len = (uint8_t)w.reason.len};
    memcpy(s->category, w.category.at, w.category.len);
    if (w.reason.len)
        memcpy(s->reason, w.reason.at, w.reason.len);
}

struct text outcome_tally_body(const struct outcome_tally *t, struct arena *a)
{
    struct buf out;

    if (!t->count)
        return TEXT_NONE;
    buf_init(&out, a, 128 * t->count, RECORD_MAX);
    for (uint32_t i = 0; i < t->count; i++) {
        struct record_outcome w = slot_read(&t->slot[i]);

        record_outcome_write(&out, &w);
    }
    return buf_result(&out);
}

void outcome_tally_clear(struct outcome_tally *t)
{
    t->count = 0;
}
