/* search.h -- query text → terms: the language of the issue list's filter field.
 * For        the API (issue lists, event lists). Which column or aggregate answers a term is the
 *            worker's business; what a term says is decided here.
 * Purity     no I/O, no clock: now comes in as an argument.
 * Ownership  terms live in the arena or point into the query.
 * Errors     false and a sentence for the user; anything else than a syntax error never fails.
 * Source     getsentry/sentry, api/event_search.py (grammar) and api/issue_search.py (keys). Boolean
 *            operators, parentheses and aggregates are refused, as Sentry's issue search does. */
#ifndef QUERN_MODEL_SEARCH_H
#define QUERN_MODEL_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"
#include "proto/text.h"

enum search_key {
    SEARCH_IS,      /* `word` says which */
    SEARCH_MESSAGE, /* free text too: substring of title, culprit, message */
    SEARCH_TITLE,
    SEARCH_CULPRIT,
    SEARCH_LEVEL,
    SEARCH_PLATFORM,
    SEARCH_TYPE, /* issue.type, event.type */
    SEARCH_CATEGORY,
    SEARCH_PRIORITY,
    SEARCH_ISSUE, /* short id or number */
    SEARCH_ASSIGNED,
    SEARCH_BOOKMARKS,
    SEARCH_FIRST_SEEN, /* dates: window [from_ms, to_ms) */
    SEARCH_LAST_SEEN,
    SEARCH_TIMESTAMP,
    SEARCH_TIMES_SEEN, /* numbers: op and number */
    SEARCH_USERS_SEEN,
    SEARCH_RELEASE,
    SEARCH_FIRST_RELEASE,
    SEARCH_RELEASE_VERSION, /* op and a version */
    SEARCH_RELEASE_PACKAGE,
    SEARCH_RELEASE_BUILD,
    SEARCH_ENVIRONMENT,
    SEARCH_ERROR_TYPE,
    SEARCH_ERROR_VALUE,
    SEARCH_UNHANDLED, /* `flag` */
    SEARCH_FILENAME,  /* of the frame that crashed */
    SEARCH_FUNCTION,
    SEARCH_USER, /* values are identities: "id:9" */
    SEARCH_TRACE,
    SEARCH_EVENT, /* event id */
    SEARCH_HAS,   /* `name` */
    SEARCH_TAG    /* `name`: any other key */
};

enum search_is {
    SEARCH_IS_UNRESOLVED,
    SEARCH_IS_RESOLVED,
    SEARCH_IS_IGNORED, /* also archived, muted */
    SEARCH_IS_ASSIGNED,
    SEARCH_IS_UNASSIGNED,
    SEARCH_IS_FOR_REVIEW,
    SEARCH_IS_LINKED,
    SEARCH_IS_UNLINKED,
    SEARCH_IS_SUBSTATUS /* `name` holds it: new, ongoing … archived_forever */
};

enum search_op { SEARCH_EQ, SEARCH_LT, SEARCH_LE, SEARCH_GT, SEARCH_GE };

struct search_value {
    struct text text; /* unquoted; with `wild` still a pattern: '*' any run, "\*" a star */
    bool wild;
};

struct search_term {
    enum search_key key;
    enum search_op op;
    enum search_is word;
    bool negated;
    bool flag;
    struct text name;            /* tag key, or substatus */
    struct search_value *values; /* one of them must hold; an empty text asks for absence */
    uint32_t count;
    double number;
    int64_t from_ms, to_ms;
};

struct search {
    struct search_term *terms; /* all must hold */
    uint32_t count;
};

/* Read `query`. False: *error is a sentence, without the "Error parsing search query: " before it. */
bool search_parse(struct text query, int64_t now_ms, struct arena *a, struct search *out,
                  struct text *error);

/* A search of events may also say OR; AND, said or not, binds tighter. */
#define SEARCH_ALTERNATIVES 16
struct search_any {
    struct search of[SEARCH_ALTERNATIVES]; /* one of them must hold */
    uint32_t count;
};
bool search_parse_any(struct text query, int64_t now_ms, struct arena *a, struct search_any *out,
                      struct text *error);

/* Anchored match of a pattern ('*', "\*"), ASCII case folded; linear in pattern × value. */
bool search_glob(struct text pattern, struct text value);
/* The pattern as an SQL LIKE pattern with '\' as escape. */
struct text search_like(struct text pattern, struct arena *a);
/* "*text*" as a LIKE pattern, whatever bytes `text` has. */
struct text search_like_within(struct text plain, struct arena *a);

/* Does one event match all terms that speak of events? (Status, assignment, counts are the issue's
 * and are passed over.) */
bool search_event(const struct search *s, const struct record_event *e, struct arena *a);
bool search_event_any(const struct search_any *s, const struct record_event *e, struct arena *a);

/* "1.5k" → 1500; k, m, b. */
bool search_number(struct text t, double *out);
/* "-24h" (later than), "+24h" (before), a date with an operator, or a bare one (its day, or five
 * minutes around it) → window [from, to). */
bool search_window(struct text t, enum search_op op, int64_t now_ms, int64_t *from_ms,
                   int64_t *to_ms);
/* "90s", "15m", "24h", "14d", "2w" → milliseconds. */
bool search_duration(struct text t, int64_t *ms);
/* "2026-03-01", "2026-03-01T10:00:00[.fff][Z|±hh[:mm]]", with a blank for the T: milliseconds and
 * whether it was a whole day. */
bool search_date(struct text t, int64_t *ms, bool *whole_day);

#endif
