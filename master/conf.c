/* conf.c -- see conf.h. */
#include "master/conf.h"

#include <errno.h>
#include <ini.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "master/conf_table.h"
#include "proto/limits.h"

/* One reading of the file. inih calls back without line numbers, so the lines are counted here. */
struct reading {
    FILE *in;
    int line;
    struct conf *conf;
    struct conf_errors *errors;
    uint64_t seen; /* bit per key of the table */
};

static void complain(struct conf_errors *errors, int line, const char *key, const char *reason)
{
    if (errors->count < CONF_ERRORS_MAX) {
        struct conf_error *e = &errors->at[errors->count];

        e->line = line;
        log_escape(e->key, sizeof(e->key), key, strlen(key));
        snprintf(e->reason, sizeof(e->reason), "%s", reason);
    }
    errors->count++;
}

static char *next_line(char *out, int room, void *stream)
{
    struct reading *r = stream;

    if (!fgets(out, room, r->in))
        return NULL;
    r->line++;
    /* To inih an indented line goes on with the one before; here each line is one of its own. */
    memmove(out, out + strspn(out, " \t"), strlen(out + strspn(out, " \t")) + 1);
    if (!strchr(out, '\n') && !feof(r->in)) {
        int c;

        /* inih would take the rest for a line of its own. */
        complain(r->errors, r->line, "", "the line is too long");
        while ((c = getc(r->in)) != EOF && c != '\n')
            ;
        strcpy(out, "\n");
    }
    return out;
}

static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    const struct conf_key *key = conf_key_find(name);
    char why[192];
    uint64_t bit;

    if (*section) {
        complain(r->errors, r->line, name, "there are no [sections] in this file");
        return 1;
    }
    if (!key) {
        complain(r->errors, r->line, name, "no such key; `quern config --explain` lists them");
        return 1;
    }
    bit = UINT64_C(1) << (key - conf_keys);
    if ((r->seen & bit) && key->type != CONF_LISTEN) {
        complain(r->errors, r->line, name, "given twice");
        return 1;
    }
    r->seen |= bit;
    if (key->type == CONF_LISTEN && !r->conf->listen_stated) {
        r->conf->listen_count = 0; /* the default goes with the first line */
        r->conf->listen_stated = true;
    }
    if (conf_key_set(key, r->conf, value, why, sizeof(why)))
        complain(r->errors, r->line, name, why);
    return 1;
}

static void read_file(const char *path, struct conf *out, struct conf_errors *errors)
{
    struct reading r = {.in = fopen(path, "re"), .conf = out, .errors = errors};
    int bad;

    if (!r.in) {
        complain(errors, 0, path, strerror(errno));
        return;
    }
    bad = ini_parse_stream(next_line, &r, take_key, &r);
    if (ferror(r.in)) /* it is a folder, say */
        complain(errors, 0, path, "cannot be read");
    else if (bad != 0)
        complain(errors, bad > 0 ? bad : 0, "", "not a `key = value` line");
    fclose(r.in);
}

static void set_or_complain(const char *name, const char *value, struct conf *out,
                            struct conf_errors *errors)
{
    const struct conf_key *key = conf_key_find(name);
    char why[192];

    if (conf_key_set(key, out, value, why, sizeof(why)))
        complain(errors, 0, name, why);
}

static void lay_args_over(const struct conf_args *args, struct conf *out,
                          struct conf_errors *errors)
{
    if (args->data)
        set_or_complain("data", args->data, out, errors);
    if (args->workers)
        set_or_complain("workers", args->workers, out, errors);
    if (args->listen_count > 0) {
        out->listen_count = 0;
        out->listen_stated = true;
    }
    for (uint32_t i = 0; i < args->listen_count; i++)
        set_or_complain("listen", args->listen[i], out, errors);
}

/* What no key can tell alone. */
static void check_together(const struct conf *c, struct conf_errors *errors)
{
    bool tls = false;

    for (uint32_t i = 0; i < c->listen_count; i++)
        tls |= c->listen[i].tls;
    if (!*c->data)
        complain(errors, 0, "data", "must not be empty");
    if (tls && !*c->tls_cert)
        complain(errors, 0, "tls_cert", "a listen line ends in tls, but no certificate is given");
    if (*c->tls_cert && !*c->tls_key)
        complain(errors, 0, "tls_key", "tls_cert is given without its key");
    if (*c->tls_cert && access(c->tls_cert, R_OK) != 0)
        complain(errors, 0, "tls_cert", strerror(errno));
    if (*c->tls_key && access(c->tls_key, R_OK) != 0)
        complain(errors, 0, "tls_key", strerror(errno));
}

bool conf_read(const struct conf_args *args, struct conf *out, struct conf_errors *errors)
{
    *out = (struct conf){0};
    *errors = (struct conf_errors){0};
    for (uint32_t i = 0; i < conf_key_count; i++)
        set_or_complain(conf_keys[i].name, conf_keys[i].fallback, out, errors);
    if (args->file)
        read_file(args->file, out, errors);
    lay_args_over(args, out, errors);
    check_together(out, errors);
    return errors->count == 0;
}

bool conf_may_follow(const struct conf *now, const struct conf *then, struct conf_errors *errors)
{
    *errors = (struct conf_errors){0};
    for (uint32_t i = 0; i < conf_key_count; i++)
        if (!conf_keys[i].hup && !conf_key_same(&conf_keys[i], now, then))
            complain(errors, 0, conf_keys[i].name, "cannot change while running: stop and start");
    return errors->count == 0;
}

bool conf_changes_writer(const struct conf *now, const struct conf *then)
{
    for (uint32_t i = 0; i < conf_key_count; i++)
        if (conf_keys[i].writer && !conf_key_same(&conf_keys[i], now, then))
            return true;
    return false;
}

uint32_t conf_workers(const struct conf *c)
{
    cpu_set_t set;
    int64_t n = c->workers;

    /* Cores this process may run on, rather than those of the machine: containers and CPUAffinity=
     * count. */
    if (n == 0)
        n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
                                                         : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    return n > WORKERS_MAX ? WORKERS_MAX : (uint32_t)n;
}

void conf_worker(const struct conf *c, struct worker_conf *out)
{
    out->durability_power = c->durability == 0;
    out->http2 = c->http2 != 0;
    out->base_url = c->base_url;
    out->proxy_hops = (uint32_t)c->proxy_hops;
    out->idle_timeout_s = (uint32_t)c->idle_timeout;
    out->body_max = (uint64_t)c->body_max;
    out->attachment_max = (uint64_t)c->attachment_max;
    out->retention_days = (uint32_t)c->retention_days;
    out->local_project = *c->local_project ? c->local_project : NULL;
}

void conf_writer(const struct conf *c, struct writer_conf *out)
{
    out->durability_power = c->durability == 0;
    out->retention_days = (uint32_t)c->retention_days;
    out->retention_bytes = (uint64_t)c->retention_bytes;
    out->min_free_bytes = (uint64_t)c->min_free_bytes;
    out->segment_rows = (uint32_t)c->segment_rows;
    out->seal_idle_s = (uint32_t)c->seal_idle;
    out->base_url = c->base_url;
}
