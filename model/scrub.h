/* scrub.h -- secrets and personal data out of an event, before it is grouped or stored.
 * Source     Relay's default data scrubber (relay-pii: builtin, convert, regexes).
 * Purity     edits the tree in place, linear time, no backtracking; memory from the arena.
 *
 * What is looked at: variables of frames; extra; breadcrumbs' messages and data; headers, cookies,
 * query, body, environment and fragment of the request; the user's own data; parameters of the
 * message; contexts that are not about the machine; tags; values in notes about bad fields.
 * What is not: names in the code (functions, modules, types, files), exception values, ids, times,
 * debug images, the User-Agent: they are what grouping and people need.
 * A value under a telling key, or with a telling word in it, becomes "[Filtered]" as a whole; card
 * numbers and the like are replaced where they stand. Tags and the user's names meet only the rules
 * about keys and patterns: "auth-service" is a good tag. */
#ifndef QUERN_MODEL_SCRUB_H
#define QUERN_MODEL_SCRUB_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"

struct scrub_conf {
    bool enabled;           /* scrub_data, default true */
    bool defaults;          /* scrub_defaults, default true */
    bool ip_addresses;      /* scrub_ip_addresses, default false */
    struct text *sensitive; /* extra sensitive fields */
    uint32_t sensitive_count;
    struct text *safe; /* never filtered */
    uint32_t safe_count;
};

/* False: the arena is spent. */
bool scrub_event(struct event *e, const struct scrub_conf *conf, struct arena *a);
/* One value of an arbitrary tree (spans, logs), under its key. */
bool scrub_value(struct json *v, struct text key, const struct scrub_conf *conf, struct arena *a);
/* Text that stays readable: replacement in place ([email], [creditcard] …). */
struct text scrub_text(struct text t, const struct scrub_conf *conf, struct arena *a);

#endif
