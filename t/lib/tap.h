/* tap.h -- what a C test needs to speak TAP. One test program is one translation unit. */
#ifndef QUERN_T_TAP_H
#define QUERN_T_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5), unused)) static bool tap_say(bool good, const char *file,
                                                                  int line, const char *format, ...)
{
    va_list ap;

    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    if (!good) {
        tap_failed++;
        printf("#   at %s:%d\n", file, line);
    }
    fflush(stdout);
    return good;
}

#define ok(cond, ...) tap_say((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...)                                        \
    do {                                                              \
        long long got_ = (long long)(got), want_ = (long long)(want); \
        if (!ok(got_ == want_, __VA_ARGS__))                          \
            printf("#   got %lld, want %lld\n", got_, want_);         \
    } while (0)
#define is_str(got, want, ...)                                                       \
    do {                                                                             \
        const char *got_ = (got), *want_ = (want);                                   \
        if (!ok(got_ && want_ && strcmp(got_, want_) == 0, __VA_ARGS__))             \
            printf("#   got  '%s'\n#   want '%s'\n", got_ ? got_ : "(null)", want_); \
    } while (0)
#define is_text(got, want, ...)                                                \
    do {                                                                       \
        struct text got_ = (got);                                              \
        const char *want_ = (want);                                            \
        if (!ok(text_is(got_, want_), __VA_ARGS__))                            \
            printf("#   got  '%.*s'\n#   want '%s'\n", TEXT_ARG(got_), want_); \
    } while (0)
#define note(...) (printf("# "), printf(__VA_ARGS__), putchar('\n'))

/* How much slower than usual things may be here: QUERN_SLOW says so (under valgrind), or it is known
 * of a binary that watches itself. Limits of time and numbers of rounds scale with it. */
__attribute__((unused)) static int slow(void)
{
    const char *said = getenv("QUERN_SLOW");

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return said ? atoi(said) : 6;
#else
    return said ? atoi(said) : 1;
#endif
}

/* What cannot be tested any further. */
__attribute__((format(printf, 1, 2), noreturn, unused)) static void bail_out(const char *format,
                                                                             ...)
{
    va_list ap;

    printf("Bail out! ");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    exit(1);
}

__attribute__((unused)) static int done_testing(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed || !tap_count;
}

#endif
