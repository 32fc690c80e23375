/* master-conf -- the configuration: every mistake is named, nothing wrong is ever used. */
#include "master/conf.h"

#include <fcntl.h>
#include <unistd.h>

#include "master/conf_table.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static char path[64];

static bool read_text(const char *text, struct conf *c, struct conf_errors *e)
{
    struct conf_args args = {.file = path};
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
    return conf_read(&args, c, e);
}

static void defaults(void)
{
    struct conf_args none = {0};
    struct conf_errors e;
    struct writer_conf writer = {0};
    struct worker_conf worker = {0};
    struct conf c;

    ok(conf_read(&none, &c, &e), "all defaults are good");
    is_str(c.data, "/var/lib/quern", "data has its default");
    is_int(c.listen_count, 1, "one address");
    is_str(c.listen[0].address, "127.0.0.1:9000", "the address is local");
    ok(!c.listen_stated, "nobody stated it");
    conf_writer(&c, &writer);
    conf_worker(&c, &worker);
    ok(writer.durability_power && worker.durability_power, "the stronger promise is the default");
    is_int(writer.segment_rows, SEGMENT_ROWS_MAX, "segments are as long as they may be");
    is_int(worker.body_max, BODY_MAX, "bodies likewise");
    ok(!worker.http2, "HTTP/2 is off");
    ok(worker.local_project == NULL, "no keyless data");
    ok(conf_workers(&c) >= 1 && conf_workers(&c) <= WORKERS_MAX, "auto gives some workers");
}

static void values(void)
{
    struct conf_errors e;
    struct conf c;

    ok(read_text("data = /tmp/x\n# a comment\nlisten = 0.0.0.0:1\nlisten = [::1]:2 tls\n"
                 "listen = unix:/run/q.sock\nworkers = 7\ndurability = process\n"
                 "retention_bytes = 3G\nmin_free_bytes = 1024\nbase_url = https://e.example/q/\n"
                 "http2 = yes\nlog_level = debug\nbody_max = 64k\nlocal_project = web\n"
                 "tls_cert = /dev/null\ntls_key = /dev/null\n",
                 &c, &e),
       "a file with everything is good");
    for (uint32_t i = 0; i < e.count; i++)
        note("%d %s %s", e.at[i].line, e.at[i].key, e.at[i].reason);
    is_int(c.listen_count, 3, "three addresses replace the default");
    ok(!c.listen[0].tls && c.listen[1].tls, "tls stands behind the second alone");
    is_str(c.listen[2].address, "unix:/run/q.sock", "a unix address");
    is_int(c.workers, 7, "workers");
    is_int(c.durability, 1, "durability");
    is_int(c.retention_bytes, 3LL << 30, "sizes have suffixes");
    is_int(c.body_max, 64 << 10, "small letters too");
    is_str(c.base_url, "https://e.example/q", "the slash at the end goes");
    is_int(c.http2, 1, "yes means on");
    is_int(c.log_level, LOG_LEVEL_DEBUG, "log level");
}

static void one_mistake(const char *text, int line, const char *key, const char *reason)
{
    struct conf_errors e;
    struct conf c;

    const char *first = text + strspn(text, "\n");

    if (!ok(!read_text(text, &c, &e) && e.count == 1, "refused: %.*s",
            (int)(strcspn(first, "\n") > 60 ? 60 : strcspn(first, "\n")), first))
        note("%u mistakes, first: %s %s", e.count, e.at[0].key, e.at[0].reason);
    is_int(e.at[0].line, line, "… at its line");
    is_str(e.at[0].key, key, "… with its key");
    if (!ok(strstr(e.at[0].reason, reason) != NULL, "… and why: %s", reason))
        note("%s", e.at[0].reason);
}

static void mistakes(void)
{
    struct conf_errors e;
    struct conf c;
    char longline[5000];

    one_mistake("\n\nworkerz = 3\n", 3, "workerz", "no such key");
    one_mistake("workers = 0\n", 1, "workers", "out of range; auto, or 1 to 32");
    one_mistake("workers = 33\n", 1, "workers", "out of range");
    one_mistake("workers = some\n", 1, "workers", "not a number");
    one_mistake("workers = 2\nworkers = 3\n", 2, "workers", "twice");
    one_mistake("retention_days = -1\n", 1, "retention_days", "out of range");
    one_mistake("retention_days = 3d\n", 1, "retention_days", "not a number");
    one_mistake("retention_bytes = 9999999T\n", 1, "retention_bytes", "out of range");
    one_mistake("retention_bytes = 99999999999999999999\n", 1, "retention_bytes", "not a number");
    one_mistake("body_max = 21M\n", 1, "body_max", "64K to 20M");
    one_mistake("durability = maybe\n", 1, "durability", "power|process");
    one_mistake("durability =\n", 1, "durability", "power|process");
    one_mistake("base_url = errors.example.com\n", 1, "base_url", "https://");
    one_mistake("base_url = https://\n", 1, "base_url", "https://");
    one_mistake("listen = 9000\n", 1, "listen", "ADDR:PORT");
    one_mistake("listen = ::1:9000\n", 1, "listen", "ADDR:PORT");
    one_mistake("listen = 1.2.3.4:70000\n", 1, "listen", "ADDR:PORT");
    one_mistake("listen = 300.1.1.1:80\n", 1, "listen", "in figures");
    one_mistake("listen = www.example.com:80\n", 1, "listen", "in figures");
    one_mistake("listen = [zz]:80\n", 1, "listen", "in figures");
    one_mistake("listen = [1.2.3.4]:80\n", 1, "listen", "in figures");
    one_mistake("listen = unix:relative\n", 1, "listen", "ADDR:PORT");
    one_mistake("listen = 1.2.3.4:80 ssl\n", 1, "listen", "ADDR:PORT");
    one_mistake("listen = 1.2.3.4:80\nlisten = 1.2.3.4:80\n", 2, "listen", "already");
    one_mistake("listen = 1.2.3.4:80 tls\n", 0, "tls_cert", "no certificate");
    one_mistake("tls_cert = /dev/null\n", 0, "tls_key", "without its key");
    one_mistake("tls_cert = /nowhere\ntls_key = /dev/null\n", 0, "tls_cert", "No such file");
    one_mistake("workers = 2\n  http2 = 3\n", 2, "http2",
                "off|on"); /* indented: a line of its own */
    one_mistake("[server]\nworkers = 2\n", 2, "workers", "no [sections]");
    one_mistake("data =\n", 0, "data", "empty");
    memset(longline, 'x', sizeof(longline) - 1);
    longline[sizeof(longline) - 1] = '\0';
    memcpy(longline, "data = ", 7);
    one_mistake(longline, 1, "", "too long");
    ok(!read_text("workers = 2\nnonsense\nhttp2 = 3\n", &c, &e) && e.count == 2,
       "all mistakes are told, not only the first");
    ok(!conf_read(&(struct conf_args){.file = "/nowhere/quern.conf"}, &c, &e) &&
           strstr(e.at[0].reason, "No such file"),
       "a file that is not there");
    ok(!conf_read(&(struct conf_args){.file = "/"}, &c, &e) &&
           strstr(e.at[0].reason, "cannot be read"),
       "a folder in its place");
    ok(!read_text("\x01\x02\"key = 1\n", &c, &e) && strstr(e.at[0].key, "\\x01"),
       "strange bytes in a key are escaped");
}

static void command_line(void)
{
    struct conf_args args = {.file = path,
                             .data = "/elsewhere",
                             .workers = "3",
                             .listen = {"127.0.0.1:0", "127.0.0.1:0"},
                             .listen_count = 2};
    struct conf_errors e;
    FILE *f = fopen(path, "w");
    struct conf c;

    fputs("data = /here\nworkers = 9\nlisten = 1.1.1.1:1\nretention_days = 5\n", f);
    fclose(f);
    ok(conf_read(&args, &c, &e), "options and file together");
    is_str(c.data, "/elsewhere", "--data goes before the file");
    is_int(c.workers, 3, "--workers too");
    is_int(c.listen_count, 2, "--listen replaces the file's, and port 0 may stand twice");
    is_int(c.retention_days, 5, "the rest is the file's");
    args.workers = "many";
    ok(!conf_read(&args, &c, &e) && e.at[0].line == 0, "a wrong option is refused");
}

static void reloads(void)
{
    struct conf_errors e;
    struct conf a, b;

    read_text("data = /a\n", &a, &e);
    read_text("data = /a\nworkers = 4\n", &b, &e);
    ok(conf_may_follow(&a, &b, &e), "workers may change");
    ok(!conf_changes_writer(&a, &b), "… without the writer");
    read_text("data = /a\nretention_days = 4\n", &b, &e);
    ok(conf_may_follow(&a, &b, &e) && conf_changes_writer(&a, &b), "retention concerns the writer");
    read_text("data = /b\n", &b, &e);
    ok(!conf_may_follow(&a, &b, &e), "the data folder may not");
    is_str(e.at[0].key, "data", "… and it is named");
}

/* Each key's text, put back into a file, gives the same configuration. */
static void round_trip(void)
{
    struct conf_errors e;
    struct conf a, b;
    FILE *f;

    read_text("listen = 127.0.0.1:1\nlisten = unix:/x\nretention_bytes = 1536M\nhttp2 = on\n"
              "min_free_bytes = 1000\nworkers = 2\nbase_url = http://h/\n",
              &a, &e);
    f = fopen(path, "w");
    conf_print(&a, f);
    fclose(f);
    ok(conf_read(&(struct conf_args){.file = path}, &b, &e), "what is printed can be read");
    for (uint32_t i = 0; i < conf_key_count; i++)
        ok(conf_key_same(&conf_keys[i], &a, &b), "%s survives", conf_keys[i].name);
    f = fopen(path, "w");
    conf_print_file(f);
    fclose(f);
    ok(conf_read(&(struct conf_args){.file = path}, &b, &e), "the sample file is good");
    conf_read(&(struct conf_args){0}, &a, &e);
    for (uint32_t i = 0; i < conf_key_count; i++)
        ok(conf_key_same(&conf_keys[i], &a, &b), "%s has its default in it", conf_keys[i].name);
}

int main(void)
{
    snprintf(path, sizeof(path), "/tmp/quern-conf.%d", (int)getpid());
    defaults();
    values();
    mistakes();
    command_line();
    reloads();
    round_trip();
    unlink(path);
    return done_testing();
}
