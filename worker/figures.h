/* figures.h -- calls, errors and durations as the writer counted them: per operation, minute or hour,
 * release and environment.
 * For        services, operations, charts, the service map. Query thread. Nothing here reads a span.
 * Time       minutes are kept for FIGURES_MINUTES_MS, hours for as long as everything else. A range of up
 *            to FIGURES_FINE_MS, or a chart whose interval asks for it, is read by the minute, others by
 *            the hour; a range begins and ends with a whole one. What of a long range is whole quarters of
 *            days (UTC) is read by these: the sums are the same.
 * Durations  model/latency.h: quantiles are off by 1.6 % at most, however much is added up. */
#ifndef QUERN_WORKER_FIGURES_H
#define QUERN_WORKER_FIGURES_H

#include "model/latency.h"
#include "worker/api_page.h"

#define FIGURES_MINUTES_MS (2 * 86400000LL) /* surely there: the writer keeps them a day longer */
#define FIGURES_FINE_MS (6 * 3600000LL)
#define FIGURES_BUCKETS_MAX 2000

/* What a request asks for: statsPeriod or start and end, interval, environment, release. */
struct figures_wish {
    bool minutes;        /* or hours */
    int64_t from, to;    /* [from, to), in these units since 1970 */
    int64_t begin, step; /* first bucket, units a bucket */
    uint32_t buckets;
    int64_t quarters_from;     /* quarters of days are whole from this one on; 0: not to be used */
    double seconds;            /* from the beginning until its end, or now */
    struct text *environments; /* none: all */
    uint32_t environment_count;
    bool by_release;
    int64_t release; /* 0: there is no such release */
};
/* No chart is wanted, only sums: quarters of days will do whatever the interval. */
void figures_sums(struct api_call *c, struct figures_wish *w);
/* The range in the units it is kept in: at most FIGURES_PARTS stretches of time, which do not overlap. */
#define FIGURES_PARTS 3
struct figures_part {
    enum figures_unit { FIGURES_MINUTES, FIGURES_HOURS, FIGURES_QUARTERS } unit;
    int64_t from, to; /* [from, to) in such units since 1970 */
};
uint32_t figures_parts(const struct figures_wish *w, struct figures_part out[FIGURES_PARTS]);
/* False: refused. */
bool figures_wish_read(struct api_call *c, struct figures_wish *w);
int64_t figures_begin_ms(const struct figures_wish *w);
int64_t figures_interval_s(const struct figures_wish *w);
uint32_t figures_bucket(const struct figures_wish *w, enum figures_unit unit, int64_t at);
bool figures_environment(const struct figures_wish *w, struct text name);

struct figures_row {
    uint32_t bucket;
    int64_t release; /* 0: none */
    uint64_t calls, errors, total_us;
    struct text sketch;
};
/* What is kept of one operation; rows live until `each` returns. */
void figures_walk(struct api_call *c, const struct figures_wish *w, int64_t operation,
                  void (*each)(void *own, const struct figures_row *r), void *own);

/* The services that the request asks about (parameters project and service), by project and name. */
struct figures_service {
    const struct api_project *project;
    int64_t id, all; /* all: the operation that its units of work are counted under; 0: none yet */
    struct text name;
    int64_t first_ms, last_ms;
};
struct figures_services {
    struct figures_service *at;
    uint32_t count;
};
/* False: refused, or the arena is spent. */
bool figures_services(struct api_call *c, struct text name, struct figures_services *out);

/* A sum of rows. figures_free gives its memory back. */
struct figures {
    uint64_t calls, errors, total_us;
    struct latency_sum *sketch; /* made with the first row; NULL too when there was no memory */
};
void figures_add(struct figures *f, const struct figures_row *r);
void figures_merge(struct figures *f, const struct figures *from);
void figures_clear(struct figures *f);
void figures_free(struct figures *f);
uint64_t figures_quantile_us(const struct figures *f, double q);
/* What is kept of one edge; without a sketch. */
void figures_edge(struct api_call *c, const struct figures_wish *w, int64_t edge,
                  struct figures *sum);

/* What lists show of a sum. */
struct figures_shown {
    uint64_t calls, errors, total_us, p50_us, p95_us, p99_us;
};
struct figures_shown figures_show(const struct figures *f);
void figures_write(struct buf *b, const struct figures_wish *w, const struct figures_shown *s);

#endif
