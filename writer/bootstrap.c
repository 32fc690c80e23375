#include "writer/bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/buf.h"
#include "shm/log.h"
#include "writer/context.h"

#define EMAIL "owner@quern.local"
/* Of 31 letters and digits that are not mistaken for one another: 99 bits. */
#define PASSWORD_CHARS 20
#define FILE_NAME "bootstrap.json"
#define ALL_SCOPES                                                                                 \
    "alerts:read alerts:write event:admin event:read event:write member:admin member:invite "      \
    "member:read member:write org:admin org:ci org:integrations org:read org:write project:admin " \
    "project:distribution project:read project:releases project:write team:admin team:read "       \
    "team:write"

struct secrets {
    char public_key[33], secret_key[33];
    char password[PASSWORD_CHARS + 1], password_hash[crypto_pwhash_STRBYTES];
    char token[sizeof("sntryu_") + 64];
    uint8_t token_hash[crypto_hash_sha256_BYTES];
};

static void random_hex(char *out, size_t bytes)
{
    uint8_t raw[64];

    randombytes_buf(raw, bytes);
    sodium_bin2hex(out, 2 * bytes + 1, raw, bytes);
}

static bool make_secrets(struct secrets *s)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";

    if (sodium_init() == -1)
        return false;
    random_hex(s->public_key, 16);
    random_hex(s->secret_key, 16);
    for (int i = 0; i < PASSWORD_CHARS; i++)
        s->password[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    s->password[PASSWORD_CHARS] = 0;
    memcpy(s->token, "sntryu_", 7);
    random_hex(s->token + 7, 32);
    crypto_hash_sha256(s->token_hash, (const uint8_t *)s->token, strlen(s->token));
    return crypto_pwhash_str(s->password_hash, s->password, strlen(s->password),
                             crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

/* ---- the file ---- */

static struct text dsn_of(struct arena *a, const char *base_url, const char *key)
{
    const char *host = strstr(base_url, "://");
    int scheme = host ? (int)(host - base_url) : 4;

    return arena_printf(a, "%.*s://%s@%s/1", scheme, host ? base_url : "http", key,
                        host ? host + 3 : base_url);
}

static struct text describe(struct writer *w, const struct secrets *s)
{
    const char *url = w->conf->base_url ? w->conf->base_url : "";
    struct buf b;

    buf_init(&b, &w->arena, 1024, 64 * KIB);
    json_open(&b, NULL, '{');
    json_str(&b, "url", url);
    json_text(&b, "dsn", dsn_of(&w->arena, url, s->public_key));
    json_str(&b, "project_id", "1");
    json_str(&b, "public_key", s->public_key);
    json_str(&b, "email", EMAIL);
    json_str(&b, "password", s->password);
    json_str(&b, "token", s->token);
    json_close(&b, '}');
    buf_byte(&b, '\n');
    return buf_result(&b);
}

static int write_file(struct writer *w, struct text json)
{
    int fd =
        openat(w->world->dir_fd, FILE_NAME ".tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = 0;

    if (fd == -1)
        return -errno;
    if (write(fd, json.at, json.len) != (ssize_t)json.len || fsync(fd) == -1)
        rc = errno ? -errno : -EIO;
    close(fd);
    if (rc == 0 &&
        (renameat(w->world->dir_fd, FILE_NAME ".tmp", w->world->dir_fd, FILE_NAME) == -1 ||
         fsync(w->world->dir_fd) == -1)) /* its name, too, before the rows */
        rc = -errno;
    return rc;
}

/* ---- the rows ---- */

static void bind(struct db_stmt *q, int at, const char *s)
{
    db_str_at(q, at, s, strlen(s));
}

static int put_rows(struct writer *w, const struct secrets *s, int64_t now_ms)
{
    struct db *d = w->catalogue;
    struct db_stmt *q;
    int rc;

    if (!(q = db_query(d, "org_insert")))
        return DB_FAIL;
    db_int_at(q, 1, 1);
    bind(q, 2, "default");
    bind(q, 3, "Default");
    db_int_at(q, 4, now_ms);
    if ((rc = db_run(q)) != DB_OK || !(q = db_query(d, "project_insert")))
        return rc ? rc : DB_FAIL;
    db_int_at(q, 1, 1);
    bind(q, 2, "default");
    bind(q, 3, "default");
    db_int_at(q, 5, now_ms);
    if ((rc = db_run(q)) != DB_OK || !(q = db_query(d, "key_insert")))
        return rc ? rc : DB_FAIL;
    bind(q, 1, s->public_key);
    bind(q, 2, s->secret_key);
    db_int_at(q, 3, 1);
    bind(q, 4, "Default");
    db_int_at(q, 5, 0);
    db_int_at(q, 6, 0);
    db_int_at(q, 7, now_ms);
    if ((rc = db_run(q)) != DB_OK || !(q = db_query(d, "user_insert")))
        return rc ? rc : DB_FAIL;
    bind(q, 1, EMAIL);
    bind(q, 2, "Owner");
    bind(q, 3, s->password_hash);
    bind(q, 4, "owner");
    db_int_at(q, 5, now_ms);
    if ((rc = db_run(q)) != DB_OK || !(q = db_query(d, "token_insert")))
        return rc ? rc : DB_FAIL;
    db_blob(q, "hash", s->token_hash, sizeof(s->token_hash));
    db_str(q, "kind", "user", 4);
    db_int(q, "user", db_last_id(d));
    db_str(q, "name", "bootstrap", 9);
    db_str(q, "scopes", ALL_SCOPES, strlen(ALL_SCOPES));
    db_str(q, "last4", s->token + strlen(s->token) - 4, 4);
    db_int(q, "now", now_ms);
    return db_run(q);
}

static bool has_org(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "org_any");
    bool has = q && db_step(q) == 1;

    if (q)
        db_reset(q);
    return has;
}

int bootstrap_if_empty(struct writer *w)
{
    struct secrets s;
    int rc;

    if (has_org(w))
        return DB_OK;
    if (!make_secrets(&s)) {
        log_error("bootstrap.secrets", "no randomness, or no memory for hashing the password");
        return DB_FAIL;
    }
    if ((rc = db_begin(w->catalogue)) == DB_OK && (rc = put_rows(w, &s, world_now_ms())) == DB_OK) {
        /* The file first: secrets that nobody was told would lock everybody out. Killed in between,
         * the next start makes new ones and overwrites it. */
        int error = write_file(w, describe(w, &s));

        if (error)
            log_error("bootstrap.file", "file=\"%s/" FILE_NAME "\" error=\"%s\"", w->world->dir,
                      strerror(-error));
        rc = error ? DB_FAIL : db_commit(w->catalogue);
    }
    if (rc != DB_OK)
        db_rollback(w->catalogue);
    sodium_memzero(&s, sizeof(s));
    arena_reset(&w->arena);
    if (rc == DB_OK)
        log_notice("bootstrap.done", "org=default project=1 file=\"%s/" FILE_NAME "\"",
                   w->world->dir);
    return writer_complain(w->catalogue, "bootstrap", rc);
}
