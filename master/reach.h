/* reach.h -- how a tool reaches quern: the running server's control socket, or the stopped one's
 * folder. The same commands (writer/command.h) either way.
 * Ownership  one struct reach per tool; answers live in its arena.
 * Errors     are told to the person (cli_fail) and returned as exit status; 0 is good.
 * Blocking   up to REACH_TIMEOUT_S for an answer of the server. */
#ifndef QUERN_MASTER_REACH_H
#define QUERN_MASTER_REACH_H

#include "master/cli.h"
#include "master/folder.h"
#include "proto/json.h"

#define REACH_TIMEOUT_S 60L
#define REACH_ANSWER_MAX (32u << 20)

struct reach {
    const struct cli *cli;
    struct conf conf;
    struct folder folder;
    struct arena arena;
    bool running;
    bool world_open;
    char url[CONF_TEXT_MAX]; /* external URL, for DSNs */
    struct world world;
};

/* Find the folder, and whether its server runs. */
int reach_open(const struct cli *cli, struct reach *r);
/* The same, and it must run. */
int reach_running(const struct cli *cli, struct reach *r);
void reach_close(struct reach *r);
/* Run a command of the writer; `args` is a JSON object. */
int reach_command(struct reach *r, const char *name, struct text args, struct json **answer);
typedef bool reach_row(struct reach *r, const struct json *row, void *own); /* false: enough */
/* Each row of a list, which comes in pages (LIST_PAGE); `project` NULL: of all. */
int reach_list(struct reach *r, const char *name, const char *project, reach_row *take, void *own);
/* An answer as it came, for scripts. */
void reach_print_json(struct reach *r, const struct json *answer);
typedef void reach_printer(struct reach *r, const struct json *row);
/* Open, print each row of a list, in words or with --json as it came, and close. */
int reach_print_list(const struct cli *cli, const char *name, reach_printer *print);
/* GET of a path of the management API of a running server. */
int reach_get(struct reach *r, const char *path, struct text *body);
/* A buffer for arguments. */
struct buf reach_buf(struct reach *r);
/* A member of an answer as a C string, "" when it is not there. */
const char *reach_str(struct reach *r, const struct json *object, const char *key);
/* "http://KEY@host/ID" */
const char *reach_dsn(struct reach *r, const char *public_key, const char *project_id);

#endif
