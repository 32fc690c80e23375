/* conf.h -- the configuration: one table of keys, a file, and what the command line lays over it.
 * For        serve, -t, HUP and `config --explain`: all of them read the same table.
 * Order      the default of each key, then the file, then the command line.
 * Errors     every mistake is reported as file, line, key and reason; a configuration with one is
 *            never used. Nothing here changes the process: reading is free of side effects. */
#ifndef QUERN_MASTER_CONF_H
#define QUERN_MASTER_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "shm/log.h"
#include "worker/worker.h"
#include "writer/writer.h"

#define CONF_LISTEN_MAX (LISTENERS_MAX - 1) /* the control socket takes one */
#define CONF_ADDRESS_MAX 128                /* unix paths end at 107 bytes (sockaddr_un) */
#define CONF_TEXT_MAX 1024
#define CONF_ERRORS_MAX 16

struct conf_listen {
    char address[CONF_ADDRESS_MAX]; /* "127.0.0.1:9000", "[::1]:9000", "unix:/run/quern.sock" */
    bool tls;
};

/* Numbers are int64_t and words are arrays throughout, so that one table can describe them. */
struct conf {
    char data[CONF_TEXT_MAX];
    struct conf_listen listen[CONF_LISTEN_MAX];
    uint32_t listen_count;
    bool listen_stated; /* some listen line was given: the default is not used */
    int64_t workers;    /* 0: auto */
    int64_t durability; /* index into "power|process" */
    int64_t retention_days, retention_bytes, min_free_bytes, segment_rows, seal_idle;
    char base_url[CONF_TEXT_MAX];
    int64_t proxy_hops, idle_timeout, body_max, attachment_max;
    char tls_cert[CONF_TEXT_MAX], tls_key[CONF_TEXT_MAX];
    int64_t http2;     /* 0, 1 */
    int64_t log_level; /* enum log_level */
    char local_project[CONF_TEXT_MAX];
};

/* What the command line says: kept for ever, laid over the file at every reload. */
struct conf_args {
    const char *file; /* NULL: none */
    const char *data; /* NULL: as in the file */
    const char *listen[CONF_LISTEN_MAX];
    uint32_t listen_count; /* replaces the file's listen lines */
    const char *workers;   /* NULL: as in the file */
};

struct conf_error {
    int line; /* 0: not in the file */
    char key[64];
    char reason[192];
};

struct conf_errors {
    struct conf_error at[CONF_ERRORS_MAX];
    uint32_t count; /* beyond CONF_ERRORS_MAX they are counted only */
};

/* Read, check, and fill in *out. False: see *errors. */
bool conf_read(const struct conf_args *args, struct conf *out, struct conf_errors *errors);
/* Whether HUP may lead from `now` to `then`; false: the key that may not change is in *errors. */
bool conf_may_follow(const struct conf *now, const struct conf *then, struct conf_errors *errors);
/* Whether the change concerns the writer, which then has to be started anew. */
bool conf_changes_writer(const struct conf *now, const struct conf *then);
/* Worker processes that this asks for: WORKERS_MAX at most. */
uint32_t conf_workers(const struct conf *c);

/* Fill in what the doors ask for; sockets, slot and channel are the caller's. The texts belong to
 * `c`. */
void conf_worker(const struct conf *c, struct worker_conf *out);
void conf_writer(const struct conf *c, struct writer_conf *out);

/* Every key with type, range, default, unit, what HUP may do, and its sentence. */
void conf_explain(FILE *out);
/* A configuration file with all keys commented out, as etc/quern.conf is. */
void conf_print_file(FILE *out);
/* The values in force, in the form of the file. */
void conf_print(const struct conf *c, FILE *out);

#endif
