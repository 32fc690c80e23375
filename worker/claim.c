/* claim.c -- five sources, one key. */
#include "worker/claim.h"

#include <stddef.h>

static const struct {
    int status;
    const char *detail;
} answers[] = {
    [CLAIM_OK] = {200, "ok"},
    [CLAIM_MISSING] = {401, "missing authorization information"},
    [CLAIM_BAD_HEADER] = {401, "bad x-sentry-auth header"},
    [CLAIM_BAD_ENVELOPE] = {401, "bad envelope authentication header"},
    [CLAIM_TWO_KEYS] = {401, "multiple authorization payloads detected"},
    [CLAIM_BAD_KEY] = {400, "bad sentry DSN public key"},
    [CLAIM_VERSION] = {400, "unsupported protocol version"},
    [CLAIM_PROJECT] = {400, "bad project path parameter"},
    [CLAIM_REJECTED] = {403, "event submission rejected with_reason: ProjectId"},
};

int claim_status(enum claim_rc rc)
{
    return answers[rc].status;
}

const char *claim_detail(enum claim_rc rc)
{
    return answers[rc].detail;
}

static enum claim_rc merge(struct claim *found, struct text key, struct text client)
{
    if (found->key.at && !text_eq(found->key, key))
        return CLAIM_TWO_KEYS;
    found->key = key;
    if (!found->client.at && client.len)
        found->client = client;
    return CLAIM_OK;
}

/* What one source has to say. */
static enum claim_rc add(struct claim *found, enum auth_rc rc, const struct auth *said)
{
    switch (rc) {
    case AUTH_OK:
        return merge(found, said->key, said->client);
    case AUTH_ABSENT:
        return CLAIM_OK;
    case AUTH_VERSION:
        return CLAIM_VERSION;
    case AUTH_KEY:
        return CLAIM_BAD_KEY;
    case AUTH_BAD:
        break;
    }
    return CLAIM_BAD_HEADER;
}

static enum claim_rc add_path(struct claim *found, struct text key)
{
    if (!key.at)
        return CLAIM_OK;
    key = dsn_key(key);
    return key.at ? merge(found, key, TEXT_NONE) : CLAIM_BAD_KEY;
}

enum claim_rc claim_read(const struct claim_sources *s, struct arena *a, struct claim *out)
{
    struct auth said;
    enum claim_rc rc;

    *out = (struct claim){0};
    if ((rc = add(out, auth_read_header(s->sentry_auth, &said), &said)) != CLAIM_OK ||
        (rc = add(out, auth_read_authorization(s->authorization, a, &said), &said)) != CLAIM_OK ||
        (rc = add(out, auth_read_query(s->query, a, &said), &said)) != CLAIM_OK ||
        (rc = add_path(out, s->path_key)) != CLAIM_OK)
        return rc;
    if (s->dsn) {
        out->project = s->dsn->project;
        rc = merge(out, s->dsn->key, TEXT_NONE);
    }
    return rc == CLAIM_OK && !out->key.at ? CLAIM_MISSING : rc;
}
