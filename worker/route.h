/* route.h -- method and path → handler, one table (route.c).
 * For        the one h2o handler of a worker (worker.c).
 * Form       paths are cut at slashes, empty segments dropped, so that "//api/1//envelope" is
 * served and nothing is ever redirected: most SDKs lose a redirected POST. A route is compared with
 * the *last* segments of a path, because a DSN may have a path in front
 *            ("https://key@host/errors/1" posts to /errors/api/1/envelope/).
 * Purity     route_find knows no h2o and no worker. */
#ifndef QUERN_WORKER_ROUTE_H
#define QUERN_WORKER_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

#define ROUTE_SEGMENTS_MAX 16 /* deeper paths are none of ours */
#define ROUTE_PARTS_MAX 6     /* of a pattern */

struct intake;

enum method {
    METHOD_GET = 1,
    METHOD_POST = 2,
    METHOD_HEAD = 4,
    METHOD_OPTIONS = 8,
    METHOD_OTHER = 16,
    ROUTE_OTLP = 32 /* no method: refusals and preflights as OTLP exporters want them */
};
enum method method_of(struct text name);

struct route {
    unsigned methods;                  /* enum method bits */
    const char *part[ROUTE_PARTS_MAX]; /* "api", "*project", "envelope"; a star names a variable */
    void (*take)(struct intake *in);
};

/* Variables of a path, by the names in the patterns. */
struct route_vars {
    struct text project, key, event, slug;
};

struct route_match {
    const struct route *route; /* NULL: no such path */
    bool method_ok;
    unsigned methods; /* that this path knows, for Allow */
    struct route_vars vars;
};

struct route_match route_find(enum method method, struct text path);
/* "GET, POST, OPTIONS" into `out` (at least 32 bytes). */
const char *route_allow(unsigned methods, char *out);

#endif
