/* One event, one line; a flood stays small; strangers' bytes stay harmless. */
#include "shm/log.h"

#include <errno.h>
#include <pthread.h>
#include <regex.h>

#include "shm/self.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static bool matches(const char *text, const char *pattern)
{
    regex_t re;
    bool found;

    regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    found = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return found;
}

static void form(void)
{
    char *said;

    self_set(ROLE_MASTER, 0, 1);
    said_begin();
    log_notice("reload.done", "generation=%d workers=%d took_ms=%d", 4, 8, 212);
    said = said_end();
    ok(matches(said,
               "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z notice master "
               "reload\\.done generation=4 workers=8 took_ms=212$"),
       "time, level, who, name, pairs");
    free(said);

    self_set(ROLE_WORKER, 3, 1);
    said_begin();
    log_warn("ring.full", "refused=17 text=%s", "a\nb\rc");
    said = said_end();
    ok(matches(said, "Z warn   worker/3 ring\\.full refused=17 text=a b c$"),
       "a worker says which; a line break in a value does not break the line");
    is_int(count_of(said, "\n"), 1, "one line");
    free(said);

    said_begin();
    log_error("no.pairs", "%s", "");
    is_int(said_count("no.pairs\n"), 1, "no trailing blank where there are no pairs");

    said_begin();
    errno = ENOENT;
    log_error("with.errno", "error=\"%m\"");
    is_int(errno, ENOENT, "errno survives a log line");
    is_int(said_count("error=\"No such file or directory\""), 1, "%%m is the caller's errno");
}

static void long_lines_are_cut(void)
{
    static char text[10000];
    char *said;

    memset(text, 'x', sizeof(text) - 1);
    said_begin();
    log_error("long.line", "text=%s", text);
    said = said_end();
    is_int(strlen(said), 4095, "a line ends at what a pipe takes in one piece");
    is_int(said[strlen(said) - 1], '\n', "and is still a line");
    free(said);
}

static void levels(void)
{
    said_begin();
    log_debug("quiet.one", "a=1");
    is_int(said_count("quiet.one"), 0, "debug is silent unless asked for");
    log_set_level(LOG_LEVEL_DEBUG);
    said_begin();
    log_debug("quiet.two", "a=1");
    is_int(said_count("quiet.two"), 1, "and heard when asked for");
    log_set_level(LOG_LEVEL_ERROR);
    said_begin();
    log_warn("quiet.three", "a=1");
    log_error("quiet.four", "a=1");
    is_int(said_count("quiet."), 1, "error alone at level error");
    log_set_level(LOG_LEVEL_NOTICE);
    is_int(log_level_parse("warn"), LOG_LEVEL_WARN, "a level by its word");
    is_int(log_level_parse("loud"), -1, "no such level");
}

static void repeats_are_counted(void)
{
    char *said;

    said_begin();
    for (int i = 0; i < 42; i++)
        log_warn("same.line", "a=1");
    usleep(1100 * 1000);
    log_warn("same.line", "a=1");
    said = said_end();
    is_int(count_of(said, "same.line"), 2, "a line that repeats within a second is printed once");
    is_int(count_of(said, "same.line a=1 suppressed=41\n"), 1, "and counted");
    free(said);

    said_begin();
    for (int i = 0; i < 5000; i++)
        log_warn("differing.line", "i=%d", i);
    usleep(1100 * 1000);
    log_warn("another.name", "b=2");
    said = said_end();
    is_int(count_of(said, "differing.line i="), 50, "a flood under one name is bounded");
    is_int(count_of(said, "differing.line suppressed=4950\n"), 1,
           "what was suppressed is told even if the name falls silent");
    free(said);

    said_begin();
    for (int i = 0; i < 8; i++)
        log_warn("child.ready", "slot=%d", i);
    is_int(said_count("child.ready slot="), 8, "different lines of one name are no repeats");
}

static void *talk(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_warn(arg, "i=%d end", i);
    return NULL;
}

static void threads_do_not_mix(void)
{
    static const char *names[] = {"thread.a", "thread.b", "thread.c", "thread.d"};
    pthread_t thread[4];
    char *said, *line, *save;
    int whole = 0, broken = 0;

    said_begin();
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, talk, (void *)names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    said = said_end();
    for (line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (matches(line, "Z warn   worker/3 thread\\.[a-d] i=[0-9]+ end( suppressed=[0-9]+)?$"))
            whole++;
        else
            broken++;
    }
    free(said);
    is_int(broken, 0, "lines of several threads stay apart");
    ok(whole >= 200 && whole <= 4 * 200, "each name got its share: %d lines", whole);
}

static void journal_prefix(void)
{
    char *said;
    pid_t pid;

    said_begin();
    pid = fork(); /* whether there is a journal is asked once in a process */
    if (pid == 0) {
        struct stat st;
        char stream[64];

        fstat(STDERR_FILENO, &st);
        snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
        execl("/proc/self/exe", "shm-log", "journal", NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    said = said_end();
    ok(matches(said, "^<3>[0-9].* error  tool to\\.journal a=1$"), "the journal gets priorities");
    free(said);
}

static void escapes(void)
{
    char out[64], small[7];

    is_str(log_escape(out, sizeof(out), "plain-text_1/2", 14), "plain-text_1/2",
           "plain stays plain");
    is_str(log_escape(out, sizeof(out), "a b\n\"\\\0\x7f\xc3", 9),
           "a\\x20b\\x0a\\x22\\x5c\\x00\\x7f\\xc3", "all else is spelled out");
    is_str(log_escape(small, sizeof(small), "abc\ndef", 7), "abc", "no escape is cut in two");
    is_str(log_escape(small, sizeof(small), "abcdefghij", 10), "abcdef", "cut to what fits");
    is_str(log_escape(small, 0, "abc", 3), "", "no room, no write");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        log_error("to.journal", "a=1");
        return 0;
    }
    unsetenv("JOURNAL_STREAM");
    form();
    long_lines_are_cut();
    levels();
    repeats_are_counted();
    threads_do_not_mix();
    journal_prefix();
    escapes();
    return done_testing();
}
