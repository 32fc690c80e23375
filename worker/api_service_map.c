/* api_service_map.c -- who calls whom, as a graph: services, and what stands in for what is not traced. */
#include "model/trace.h"
#include "worker/api_resources.h"
#include "worker/figures.h"

#define EDGES_MAX 8192 /* that the writer keeps at a time */
#define SLOTS (4 * EDGES_MAX)

struct node {
    struct text name;
    const char *kind;
    struct figures sum; /* of a service */
    uint64_t calls, errors;
    bool service;
};

struct edge {
    uint32_t from, to; /* nodes */
    uint8_t kind;
    uint64_t calls, errors, total_us;
};

struct graph {
    struct node *nodes;
    uint32_t node_count, node_room;
    struct edge *edges;
    uint32_t edge_count;
    uint32_t *node_slots, *edge_slots; /* number + 1 */
};

static const char *const edge_kinds[] = {"call", "message", "database", "external", "user"};
static const char *const peer_kinds[] = {"external", "queue", "database", "external", "external"};

static bool graph_init(struct api_call *c, struct graph *g, uint32_t services)
{
    g->node_room = services + 2 * EDGES_MAX;
    g->nodes =
        arena_alloc(c->arena, g->node_room * sizeof *g->nodes); /* touched as they are needed */
    g->edges = arena_alloc(c->arena, EDGES_MAX * sizeof *g->edges);
    g->node_slots = arena_zero(c->arena, SLOTS, sizeof *g->node_slots);
    g->edge_slots = arena_zero(c->arena, SLOTS, sizeof *g->edge_slots);
    return g->nodes && g->edges && g->node_slots && g->edge_slots;
}

static uint32_t hash_of(struct text t)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (uint8_t)t.at[i]) * 16777619u;
    return h;
}

/* The node of that name; services of several projects by one name are one. `kind`: if it is new. */
static uint32_t node_of(struct graph *g, struct text name, const char *kind)
{
    uint32_t at = hash_of(name) % SLOTS;

    for (; g->node_slots[at]; at = (at + 1) % SLOTS)
        if (text_eq(g->nodes[g->node_slots[at] - 1].name, name))
            return g->node_slots[at] - 1;
    g->nodes[g->node_count] = (struct node){.name = name, .kind = kind};
    g->node_slots[at] = ++g->node_count;
    return g->node_count - 1;
}

static struct edge *edge_of(struct graph *g, uint32_t from, uint32_t to, uint8_t kind)
{
    uint32_t at = ((from * 31 + to) * 2654435761u + kind) % SLOTS;
    struct edge *e;

    for (; g->edge_slots[at]; at = (at + 1) % SLOTS) {
        e = &g->edges[g->edge_slots[at] - 1];
        if (e->from == from && e->to == to && e->kind == kind)
            return e;
    }
    if (g->edge_count == EDGES_MAX)
        return NULL;
    e = &g->edges[g->edge_count];
    *e = (struct edge){.from = from, .to = to, .kind = kind};
    g->edge_slots[at] = ++g->edge_count;
    return e;
}

/* ---- services ---- */

static void add_row(void *own, const struct figures_row *r)
{
    figures_add(own, r);
}

static void add_services(struct api_call *c, const struct figures_wish *w,
                         const struct figures_services *services, struct graph *g)
{
    for (uint32_t i = 0; i < services->count && g->node_count < SERVICES_MAX; i++) {
        struct figures sum = {0};
        struct node *n;

        if (!services->at[i].all)
            continue;
        figures_walk(c, w, services->at[i].all, add_row, &sum);
        if (sum.calls) {
            n = &g->nodes[node_of(g, services->at[i].name, "service")];
            n->service = true;
            figures_merge(&n->sum, &sum);
        }
        figures_free(&sum);
    }
}

/* ---- edges ---- */

struct found { /* a row of table `edge` */
    int64_t id;
    struct text caller, callee;
    uint8_t kind;
};

static uint32_t find_edges(struct api_call *c, const struct figures_wish *w,
                           const struct api_project *p, struct found *out, uint32_t room)
{
    struct db_stmt *s = api_query(c, "api_edges");
    uint32_t count = 0;

    if (!s)
        return 0;
    db_int(s, "project", p->id);
    while (count < room && api_row(c, s)) {
        int64_t kind = db_col_int(s, 3);

        if (kind < 0 || kind > EDGE_USER || !figures_environment(w, api_col(s, 4)))
            continue;
        out[count++] = (struct found){.id = db_col_int(s, 0),
                                      .caller = api_keep_col(c, s, 1),
                                      .callee = api_keep_col(c, s, 2),
                                      .kind = (uint8_t)kind};
    }
    return count;
}

/* Of what is no service, its edges are all that is known. */
static void count_at(struct node *n, uint64_t calls, uint64_t errors)
{
    n->calls += calls;
    n->errors += errors;
}

static void add_edge(struct api_call *c, const struct figures_wish *w, const struct found *f,
                     struct graph *g)
{
    uint32_t from, to;
    struct figures sum;
    struct edge *e;

    if (g->node_count + 2 > g->node_room)
        return;
    figures_edge(c, w, f->id, &sum);
    if (!sum.calls)
        return;
    from = node_of(g, f->caller, f->kind == EDGE_USER ? "user" : "service");
    to = node_of(g, f->callee, f->kind == EDGE_CALL ? "service" : peer_kinds[f->kind]);
    if (!(e = edge_of(g, from, to, f->kind)))
        return;
    e->calls += sum.calls;
    e->errors += sum.errors;
    e->total_us += sum.total_us;
    count_at(&g->nodes[to], sum.calls, sum.errors);
    if (f->kind == EDGE_USER)
        count_at(&g->nodes[from], sum.calls, sum.errors);
}

static void add_edges(struct api_call *c, const struct figures_wish *w, struct graph *g)
{
    struct found *found = arena_alloc(c->arena, EDGES_MAX * sizeof *found);
    uint32_t projects, count;
    const struct api_project *list = api_projects(c, &projects);

    for (uint32_t i = 0; found && i < projects; i++) {
        if (!api_project_wanted(c, &list[i]))
            continue;
        count = find_edges(c, w, &list[i], found, EDGES_MAX);
        for (uint32_t k = 0; k < count && !c->refused; k++)
            add_edge(c, w, &found[k], g);
    }
}

/* ---- the answer ---- */

static void write_node(struct buf *b, const struct node *n)
{
    json_open(b, NULL, '{');
    json_text(b, "name", n->name);
    json_str(b, "kind", n->kind);
    json_uint(b, "calls", n->service ? n->sum.calls : n->calls);
    json_uint(b, "errors", n->service ? n->sum.errors : n->errors);
    if (n->service)
        json_uint(b, "p95Us", figures_quantile_us(&n->sum, 0.95));
    else
        json_null(b, "p95Us");
    json_close(b, '}');
}

static void write_edge(struct buf *b, const struct graph *g, const struct edge *e)
{
    json_open(b, NULL, '{');
    json_text(b, "from", g->nodes[e->from].name);
    json_text(b, "to", g->nodes[e->to].name);
    json_str(b, "kind", edge_kinds[e->kind]);
    json_uint(b, "calls", e->calls);
    json_uint(b, "errors", e->errors);
    json_uint(b, "totalUs", e->total_us);
    json_close(b, '}');
}

void service_map(struct api_call *c)
{
    struct figures_services services;
    struct figures_wish w;
    struct graph g = {0};

    if (!figures_wish_read(c, &w) || !figures_services(c, TEXT_NONE, &services) ||
        !graph_init(c, &g, services.count))
        return;
    figures_sums(c, &w);
    add_services(c, &w, &services, &g);
    add_edges(c, &w, &g);
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "nodes", '[');
    for (uint32_t i = 0; i < g.node_count; i++)
        write_node(&c->out, &g.nodes[i]);
    json_close(&c->out, ']');
    json_open(&c->out, "edges", '[');
    for (uint32_t i = 0; i < g.edge_count; i++)
        write_edge(&c->out, &g, &g.edges[i]);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    if (!c->refused)
        api_done(c, 200);
    for (uint32_t i = 0; i < g.node_count; i++)
        figures_free(&g.nodes[i].sum);
}
