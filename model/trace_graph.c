/* trace_graph.c -- what a trace says about services: who took part, who called whom. */
#include "model/trace.h"

#define SERVICES_MAX 256 /* listed; spans of further ones only count in the totals */
#define EDGES_MAX 512

#define SERVICES_STEP 16

struct trace_service *trace_summary_service(struct trace_summary *s, struct text service,
                                            struct arena *a)
{
    uint32_t k = 0;

    while (k < s->service_count && !text_eq(s->services[k].name, service))
        k++;
    if (k == SERVICES_MAX)
        return NULL;
    if (k < s->service_count)
        return &s->services[k];
    if (k % SERVICES_STEP == 0) {
        struct trace_service *more = arena_alloc(a, (k + SERVICES_STEP) * sizeof *more);

        if (!more)
            return NULL;
        if (k)
            memcpy(more, s->services, k * sizeof *more);
        s->services = more;
    }
    s->services[s->service_count++] = (struct trace_service){service, 0, 0};
    return &s->services[k];
}

bool trace_summarise(const struct trace *t, struct arena *a, struct trace_summary *out)
{
    *out = (struct trace_summary){
        .start_ns = t->start_ns, .end_ns = t->end_ns, .spans = t->count, .orphans = t->orphans};
    if (t->root != TRACE_NONE) {
        out->root_service = t->nodes[t->root].key->resource->service;
        out->root_name = t->nodes[t->root].key->name;
    }
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trace_key *s = t->nodes[i].key;
        struct trace_service *service = trace_summary_service(out, s->resource->service, a);
        bool failed = (s->flags & SPAN_ERROR) != 0;

        out->errors += failed;
        if (service) {
            service->spans++;
            service->errors += failed;
        }
    }
    return !arena_spent(a);
}

bool trace_summary_add(struct trace_summary *s, const struct trace_summary *rest, struct arena *a)
{
    if (!rest->spans)
        return true;
    if (rest->start_ns < s->start_ns)
        s->start_ns = rest->start_ns;
    if (rest->end_ns > s->end_ns)
        s->end_ns = rest->end_ns;
    s->spans += rest->spans;
    s->errors += rest->errors;
    s->orphans = 0; /* which those are nobody knows: parents may be among the rest */
    for (uint32_t i = 0; i < rest->service_count; i++) {
        const struct trace_service *from = &rest->services[i];
        struct trace_service *to = from->spans ? trace_summary_service(s, from->name, a) : NULL;

        if (to) {
            to->spans += from->spans;
            to->errors += from->errors;
        }
    }
    return !arena_spent(a);
}

/* ---- edges ---- */

struct text trace_peer(const struct span *s, uint8_t *kind)
{
    static const char *const names[] = {"service.peer.name", "peer.service", NULL};
    static const char *const databases[] = {"db.namespace", "db.name", "db.system.name",
                                            "db.system", NULL};
    static const char *const brokers[] = {"messaging.destination.name", "messaging.destination",
                                          "messaging.system", NULL};
    static const char *const hosts[] = {"server.address", "net.peer.name", "http.host", NULL};
    static const struct {
        const char *const *keys;
        uint8_t kind;
    } ways[] = {{names, EDGE_EXTERNAL},
                {databases, EDGE_DATABASE},
                {brokers, EDGE_MESSAGE},
                {hosts, EDGE_EXTERNAL}};

    if (s->kind != SPAN_CLIENT && s->kind != SPAN_PRODUCER)
        return TEXT_NONE;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const struct attr *at = attr_first(&s->attrs, ways[i].keys);

        if (at && at->kind == ATTR_STRING && at->text.len) {
            *kind = ways[i].kind;
            return at->text;
        }
    }
    return TEXT_NONE;
}

struct edges {
    struct trace_edge *list;
    uint32_t count, room;
    struct arena *a;
};

static bool count_edge(struct edges *e, struct text from, struct text to, uint8_t kind,
                       const struct span *seen)
{
    struct trace_edge *edge = NULL;

    for (uint32_t i = 0; i < e->count && !edge; i++)
        if (e->list[i].kind == kind && text_eq(e->list[i].from, from) && text_eq(e->list[i].to, to))
            edge = &e->list[i];
    if (!edge && e->count == EDGES_MAX)
        return true;
    if (!edge) {
        if (e->count == e->room) {
            struct trace_edge *more =
                arena_alloc(e->a, (e->room = e->room * 2 + 16) * sizeof *more);

            if (!more)
                return false;
            if (e->count)
                memcpy(more, e->list, e->count * sizeof *more);
            e->list = more;
        }
        edge = &e->list[e->count++];
        *edge = (struct trace_edge){.from = from, .to = to, .kind = kind};
    }
    edge->calls++;
    edge->errors += (seen->flags & SPAN_ERROR) != 0;
    edge->total_ns += seen->end_ns - seen->start_ns;
    return true;
}

/* Does a child of it belong to another service? Then that service speaks for itself. */
static bool is_answered(const struct trace *t, const struct trace_node *n)
{
    for (uint32_t c = n->first_child; c != TRACE_NONE; c = t->nodes[c].next_sibling)
        if (!text_eq(t->nodes[c].span->resource->service, n->span->resource->service))
            return true;
    return false;
}

bool trace_edges(const struct trace *t, struct arena *a, struct trace_edge **out, uint32_t *count)
{
    struct edges e = {.a = a};
    bool good = true;

    for (uint32_t i = 0; i < t->count && good; i++) {
        const struct trace_node *n = &t->nodes[i];
        const struct span *s = n->span;
        struct text service = s->resource->service, peer;
        uint8_t kind;

        if (n->parent != TRACE_NONE) {
            const struct span *p = t->nodes[n->parent].span;

            if (!text_eq(p->resource->service, service))
                good = count_edge(&e, p->resource->service, service,
                                  s->kind == SPAN_CONSUMER ? EDGE_MESSAGE : EDGE_CALL, p);
        } else if (s->kind == SPAN_SERVER && id_is_zero(s->parent_id, 8)) {
            good = count_edge(&e, TEXT("user"), service, EDGE_USER, s);
        }
        peer = good && !is_answered(t, n) ? trace_peer(s, &kind) : TEXT_NONE;
        if (peer.len)
            good = count_edge(&e, service, peer, kind, s);
    }
    *out = e.list;
    *count = e.count;
    return good;
}
