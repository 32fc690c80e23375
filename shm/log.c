#include "shm/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/self.h"

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: lines never mix in a pipe; longer ones are cut */
#define WINDOW_MS 1000
#define LINES_PER_WINDOW 50 /* of one name: whatever differs in the values, a flood stays small */
#define NAMES_REMEMBERED 64

struct repeat { /* what one name has said lately */
    uint64_t name_hash;
    uint64_t line_hash; /* its last line */
    int64_t since_ms;
    uint32_t printed, suppressed;
    enum log_level level;
    char name[48];
};

/* Process-wide, like self: a process has one standard error. */
static struct {
    _Atomic int level;
    _Atomic int journal; /* 0: not asked yet, 1: no, 2: yes */
    atomic_flag busy;    /* guards repeats */
    struct repeat repeats[NAMES_REMEMBERED];
} logger = {.level = LOG_LEVEL_NOTICE, .busy = ATOMIC_FLAG_INIT};

static const struct {
    const char *word;
    int priority; /* syslog's, for the journal */
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", 7},
    [LOG_LEVEL_NOTICE] = {"notice", 5},
    [LOG_LEVEL_WARN] = {"warn", 4},
    [LOG_LEVEL_ERROR] = {"error", 3},
};

static uint64_t hash(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)bytes[i]) * 0x100000001b3;
    return h;
}

/* systemd.exec(5): JOURNAL_STREAM names device and inode of the journal's socket; a standard error
 * that was redirected since is something else. */
static bool is_journal(void)
{
    int known = atomic_load_explicit(&logger.journal, memory_order_relaxed);

    if (!known) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long dev, ino;
        struct stat st;

        known = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
                        fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino
                    ? 2
                    : 1;
        atomic_store_explicit(&logger.journal, known, memory_order_relaxed);
    }
    return known == 2;
}

/* Bytes written by an snprintf that had `room`. */
static size_t fitted(int printed, size_t room)
{
    if (printed < 0)
        return 0;
    return (size_t)printed < room ? (size_t)printed : room - 1;
}

static size_t put_head(char *line, size_t room, enum log_level level, const char *name)
{
    const struct self *self = self_get();
    struct timespec now;
    struct tm tm;
    char who[32];
    size_t n = 0;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    if (self->role == ROLE_WORKER)
        snprintf(who, sizeof(who), "worker/%u", self->slot);
    else
        snprintf(who, sizeof(who), "%s", role_name(self->role));
    if (is_journal())
        n = fitted(snprintf(line, room, "<%d>", levels[level].priority), room);
    n += fitted(snprintf(line + n, room - n, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %-6s %s %s ",
                         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                         tm.tm_sec, now.tv_nsec / 1000000, levels[level].word, who, name),
                room - n);
    return n;
}

/* One write(2), so that the lines of several processes and threads stay apart. `line` has a byte of
 * room behind `len`. */
static void emit(char *line, size_t len)
{
    while (len && line[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)line[i] < ' ')
            line[i] = ' '; /* one event, one line */
    line[len++] = '\n';
    while (write(STDERR_FILENO, line, len) == -1 && errno == EINTR)
        ;
}

static void emit_leftover(struct repeat *r)
{
    char line[256];
    size_t n = put_head(line, sizeof(line) - 1, r->level, r->name);

    n += fitted(snprintf(line + n, sizeof(line) - 1 - n, "suppressed=%u", r->suppressed),
                sizeof(line) - 1 - n);
    emit(line, n);
    r->suppressed = 0;
}

/* Counts of names that fell silent would otherwise never be told. */
static void emit_leftovers(int64_t now_ms)
{
    for (int i = 0; i < NAMES_REMEMBERED; i++) {
        struct repeat *r = &logger.repeats[i];

        if (r->suppressed && now_ms - r->since_ms >= WINDOW_MS)
            emit_leftover(r);
    }
}

/* May this line be printed? *suppressed: how many of its name were not, before it. */
static bool admit(enum log_level level, const char *name, uint64_t line_hash, int64_t now_ms,
                  uint32_t *suppressed)
{
    uint64_t name_hash = hash(name, strlen(name));
    struct repeat *r = &logger.repeats[name_hash % NAMES_REMEMBERED];

    if (r->name_hash != name_hash) {
        if (r->suppressed)
            emit_leftover(r);
        *r = (struct repeat){.name_hash = name_hash, .since_ms = now_ms, .level = level};
        snprintf(r->name, sizeof(r->name), "%s", name);
    }
    if (now_ms - r->since_ms >= WINDOW_MS) {
        r->since_ms = now_ms;
        r->printed = 0;
    }
    if (r->printed && (r->line_hash == line_hash || r->printed >= LINES_PER_WINDOW)) {
        r->suppressed++;
        return false;
    }
    r->printed++;
    r->line_hash = line_hash;
    *suppressed = r->suppressed;
    r->suppressed = 0;
    return true;
}

/* A spin with an end: should the lock never come free (a fork in the midst of a line), lines are
 * printed without counting repeats rather than not at all. */
static bool lock(void)
{
    for (int i = 0; i < 1000; i++)
        if (!atomic_flag_test_and_set_explicit(&logger.busy, memory_order_acquire))
            return true;
    return false;
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&logger.level, level, memory_order_relaxed);
}

int log_level_parse(const char *word)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++)
        if (strcmp(word, levels[i].word) == 0)
            return i;
    return -1;
}

void log_line(enum log_level level, const char *name, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    size_t room = sizeof(line) - 1, head, n;
    uint32_t suppressed = 0;
    int saved = errno;
    bool admitted = true;
    va_list ap;

    if ((int)level < atomic_load_explicit(&logger.level, memory_order_relaxed))
        return;
    n = head = put_head(line, room, level, name);
    va_start(ap, format);
    errno = saved; /* for %m */
    n += fitted(vsnprintf(line + n, room - n, format, ap), room - n);
    va_end(ap);
    if (lock()) {
        struct timespec now;
        int64_t now_ms;

        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
        admitted = admit(level, name, hash(line + head, n - head), now_ms, &suppressed);
        emit_leftovers(now_ms);
        atomic_flag_clear_explicit(&logger.busy, memory_order_release);
    }
    if (admitted) {
        if (suppressed)
            n += fitted(snprintf(line + n, room - n, " suppressed=%u", suppressed), room - n);
        emit(line, n);
    }
    errno = saved;
}

const char *log_escape(char *out, size_t room, const void *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    size_t n = 0;

    if (!room)
        return "";
    for (size_t i = 0; i < len; i++) {
        bool plain = in[i] > ' ' && in[i] < 0x7f && in[i] != '"' && in[i] != '\'' && in[i] != '\\';

        if (n + (plain ? 1 : 4) >= room)
            break;
        if (plain) {
            out[n++] = (char)in[i];
        } else {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = hex[in[i] >> 4];
            out[n++] = hex[in[i] & 15];
        }
    }
    out[n] = '\0';
    return out;
}
