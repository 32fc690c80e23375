/* trace.h -- spans in any order → one tree, and what follows from it.
 * For        the trace page, the trace APIs of Sentry, Jaeger and Tempo, the service graph.
 * Purity     no I/O, no clock. Nothing recurses: a chain of 200,000 spans is a legal trace.
 * Ownership  results live in the arena and point to the spans, which must outlive them.
 * Cost       O(n log n) time, some 200 bytes a span.
 * Input      late, twice, out of order, without a root, with parents that name each other, from
 *            several services and both protocols: every span that is given is shown once. */
#ifndef QUERN_MODEL_TRACE_H
#define QUERN_MODEL_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/span.h"

#define TRACE_NONE UINT32_MAX

/* struct trace_node.flags */
#define NODE_ORPHAN 0x01   /* its parent is not in the trace (yet) */
#define NODE_CUT 0x02      /* it was its own ancestor: the earliest of the circle became a root */
#define NODE_GUESSED 0x04  /* its parent is not here; it hangs below the transaction it names */
#define NODE_ENTRY 0x08    /* a unit of work in its service starts here */
#define NODE_CRITICAL 0x10 /* on the critical path */

/* As much of a span as its place in the tree depends on, and a table of spans shows. */
struct trace_key {
    uint64_t id, parent; /* the bytes as they lie in memory; parent 0: none */
    uint64_t segment;    /* the transaction that a Sentry span says it belongs to; 0: none */
    uint64_t start_ns, end_ns;
    const struct resource *resource; /* never NULL */
    struct text name;
    uint32_t parent_at; /* the key of its parent, where that is known; else TRACE_NONE */
    uint32_t parts;     /* attributes and events: of two copies, the fuller is kept */
    uint16_t flags;     /* SPAN_* */
    uint8_t kind;       /* enum span_kind */
};
struct trace_key trace_key_of(const struct span *s);
/* What "sentry.segment.id" among a span's attributes says; 0: nothing. */
uint64_t trace_segment(const struct attrs *attrs);

struct trace_node {
    const struct trace_key *key;
    const struct span *span;   /* NULL: the tree was made of keys */
    uint64_t start_ns, end_ns; /* the span's; nodes lie close together */
    uint32_t parent;           /* TRACE_NONE: a root */
    uint32_t first_child, next_sibling;
    uint32_t child_count;
    uint32_t depth;
    uint32_t subtree; /* spans in it, itself included */
    uint64_t self_ns; /* time in which no child ran */
    uint64_t critical_ns;
    uint8_t flags; /* NODE_* */
};

struct trace {
    struct trace_node *nodes; /* depth first: parents before children, siblings by start */
    uint32_t count;
    uint32_t root;       /* the one to show as such; TRACE_NONE: no spans */
    uint32_t root_count; /* trees */
    uint32_t orphans, cycles, duplicates;
    uint64_t start_ns, end_ns;
};

/* False: the arena is spent. */
bool trace_build(const struct span *spans, uint32_t count, struct arena *a, struct trace *out);
/* The same for whoever shows no more than keys tell: a third of the memory. The keys must outlive the tree. */
bool trace_build_keys(const struct trace_key *keys, uint32_t count, struct arena *a,
                      struct trace *out);
/* The node of that span id; TRACE_NONE: none. Linear. */
uint32_t trace_find(const struct trace *t, const uint8_t span_id[8]);

/* ---- summary ---- */

struct trace_service {
    struct text name;
    uint32_t spans, errors;
};

struct trace_summary {
    struct text root_service, root_name;
    uint64_t start_ns, end_ns;
    uint32_t spans, errors, orphans;
    struct trace_service *services; /* in order of appearance */
    uint32_t service_count;
};
bool trace_summarise(const struct trace *t, struct arena *a, struct trace_summary *out);
/* The line of that service, a new one if need be, whose name is `service` itself. NULL: too many of them,
 * or the arena is spent. */
struct trace_service *trace_summary_service(struct trace_summary *s, struct text service,
                                            struct arena *a);
/* Add spans of the same trace that are not in its tree: `rest` has no more than times, numbers and
 * services. */
bool trace_summary_add(struct trace_summary *s, const struct trace_summary *rest, struct arena *a);

/* ---- critical path ---- */

/* While it lasted, nothing else held up the end of the root. */
struct trace_section {
    uint32_t node;
    uint64_t from_ns, to_ns;
};
/* In order of time, of the tree below `root`. Marks the nodes. Work handed over by a message does
 * not hold up the sender, so consumers are left out. */
bool trace_critical(struct trace *t, uint32_t root, struct arena *a, struct trace_section **out,
                    uint32_t *count);

/* ---- edges between services ---- */

enum trace_edge_kind { EDGE_CALL, EDGE_MESSAGE, EDGE_DATABASE, EDGE_EXTERNAL, EDGE_USER };

struct trace_edge {
    struct text from, to; /* EDGE_USER: from is "user" */
    uint8_t kind;
    uint32_t calls, errors;
    uint64_t total_ns; /* as the caller saw it */
};
bool trace_edges(const struct trace *t, struct arena *a, struct trace_edge **out, uint32_t *count);
/* The uninstrumented other side of a client's or producer's span; absent: it says nothing. */
struct text trace_peer(const struct span *s, uint8_t *kind);

/* ---- two traces side by side ---- */

struct trace_side {
    uint32_t spans, errors;
    uint64_t total_ns, self_ns;
};
/* All spans that stand at the same place: same services and names from the root down. */
struct trace_change {
    struct text service, name;
    uint32_t depth;
    uint32_t parent; /* TRACE_NONE: a root */
    struct trace_side left, right;
};
/* Depth first. */
bool trace_compare(const struct trace *left, const struct trace *right, struct arena *a,
                   struct trace_change **out, uint32_t *count);

#endif
