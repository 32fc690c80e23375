/* api_scope.c -- scopes as bits. */
#include "worker/api_scope.h"

static const char *const WORDS[SCOPES] = {
    [SCOPE_ALERTS_READ] = "alerts:read",
    [SCOPE_ALERTS_WRITE] = "alerts:write",
    [SCOPE_EVENT_ADMIN] = "event:admin",
    [SCOPE_EVENT_READ] = "event:read",
    [SCOPE_EVENT_WRITE] = "event:write",
    [SCOPE_MEMBER_ADMIN] = "member:admin",
    [SCOPE_MEMBER_INVITE] = "member:invite",
    [SCOPE_MEMBER_READ] = "member:read",
    [SCOPE_MEMBER_WRITE] = "member:write",
    [SCOPE_ORG_ADMIN] = "org:admin",
    [SCOPE_ORG_CI] = "org:ci",
    [SCOPE_ORG_INTEGRATIONS] = "org:integrations",
    [SCOPE_ORG_READ] = "org:read",
    [SCOPE_ORG_WRITE] = "org:write",
    [SCOPE_PROJECT_ADMIN] = "project:admin",
    [SCOPE_PROJECT_DISTRIBUTION] = "project:distribution",
    [SCOPE_PROJECT_READ] = "project:read",
    [SCOPE_PROJECT_RELEASES] = "project:releases",
    [SCOPE_PROJECT_WRITE] = "project:write",
    [SCOPE_TEAM_ADMIN] = "team:admin",
    [SCOPE_TEAM_READ] = "team:read",
    [SCOPE_TEAM_WRITE] = "team:write",
};

/* One step each; scope_expand goes through them until nothing is added, so order does not matter. */
static const struct {
    scope_set has, gains;
} IMPLIED[] = {
    {SCOPE(ALERTS_WRITE), SCOPE(ALERTS_READ)},
    {SCOPE(EVENT_ADMIN), SCOPE(EVENT_WRITE)},
    {SCOPE(EVENT_WRITE), SCOPE(EVENT_READ)},
    {SCOPE(MEMBER_ADMIN), SCOPE(MEMBER_WRITE)},
    {SCOPE(MEMBER_WRITE), SCOPE(MEMBER_INVITE)},
    {SCOPE(MEMBER_INVITE), SCOPE(MEMBER_READ)},
    {SCOPE(ORG_ADMIN), SCOPE(ORG_WRITE) | SCOPE(ORG_INTEGRATIONS)},
    {SCOPE(ORG_WRITE), SCOPE(ORG_READ)},
    {SCOPE(PROJECT_ADMIN), SCOPE(PROJECT_WRITE)},
    {SCOPE(PROJECT_WRITE), SCOPE(PROJECT_READ)},
    {SCOPE(TEAM_ADMIN), SCOPE(TEAM_WRITE)},
    {SCOPE(TEAM_WRITE), SCOPE(TEAM_READ)},
};

#define READING                                                                       \
    (SCOPE(ORG_READ) | SCOPE(PROJECT_READ) | SCOPE(EVENT_READ) | SCOPE(MEMBER_READ) | \
     SCOPE(TEAM_READ) | SCOPE(ALERTS_READ))

static const struct {
    const char *role;
    scope_set scopes;
} ROLES[] = {
    {"viewer", READING},
    {"member", READING | SCOPE(EVENT_ADMIN) | SCOPE(PROJECT_RELEASES) | SCOPE(ALERTS_WRITE)},
    {"admin", READING | SCOPE(EVENT_ADMIN) | SCOPE(PROJECT_RELEASES) | SCOPE(ALERTS_WRITE) |
                  SCOPE(PROJECT_ADMIN) | SCOPE(TEAM_ADMIN) | SCOPE(ORG_INTEGRATIONS)},
    {"manager", SCOPES_ALL & ~SCOPE(ORG_ADMIN)},
    {"owner", SCOPES_ALL},
};

enum api_scope scope_of(struct text word)
{
    int i = 0;

    while (i < SCOPES && !text_is(word, WORDS[i]))
        i++;
    return (enum api_scope)i;
}

const char *scope_word(enum api_scope scope)
{
    return scope < SCOPES ? WORDS[scope] : "";
}

scope_set scope_expand(scope_set s)
{
    scope_set before;

    do {
        before = s;
        for (size_t i = 0; i < sizeof IMPLIED / sizeof *IMPLIED; i++)
            if (s & IMPLIED[i].has)
                s |= IMPLIED[i].gains;
    } while (s != before);
    return s;
}

scope_set scope_set_of(struct text words)
{
    scope_set s = 0;

    while (words.len) {
        size_t blank = text_find_byte(words, ' ');
        enum api_scope one = scope_of(text_cut(words, 0, blank));

        if (one < SCOPES)
            s |= 1u << one;
        words = text_cut(words, blank + 1, words.len);
    }
    return scope_expand(s);
}

scope_set scope_of_role(struct text role)
{
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++)
        if (text_is(role, ROLES[i].role))
            return scope_expand(ROLES[i].scopes);
    return 0;
}

bool scope_role_known(struct text role)
{
    return scope_of_role(role) != 0;
}

void scope_write(struct buf *out, const char *key, scope_set s)
{
    json_open(out, key, '[');
    for (int i = 0; i < SCOPES; i++)
        if (s & (1u << i))
            json_str(out, NULL, WORDS[i]);
    json_close(out, ']');
}

void scope_words(struct buf *out, scope_set s)
{
    const char *blank = "";

    for (int i = 0; i < SCOPES; i++) {
        if (s & (1u << i)) {
            buf_str(out, blank);
            buf_str(out, WORDS[i]);
            blank = " ";
        }
    }
}
