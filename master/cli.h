/* cli.h -- the command line: a table of commands, and what they share. Private to master/.
 * For        everything that `quern` does besides serving: the tools of the operator.
 * Reach      against a running server over DATA/quern.sock, where the peer's user is the login;
 *            against a stopped one on the folder itself, under its lock (reach.h).
 * Exit       0 done; 1 refused or wrong findings; else sysexits: 64 usage, 66 no such folder, 69
 *            not reachable, 74 output not written, 75 try again, 77 no permission, 78 configuration. */
#ifndef QUERN_MASTER_CLI_H
#define QUERN_MASTER_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "master/conf.h"

#define CLI_WORDS_MAX 16

struct cli;

struct cli_command {
    const char *name;    /* "project add" */
    const char *usage;   /* what follows the name */
    const char *summary; /* one line for the list */
    int (*run)(const struct cli *cli);
    uint32_t words_min, words_max; /* arguments that are no options */
    const char *options;           /* those it knows, of the table in cli.c: "data json role" */
    const char *text;              /* more help; NULL: none */
};

/* The command line, read. */
struct cli {
    const struct cli_command *command;
    char **argv;
    struct conf_args conf; /* -c, --data, --listen, --workers */
    const char *words[CLI_WORDS_MAX];
    uint32_t word_count;
    bool test, json, explain, file; /* -t, --json, --explain, --file */
    const char *name, *role, *scopes, *project, *rate, *user, *platform, *org;
    const char *mask, *against, *fingerprint_rules, *stack_rules; /* of `group` */
    const char *limit;
    bool password_stdin, dry_run;
};

/* Read argv against the table and run the command. Returns the exit status. */
int cli_main(int argc, char **argv);
/* "quern project add: MESSAGE" on standard error; returns `status`. */
int cli_fail(const struct cli *cli, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

extern const struct cli_command cli_commands[];
extern const uint32_t cli_command_count;

/* cli_serve.c */
int cli_serve(const struct cli *cli);
int cli_config(const struct cli *cli);
int cli_version(const struct cli *cli);
int cli_check(const struct cli *cli);
/* cli_project.c */
int cli_project_add(const struct cli *cli);
int cli_project_list(const struct cli *cli);
int cli_key_list(const struct cli *cli);
int cli_key_add(const struct cli *cli);
int cli_key_update(const struct cli *cli); /* enable, disable, limit */
int cli_key_delete(const struct cli *cli);
/* cli_user.c */
int cli_user_add(const struct cli *cli);
int cli_user_list(const struct cli *cli);
int cli_user_passwd(const struct cli *cli);
int cli_token_add(const struct cli *cli);
/* cli_issue.c */
int cli_issue_hashes(const struct cli *cli);
int cli_issue_merge(const struct cli *cli);
int cli_issue_unmerge(const struct cli *cli);
/* cli_group.c */
int cli_group(const struct cli *cli);
/* cli_regroup.c */
int cli_regroup(const struct cli *cli);
/* cli_status.c */
int cli_status(const struct cli *cli);

#endif
