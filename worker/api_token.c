/* api_token.c -- tokens: a user's own, and those of the organisation. The secret is shown once,
 * when it is made; only its hash is kept. */
#include <sodium.h>
#include <string.h>

#include "worker/api_caller.h"
#include "worker/api_resources.h"
#include "worker/api_user.h"

struct made {
    struct text secret, name;
    scope_set scopes;
};

static void write_token(struct buf *b, int64_t id, struct text name, scope_set scopes,
                        struct text last4, int64_t created_ms, int64_t used_ms)
{
    api_id(b, "id", id);
    json_text(b, "name", name);
    scope_write(b, "scopes", scopes);
    json_text(b, "tokenLastCharacters", last4);
    api_time(b, "dateCreated", created_ms);
    api_time(b, "dateLastUsed", used_ms);
    json_null(b, "expiresAt");
    json_null(b, "application");
    json_null(b, "projectLastUsedId");
}

static void list(struct api_call *c, const char *kind, int64_t user)
{
    struct db_stmt *s = api_query(c, "api_tokens");

    if (!s)
        return;
    api_bind(s, "kind", text_of(kind));
    db_int(s, "user", user);
    json_open(&c->out, NULL, '[');
    while (api_row(c, s)) {
        json_open(&c->out, NULL, '{');
        write_token(&c->out, db_col_int(s, 0), api_col(s, 1), scope_set_of(api_col(s, 2)),
                    api_col(s, 3), db_col_int(s, 4), db_col_int(s, 5));
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
    api_done(c, 200);
}

static struct text last4(struct text secret)
{
    return text_cut(secret, secret.len < 4 ? 0 : secret.len - 4, 4);
}

static void token_made(struct api_call *c)
{
    const struct made *made = c->own;

    json_open(&c->out, NULL, '{');
    write_token(&c->out, api_reply_id(c), made->name, made->scopes, last4(made->secret), c->now_ms,
                0);
    json_text(&c->out, "token", made->secret);
    json_close(&c->out, '}');
    api_done(c, 201);
}

static void make(struct api_call *c, const char *kind, int64_t user, struct made *made)
{
    struct buf b = api_buf(c), words = api_buf(c);

    scope_words(&words, made->scopes);
    json_open(&b, NULL, '{');
    if (user)
        json_int(&b, "user", user);
    json_str(&b, "kind", kind);
    json_text(&b, "name", made->name);
    json_text(&b, "scopes", buf_result(&words));
    json_text(&b, "hash", caller_hash_hex(c, made->secret));
    json_text(&b, "last4", last4(made->secret));
    json_close(&b, '}');
    c->own = made;
    api_command(c, "token.add", buf_result(&b), token_made);
}

static void remove_token(struct api_call *c, int64_t id, int64_t user)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "id", id);
    if (user)
        json_int(&b, "user", user);
    json_close(&b, '}');
    api_command(c, "token.delete", buf_result(&b), NULL);
}

/* ---- of a user ---- */

/* A token that could make tokens would never end: only people and the operator may. */
static bool may_manage(struct api_call *c)
{
    if (c->caller.by == API_SESSION || c->caller.by == API_OPERATOR)
        return true;
    api_forbid(c);
    return false;
}

/* Whose tokens: one's own; the operator says whose. */
static int64_t owner(struct api_call *c, struct text named)
{
    int64_t user = c->caller.user;

    if (c->caller.by == API_OPERATOR && named.at)
        user = user_named(c, named);
    return user;
}

void token_list(struct api_call *c)
{
    if (may_manage(c))
        list(c, "user", owner(c, api_param(c, "user")));
}

static bool read_scopes(struct api_call *c, scope_set *out)
{
    const struct json *list = json_get(c->body, "scopes");
    const struct json *v;

    *out = 0;
    if (!json_is(list, JSON_ARRAY)) {
        api_wrong(c, "scopes", "This field is required.");
        return false;
    }
    for (v = list->child; v; v = v->next) {
        struct text word = json_string(v, c->arena);
        enum api_scope scope = scope_of(word);

        if (scope == SCOPES) {
            api_wrong(c, "scopes",
                      arena_printf(c->arena, "\"%.*s\" is not a valid scope.",
                                   TEXT_ARG(text_clip(word, 64)))
                          .at);
            return false;
        }
        *out |= 1u << scope;
    }
    *out = scope_expand(*out);
    if (!*out)
        api_wrong(c, "scopes", "This list may not be empty.");
    else if (*out & ~c->caller.scopes)
        api_wrong(c, "scopes", "You may not grant scopes that you do not have.");
    return !c->refused;
}

void token_post(struct api_call *c)
{
    struct made *made = arena_zero(c->arena, 1, sizeof *made);
    struct text named = json_as_text(json_get(c->body, "user"), c->arena);
    int64_t user;

    if (!made || !may_manage(c) || !read_scopes(c, &made->scopes))
        return;
    if (!(user = owner(c, named))) {
        api_wrong(c, "user", "There is no such user.");
        return;
    }
    made->name = text_clip(text_trim(api_member(c, "name")), 255);
    if (!made->name.at)
        made->name = TEXT("");
    made->secret = caller_secret(c, "sntryu_");
    make(c, "user", user, made);
}

void token_delete(struct api_call *c)
{
    struct text id =
                    c->arg_count ? c->arg[0] : json_as_text(json_get(c->body, "tokenId"), c->arena),
                secret = api_member(c, "token");
    struct buf b = api_buf(c);
    unsigned long long n;

    if (!may_manage(c))
        return;
    if (text_u64(id, &n)) {
        remove_token(c, (int64_t)n, c->caller.user);
        return;
    }
    if (text_empty(secret)) {
        api_wrong(c, "tokenId", "This field is required.");
        return;
    }
    json_open(&b, NULL, '{');
    json_text(&b, "hash", caller_hash_hex(c, secret));
    if (c->caller.user)
        json_int(&b, "user", c->caller.user);
    json_close(&b, '}');
    api_command(c, "token.delete", buf_result(&b), NULL);
}

/* ---- of the organisation, for CI ---- */

void org_token_list(struct api_call *c)
{
    list(c, "org", 0);
}

/* sntrys_ + base64 of a JSON object + "_" + 32 random bytes. The command line tool believes the
 * URLs in it more than its own settings, so they must be right: without a configured or visible
 * address of this server no token is made. */
static struct text org_secret(struct api_call *c)
{
    unsigned char random[32];
    char random64[64], *facts64;
    struct buf facts = api_buf(c);
    size_t room;

    json_open(&facts, NULL, '{');
    json_key(&facts, TEXT("iat"));
    buf_printf(&facts, "%lld.%03d", (long long)(c->now_ms / 1000), (int)(c->now_ms % 1000));
    facts.comma = true;
    json_text(&facts, "url", c->req.base_url);
    json_text(&facts, "region_url", c->req.base_url);
    json_text(&facts, "org", c->org_slug);
    json_close(&facts, '}');
    room = sodium_base64_encoded_len(facts.len, sodium_base64_VARIANT_ORIGINAL);
    if (facts.failed || !(facts64 = arena_alloc(c->arena, room)))
        return TEXT_NONE;
    sodium_bin2base64(facts64, room, (const unsigned char *)facts.at, facts.len,
                      sodium_base64_VARIANT_ORIGINAL);
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(random64, sizeof random64, random, sizeof random,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return arena_printf(c->arena, "sntrys_%s_%s", facts64, random64);
}

void org_token_post(struct api_call *c)
{
    struct made *made = arena_zero(c->arena, 1, sizeof *made);
    struct text name = text_trim(api_member(c, "name"));

    if (!made)
        return;
    if (text_empty(name)) {
        json_open(&c->out, NULL, '{');
        json_open(&c->out, "detail", '[');
        json_str(&c->out, NULL, "The name cannot be blank.");
        json_close(&c->out, ']');
        json_close(&c->out, '}');
        api_done(c, 400);
        return;
    }
    if (c->req.operator&& text_empty(c->req.base_url)) {
        api_detail(c, 400, "Set base_url first: the token carries the address of this server.");
        return;
    }
    *made = (struct made){
        .secret = org_secret(c), .name = text_clip(name, 255), .scopes = SCOPE(ORG_CI)};
    make(c, "org", 0, made);
}

void org_token_delete(struct api_call *c)
{
    unsigned long long id;

    if (text_u64(c->arg[0], &id))
        remove_token(c, (int64_t)id, 0);
    else
        api_missing(c);
}
