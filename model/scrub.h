/* scrub.h -- secrets and personal data out of an event, before it is grouped or stored.
 * Source     reference sentry-ingest §8 (Relay's default data scrubber).
 * Purity     edits the tree in place, linear time, no backtracking; memory from the arena. */
#ifndef QUERN_MODEL_SCRUB_H
#define QUERN_MODEL_SCRUB_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"

struct scrub_conf {
    bool enabled;             /* scrub_data, default true */
    bool defaults;            /* scrub_defaults, default true */
    bool ip_addresses;        /* scrub_ip_addresses, default false */
    struct text *sensitive;   /* extra sensitive fields */
    uint32_t sensitive_count;
    struct text *safe;        /* never filtered */
    uint32_t safe_count;
};

/* False: the arena is spent. */
bool scrub_event(struct event *e, const struct scrub_conf *conf, struct arena *a);
/* One value of an arbitrary tree (spans, logs), under its key. */
bool scrub_value(struct json *v, struct text key, const struct scrub_conf *conf, struct arena *a);
/* Text that stays readable: replacement in place ([email], [creditcard] …). */
struct text scrub_text(struct text t, const struct scrub_conf *conf, struct arena *a);

#endif
