/* sentry_part.h -- what the readers of Sentry's spans and logs share. Private to proto/sentry_*.c.
 */
#ifndef QUERN_PROTO_SENTRY_PART_H
#define QUERN_PROTO_SENTRY_PART_H

#include "proto/sentry_span.h"

struct sentry_work {
    const struct sentry_context *ctx;
    struct arena *a;
    int64_t shift_us; /* added to every time: the client's clock is wrong by that much */
    double weight;    /* 1 / sample_rate */
};

struct sentry_work sentry_begin(const struct sentry_context *ctx, struct arena *a);

/* 32 or 16 hex digits of either case, trace ids with dashes too; not all zero. */
bool sentry_trace_id(const struct json *v, uint8_t out[16], struct arena *a);
bool sentry_span_id(const struct json *v, uint8_t out[8], struct arena *a);
/* Nanoseconds, shifted; false: no time. */
bool sentry_time(struct sentry_work *w, const struct json *v, uint64_t *ns);
/* {"key": value}, plain: `data` of the older kinds. */
void sentry_data(struct attr_list *l, const struct json *data);
/* Keys that are there already stay. */
void sentry_data_missing(struct attr_list *l, const struct json *data);
/* {"lcp":{"value":1.5,"unit":"millisecond"}} as measurements.lcp, measurements.lcp.unit. */
void sentry_measurements(struct attr_list *l, const struct json *measurements);
/* {"key":{"type":"integer","value":7}}: attributes of the newer kinds. */
void sentry_attributes(struct attr_list *l, const struct json *attributes);
/* Status from a word or a number; null: none. */
void sentry_status(struct span *s, const struct json *v, struct arena *a);
void sentry_links(struct span *s, const struct json *links, struct arena *a);

/* Who sent it, from what is known by then. Texts may be absent. */
struct sentry_origin {
    struct text service, release, environment, platform, server_name, dist;
    struct text sdk_name, sdk_version, runtime_name, runtime_version, os_name, os_version;
};
const struct resource *sentry_resource(struct sentry_work *w, const struct sentry_origin *o);
/* The same for an element whose attributes say it. */
const struct resource *sentry_resource_of(struct sentry_work *w, const struct attrs *attrs);

#endif
