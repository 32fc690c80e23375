/* check_in.h -- cron monitor check-ins: is it one, of which monitor, with which status?
 * For        counting them into outcomes; quern does not keep monitors yet.
 * Source     Sentry's check-in documentation; Relay's monitors crate. */
#ifndef QUERN_PROTO_CHECK_IN_H
#define QUERN_PROTO_CHECK_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/json.h"
#include "proto/text.h"

enum check_in_status { CHECK_IN_UNKNOWN, CHECK_IN_IN_PROGRESS, CHECK_IN_OK, CHECK_IN_ERROR };

struct check_in {
    struct text slug; /* lower case, [a-z0-9_-], at most 50 */
    uint8_t id[16];
    bool has_id; /* false: a new one */
    bool latest; /* an id of zeros: closes the latest one in progress */
    enum check_in_status status;
    struct text environment;   /* "production" when not stated */
    double duration_s;         /* -1: not stated */
    const struct json *config; /* monitor_config; NULL when absent or not valid */
    bool config_invalid;       /* there was one, and it makes no sense */
};

/* NULL when it is one; else why not: "invalid_json", "empty_slug", … */
const char *check_in_read(struct text payload, struct arena *a, struct check_in *out);

#endif
