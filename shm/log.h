/* log.h -- log lines: one event a line, `time level who name key=value …`, on standard error.
 *   2026-01-31T09:14:07.482Z notice master reload.done generation=4 workers=8 took_ms=212
 * error: someone must act; warn: refused or retried; notice: the state changed; debug: for us.
 * The name stands once in the source. Client bytes are printed through log_escape. Keys, tokens and
 * bodies never appear. A line that repeats within a second is counted, not printed (suppressed=N).
 * Under systemd (JOURNAL_STREAM) lines carry the <N> priority prefix. Any process, any thread. */
#ifndef QUERN_SHM_LOG_H
#define QUERN_SHM_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_NOTICE, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_set_level(enum log_level level);
/* "debug", "notice", "warn", "error" → level; -1: no such word. */
int log_level_parse(const char *word);
void log_line(enum log_level level, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define log_debug(name, ...) log_line(LOG_LEVEL_DEBUG, name, __VA_ARGS__)
#define log_notice(name, ...) log_line(LOG_LEVEL_NOTICE, name, __VA_ARGS__)
#define log_warn(name, ...) log_line(LOG_LEVEL_WARN, name, __VA_ARGS__)
#define log_error(name, ...) log_line(LOG_LEVEL_ERROR, name, __VA_ARGS__)

/* Bytes of a stranger, cut to what `out` holds, with \xNN for all that is not printable ASCII and
 * for blanks and quotes. Always NUL-terminated; returns out. */
const char *log_escape(char *out, size_t room, const void *bytes, size_t len);

#endif
