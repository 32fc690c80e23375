/* filter.h -- inbound filters: events that a project does not want to hear of.
 * Purity     an event and the project's choice in, a reason out; linear time, no allocation.
 * Source     Sentry's inbound filters; Relay, relay-filter (localhost, browser_extensions,
 *            web_crawlers, error_messages, releases), and its reasons for outcomes. */
#ifndef QUERN_MODEL_FILTER_H
#define QUERN_MODEL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/event.h"
#include "proto/text.h"

struct filter_conf {
    bool localhost, extensions, crawlers;
    const struct text *errors; /* globs on "Type: value" and on either part */
    uint32_t error_count;
    const struct text *releases; /* globs */
    uint32_t release_count;
};

/* NULL: let it in. Else why not: "localhost", "browser-extensions", "web-crawlers",
 * "error-message", "release-version". `user_agent`, the sender's, may be absent. */
const char *filter_event(const struct event *e, struct text user_agent,
                         const struct filter_conf *conf);

/* '*' stands for any run of characters, '?' for one; ASCII case does not matter. Linear in the text
 * for each star: no backtracking beyond the last one. */
bool filter_glob(struct text pattern, struct text t);

#endif
