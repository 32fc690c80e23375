/* scrub_attr.h -- the scrubbing rules over attributes of spans and log records, as a filter for the
 * bundles they are packed into.
 * Rules      a telling key hides its value, as in events. In values only patterns are replaced (cards,
 *            passwords in URLs …): names of routes, methods and tables are full of words like "auth"
 *            and "token", and a trace without them is no use. Counts of tokens (gen_ai.*) and stack
 *            texts stay as they are. */
#ifndef QUERN_MODEL_SCRUB_ATTR_H
#define QUERN_MODEL_SCRUB_ATTR_H

#include "model/scrub.h"
#include "proto/attr.h"

/* In the arena, which must outlive its use. NULL: nothing is to be scrubbed, or the arena is spent. */
const struct attr_filter *scrub_attr_filter(const struct scrub_conf *conf, struct arena *a);

#endif
