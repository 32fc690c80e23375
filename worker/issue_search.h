/* issue_search.h -- search terms against the catalogue: which issues, in which order, how many.
 * For        issue lists, counts, and bulk changes of a whole search result. Query thread.
 * Way        terms become SQL conditions on the issue's row and on its aggregates (issue_term.c). Then
 *            either a rare term drives (its few issues are looked up and sorted), or the list walks
 *            the index of the sort order, one arm per project and status, and the arms are merged here.
 *            So a page costs about as many rows as it shows, whatever is stored.
 * Meaning    an event-level term holds when any of the issue's events has it; several such terms may
 *            be met by different events (Sentry asks for one event that meets all). */
#ifndef QUERN_WORKER_ISSUE_SEARCH_H
#define QUERN_WORKER_ISSUE_SEARCH_H

#include "model/search.h"
#include "worker/api_call.h"
#include "worker/api_page.h"

#define ISSUE_BINDS_MAX 400
#define ISSUE_HITS_MAX 1000 /* X-Hits counts no further */

enum issue_sort { ISSUE_BY_LAST, ISSUE_BY_FIRST, ISSUE_BY_EVENTS, ISSUE_BY_USERS };

struct issue_bind {
    enum { ISSUE_BIND_INT, ISSUE_BIND_REAL, ISSUE_BIND_TEXT } kind;
    int64_t integer;
    double real;
    struct text text;
};

struct issue_search {
    const struct search *terms;
    struct api_range range;    /* given: only issues with events in it */
    struct text *environments; /* "": events without one */
    uint32_t environment_count;
    int64_t *projects;
    uint32_t project_count;
    int64_t *only; /* these issues alone; NULL: all */
    uint32_t only_count;
    enum issue_sort sort;

    /* made by issue_search_compile */
    unsigned statuses; /* bits of enum issue_status */
    struct buf where;  /* " AND …", over `issue i` */
    struct buf drive;  /* a select of issue ids that are few; empty: none is rare */
    struct issue_bind *binds;
    uint32_t bind_count;
    struct issue_bind spare; /* written when `binds` is full, never read: `nothing` is set then */
    bool by_id;   /* `where` names the issues by number: no index of a sort order is needed */
    bool nothing; /* no issue can fit */
};

struct issue_hit {
    int64_t value, id; /* sort value */
};

/* Terms to SQL. False: refused. */
bool issue_search_compile(struct api_call *c, struct issue_search *s);
/* One page, at most p->limit hits, in the order shown. False: refused. */
bool issue_search_page(struct api_call *c, struct issue_search *s, const struct api_page *p,
                       struct issue_hit *hits, uint32_t *count, bool *more);
/* How many there are, counted no further than `max`. */
uint32_t issue_search_count(struct api_call *c, struct issue_search *s, uint32_t max);

/* ---- between issue_search.c and issue_term.c, issue_release.c, issue_drive.c ---- */
/* A placeholder for the value, ":b0", into the buffer. */
void issue_bind_int(struct issue_search *s, struct buf *b, int64_t v);
void issue_bind_real(struct issue_search *s, struct buf *b, double v);
void issue_bind_text(struct issue_search *s, struct buf *b, struct text v);
/* One term as a condition; may narrow `statuses`, set `nothing`. False: refused. */
bool issue_term(struct api_call *c, struct issue_search *s, const struct search_term *t);
/* "[1,2,3]": the releases that a release term means. */
struct text issue_release_ids(struct api_call *c, const struct search_term *t);
/* The rarest term, when it is rare enough, as `drive`. */
void issue_drive(struct api_call *c, struct issue_search *s);

#endif
