/* api_scope.h -- what a caller may do: scopes, their words, their hierarchy, and roles as scopes.
 * Source     getsentry/sentry, conf/server.py (SENTRY_SCOPES, hierarchy). Pure. */
#ifndef QUERN_WORKER_API_SCOPE_H
#define QUERN_WORKER_API_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/buf.h"
#include "proto/text.h"

typedef uint32_t scope_set; /* bits of enum api_scope */

enum api_scope {
    SCOPE_ALERTS_READ,
    SCOPE_ALERTS_WRITE,
    SCOPE_EVENT_ADMIN,
    SCOPE_EVENT_READ,
    SCOPE_EVENT_WRITE,
    SCOPE_MEMBER_ADMIN,
    SCOPE_MEMBER_INVITE,
    SCOPE_MEMBER_READ,
    SCOPE_MEMBER_WRITE,
    SCOPE_ORG_ADMIN,
    SCOPE_ORG_CI,
    SCOPE_ORG_INTEGRATIONS,
    SCOPE_ORG_READ,
    SCOPE_ORG_WRITE,
    SCOPE_PROJECT_ADMIN,
    SCOPE_PROJECT_DISTRIBUTION,
    SCOPE_PROJECT_READ,
    SCOPE_PROJECT_RELEASES,
    SCOPE_PROJECT_WRITE,
    SCOPE_TEAM_ADMIN,
    SCOPE_TEAM_READ,
    SCOPE_TEAM_WRITE,
    SCOPES
};
#define SCOPE(name) (1u << SCOPE_##name)
#define SCOPES_ALL ((1u << SCOPES) - 1)

/* "event:read"; SCOPES when there is no such scope. */
enum api_scope scope_of(struct text word);
const char *scope_word(enum api_scope scope);
/* Space separated words to a set, unknown ones passed over; hierarchy applied (X:admin implies
 * X:write implies X:read). */
scope_set scope_set_of(struct text words);
scope_set scope_expand(scope_set s);
/* What a role may do: owner, manager, admin, member, viewer; anything else: nothing. */
scope_set scope_of_role(struct text role);
bool scope_role_known(struct text role);
/* ["event:read","org:read"] under `key`, sorted. */
void scope_write(struct buf *out, const char *key, scope_set s);
/* The same as words, for the store. */
void scope_words(struct buf *out, scope_set s);

#endif
