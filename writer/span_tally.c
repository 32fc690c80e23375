#include "writer/span_tally.h"

#include <stdlib.h>
#include <string.h>

#include "model/span_name.h"
#include "model/trace.h"
#include "proto/limits.h"

#define CELL_SLOTS (2 * SPAN_CELLS)
#define EDGE_CELL_SLOTS (2 * SPAN_EDGE_CELLS)
#define WEIGHT_MAX 1000000
#define DAY_MS INT64_C(86400000)
#define PAST_MS (90 * DAY_MS) /* older than any retention: counted at the receipt */

/* ---- life ---- */

static bool generation_init(struct span_generation *g)
{
    g->cells = calloc(SPAN_CELLS, sizeof *g->cells);
    g->cell_slots = calloc(CELL_SLOTS, sizeof *g->cell_slots);
    g->edges = calloc(SPAN_EDGE_CELLS, sizeof *g->edges);
    g->edge_slots = calloc(EDGE_CELL_SLOTS, sizeof *g->edge_slots);
    g->releases = calloc(SPAN_RELEASES, sizeof *g->releases);
    arena_init(&g->texts, MIB);
    return log_cells_init(&g->logs) && g->cells && g->cell_slots && g->edges && g->edge_slots &&
           g->releases;
}

static void generation_free(struct span_generation *g)
{
    for (uint32_t i = 0; g->cells && i < SPAN_CELLS; i++)
        latency_free(&g->cells[i].sketch);
    free(g->cells);
    free(g->cell_slots);
    free(g->edges);
    free(g->edge_slots);
    free(g->releases);
    log_cells_free(&g->logs);
    arena_free(&g->texts);
}

struct span_tally *span_tally_new(void)
{
    struct span_tally *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->services = services_new();
    t->edges = edges_new();
    if (!t->services || !t->edges || !generation_init(&t->generation[0]) ||
        !generation_init(&t->generation[1])) {
        span_tally_free(t);
        return NULL;
    }
    t->filling = &t->generation[0];
    return t;
}

void span_tally_free(struct span_tally *t)
{
    if (!t)
        return;
    generation_free(&t->generation[0]);
    generation_free(&t->generation[1]);
    latency_free(&t->scratch);
    services_free(t->services);
    edges_free(t->edges);
    free(t);
}

void span_tally_clear(struct span_generation *g)
{
    for (uint32_t i = 0; i < g->cell_count; i++) {
        struct latency *sketch = &g->cells[i].sketch;

        if (sketch->room > 128) /* a wide one: let its memory go */
            latency_free(sketch);
        else
            latency_clear(sketch);
    }
    if (g->cell_count)
        memset(g->cell_slots, 0, CELL_SLOTS * sizeof *g->cell_slots);
    if (g->edge_count)
        memset(g->edge_slots, 0, EDGE_CELL_SLOTS * sizeof *g->edge_slots);
    g->cell_count = g->edge_count = g->release_count = 0;
    g->sketch_bytes = 0;
    log_cells_clear(&g->logs);
    arena_reset(&g->texts);
}

bool span_tally_room(const struct span_tally *t, uint32_t spans)
{
    const struct span_generation *g = t->filling;

    /* An entry span counts twice: for its operation and for its service. */
    return (!g->cell_count && !g->edge_count) ||
           (g->cell_count + 2 * spans <= SPAN_CELLS &&
            g->edge_count + spans / 4 <= SPAN_EDGE_CELLS &&
            g->release_count + 16 <= SPAN_RELEASES && g->sketch_bytes < SPAN_SKETCH_BYTES);
}

bool span_tally_half_full(const struct span_tally *t)
{
    const struct span_generation *g = t->filling;

    return g->cell_count > SPAN_CELLS / 4 || g->logs.count > LOG_CELLS / 2 ||
           g->edge_count > SPAN_EDGE_CELLS / 2 || g->release_count > SPAN_RELEASES / 2 ||
           g->sketch_bytes > SPAN_SKETCH_BYTES / 2;
}

/* ---- cells ---- */

static uint32_t slot_of(const void *what, uint32_t a, uint32_t b, uint32_t slots)
{
    uint64_t h = (uintptr_t)what * 0x9e3779b97f4a7c15 + a * 0xbf58476d1ce4e5b9 + b;

    h ^= h >> 31;
    h *= 0x94d049bb133111eb;
    return (uint32_t)(h >> 33) & (slots - 1);
}

static struct span_cell *cell_of(struct span_generation *g, struct operation *o, uint32_t release,
                                 struct text environment, uint32_t minute)
{
    uint32_t at = slot_of(o, release ^ (uint32_t)(uintptr_t)environment.at, minute, CELL_SLOTS);
    struct span_cell *c;
    struct latency sketch;

    for (; g->cell_slots[at]; at = (at + 1) & (CELL_SLOTS - 1)) {
        c = &g->cells[g->cell_slots[at] - 1];
        if (c->operation == o && c->release == release && c->minute == minute &&
            c->environment.at == environment.at)
            return c;
    }
    if (g->cell_count == SPAN_CELLS)
        return NULL;
    c = &g->cells[g->cell_count];
    g->cell_slots[at] = (uint16_t)++g->cell_count;
    sketch = c->sketch;
    *c = (struct span_cell){.operation = o,
                            .release = release,
                            .environment = environment,
                            .minute = minute,
                            .sketch = sketch};
    return c;
}

static struct span_edge_cell *edge_cell_of(struct span_generation *g, struct edge *e,
                                           uint32_t minute)
{
    uint32_t at = slot_of(e, minute, 0, EDGE_CELL_SLOTS);
    struct span_edge_cell *c;

    for (; g->edge_slots[at]; at = (at + 1) & (EDGE_CELL_SLOTS - 1)) {
        c = &g->edges[g->edge_slots[at] - 1];
        if (c->edge == e && c->minute == minute)
            return c;
    }
    if (g->edge_count == SPAN_EDGE_CELLS)
        return NULL;
    c = &g->edges[g->edge_count];
    g->edge_slots[at] = (uint16_t)++g->edge_count;
    *c = (struct span_edge_cell){.edge = e, .minute = minute};
    return c;
}

static void count_call(void *own, const struct edge_call *call)
{
    struct span_tally *t = own;
    struct span_edge_cell *c =
        edge_cell_of(t->filling, call->edge, (uint32_t)(call->counts.start_ms / 60000));

    if (!c)
        return;
    c->calls += call->counts.weight;
    c->errors += call->counts.failed ? call->counts.weight : 0;
    c->total_us += call->counts.duration_us * call->counts.weight;
}

bool span_tally_expire(struct span_tally *t, int64_t now_ms)
{
    uint32_t before = t->filling->edge_count;

    edges_expire(t->edges, now_ms, count_call, t);
    return t->filling->edge_count > before;
}

void span_tally_turn(struct span_tally *t)
{
    t->flushing = t->filling;
    t->filling = &t->generation[t->flushing == &t->generation[0]];
}

/* Its number + 1; 0: none, or no room. */
static uint32_t release_of(struct span_generation *g, uint32_t project, struct text version,
                           int64_t ms)
{
    struct span_release *r;

    if (!version.len)
        return 0;
    for (uint32_t i = g->release_count; i-- > 0;) {
        r = &g->releases[i];
        if (r->project != project || !text_eq(r->version, version))
            continue;
        r->first_ms = ms < r->first_ms ? ms : r->first_ms;
        r->last_ms = ms > r->last_ms ? ms : r->last_ms;
        return i + 1;
    }
    if (g->release_count == SPAN_RELEASES)
        return 0;
    r = &g->releases[g->release_count];
    *r = (struct span_release){.project = project,
                               .version = arena_text(&g->texts, version),
                               .first_ms = ms,
                               .last_ms = ms};
    return r->version.at ? ++g->release_count : 0;
}

/* ---- a bundle ---- */

bool span_count_begin(struct span_count *c, struct span_tally *t, const struct span_bundle *b,
                      struct arena *a)
{
    const struct bundle_view *v = &b->tables;

    memset(c, 0, sizeof *c);
    c->tally = t;
    c->bundle = b;
    c->peers = arena_zero(a, v->shape_count, sizeof *c->peers);
    c->peer_known = arena_zero(a, v->shape_count, 1);
    if (!c->peers || !c->peer_known ||
        !services_of_bundle(t->services, b->head.project, v, a, &c->services, &c->environments))
        return false;
    if (b->head.received_ms > t->now_ms)
        t->now_ms = b->head.received_ms;
    return true;
}

struct operation *span_count_operation(struct span_count *c, const struct span_brief *s)
{
    uint32_t at = ((uint32_t)((uintptr_t)s->name.at >> 2) + s->shape) % 64;
    struct text name = s->name.len ? s->name : TEXT("(unnamed)");

    if (c->memo[at].operation && c->memo[at].name == s->name.at && c->memo[at].len == s->name.len &&
        c->memo[at].shape == s->shape)
        return c->memo[at].operation;
    c->memo[at].operation = services_operation(c->tally->services, c->services[s->resource], name,
                                               s->kind, (s->flags & SPAN_ENTRY) != 0);
    c->memo[at].name = s->name.at;
    c->memo[at].len = s->name.len;
    c->memo[at].shape = s->shape;
    return c->memo[at].operation;
}

/* ---- peers: what a client's span says about the other side ---- */

static bool is_peer_key(struct text key)
{
    static const char *const keys[] = {"service.peer.name",
                                       "peer.service",
                                       "db.namespace",
                                       "db.name",
                                       "db.system.name",
                                       "db.system",
                                       "messaging.destination.name",
                                       "messaging.destination",
                                       "messaging.system",
                                       "server.address",
                                       "net.peer.name",
                                       "http.host",
                                       NULL};

    for (const char *const *k = keys; *k; k++)
        if (text_is(key, *k))
            return true;
    return false;
}

static bool peer_varies(const struct bundle_shape_view *shape)
{
    for (uint32_t i = 0; i < shape->slot_count; i++)
        if (shape->slots[i].field == FIELDS && shape->slots[i].mode != BUNDLE_CONSTANT &&
            is_peer_key(shape->slots[i].key))
            return true;
    return false;
}

static struct edge *find_peer(struct span_count *c, const struct span_brief *s)
{
    struct span as = {.kind = s->kind,
                      .attrs = {.at = (struct attr *)s->attrs, .count = s->attr_count}};
    struct service *service = c->services[s->resource];
    uint8_t kind = EDGE_EXTERNAL;
    struct edge_name name = {.project = service->project,
                             .caller = service->name,
                             .environment = c->environments[s->resource]};

    name.callee = trace_peer(&as, &kind);
    name.kind = kind;
    if (!name.callee.len || text_eq(name.callee, service->name))
        return NULL;
    return edges_find(c->tally->edges, &name);
}

static struct edge *peer_of(struct span_count *c, const struct span_brief *s)
{
    uint8_t *known = &c->peer_known[s->shape];

    if (!*known) {
        *known = peer_varies(&c->bundle->tables.shapes[s->shape]) ? 2 : 1;
        if (*known == 1)
            c->peers[s->shape] = find_peer(c, s);
    }
    return *known == 1 ? c->peers[s->shape] : find_peer(c, s);
}

/* ---- edges ---- */

static void count_user(struct span_tally *t, const struct edge_half *served)
{
    struct edge_name name = {.project = served->service->project,
                             .caller = TEXT("user"),
                             .callee = served->service->name,
                             .environment = served->environment,
                             .kind = EDGE_USER};
    struct edge_call call = {.edge = edges_find(t->edges, &name), .counts = served->counts};

    if (call.edge)
        count_call(t, &call);
}

static void count_edges(struct span_count *c, const uint8_t *trace_id, const struct span_brief *s,
                        const struct edge_counts *counts)
{
    struct span_tally *t = c->tally;
    struct edge_half half = {.trace_id = trace_id,
                             .service = c->services[s->resource],
                             .environment = c->environments[s->resource],
                             .now_ms = t->now_ms,
                             .counts = *counts};

    if (s->kind == SPAN_CLIENT || s->kind == SPAN_PRODUCER) {
        struct edge *peer = peer_of(c, s);

        if (peer && peer->name.kind == EDGE_DATABASE) { /* nobody answers for a database */
            struct edge_call call = {peer, *counts};

            count_call(t, &call);
            return;
        }
        half.id = s->span_id;
        half.caller = true;
        half.message = s->kind == SPAN_PRODUCER;
        half.unanswered = peer;
        edges_half(t->edges, &half, count_call, t);
    } else if (s->flags & SPAN_ENTRY && !id_is_zero(s->parent_id, 8)) {
        half.id = s->parent_id;
        half.message = s->kind == SPAN_CONSUMER;
        edges_half(t->edges, &half, count_call, t);
    } else if (s->flags & SPAN_ENTRY && s->kind == SPAN_SERVER) {
        count_user(t, &half);
    }
}

/* One span, as many times as it stands for. */
static void count_in(struct span_generation *g, struct span_cell *cell, const struct span_brief *s,
                     const struct edge_counts *n)
{
    uint32_t room = cell->sketch.room;

    if (!cell->calls || n->start_ms < cell->first_ms)
        cell->first_ms = n->start_ms;
    if (n->start_ms > cell->last_ms)
        cell->last_ms = n->start_ms;
    cell->calls += n->weight;
    cell->errors += n->failed ? n->weight : 0;
    cell->total_us += n->duration_us * n->weight;
    latency_add(&cell->sketch, s->end_ns - s->start_ns, n->weight);
    g->sketch_bytes += (cell->sketch.room - room) * sizeof(struct latency_cell);
}

static bool count_under(struct span_count *c, struct operation *o, const struct span_brief *s,
                        const struct edge_counts *n)
{
    const struct resource *resource = &c->bundle->tables.resources[s->resource];
    struct span_generation *g = c->tally->filling;
    struct span_cell *cell =
        o ? cell_of(g, o, release_of(g, c->bundle->head.project, resource->release, n->start_ms),
                    c->environments[s->resource], (uint32_t)(n->start_ms / 60000))
          : NULL;

    if (cell)
        count_in(g, cell, s, n);
    return cell != NULL;
}

int64_t span_tally_time(int64_t at_ms, int64_t received_ms)
{
    return at_ms > received_ms + DAY_MS || at_ms < received_ms - PAST_MS ? received_ms : at_ms;
}

void span_count_span(struct span_count *c, const uint8_t trace_id[16], const struct span_brief *s)
{
    struct edge_counts n = {
        .start_ms = span_tally_time((int64_t)(s->start_ns / 1000000), c->bundle->head.received_ms),
        .duration_us = (s->end_ns - s->start_ns) / 1000,
        .weight = s->weight >= WEIGHT_MAX ? WEIGHT_MAX
                  : s->weight > 1         ? (uint32_t)(s->weight + 0.5)
                                          : 1,
        .failed = (s->flags & SPAN_ERROR) != 0,
    };
    bool counted = count_under(c, span_count_operation(c, s), s, &n);

    if (counted && s->flags & SPAN_ENTRY)
        counted = count_under(c, services_all(c->tally->services, c->services[s->resource]), s, &n);
    if (counted)
        count_edges(c, trace_id, s, &n);
    else
        c->tally->lost++;
}
