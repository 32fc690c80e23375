/* otlp_list.h -- what both encodings of otlp_write.h walk: spans by resource and scope, and the
 * attributes that are added. Private to proto/otlp_write*.c. */
#ifndef QUERN_PROTO_OTLP_LIST_H
#define QUERN_PROTO_OTLP_LIST_H

#include "proto/origin.h"

struct otlp_list {
    struct origins origins;
    const struct span *
        *spans;    /* those of one origin stand together, in the order they were given */
    uint32_t *end; /* per origin: behind its last span */
};

/* False: the arena is spent. */
bool otlp_list_make(const struct span *const *spans, uint32_t count, struct arena *a,
                    struct otlp_list *out);
/* "service.name" for a resource that lacks it. False: it has it. */
bool otlp_add_service(const struct resource *r, struct attr *out);
/* What a Sentry span's own fields are as attributes; how many, at most 2. */
uint32_t otlp_add_sentry(const struct span *s, struct attr out[2]);

#endif
