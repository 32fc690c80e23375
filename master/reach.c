/* reach.c -- see reach.h. */
#include "master/reach.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/limits.h"

/* ---- opening ---- */

static int tell_conf(const struct cli *cli, const struct conf_errors *e)
{
    return cli_fail(cli, EX_CONFIG, "%s%s%s: %s", cli->conf.file ? cli->conf.file : "",
                    cli->conf.file ? ": " : "", e->at[0].key, e->at[0].reason);
}

static void find_url(struct reach *r)
{
    if (*r->conf.base_url)
        snprintf(r->url, sizeof(r->url), "%s", r->conf.base_url);
    else
        folder_url(&r->folder, r->url, sizeof(r->url));
    if (!*r->url)
        snprintf(r->url, sizeof(r->url), "http://%s", r->conf.listen[0].address);
}

int reach_open(const struct cli *cli, struct reach *r)
{
    struct conf_errors errors;
    char why[4400], database[4200];
    int rc;

    memset(r, 0, sizeof(*r));
    r->cli = cli;
    arena_init(&r->arena, 4 * (size_t)REACH_ANSWER_MAX);
    if (!conf_read(&cli->conf, &r->conf, &errors))
        return tell_conf(cli, &errors);
    rc = folder_find(r->conf.data, false, &r->folder, why, sizeof(why));
    if (rc != 0)
        return cli_fail(cli, rc == -EACCES ? EX_NOPERM : EX_NOINPUT, "%s", why);
    if (access(r->folder.path, R_OK | W_OK | X_OK) != 0)
        return cli_fail(cli, EX_NOPERM, "%s: %s; run this as root or as the server's user",
                        r->folder.path, strerror(errno));
    snprintf(database, sizeof(database), "%s/quern.db", r->folder.path);
    r->running = folder_busy(&r->folder);
    if (!r->running && access(database, F_OK) != 0)
        return cli_fail(cli, EX_NOINPUT,
                        "%s holds no data of quern yet; start the server once, or name another "
                        "folder with --data",
                        r->folder.path);
    find_url(r);
    return 0;
}

int reach_running(const struct cli *cli, struct reach *r)
{
    int rc = reach_open(cli, r);

    if (rc == 0 && !r->running)
        rc = cli_fail(cli, EX_UNAVAILABLE, "no server runs on %s", r->folder.path);
    return rc;
}

void reach_close(struct reach *r)
{
    if (r->world_open)
        world_close(&r->world);
    if (r->folder.lock_fd > 0) {
        folder_give_back(&r->folder);
        folder_unlock(&r->folder);
    }
    arena_free(&r->arena);
}

/* ---- a running server ---- */

struct answer {
    struct arena *arena;
    struct buf bytes;
    long status;
};

static size_t take_bytes(char *bytes, size_t one, size_t count, void *user)
{
    struct answer *a = user;

    buf_add(&a->bytes, bytes, one * count);
    return a->bytes.failed ? 0 : one * count;
}

/* `body` NULL: GET. */
static int talk(struct reach *r, const char *path, const struct text *body, struct answer *a)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();
    char url[1024], socket_path[4200];
    CURLcode rc = CURLE_FAILED_INIT;

    buf_init(&a->bytes, &r->arena, 4096, REACH_ANSWER_MAX);
    snprintf(url, sizeof(url), "http://quern%s", path);
    snprintf(socket_path, sizeof(socket_path), "%s/quern.sock", r->folder.path);
    if (curl && headers) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, REACH_TIMEOUT_S);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
        if (body) {
            curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->at);
        }
        rc = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (rc == CURLE_COULDNT_CONNECT)
        return cli_fail(r->cli, EX_TEMPFAIL,
                        "a server holds %s but does not answer: it is starting or stopping; try "
                        "again",
                        r->folder.path);
    if (rc != CURLE_OK)
        return cli_fail(r->cli, EX_UNAVAILABLE, "%s: %s", socket_path, curl_easy_strerror(rc));
    return 0;
}

/* ---- a stopped server ---- */

static int open_stopped(struct reach *r)
{
    char why[4400];
    int rc;

    if (r->world_open)
        return 0;
    if (folder_lock(&r->folder, 0, why, sizeof(why)) != 0)
        return cli_fail(r->cli, EX_TEMPFAIL, "%s; try again", why);
    rc = world_open(r->folder.path, NULL, &r->world);
    if (rc != 0)
        return cli_fail(r->cli, EX_IOERR, "%s/shm: %s", r->folder.path, strerror(-rc));
    r->world_open = true;
    return 0;
}

static int run_stopped(struct reach *r, const char *name, struct text args, struct answer *a)
{
    struct writer_conf writer = {.world = &r->world, .channel = -1, .stop_signal_fd = -1};
    char *room = arena_alloc(&r->arena, REACH_ANSWER_MAX);
    char *text = arena_dup(&r->arena, args.at, args.len);
    int rc = open_stopped(r);

    if (rc != 0)
        return rc;
    if (!room || !text)
        return cli_fail(r->cli, EX_OSERR, "out of memory");
    *room = '\0';
    conf_writer(&r->conf, &writer);
    writer.base_url = r->url;
    a->status = writer_command_offline(&writer, name, text, room, REACH_ANSWER_MAX);
    buf_init(&a->bytes, &r->arena, strlen(room) + 1, REACH_ANSWER_MAX);
    buf_str(&a->bytes, room);
    return 0;
}

/* ---- both ---- */

/* What a refusal says: {"detail":"…"}, or {"field":["…"]}. */
static int refused(struct reach *r, const char *name, const struct answer *a,
                   const struct json *body)
{
    struct text detail = json_string(json_get(body, "detail"), &r->arena);
    const struct json *first = body && body->kind == JSON_OBJECT ? body->child : NULL;

    if (!detail.at && first && first->kind == JSON_ARRAY && first->child) {
        detail = json_as_text(first->child, &r->arena);
        return cli_fail(r->cli, EXIT_FAILURE, "%.*s: %.*s", TEXT_ARG(first->key), TEXT_ARG(detail));
    }
    if (detail.at)
        return cli_fail(r->cli, EXIT_FAILURE, "%.*s", TEXT_ARG(detail));
    return cli_fail(r->cli, a->status == 503 ? EX_TEMPFAIL : EXIT_FAILURE,
                    "%s was refused with status %ld", name, a->status);
}

int reach_command(struct reach *r, const char *name, struct text args, struct json **answer)
{
    struct answer a = {.arena = &r->arena};
    char path[128];
    int rc;

    *answer = NULL;
    snprintf(path, sizeof(path), "/api/0/quern/commands/%s/", name);
    rc = r->running ? talk(r, path, &args, &a) : run_stopped(r, name, args, &a);
    if (rc != 0)
        return rc;
    if (a.bytes.len > 0 && json_read(buf_result(&a.bytes), &r->arena, answer, NULL) != JSON_OK)
        return cli_fail(r->cli, EX_PROTOCOL, "%s: the answer is no JSON", name);
    if (a.status < 200 || a.status > 299)
        return refused(r, name, &a, *answer);
    return 0;
}

int reach_list(struct reach *r, const char *name, const char *project, reach_row *take, void *own)
{
    struct json *answer = NULL;
    uint32_t offset = 0;
    bool more = true;

    while (more) {
        struct buf b = reach_buf(r);
        int rc;

        json_open(&b, NULL, '{');
        json_uint(&b, "offset", offset);
        if (project)
            json_str(&b, "project", project);
        json_close(&b, '}');
        if ((rc = reach_command(r, name, buf_result(&b), &answer)) != 0)
            return rc;
        more = json_is(answer, JSON_ARRAY) && answer->count == LIST_PAGE;
        for (const struct json *row = answer ? answer->child : NULL; row; row = row->next)
            if (!take(r, row, own))
                return 0;
        offset += LIST_PAGE;
    }
    return 0;
}

void reach_print_json(struct reach *r, const struct json *answer)
{
    struct buf b;

    buf_init(&b, &r->arena, 4096, REACH_ANSWER_MAX);
    json_write(&b, answer);
    printf("%.*s\n", TEXT_ARG(buf_result(&b)));
}

static bool print_row(struct reach *r, const struct json *row, void *own)
{
    reach_printer **print = own;

    r->cli->json ? reach_print_json(r, row) : (*print)(r, row);
    return true;
}

int reach_print_list(const struct cli *cli, const char *name, reach_printer *print)
{
    struct reach r;
    int rc = reach_open(cli, &r);

    if (rc == 0)
        rc = reach_list(&r, name, cli->project, print_row, &print);
    reach_close(&r);
    return rc;
}

int reach_get(struct reach *r, const char *path, struct text *body)
{
    struct answer a = {.arena = &r->arena};
    struct json *refusal = NULL;
    int rc = talk(r, path, NULL, &a);

    if (rc != 0)
        return rc;
    *body = buf_result(&a.bytes);
    if (a.status == 200)
        return 0;
    json_read(*body, &r->arena, &refusal, NULL);
    return refused(r, path, &a, refusal);
}

struct buf reach_buf(struct reach *r)
{
    struct buf b;

    buf_init(&b, &r->arena, 512, COMMAND_MAX);
    return b;
}

const char *reach_str(struct reach *r, const struct json *object, const char *key)
{
    struct text t = json_as_text(json_get(object, key), &r->arena);
    char *copy = t.at ? arena_dup(&r->arena, t.at, t.len) : NULL;

    return copy ? copy : "";
}

const char *reach_dsn(struct reach *r, const char *public_key, const char *project_id)
{
    const char *host = strstr(r->url, "://");
    struct text t;

    if (!host)
        return "";
    t = arena_printf(&r->arena, "%.*s://%s@%s/%s", (int)(host - r->url), r->url, public_key,
                     host + 3, project_id);
    return t.at ? arena_dup(&r->arena, t.at, t.len) : "";
}
