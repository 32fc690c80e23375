/* api_call.h -- one call of the management API: what a handler is given, and how it answers.
 * For        every api_*.c; all of it runs on the query thread (or in a test, on any one thread).
 * Way        api_run() finds the route, tells who is calling and whether they may, looks up what the
 *            path names (organisation, project, issue) and calls the handler. The handler writes an
 *            answer, or names a command for the writer and the function that goes on afterwards
 *            (api_command); then api_resume() is called with the writer's reply.
 * Ownership  everything lives in the call's arena. Texts of database rows live until the next step:
 *            api_keep() what must stay.
 * Errors     the first refusal counts: once an error is set, later ones and the body are dropped.
 *            A handler returns early; a database error answers 500 by itself.
 * Source     getsentry/sentry, api/base.py, api/paginator.py, api/utils.py. */
#ifndef QUERN_WORKER_API_CALL_H
#define QUERN_WORKER_API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "proto/text.h"
#include "schema/db.h"
#include "worker/api_scope.h"
#include "worker/query.h"

enum api_method { API_GET = 1, API_POST = 2, API_PUT = 4, API_DELETE = 8, API_OTHER = 16 };

/* What came over HTTP, copied by the loop thread. Absent texts: no such header. */
struct api_request {
    struct text method, path, query, body;
    struct text content_type, accept, authorization, cookie, csrf;
    struct text base_url; /* "https://quern.test": configured, or from scheme and Host */
    struct text address;  /* of the client, for login limits */
    bool secure;          /* the browser talks TLS to us or to the proxy in front */
    bool operator;        /* control socket: the server's own user */
    bool local;           /* from this machine or its private network, and not through a proxy */
};

struct api_param {
    struct text key, value; /* decoded */
};

enum api_by { API_NOBODY, API_OPERATOR, API_TOKEN, API_ORG_TOKEN, API_SESSION };

struct api_caller {
    enum api_by by;
    scope_set scopes;
    int64_t user;  /* 0: operator or organisation token */
    int64_t token; /* row of the token or session */
    struct text email, name, role, csrf;
    bool stale; /* the token's last use is to be written down */
};

struct api_project {
    int64_t id, org, created_ms, first_event_ms; /* first_event_ms 0: none yet */
    bool has_spans;
    struct text slug, name, platform, settings;
};

struct api_header {
    const char *name; /* literal */
    struct text value;
};

/* In whose words refusals are written. */
enum api_dialect { API_SENTRY, API_JAEGER, API_JAEGER_V3, API_TEMPO };

struct api_call;
typedef void api_handler(struct api_call *c);

#define API_ARGS_MAX 4
#define API_HEADERS_MAX 12

struct api_call {
    struct query_thread *q;
    struct arena *arena;
    struct api_request req;
    int64_t now_ms;

    enum api_dialect dialect;
    enum api_method method;
    bool head; /* HEAD: a GET whose body is not sent */
    struct api_param *params;
    uint32_t param_count;
    struct json *body;             /* NULL: none was sent */
    struct text arg[API_ARGS_MAX]; /* the free parts of the path, decoded, in order */
    uint32_t arg_count;
    struct api_caller caller;
    /* What the path named, looked up before the handler is called; 0 or NULL where it named none. */
    int64_t org;
    struct text org_slug, org_name;
    int64_t org_created_ms;
    const struct api_project *project;
    int64_t issue;

    struct db *db; /* the catalogue */
    struct db_stmt **stmts;
    uint32_t stmt_count, stmt_room;
    struct api_project *projects; /* api_projects(): loaded once */
    uint32_t project_count;
    bool projects_loaded;

    /* the answer */
    uint16_t status; /* 0: none yet */
    bool refused;
    struct buf out;
    const char *content_type;
    struct api_header headers[API_HEADERS_MAX];
    uint32_t header_count;
    struct text file; /* path below the data folder: sent in place of `out` */

    /* the command, and how it goes on */
    const char *command; /* NULL: none */
    struct text command_args;
    uint32_t command_actor;
    api_handler *then;
    uint16_t reply_status; /* the writer's word, when `then` is called */
    struct text reply;
    void *own; /* whatever the handler wants to have again in `then` */
};

/* ---- running ---- */

/* Fill in a call whose `q`, `arena`, `req` and `now_ms` are set; afterwards either c->command is
 * set, or c->status and the answer. */
void api_run(struct api_call *c);
/* The writer has answered c->command. */
void api_resume(struct api_call *c);

/* ---- parameters ---- */

/* The first value of a query parameter; TEXT_NONE: absent. */
struct text api_param(const struct api_call *c, const char *key);
/* The next value of a repeated parameter; *at starts at 0. */
bool api_param_next(const struct api_call *c, const char *key, uint32_t *at, struct text *value);
/* Is `own`, the environment of what may be shown, one that `environment` names, or does it name none? A
 * TEXT_NONE is that without a name. */
bool api_of_environment(const struct api_call *c, struct text own);
/* "1", "true" → true; anything else false. */
bool api_flag(const struct api_call *c, const char *key);
/* Member of the body as text; TEXT_NONE: absent, null or no text. */
struct text api_member(const struct api_call *c, const char *key);
/* Into the arguments of a command: those members of the body that are texts, and not empty. */
void api_forward(const struct api_call *c, struct buf *b, const char *const *keys, size_t count);
/* The id that the writer's reply tells; 0: it tells none. */
int64_t api_reply_id(const struct api_call *c);
/* Undo %XX, and '+' when asked to, into the arena. */
struct text api_decode(struct arena *a, struct text t, bool plus);

/* ---- answers ---- */

void api_detail(struct api_call *c, uint16_t status,
                const char *detail); /* {"detail":"…"}, or as the dialect has it */
void api_detailf(struct api_call *c, uint16_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void api_missing(struct api_call *c);                                   /* 404 */
void api_forbid(struct api_call *c);                                    /* 403 */
void api_wrong(struct api_call *c, const char *field, const char *why); /* 400 {"field":["why"]} */
void api_broken(struct api_call *c, const char *doing, const struct db *d); /* 500, logged */
/* What is in c->out is the answer. */
void api_done(struct api_call *c, uint16_t status);
void api_empty(struct api_call *c, uint16_t status); /* no body */
void api_header(struct api_call *c, const char *name, struct text value);

/* ---- the writer ---- */

/* Ask the writer; `args` is a finished JSON object. `then` runs when it answered with a 2xx, on
 * newly begun transactions; any other answer is passed on as it is. NULL: pass on a 2xx, too. */
void api_command(struct api_call *c, const char *name, struct text args, api_handler *then);
/* A buffer to write arguments or other JSON into. */
struct buf api_buf(struct api_call *c);

/* ---- reading ---- */

/* A query of the catalogue, ready to bind; NULL: answered with 500. */
struct db_stmt *api_query(struct api_call *c, const char *name);
struct db_stmt *api_adhoc(struct api_call *c, const char *sql);
/* The same of a segment; NULL: told to the log, nothing answered: a damaged day is not the end. */
struct db_stmt *api_segment_query(struct api_call *c, struct db *d, const char *name);
/* The next row. False: no more, or an error (answered with 500). */
bool api_row(struct api_call *c, struct db_stmt *s);
struct text api_col(struct db_stmt *s, int column); /* until the next step */
struct text api_keep(struct api_call *c, struct text t);
struct text api_keep_col(struct api_call *c, struct db_stmt *s, int column);
void api_bind(struct db_stmt *s, const char *name, struct text t);

/* All projects of the call's organisation (of all, when the path names none), by id. */
const struct api_project *api_projects(struct api_call *c, uint32_t *count);
const struct api_project *api_project_by_id(struct api_call *c, int64_t id);
/* By slug or id; NULL: none of that name. */
const struct api_project *api_project_find(struct api_call *c, struct text name);
/* Does the request ask about it? `project` names slugs or ids, -1 all; absent: all; a path that names a
 * project means that one. */
bool api_project_wanted(struct api_call *c, const struct api_project *p);
/* {"id","slug","name"} and whom it concerns. */
void api_write_user(struct api_call *c, const char *key,
                    int64_t user); /* short form, null if none */

/* "2026-03-01T10:00:00.250Z" from milliseconds; 0: null. */
void api_time(struct buf *b, const char *key, int64_t ms);
/* An id as Sentry writes most of them: a string. */
void api_id(struct buf *b, const char *key, int64_t id);
/* 32 hex digits, dashes allowed. */
bool api_event_id(struct text t, uint8_t out[16]);

#endif
