/* cli_user.c -- users, their passwords, and API tokens. Passwords and tokens are hashed here: the
 * writer never sees the plain ones, nor does a ring or a log. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "master/reach.h"
#include "proto/limits.h"
#include "worker/api_scope.h"

#define PASSWORD_MADE 20 /* letters; 20 of 31 are 99 bits */
#define TOKEN_BYTES 32
#define TOKEN_PREFIX "sntryu_" /* what Sentry's user tokens begin with: its tools look for it */
/* Those that imply all others (X:admin implies X:write implies X:read). */
#define ALL_SCOPES                                                                           \
    "alerts:write event:admin member:admin member:invite org:admin org:ci org:integrations " \
    "project:admin project:distribution project:releases team:admin"

/* Without letters that look alike. */
static void make_password(char out[PASSWORD_MADE + 1])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (int i = 0; i < PASSWORD_MADE; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[PASSWORD_MADE] = '\0';
}

static int read_password(const struct cli *cli, char *out, size_t room)
{
    size_t len;

    if (!fgets(out, (int)room, stdin))
        *out = '\0';
    len = strcspn(out, "\r\n");
    out[len] = '\0';
    if (len < PASSWORD_MIN || len > PASSWORD_MAX)
        return cli_fail(cli, EX_USAGE, "a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
    return 0;
}

/* The password that the options ask for, and its argon2id string. */
static int take_password(const struct cli *cli, char *plain, size_t room,
                         char hash[crypto_pwhash_STRBYTES])
{
    int rc = 0;

    if (sodium_init() < 0)
        return cli_fail(cli, EX_OSERR, "no random numbers");
    if (cli->password_stdin)
        rc = read_password(cli, plain, room);
    else
        make_password(plain);
    if (rc == 0 && crypto_pwhash_str(hash, plain, strlen(plain), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                     crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        rc = cli_fail(cli, EX_OSERR, "not enough memory to hash a password");
    return rc;
}

/* user.add and user.update differ in their name alone. */
static int put_user(const struct cli *cli, const char *command)
{
    char plain[PASSWORD_MAX + 2], hash[crypto_pwhash_STRBYTES];
    struct json *answer;
    struct reach r;
    struct buf b;
    int rc = reach_open(cli, &r);

    if (rc != 0 || (rc = take_password(cli, plain, sizeof(plain), hash)) != 0)
        goto out;
    b = reach_buf(&r);
    json_open(&b, NULL, '{');
    json_str(&b, "email", cli->words[0]);
    if (cli->name)
        json_str(&b, "name", cli->name);
    if (cli->role)
        json_str(&b, "role", cli->role);
    json_str(&b, "password", hash);
    json_close(&b, '}');
    rc = reach_command(&r, command, buf_result(&b), &answer);
    if (rc == 0 && !cli->password_stdin)
        printf("%s\n", plain);
out:
    sodium_memzero(plain, sizeof(plain));
    reach_close(&r);
    return rc;
}

int cli_user_add(const struct cli *cli)
{
    return put_user(cli, "user.add");
}

int cli_user_passwd(const struct cli *cli)
{
    return put_user(cli, "user.update");
}

static void print_user(struct reach *r, const struct json *row)
{
    printf("%-6s %-32s %-8s %-8s %s\n", reach_str(r, row, "id"), reach_str(r, row, "email"),
           reach_str(r, row, "role"),
           json_is(json_get(row, "active"), JSON_TRUE) ? "active" : "inactive",
           reach_str(r, row, "name"));
}

int cli_user_list(const struct cli *cli)
{
    return reach_print_list(cli, "user.list", print_user);
}

/* Is it the user of --user, or the first owner who may log in? */
static bool is_wanted(struct reach *r, const struct json *row, void *own)
{
    const char *email = r->cli->user;
    int64_t *id = own;

    if (email ? strcasecmp(reach_str(r, row, "email"), email) == 0
              : strcmp(reach_str(r, row, "role"), "owner") == 0 &&
                    json_is(json_get(row, "active"), JSON_TRUE))
        json_int64(json_get(row, "id"), id);
    return *id == 0;
}

static int find_user(struct reach *r, int64_t *id)
{
    const char *email = r->cli->user;
    int rc;

    *id = 0;
    rc = reach_list(r, "user.list", NULL, is_wanted, id);
    if (rc == 0 && *id == 0)
        rc = cli_fail(r->cli, 1, "there is no %s%s",
                      email ? "user " : "owner; name a user with --user", email ? email : "");
    return rc;
}

/* A word that is no scope would give a token that may do less than was meant. */
static int check_scopes(const struct cli *cli)
{
    for (const char *at = cli->scopes; at && *at;) {
        size_t len = strcspn(at, " ");

        if (len && scope_of((struct text){at, len}) == SCOPES)
            return cli_fail(cli, EX_USAGE, "\"%.*s\" is no scope", (int)len, at);
        at += len + strspn(at + len, " ");
    }
    return 0;
}

static void make_token(char *token, size_t room, char hash[2 * crypto_hash_sha256_BYTES + 1])
{
    uint8_t bytes[TOKEN_BYTES], digest[crypto_hash_sha256_BYTES];
    size_t at = strlen(TOKEN_PREFIX);

    randombytes_buf(bytes, sizeof(bytes));
    memcpy(token, TOKEN_PREFIX, at);
    sodium_bin2hex(token + at, room - at, bytes, sizeof(bytes));
    crypto_hash_sha256(digest, (const uint8_t *)token, strlen(token));
    sodium_bin2hex(hash, 2 * crypto_hash_sha256_BYTES + 1, digest, sizeof(digest));
}

int cli_token_add(const struct cli *cli)
{
    char token[128], hash[2 * crypto_hash_sha256_BYTES + 1];
    struct json *answer;
    struct reach r;
    struct buf b;
    int64_t user;
    int rc = check_scopes(cli);

    if (rc != 0)
        return rc;
    rc = reach_open(cli, &r);
    if (rc == 0 && sodium_init() < 0)
        rc = cli_fail(cli, EX_OSERR, "no random numbers");
    if (rc != 0 || (rc = find_user(&r, &user)) != 0)
        goto out;
    make_token(token, sizeof(token), hash);
    b = reach_buf(&r);
    json_open(&b, NULL, '{');
    json_int(&b, "user", user);
    json_str(&b, "name", cli->name ? cli->name : "command line");
    json_str(&b, "scopes", cli->scopes ? cli->scopes : ALL_SCOPES);
    json_str(&b, "hash", hash);
    json_str(&b, "last4", token + strlen(token) - 4);
    json_str(&b, "kind", "user");
    json_close(&b, '}');
    rc = reach_command(&r, "token.add", buf_result(&b), &answer);
    if (rc == 0)
        printf("%s\n", token);
out:
    sodium_memzero(token, sizeof(token));
    reach_close(&r);
    return rc;
}
