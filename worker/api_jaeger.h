/* api_jaeger.h -- what the parts of Jaeger's API share. */
#ifndef QUERN_WORKER_API_JAEGER_H
#define QUERN_WORKER_API_JAEGER_H

#include "worker/figures.h"
#include "worker/foreign.h"

/* {"data":[ … ],"total":…}: version 1 wraps every answer. */
void jaeger_begin(struct api_call *c);
void jaeger_end(struct api_call *c, uint32_t total);

#define JAEGER_TIME_MAX_MS INT64_C(253402300800000) /* the year 10000: sums do not overflow */

/* {"name":…,"spanKind":…} for each operation of a service, of all kinds or of one. False: refused. */
bool jaeger_write_operations(struct api_call *c, struct text service, struct text kind,
                             uint32_t *total);
/* The figures of a time that ends at `to_ms`, in one bucket. */
struct figures_wish jaeger_figures(const struct api_call *c, int64_t to_ms, int64_t length_ms);
/* {"result":{"resourceSpans":[ … ]}}: how version 3 gives traces. */
void jaeger3_write(struct api_call *c, const struct span *const *spans, uint32_t count);

#endif
