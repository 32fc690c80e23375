#include "writer/edge.h"

#include <stdlib.h>

#include "model/trace.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "writer/service.h"

#define EDGES_MAX 8192
#define EDGE_SLOTS (2 * EDGES_MAX)
#define EDGE_BYTES (8 * MIB)
#define HALVES (1 << 16)
#define WAYS 4 /* places that a half may wait in */
#define EDGE_WAIT_MS 30000
#define EXPIRE (HALVES / 8) /* looked at at a time */

struct half {
    uint64_t key; /* 0: free */
    struct service *service;
    struct text environment;
    struct edge *unanswered;
    struct edge_counts counts;
    int64_t since_ms;
    bool caller, message;
};

struct edges {
    struct arena arena;
    struct edge *edge[EDGE_SLOTS];
    uint32_t count;
    struct half *halves; /* HALVES, once the first comes */
    uint32_t expired;    /* looked at so far, in turn */
};

struct edges *edges_new(void)
{
    struct edges *e = calloc(1, sizeof *e);

    if (e)
        arena_init(&e->arena, EDGE_BYTES);
    return e;
}

void edges_free(struct edges *e)
{
    if (!e)
        return;
    arena_free(&e->arena);
    free(e->halves);
    free(e);
}

static uint64_t hash_text(uint64_t h, struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.at[i]) * 0x100000001b3;
    return (h ^ 0xff) * 0x100000001b3;
}

static uint32_t hash_of(const struct edge_name *n)
{
    uint64_t h = 0xcbf29ce484222325 + n->project + ((uint64_t)n->kind << 32);

    h = hash_text(hash_text(h, n->caller), n->callee) ^ (uintptr_t)n->environment.at;
    return (uint32_t)((h ^ h >> 32) * 0x9e3779b1u) % EDGE_SLOTS;
}

static bool same(const struct edge_name *a, const struct edge_name *b)
{
    return a->project == b->project && a->kind == b->kind &&
           a->environment.at == b->environment.at && text_eq(a->caller, b->caller) &&
           text_eq(a->callee, b->callee);
}

static struct text keep(struct edges *e, struct text t)
{
    char *copy = arena_dup(&e->arena, t.len ? t.at : "", t.len);

    return (struct text){copy, copy ? t.len : 0};
}

struct edge *edges_find(struct edges *e, const struct edge_name *given)
{
    struct edge_name name = *given;
    uint32_t at;
    struct edge *found;

    name.callee = text_clip(name.callee, ATTR_KEY_MAX);
    at = hash_of(&name);
    for (; (found = e->edge[at]); at = (at + 1) % EDGE_SLOTS)
        if (same(&found->name, &name))
            return found;
    if (e->count == EDGES_MAX || !(found = arena_zero(&e->arena, 1, sizeof *found)))
        return NULL;
    name.caller = keep(e, name.caller);
    name.callee = keep(e, name.callee);
    found->name = name;
    if (!name.caller.at || !name.callee.at)
        return NULL;
    e->count++;
    return e->edge[at] = found;
}

void edges_forget(struct edges *e)
{
    for (uint32_t i = 0; i < EDGE_SLOTS; i++)
        if (e->edge[i])
            e->edge[i]->id = 0;
}

/* ---- halves ---- */

static uint64_t key_of(const uint8_t *trace_id, const uint8_t *id)
{
    uint64_t words[3], key;

    memcpy(words, trace_id, 16);
    memcpy(words + 2, id, 8);
    key = (words[0] * 31 + words[1]) * 0x9e3779b97f4a7c15 ^ words[2];
    key *= 0xbf58476d1ce4e5b9;
    key ^= key >> 29;
    return key ? key : 1;
}

static void give_up(const struct half *h, edge_sink *sink, void *own)
{
    struct edge_call call = {h->unanswered, h->counts};

    if (h->caller && h->unanswered)
        sink(own, &call);
}

/* Caller and callee, whichever of them was here first. A call within a service is no edge. */
static void pair(struct edges *e, const struct half *caller, const struct half *callee,
                 edge_sink *sink, void *own)
{
    struct edge_call call = {NULL, caller->counts};
    struct edge_name name;

    if (caller->service == callee->service)
        return;
    name = (struct edge_name){.project = callee->service->project,
                              .caller = caller->service->name,
                              .callee = callee->service->name,
                              .environment = callee->environment,
                              .kind = callee->message ? EDGE_MESSAGE : EDGE_CALL};
    call.edge = edges_find(e, &name);
    if (call.edge)
        sink(own, &call);
}

void edges_half(struct edges *e, const struct edge_half *given, edge_sink *sink, void *own)
{
    struct half h = {.key = key_of(given->trace_id, given->id),
                     .service = given->service,
                     .environment = given->environment,
                     .unanswered = given->unanswered,
                     .counts = given->counts,
                     .since_ms = given->now_ms,
                     .caller = given->caller,
                     .message = given->message};
    struct half *bucket, *place;
    bool paired = false;

    if (!e->halves && !(e->halves = calloc(HALVES, sizeof *e->halves)))
        return;
    bucket = place = &e->halves[h.key % (HALVES / WAYS) * WAYS];
    for (int i = 0; i < WAYS; i++) {
        struct half *other = &bucket[i];

        if (other->key == h.key && other->caller != h.caller) {
            pair(e, h.caller ? &h : other, h.caller ? other : &h, sink, own);
            paired = true;
            if (h.caller)
                other->key = 0;
            else
                other->unanswered = NULL; /* it stays: a caller may be answered more than once */
        }
        if (!other->key || (place->key && other->since_ms < place->since_ms))
            place = other;
    }
    /* Who was answered before he came waits on for a message alone: others may take it, too. */
    if (paired && !(h.caller && h.message))
        return;
    if (paired)
        h.unanswered = NULL;
    if (place->key)
        give_up(place, sink, own);
    *place = h;
}

void edges_expire(struct edges *e, int64_t now_ms, edge_sink *sink, void *own)
{
    for (uint32_t i = 0; e->halves && i < EXPIRE; i++) {
        struct half *h = &e->halves[e->expired++ % HALVES];

        if (h->key && h->since_ms < now_ms - EDGE_WAIT_MS) {
            give_up(h, sink, own);
            h->key = 0;
        }
    }
}
