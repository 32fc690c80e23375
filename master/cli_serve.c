/* cli_serve.c -- serve and its check, the configuration in words, the check of a stopped folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "master/cli.h"
#include "master/folder.h"
#include "master/supervise.h"

static int report_errors(const struct cli *cli, const struct conf_errors *errors)
{
    for (uint32_t i = 0; i < errors->count && i < CONF_ERRORS_MAX; i++) {
        const struct conf_error *e = &errors->at[i];

        if (e->line)
            fprintf(stderr, "%s:%d: %s%s%s\n", cli->conf.file, e->line, e->key, *e->key ? ": " : "",
                    e->reason);
        else
            fprintf(stderr, "%s: %s\n", e->key, e->reason);
    }
    return EX_CONFIG;
}

int cli_serve(const struct cli *cli)
{
    struct conf_errors errors;
    struct conf conf;

    if (!cli->test)
        return supervise(&cli->conf, cli->argv);
    if (!conf_read(&cli->conf, &conf, &errors))
        return report_errors(cli, &errors);
    printf("%s: the configuration is good\n", cli->conf.file ? cli->conf.file : "quern");
    return 0;
}

int cli_config(const struct cli *cli)
{
    struct conf_errors errors;
    struct conf conf;

    if (cli->explain) {
        conf_explain(stdout);
        return 0;
    }
    if (cli->file) {
        conf_print_file(stdout);
        return 0;
    }
    if (!conf_read(&cli->conf, &conf, &errors))
        return report_errors(cli, &errors);
    conf_print(&conf, stdout);
    return 0;
}

int cli_version(const struct cli *cli)
{
    (void)cli;
    printf("quern %s (%s, C%ld)\n", QUERN_VERSION,
#ifdef __clang__
           "clang " __clang_version__,
#else
           "gcc " __VERSION__,
#endif
           __STDC_VERSION__ / 100 % 100);
    return 0;
}

int cli_check(const struct cli *cli)
{
    struct conf_args args = cli->conf;
    struct writer_conf writer = {0};
    struct conf_errors errors;
    struct folder folder;
    struct world world;
    struct conf conf;
    char why[4400];
    int rc;

    if (cli->word_count > 0)
        args.data = cli->words[0];
    if (!conf_read(&args, &conf, &errors))
        return report_errors(cli, &errors);
    if (folder_find(conf.data, false, &folder, why, sizeof(why)) != 0)
        return cli_fail(cli, EX_NOINPUT, "%s", why);
    if (!folder_has_data(&folder))
        return cli_fail(cli, errno == EACCES ? EX_NOPERM : EX_NOINPUT,
                        "%s holds no data of quern that can be read", folder.path);
    rc = folder_lock(&folder, 0, why, sizeof(why));
    if (rc != 0)
        return rc == -EBUSY ? cli_fail(cli, EX_TEMPFAIL, "%s; stop the server first", why)
                            : cli_fail(cli, EX_NOPERM, "%s", why);
    rc = world_open(folder.path, NULL, &world);
    if (rc != 0) {
        folder_unlock(&folder);
        return cli_fail(cli, EX_IOERR, "%s/shm: %s", folder.path, strerror(-rc));
    }
    conf_writer(&conf, &writer);
    writer.world = &world;
    rc = writer_check(&writer);
    world_close(&world);
    folder_unlock(&folder);
    return rc;
}
