/* regroup.c -- see regroup.h. */
#include "master/regroup.h"

#include <stdlib.h>
#include <string.h>

#include "proto/hex.h"

struct regroup_slot {
    uint8_t key[16];
    uint32_t group; /* 1 + its number; 0: empty */
};

void regroup_init(struct regroup *g)
{
    *g = (struct regroup){.events = NULL};
}

void regroup_free(struct regroup *g)
{
    free(g->events);
    free(g->slots);
    free(g->parts);
}

void regroup_event(struct regroup *g, uint64_t seq, uint32_t issue, struct text stored,
                   const struct group_result *keys)
{
    struct regroup_event *e;

    if (g->count == g->room) {
        uint32_t room = g->room ? 2 * g->room : 1024;
        void *grown = realloc(g->events, room * sizeof *g->events);

        if (!grown) {
            g->failed = true;
            return;
        }
        g->events = grown;
        g->room = room;
    }
    e = &g->events[g->count++];
    *e = (struct regroup_event){.seq = seq, .issue = issue, .key_count = keys->count};
    uuid_read(stored, e->stored);
    for (uint32_t i = 0; i < keys->count; i++)
        memcpy(e->keys[i], keys->hashes[i].bytes, 16);
}

/* ---- groups ---- */

static struct regroup_slot *find(const struct regroup *g, const uint8_t key[16])
{
    uint64_t at;

    memcpy(&at, key, sizeof at); /* keys are hashes already */
    for (;; at++) {
        struct regroup_slot *s = &g->slots[at & (g->slot_room - 1)];

        if (!s->group || memcmp(s->key, key, 16) == 0)
            return s;
    }
}

static int by_seq(const void *a, const void *b)
{
    uint64_t x = ((const struct regroup_event *)a)->seq, y = ((const struct regroup_event *)b)->seq;

    return (x > y) - (x < y);
}

/* As at ingest: the first known key decides, the others are learnt. */
static void assign(struct regroup *g, struct regroup_event *e)
{
    uint32_t group = 0;

    for (uint32_t k = 0; k < e->key_count && !group; k++)
        group = find(g, e->keys[k])->group;
    if (!group)
        group = ++g->group_count;
    for (uint32_t k = 0; k < e->key_count; k++) {
        struct regroup_slot *s = find(g, e->keys[k]);

        if (s->group)
            continue;
        memcpy(s->key, e->keys[k], 16);
        s->group = group;
    }
    e->group = group - 1;
}

/* ---- parts ---- */

static int order(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int by_group(const void *a, const void *b)
{
    const struct regroup_event *x = a, *y = b;
    int groups = order(x->group, y->group);

    return groups ? groups : order(x->issue, y->issue);
}

static int by_issue(const void *a, const void *b)
{
    const struct regroup_part *x = *(const struct regroup_part *const *)a,
                              *y = *(const struct regroup_part *const *)b;
    int issues = order(x->issue, y->issue);

    return issues ? issues : order(x->group, y->group);
}

static void add_hash(struct regroup_part *p, const uint8_t hash[16])
{
    for (uint32_t i = 0; i < p->hash_count; i++)
        if (memcmp(p->hashes[i], hash, 16) == 0)
            return;
    if (p->hash_count == REGROUP_HASHES_MAX)
        p->separable = false;
    else
        memcpy(p->hashes[p->hash_count++], hash, 16);
}

static bool shares_hash(const struct regroup_part *a, const struct regroup_part *b)
{
    for (uint32_t i = 0; i < a->hash_count; i++)
        for (uint32_t k = 0; k < b->hash_count; k++)
            if (memcmp(a->hashes[i], b->hashes[k], 16) == 0)
                return true;
    return false;
}

/* The parts of one issue: which one is home, and whether the others can be told from the rest. */
static void judge_issue(struct regroup_part **parts, uint32_t count)
{
    uint32_t home = 0;

    for (uint32_t i = 1; i < count; i++)
        if (parts[i]->events > parts[home]->events)
            home = i;
    parts[home]->home = true;
    for (uint32_t i = 0; i < count; i++) {
        parts[i]->siblings = count;
        /* An issue in hundreds of pieces is compared with its home alone: the pieces are small. */
        for (uint32_t k = 0; k < (count < 64 ? count : 0); k++)
            if (i != k && shares_hash(parts[i], parts[k]))
                parts[i]->separable = false;
        if (count >= 64 && i != home && shares_hash(parts[i], parts[home]))
            parts[i]->separable = false;
    }
}

static bool judge_issues(struct regroup *g)
{
    struct regroup_part **all = calloc(g->part_count + 1, sizeof *all);

    if (!all)
        return false;
    for (uint32_t i = 0; i < g->part_count; i++)
        all[i] = &g->parts[i];
    qsort(all, g->part_count, sizeof *all, by_issue);
    for (uint32_t from = 0, end; from < g->part_count; from = end, g->issue_count++) {
        for (end = from + 1; end < g->part_count && all[end]->issue == all[from]->issue;)
            end++;
        judge_issue(all + from, end - from);
    }
    free(all);
    return true;
}

static bool make_parts(struct regroup *g)
{
    struct regroup_part *p = NULL;
    uint32_t room = 0;

    qsort(g->events, g->count, sizeof *g->events, by_group);
    for (uint32_t i = 0; i < g->count; i++)
        room += i == 0 || by_group(&g->events[i - 1], &g->events[i]) != 0;
    if (!(g->parts = calloc(room + 1, sizeof *g->parts)))
        return false;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct regroup_event *e = &g->events[i];

        if (!p || p->issue != e->issue || p->group != e->group) {
            p = &g->parts[g->part_count++];
            p->issue = e->issue;
            p->group = e->group;
            p->first = i;
            p->separable = true;
        }
        p->events++;
        add_hash(p, e->stored);
    }
    return judge_issues(g);
}

bool regroup_assign(struct regroup *g)
{
    if (g->failed)
        return false;
    g->slot_room = 1024;
    while (g->slot_room < (uint64_t)2 * GROUP_HASHES_MAX * g->count)
        g->slot_room *= 2;
    if (!(g->slots = calloc(g->slot_room, sizeof *g->slots)))
        return false;
    qsort(g->events, g->count, sizeof *g->events, by_seq);
    for (uint32_t i = 0; i < g->count; i++)
        assign(g, &g->events[i]);
    return make_parts(g);
}

uint32_t regroup_group_end(const struct regroup *g, uint32_t part)
{
    uint32_t end = part + 1;

    while (end < g->part_count && g->parts[end].group == g->parts[part].group)
        end++;
    return end;
}

static bool keeps_hash(const struct regroup_event *e)
{
    for (uint32_t k = 0; k < e->key_count; k++)
        if (memcmp(e->keys[k], e->stored, 16) == 0)
            return true;
    return false;
}

uint32_t regroup_new_keys(const struct regroup *g, uint32_t from, uint32_t end, uint8_t (*out)[16],
                          uint32_t room)
{
    uint32_t first = g->parts[from].first,
             last = g->parts[end - 1].first + g->parts[end - 1].events;
    bool changed = end - from > 1 || g->parts[from].siblings > 1;
    uint32_t n = 0;

    for (uint32_t i = first; i < last && !changed; i++)
        changed = !keeps_hash(&g->events[i]);
    for (uint32_t i = first; i < last && changed; i++)
        for (uint32_t k = 0; k < g->events[i].key_count && n < room; k++) {
            uint32_t seen = 0;

            while (seen < n && memcmp(out[seen], g->events[i].keys[k], 16) != 0)
                seen++;
            if (seen == n)
                memcpy(out[n++], g->events[i].keys[k], 16);
        }
    return n;
}

/* ---- telling ---- */

bool regroup_changes(const struct regroup *g)
{
    return g->part_count != g->group_count || g->part_count != g->issue_count;
}

void regroup_print_merges(const struct regroup *g, FILE *out, bool as_json)
{
    bool any = false;

    for (uint32_t from = 0, end; from < g->part_count; from = end) {
        uint32_t events = 0;

        end = regroup_group_end(g, from);
        for (uint32_t p = from; p < end; p++)
            events += g->parts[p].events;
        if (end - from < 2)
            continue;
        fprintf(out, as_json ? "%s{\"events\":%u,\"issues\":[" : "%smerge, %u events: issues",
                as_json && any ? "," : "", events);
        any = true;
        for (uint32_t p = from; p < end; p++)
            fprintf(out, as_json ? "%s%u" : "%s %u", as_json && p > from ? "," : "",
                    g->parts[p].issue);
        fputs(as_json ? "]}" : "\n", out);
    }
}

void regroup_print_splits(const struct regroup *g, FILE *out, bool as_json)
{
    bool any = false;

    for (uint32_t i = 0; i < g->part_count; i++) {
        const struct regroup_part *p = &g->parts[i];

        if (p->siblings < 2 || p->home)
            continue;
        if (as_json)
            fprintf(out, "%s{\"issue\":%u,\"events\":%u,\"separable\":%s}", any ? "," : "",
                    p->issue, p->events, p->separable ? "true" : "false");
        else
            fprintf(out, "split, issue %u: %u events leave%s\n", p->issue, p->events,
                    p->separable ? "" : ", but their stored hash is that of others: they stay");
        any = true;
    }
}
