/* security.h -- browser security reports (CSP, HPKP, Expect-CT, Expect-Staple) → event trees.
 * For        the security endpoints: a body is one report, or a Reporting API list of them.
 * Ownership  trees live in the arena and point into the body.
 * Tolerance  keys in kebab, camel or snake case, numbers as strings, any scalar where a text is
 *            expected; reports of other types in a list are stepped over.
 * Source     CSP Level 2 and 3, Reporting API, RFC 7469, RFC 9163; the shapes that Relay stores. */
#ifndef QUERN_PROTO_SECURITY_H
#define QUERN_PROTO_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"
#include "proto/json.h"

enum security_rc {
    SECURITY_OK,
    SECURITY_NOT_JSON,
    SECURITY_NO_REPORT, /* JSON, but nothing in it that is a report, of whatever type */
    SECURITY_SPENT
};
const char *security_rc_text(enum security_rc rc);

/* What the request around the report says. */
struct security_request {
    struct text user_agent;
    struct text release, environment; /* sentry_release, sentry_environment of the query */
    struct text client_ip;
};

/* Event trees, ready for event_from_tree(). At most SECURITY_REPORTS_MAX of them. */
struct security_reports {
    struct json **roots;
    uint32_t count;
};

/* application/json, application/csp-report, application/expect-ct-report(+json),
 * application/expect-staple-report, application/reports+json; parameters are ignored. */
bool security_type_ok(struct text content_type);
enum security_rc security_read(struct text body, const struct security_request *request,
                               struct arena *a, struct security_reports *out);

/* After scrubbing: `security` of the struct from the tree. */
void security_fill(struct event *e, struct arena *a);

/* Extensions, local pages and other noise that no site can mend: worth a default block list. */
bool security_is_noise(const struct event *e);

#endif
