/* span_query.h -- conditions on spans and log records, whichever language they were written in.
 * For        trace search, span and log lists, Jaeger's parameters, Sentry's span search (query_words.c),
 *            Tempo's TraceQL (traceql.c).
 * Purity     no I/O, no clock. Evaluation does not recurse deeper than QUERY_DEPTH.
 * Ownership  queries live in the arena and point into the text they were read from.
 * Unknowns   what is said of a whole trace cannot be told from one span: the answer is then "maybe",
 *            and the caller asks again with the trace at hand. */
#ifndef QUERN_MODEL_SPAN_QUERY_H
#define QUERN_MODEL_SPAN_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/trace.h"
#include "proto/arena.h"
#include "proto/logrec.h"
#include "proto/span.h"
#include "proto/text.h"

#define QUERY_NODES 128 /* conditions and connectives of one query */
#define QUERY_DEPTH 32
#define QUERY_NONE UINT32_MAX

enum query_field {
    QUERY_ATTR, /* `key` */
    QUERY_NAME,
    QUERY_DESCRIPTION,
    QUERY_SERVICE,
    QUERY_OP,
    QUERY_KIND,
    QUERY_STATUS,      /* ok, error, unset */
    QUERY_STATUS_WORD, /* Sentry's: not_found … */
    QUERY_STATUS_MESSAGE,
    QUERY_DURATION, /* ns */
    QUERY_SELF_TIME,
    QUERY_TIMESTAMP, /* ns since 1970 */
    QUERY_TRACE,
    QUERY_ID,
    QUERY_PARENT,
    QUERY_RELEASE,
    QUERY_ENVIRONMENT,
    QUERY_PLATFORM,
    QUERY_PROJECT,
    QUERY_TRANSACTION, /* the name, of entry spans */
    QUERY_IS_TRANSACTION,
    QUERY_ERROR,
    QUERY_LEVEL,    /* of log records: "warn" */
    QUERY_SEVERITY, /* 1 … 24 */
    QUERY_MESSAGE,  /* text of a log record, name and description of a span; substring */
    QUERY_EVENT_NAME,
    QUERY_SCOPE_NAME,
    QUERY_SCOPE_VERSION,
    QUERY_CHILD_COUNT,
    /* of the whole trace */
    QUERY_ROOT_NAME,
    QUERY_ROOT_SERVICE,
    QUERY_TRACE_DURATION,
    QUERY_FIELDS
};

enum query_scope {
    QUERY_ANY, /* of the item, else of its resource */
    QUERY_SPAN,
    QUERY_RESOURCE,
    QUERY_EVENT,
    QUERY_LINK,
    QUERY_SCOPE,
    QUERY_ANY_OR_EVENT
};

enum query_op {
    QUERY_HAS, /* there is a value */
    QUERY_EQ,
    QUERY_MATCH, /* `pattern` */
    QUERY_CONTAINS,
    QUERY_LT,
    QUERY_LE,
    QUERY_GT,
    QUERY_GE
};

struct query_value {
    struct text text;
    double number;
    bool is_number;
};

#define QUERY_ALIASES 4
struct query_term {
    uint8_t field, scope, op;
    struct text key;
    struct text names
        [QUERY_ALIASES]; /* query_aliases() of an attribute's key, once query_add has seen it */
    struct query_value value;
    void *pattern; /* QUERY_MATCH: a compiled expression, of query_pattern() */
};

enum query_kind { QUERY_TRUE, QUERY_TERM, QUERY_AND, QUERY_OR, QUERY_NOT };

struct query_node {
    uint8_t kind;
    uint32_t a, b; /* QUERY_NOT: a */
    struct query_term term;
};

struct span_query {
    struct query_node *nodes; /* QUERY_NODES */
    uint32_t count;
    void *patterns; /* to be given back */
};

/* False: no memory. query_end gives back what compiled expressions hold. */
bool query_begin(struct span_query *q, struct arena *a);
void query_end(struct span_query *q);
/* A node more; QUERY_NONE: too many. Connectives with QUERY_NONE on one side are the other side. */
uint32_t query_add(struct span_query *q, const struct query_term *t);
uint32_t query_join(struct span_query *q, enum query_kind kind, uint32_t a, uint32_t b);
/* A literal: text, and the number it is, if it is one. */
struct query_value query_literal(struct text t, struct arena *a);
/* Compile an anchored regular expression, or a pattern with stars (`glob`, case folded). False: not
 * understood, or too large. */
bool query_pattern(struct span_query *q, struct query_term *t, struct text pattern, bool glob);

/* What is asked about. Exactly one of span and log. */
struct query_item {
    const struct span *span;
    const struct logrec *log;
    struct text project;                 /* its slug; absent: unknown */
    const struct trace_summary *summary; /* NULL: the trace is not at hand */
    const struct trace_node *node;       /* likewise */
};
enum query_answer { QUERY_NO, QUERY_MAYBE, QUERY_YES };
/* `node` QUERY_NONE: everything fits. */
enum query_answer query_ask(const struct span_query *q, uint32_t node,
                            const struct query_item *item, struct arena *a);
/* The values a field has, at most `room`; what `select` shows as well. */
uint32_t query_values(const struct query_term *t, const struct query_item *item, struct arena *a,
                      struct query_value *out, uint32_t room);

/* The names of an attribute in old and new conventions, itself first; NULL ends. */
void query_aliases(struct text key, struct text out[QUERY_ALIASES]);

/* Bytes without one of which no record can hold an answer: names of keys, services and operations, and texts, lie
 * in a record as they are. So most records need not be taken apart. */
#define QUERY_HOLDS 16
struct query_hold {
    struct text any[QUERY_ALIASES]; /* one of these; absent ends */
};
uint32_t query_holds(const struct span_query *q, uint32_t node, struct query_hold *out,
                     uint32_t room);
bool query_may_hold(const struct query_hold *holds, uint32_t count, struct text record);

/* Words (marks.h) without one of which no block can hold an answer. */
#define QUERY_NEEDS 16
struct query_need {
    uint64_t words[3 * QUERY_ALIASES]; /* one of them */
    uint32_t count;
};
uint32_t query_needs(const struct span_query *q, uint32_t node, struct query_need *out,
                     uint32_t room);

/* Durations "1.5s", "100ms", "2h45m", as Go and TraceQL write them, in ns. */
bool query_duration(struct text t, double *ns);

#endif
