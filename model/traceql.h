/* traceql.h -- Tempo's query language, as far as Grafana's search uses it.
 * Grammar    { conditions joined by && || ! and parentheses }; attributes span.x resource.x event.x
 *            link.x instrumentation.x .x; intrinsics name status statusMessage kind duration rootName
 *            rootServiceName traceDuration childCount, and scoped ones (span:name, trace:duration …);
 *            = != =~ !~ < <= > >=, nil; nestedSetParent < 0 for roots; then && || > >> < << ~ between
 *            spansets; then | count() > 2,
 *            avg min max sum (of duration), | select(…), | by(…), which is passed over, but refused before
 *            figures: those would be of each group.
 * Purity     no I/O; as span_query.h.
 * Errors     false and a sentence. What a user has not finished typing is not an error when it is read
 *            for completion (traceql_scope): then it says nothing.
 * Source     grafana.com/docs/tempo, TraceQL. */
#ifndef QUERN_MODEL_TRACEQL_H
#define QUERN_MODEL_TRACEQL_H

#include "model/span_query.h"

#define TRACEQL_SETS 32
#define TRACEQL_SELECTS 16
#define TRACEQL_STEPS 4

enum traceql_kind {
    TRACEQL_FILTER, /* `node` of the query */
    TRACEQL_AND,
    TRACEQL_OR,
    TRACEQL_CHILD,      /* a > b: those of b that are children of one of a */
    TRACEQL_DESCENDANT, /* >> */
    TRACEQL_PARENT,     /* < */
    TRACEQL_ANCESTOR,   /* << */
    TRACEQL_SIBLING     /* ~ */
};

struct traceql_set {
    uint8_t kind;
    uint32_t node; /* TRACEQL_FILTER; QUERY_NONE: all spans */
    uint32_t a, b; /* sets */
};

enum traceql_figure { TRACEQL_COUNT, TRACEQL_AVG, TRACEQL_MIN, TRACEQL_MAX, TRACEQL_SUM };

struct traceql {
    struct span_query query;
    struct traceql_set sets[TRACEQL_SETS];
    uint32_t set_count, root;
    struct {
        uint8_t figure, op; /* enum traceql_figure, enum query_op; QUERY_HAS: != */
        double value;
    } steps[TRACEQL_STEPS];
    uint32_t step_count;
    struct query_term selects[TRACEQL_SELECTS];
    struct text select_names[TRACEQL_SELECTS];
    uint32_t select_count;
};

/* query_end(&q->query) gives back what it holds, whatever the answer was. */
bool traceql_read(struct text t, struct arena *a, struct traceql *q, struct text *error);
/* The condition that every trace found has a span for; QUERY_NONE: none that is certain. */
uint32_t traceql_lead(const struct traceql *q);

/* The spans of a trace that are found, by node; `hit` has room for t->count. False: the trace is not
 * found. */
bool traceql_find(const struct traceql *q, const struct trace *t, const struct trace_summary *s,
                  struct arena *a, bool *hit, uint32_t *hits);
/* "resource.service.name", ".http.route", "name": a term without operator; false: not a name. */
bool traceql_name(struct text name, struct query_term *t);

#endif
