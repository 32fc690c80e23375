/* cli.c -- see cli.h. */
#include "master/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define SERVER_OPTIONS "c data "

const struct cli_command cli_commands[] = {
    {"serve", "[-t] [-c FILE] [--data DIR] [--listen ADDR:PORT]… [--workers N]",
     "run the server in the foreground", cli_serve, 0, 0, "c data listen workers t",
     "Without -c, all keys have their defaults; options go before the file.\n"
     "-t checks the configuration, says what is wrong with it, and leaves.\n"
     "Signals: HUP reloads the configuration, USR2 takes over with a new binary, TERM drains and\n"
     "stops, QUIT stops at once."},
    {"status", "[--json]", "what the running server is doing", cli_status, 0, 0,
     SERVER_OPTIONS "json", NULL},
    {"project add", "NAME [--platform PLATFORM]", "make a project, print its DSN", cli_project_add,
     1, 1, SERVER_OPTIONS "platform json org", NULL},
    {"project list", "", "projects and their DSNs", cli_project_list, 0, 0, SERVER_OPTIONS "json",
     NULL},
    {"key list", "[--project SLUG]", "keys (DSNs) with their limits", cli_key_list, 0, 0,
     SERVER_OPTIONS "project json", NULL},
    {"key add", "PROJECT [--name LABEL] [--rate COUNT/SECONDS]", "another key for a project",
     cli_key_add, 1, 1, SERVER_OPTIONS "name rate json", NULL},
    {"key disable", "KEY", "refuse what comes with this key", cli_key_update, 1, 1, SERVER_OPTIONS,
     NULL},
    {"key enable", "KEY", "accept it again", cli_key_update, 1, 1, SERVER_OPTIONS, NULL},
    {"key limit", "KEY COUNT/SECONDS|none", "set or lift its rate limit", cli_key_update, 2, 2,
     SERVER_OPTIONS, NULL},
    {"key delete", "KEY", "remove it for good", cli_key_delete, 1, 1, SERVER_OPTIONS, NULL},
    {"user add", "EMAIL [--name NAME] [--role ROLE] [--password-stdin]", "make a user",
     cli_user_add, 1, 1, SERVER_OPTIONS "name role password-stdin",
     "A password is made and printed, or with --password-stdin read from standard input.\n"
     "Roles: owner manager admin member viewer."},
    {"user list", "", "users and their roles", cli_user_list, 0, 0, SERVER_OPTIONS "json", NULL},
    {"user passwd", "EMAIL [--password-stdin]", "give a user another password", cli_user_passwd, 1,
     1, SERVER_OPTIONS "password-stdin", NULL},
    {"token add", "[--user EMAIL] [--name NAME] [--scopes \"a b\"]",
     "make an API token, print it once", cli_token_add, 0, 0, SERVER_OPTIONS "user name scopes",
     "Without --user it belongs to the first owner; without --scopes it has all of them."},
    {"issue hashes", "ISSUE", "grouping hashes of an issue", cli_issue_hashes, 1, 1,
     SERVER_OPTIONS "json", NULL},
    {"issue merge", "ISSUE ISSUE…", "make several issues one", cli_issue_merge, 2, CLI_WORDS_MAX,
     SERVER_OPTIONS,
     "Events that come later follow. Prints the number of the issue that is left: the one with "
     "the\n"
     "most events."},
    {"issue unmerge", "ISSUE HASH…", "take hashes out of an issue again, with their events",
     cli_issue_unmerge, 2, CLI_WORDS_MAX, SERVER_OPTIONS,
     "Prints the number of the issue that they make."},
    {"group", "FILE.json [--against OTHER.json] | --mask TEXT",
     "which issue an event makes, and why", cli_group, 0, 1,
     "against mask fingerprint-rules stack-rules",
     "Prints the event's grouping keys and the tree of what they are made of, as JSON.\n"
     "--against: exit status 0 when OTHER would join FILE's issue in a fresh project, 1 when it\n"
     "would make another, 2 when a file cannot be read. \"-\" is standard input."},
    {"regroup", "[--dry-run] [--project SLUG]", "group stored events again, under today's rules",
     cli_regroup, 0, 0,
     SERVER_OPTIONS "dry-run project org limit fingerprint-rules stack-rules json",
     "Says which issues become one and which fall apart, and does it; with --dry-run it only says\n"
     "so, and rules of files can be tried. Ingest goes on. The newest 100000 events are looked "
     "at,\n"
     "or as many as --limit says."},
    {"check", "[DATA]", "integrity of a stopped server's data folder", cli_check, 0, 1,
     SERVER_OPTIONS, "Prints one finding a line; exit status 0: all whole, 1: findings."},
    {"config", "[-c FILE] [--explain | --file]", "the configuration in force", cli_config, 0, 0,
     "c data listen workers explain file",
     "--explain: every key, what it means and may be. --file: a sample file with all of them."},
    {"version", "", "version and build", cli_version, 0, 0, "", NULL},
};
const uint32_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* ---- options ---- */

enum option_kind { OPTION_FLAG, OPTION_VALUE, OPTION_LISTEN };

static const struct option {
    const char *name; /* one letter: -x */
    enum option_kind kind;
    size_t at; /* offset in struct cli */
    const char *value, *text;
} options[] = {
    {"c", OPTION_VALUE, offsetof(struct cli, conf.file), "FILE", "configuration file"},
    {"data", OPTION_VALUE, offsetof(struct cli, conf.data), "DIR", "data folder"},
    {"listen", OPTION_LISTEN, 0, "ADDR", "where to serve; may be repeated"},
    {"workers", OPTION_VALUE, offsetof(struct cli, conf.workers), "N", "worker processes, or auto"},
    {"t", OPTION_FLAG, offsetof(struct cli, test), NULL, "check the configuration and leave"},
    {"json", OPTION_FLAG, offsetof(struct cli, json), NULL, "answer in JSON"},
    {"explain", OPTION_FLAG, offsetof(struct cli, explain), NULL, "every key, explained"},
    {"file", OPTION_FLAG, offsetof(struct cli, file), NULL, "a sample configuration file"},
    {"name", OPTION_VALUE, offsetof(struct cli, name), "NAME", "name or label"},
    {"role", OPTION_VALUE, offsetof(struct cli, role), "ROLE", "role of the user"},
    {"scopes", OPTION_VALUE, offsetof(struct cli, scopes), "SCOPES", "scopes, separated by blanks"},
    {"project", OPTION_VALUE, offsetof(struct cli, project), "SLUG", "only this project"},
    {"rate", OPTION_VALUE, offsetof(struct cli, rate), "COUNT/SECONDS", "rate limit"},
    {"user", OPTION_VALUE, offsetof(struct cli, user), "EMAIL", "whose it is"},
    {"platform", OPTION_VALUE, offsetof(struct cli, platform), "PLATFORM", "python, javascript …"},
    {"org", OPTION_VALUE, offsetof(struct cli, org), "SLUG", "organisation; default: default"},
    {"mask", OPTION_VALUE, offsetof(struct cli, mask), "TEXT", "print a message as it is grouped"},
    {"against", OPTION_VALUE, offsetof(struct cli, against), "FILE", "the event to compare with"},
    {"fingerprint-rules", OPTION_VALUE, offsetof(struct cli, fingerprint_rules), "FILE",
     "fingerprint rules of the project"},
    {"stack-rules", OPTION_VALUE, offsetof(struct cli, stack_rules), "FILE",
     "stack trace rules of the project"},
    {"dry-run", OPTION_FLAG, offsetof(struct cli, dry_run), NULL, "only say what would change"},
    {"limit", OPTION_VALUE, offsetof(struct cli, limit), "N", "look at so many events"},
    {"password-stdin", OPTION_FLAG, offsetof(struct cli, password_stdin), NULL,
     "read the password from standard input"},
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* Is `word` one of the blank-separated words of `list`? */
static bool in_list(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; (at = strstr(at, word)) != NULL; at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

/* "--name", "--name=value", "-x"; *value is what stands behind "=". */
static const struct option *option_find(const struct cli_command *c, const char *arg,
                                        const char **value)
{
    const char *name = arg + (arg[1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");

    *value = name[len] == '=' ? name + len + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0 &&
            in_list(c->options, options[i].name))
            return &options[i];
    return NULL;
}

/* ---- help ---- */

static void print_all(FILE *out)
{
    fputs("quern -- errors, traces and logs of your programs, in one small server\n\n", out);
    for (uint32_t i = 0; i < cli_command_count; i++)
        fprintf(out, "  quern %-14s %s\n", cli_commands[i].name, cli_commands[i].summary);
    fputs(
        "\n`quern COMMAND --help` tells more. Which server is meant: --data DIR, or the data key of"
        " -c FILE.\n",
        out);
}

static void print_command(const struct cli_command *c, FILE *out)
{
    fprintf(out, "usage: quern %s %s\n%s\n", c->name, c->usage, c->summary);
    if (c->text)
        fprintf(out, "%s\n", c->text);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &options[i];
        char left[64];

        if (!in_list(c->options, o->name))
            continue;
        snprintf(left, sizeof(left), "%s%s%s%s", o->name[1] ? "--" : "-", o->name,
                 o->value ? " " : "", o->value ? o->value : "");
        fprintf(out, "  %-22s %s\n", left, o->text);
    }
}

static int print_group(const char *word, FILE *out)
{
    size_t len = strlen(word);
    bool any = false;

    for (uint32_t i = 0; i < cli_command_count; i++)
        if (strncmp(cli_commands[i].name, word, len) == 0 && cli_commands[i].name[len] == ' ') {
            fprintf(out, "  quern %s %s\n      %s\n", cli_commands[i].name, cli_commands[i].usage,
                    cli_commands[i].summary);
            any = true;
        }
    return any;
}

int cli_fail(const struct cli *cli, int status, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "quern %s: ", cli->command ? cli->command->name : "");
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return status;
}

/* ---- reading ---- */

static const struct cli_command *command_find(int argc, char **argv, int *used)
{
    for (uint32_t i = 0; i < cli_command_count; i++) {
        const char *name = cli_commands[i].name;
        const char *blank = strchr(name, ' ');
        size_t len = blank ? (size_t)(blank - name) : strlen(name);

        if (strlen(argv[1]) != len || memcmp(argv[1], name, len) != 0)
            continue;
        if (!blank || (argc > 2 && strcmp(argv[2], blank + 1) == 0)) {
            *used = blank ? 3 : 2;
            return &cli_commands[i];
        }
    }
    return NULL;
}

static int take_option(struct cli *cli, int argc, char **argv, int *at)
{
    const char *value, *arg = argv[*at];
    const struct option *o = option_find(cli->command, arg, &value);

    if (!o)
        return cli_fail(cli, EX_USAGE, "there is no option %s; see `quern %s --help`", arg,
                        cli->command->name);
    if (o->kind == OPTION_FLAG) {
        *(bool *)((char *)cli + o->at) = true;
        return value ? cli_fail(cli, EX_USAGE, "%s takes no value", arg) : 0;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value)
        return cli_fail(cli, EX_USAGE, "%s wants a value: %s", arg, o->value);
    if (o->kind == OPTION_VALUE)
        *(const char **)((char *)cli + o->at) = value;
    else if (cli->conf.listen_count < CONF_LISTEN_MAX)
        cli->conf.listen[cli->conf.listen_count++] = value;
    else
        return cli_fail(cli, EX_USAGE, "at most %d addresses", CONF_LISTEN_MAX);
    return 0;
}

static int take_words(struct cli *cli, int argc, char **argv, int at)
{
    bool only_words = false;
    int rc;

    for (; at < argc; at++) {
        const char *arg = argv[at];

        if (!only_words && strcmp(arg, "--") == 0) {
            only_words = true;
        } else if (!only_words && arg[0] == '-' && arg[1]) {
            if ((rc = take_option(cli, argc, argv, &at)) != 0)
                return rc;
        } else if (cli->word_count == cli->command->words_max) {
            return cli_fail(cli, EX_USAGE, "what is \"%s\"? usage: quern %s %s", arg,
                            cli->command->name, cli->command->usage);
        } else {
            cli->words[cli->word_count++] = arg;
        }
    }
    if (cli->word_count < cli->command->words_min)
        return cli_fail(cli, EX_USAGE, "usage: quern %s %s", cli->command->name,
                        cli->command->usage);
    return 0;
}

static bool is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 || strcmp(arg, "help") == 0;
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {.argv = argv};
    int at = 0, rc;

    if (argc < 2 || is_help(argv[1])) {
        print_all(argc < 2 ? stderr : stdout);
        return argc < 2 ? EX_USAGE : 0;
    }
    if (strcmp(argv[1], "--version") == 0)
        return cli_version(&cli);
    cli.command = command_find(argc, argv, &at);
    if (!cli.command) {
        if (print_group(argv[1], argc > 2 && is_help(argv[2]) ? stdout : stderr))
            return argc > 2 && is_help(argv[2]) ? 0 : EX_USAGE;
        fprintf(stderr, "quern: there is no command \"%s\"; `quern --help` lists them\n", argv[1]);
        return EX_USAGE;
    }
    for (int i = at; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i])) {
            print_command(cli.command, stdout);
            return 0;
        }
    rc = take_words(&cli, argc, argv, at);
    if (rc == 0)
        rc = cli.command->run(&cli);
    /* What was not written, a password say, is lost: nobody may take that for done. Except of a
     * server, which is no worse for it. */
    if (rc == 0 && cli.command->run != cli_serve && (fflush(stdout) != 0 || ferror(stdout)))
        rc = cli_fail(&cli, EX_IOERR, "standard output: %s", strerror(errno));
    return rc;
}
