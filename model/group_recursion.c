/* group_recursion.c -- of a recursion one round counts, however deep it went and wherever in a round it
 * began or ended: rounds of up to CYCLE_MAX frames, lines and columns aside. */
#include <string.h>

#include "model/group_parts.h"

enum {
    CYCLE_MAX = 8,   /* frames of one round */
    DEEP_FRAMES = 12 /* of recursion: more than a program does by chance */
};

/* The frames that are on, by their identities. */
struct sequence {
    const struct frame_parts *frames;
    uint16_t at[GROUP_FRAMES_MAX];
    uint64_t short_id[GROUP_FRAMES_MAX]; /* most pairs differ here already */
    uint32_t n;
};

struct run { /* a recursion, in elements of the sequence */
    uint32_t from, len, period;
};

static void gather(const struct stack_parts *s, const struct stack_view *v, struct sequence *q)
{
    q->frames = s->frames;
    q->n = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (v->on[i]) {
            q->at[q->n] = (uint16_t)i;
            memcpy(&q->short_id[q->n++], s->frames[i].id.bytes, sizeof *q->short_id);
        }
}

static inline bool same_frame(const struct sequence *q, uint32_t a, uint32_t b)
{
    return q->short_id[a] == q->short_id[b] &&
           digest_eq(&q->frames[q->at[a]].id, &q->frames[q->at[b]].id);
}

/* How far the frames from `i` on repeat themselves every `period`; 0: not for two rounds. */
static inline uint32_t repeats(const struct sequence *q, uint32_t i, uint32_t period)
{
    uint32_t end = i + period;

    if (end >= q->n || q->short_id[i] != q->short_id[end])
        return 0;
    while (end < q->n && same_frame(q, end, end - period))
        end++;
    return end - i >= 2 * period ? end - i : 0;
}

static bool run_at(const struct sequence *q, uint32_t i, struct run *r)
{
    for (uint32_t period = 1; period <= CYCLE_MAX; period++) {
        uint32_t len = repeats(q, i, period);

        if (len) {
            *r = (struct run){i, len, period};
            return true;
        }
    }
    return false;
}

/* Frames were cut out of the middle of a recursion: behind the gap it goes on, at another place of
 * the round. */
static bool goes_on(const struct sequence *q, const struct run *before, const struct run *r)
{
    if (before->period != r->period || before->from + before->len != r->from)
        return false;
    for (uint32_t shift = 0; shift < r->period; shift++) {
        uint32_t i = 0;

        while (i < r->period && same_frame(q, before->from + (shift + i) % r->period, r->from + i))
            i++;
        if (i == r->period)
            return true;
    }
    return false;
}

static bool mentions(struct text t, const char *what)
{
    return text_find(t, text_of(what)) < t.len;
}

/* Errors that mean: the stack was used up. Where exactly, and how deep, is chance. */
static bool is_exhaustion(const struct rule_owner *o)
{
    return mentions(o->type, "RecursionError") || mentions(o->type, "StackOverflow") ||
           mentions(o->type, "SystemStackError") ||
           mentions(o->value, "call stack size exceeded") ||
           mentions(o->value, "too much recursion") ||
           mentions(o->value, "maximum recursion depth exceeded");
}

/* Only the round of the longest recursion stays. */
static void keep_cycle(struct stack_view *v, const struct sequence *q, const struct run *r)
{
    for (uint32_t i = 0; i < q->n; i++)
        if (i < r->from || i >= r->from + r->len)
            view_off(v, q->at[i], "only the recursion that used the stack up counts", NULL);
    v->cycle_len = v->loose_cycle_len = r->period;
}

void group_collapse(struct stack_parts *s, enum view_kind kind, const struct rule_owner *owner)
{
    struct run r, before = {0, 0, 0}, longest = {0, 0, 0};
    struct stack_view *v = &s->view[kind];
    struct sequence q;

    gather(s, v, &q);
    for (uint32_t i = 0; i < q.n;) {
        if (!run_at(&q, i, &r)) {
            i++;
            continue;
        }
        bool more = goes_on(&q, &before, &r);
        for (uint32_t k = i + (more ? 0 : r.period); k < i + r.len; k++)
            view_off(v, q.at[k], "ignored due to recursion", NULL);
        i += r.len;
        before = more ? (struct run){before.from, before.len + r.len, r.period} : r;
        if (before.len > longest.len)
            longest = before;
    }
    if (longest.len < DEEP_FRAMES)
        return;
    /* A stack trace that was cut at its oldest end begins anywhere in a round. */
    if (longest.from == 0)
        v->cycle_len = longest.period;
    v->loose_from = q.at[longest.from];
    v->loose_cycle_len = longest.period;
    if (is_exhaustion(owner))
        keep_cycle(v, &q, &longest);
}
