/* param_number.c -- counts, measures and durations. */
#include <string.h>

#include "model/param_scan.h"

static size_t digits_and_fraction(const struct param_scan *s, size_t i, bool *fraction)
{
    size_t n = param_run(s, i, PARAM_DIGIT, SIZE_MAX), more;

    *fraction = false;
    if (n && param_byte(s, i + n, '.') && (more = param_run(s, i + n + 1, PARAM_DIGIT, SIZE_MAX))) {
        *fraction = true;
        n += 1 + more;
    }
    return n;
}

/* Before a unit thousands may be set apart: 3,456ms */
static size_t measure(const struct param_scan *s, size_t i, bool *fraction)
{
    size_t n = param_run(s, i, PARAM_DIGIT, 4), from = n;

    if (n == 0 || n > 3)
        return digits_and_fraction(s, i, fraction);
    while (param_byte(s, i + n, ',') && param_run(s, i + n + 1, PARAM_DIGIT, 4) == 3)
        n += 4;
    *fraction = false;
    return n > from ? n : digits_and_fraction(s, i, fraction);
}

static size_t unit_here(const struct param_scan *s, size_t i, const char *const *units)
{
    for (; *units; units++)
        if (param_literal(s, i, *units))
            return strlen(*units);
    return 0;
}

/* ISO 8601: PT1H30M, P3DT12H, PT0.5S */
static size_t iso_duration(const struct param_scan *s, size_t i)
{
    size_t at = i + 1, n, parts = 0;
    bool fraction, time = false;

    for (;; at += n + 1, parts++) {
        if (!time && param_byte(s, at, 'T')) {
            time = true;
            at++;
        }
        n = digits_and_fraction(s, at, &fraction);
        if (!n || at + n >= s->len || !memchr(time ? "HMS" : "YMWD", s->at[at + n], time ? 3 : 4))
            break;
    }
    return parts && !n && time && param_word_ends(s, at) ? at - i : 0;
}

/* 250ms, 1.5s, 80µs; and as Go and others print it, 1h2m3.5s, 2d4h, 1m12s345ms. A lone "5m" may be
 * metres. */
size_t param_duration_here(const struct param_scan *s, size_t i)
{
    static const char *const units[] = {"d",         "h",         "ms", "m",  "s",
                                        "\xc2\xb5s", "\xce\xbcs", "us", "ns", NULL};
    size_t at = i, n, unit, last = 0, parts = 0;
    bool fraction = false, whole = true;

    if (!param_word_begins(s, i))
        return 0;
    if (s->at[i] == 'P')
        return iso_duration(s, i);
    for (; whole && param_is(s, at, PARAM_DIGIT); parts++) {
        n = parts ? digits_and_fraction(s, at, &fraction) : measure(s, at, &fraction);
        if ((!fraction && n > 20) || !(unit = unit_here(s, at + n, units)))
            return 0;
        whole = !fraction;
        last = unit == 1 && s->at[at + n] != 's';
        at += n + unit;
    }
    return (parts > 1 || (parts && !last)) && param_word_ends(s, at) ? at - i : 0;
}

/* "12MB" and "5m" keep their unit: `n` bytes of number stand before it. */
size_t param_size_here(const struct param_scan *s, size_t i, bool *fraction)
{
    static const char *const units[] = {"B",   "kB",  "KB",  "MB", "GB", "TB", "PB", "KiB", "MiB",
                                        "GiB", "TiB", "PiB", "kb", "mb", "gb", "tb", "kib", "mib",
                                        "gib", "Ki",  "Mi",  "Gi", "Ti", "m",  "h",  "min", NULL};
    size_t n = param_word_begins(s, i) ? measure(s, i, fraction) : 0;

    for (const char *const *u = units; n && *u; u++)
        if (param_literal(s, i + n, *u) && param_word_ends(s, i + n + strlen(*u)))
            return n;
    return 0;
}

/* 1st, 2nd, 23rd: how many times it was before. */
size_t param_ordinal_here(const struct param_scan *s, size_t i)
{
    static const char *const endings[] = {"st", "nd", "rd", "th", NULL};
    size_t n = param_run(s, i, PARAM_DIGIT, 7);

    return param_word_begins(s, i) && unit_here(s, i + n, endings) && param_word_ends(s, i + n + 2)
               ? n + 2
               : 0;
}

/* 1920x1080, 4x10x3; 0x10 is hex. */
size_t param_dimensions_here(const struct param_scan *s, size_t i)
{
    size_t at = i, n, count = 0;

    if (!param_token_begins(s, i) || (param_byte(s, i, '0') && param_byte(s, i + 1, 'x')))
        return 0;
    while ((n = param_run(s, at, PARAM_DIGIT, 8))) {
        at += n;
        if (++count && !param_byte(s, at, 'x'))
            break;
        at++;
    }
    return n && count > 1 && param_token_ends(s, at) ? at - i : 0;
}

/* v1.2.3-rc.1 */
size_t param_version_here(const struct param_scan *s, size_t i)
{
    size_t at = i + 1, n, numbers = 0;

    if (!param_word_begins(s, i))
        return 0;
    while ((n = param_run(s, at, PARAM_DIGIT, 9))) {
        at += n;
        numbers++;
        if (!param_byte(s, at, '.') || !param_is(s, at + 1, PARAM_DIGIT))
            break;
        at++;
    }
    if (numbers < 2 || numbers > 4)
        return 0;
    if (param_byte(s, at, '-') && param_is(s, at + 1, PARAM_DIGIT | PARAM_LETTER)) {
        at += 1 + param_run(s, at + 1, PARAM_DIGIT | PARAM_LETTER, SIZE_MAX);
        while (param_byte(s, at, '.') && param_is(s, at + 1, PARAM_DIGIT))
            at += 1 + param_run(s, at + 1, PARAM_DIGIT, SIZE_MAX);
    }
    return param_word_ends(s, at) ? at - i : 0;
}

/* 1.5e-7, 1e+20: the exponent's length; without a fraction it needs a sign, since 1e5 may be hex. */
static size_t exponent(const struct param_scan *s, size_t i, bool fraction)
{
    size_t at = i + 1, n;
    bool sign = param_byte(s, at, '+') || param_byte(s, at, '-');

    if ((!param_byte(s, i, 'e') && !param_byte(s, i, 'E')) || !(fraction || sign))
        return 0;
    n = param_run(s, at + sign, PARAM_DIGIT, 4);
    return n && n <= 3 ? 1 + sign + n : 0;
}

/* A minus sign always belongs to a number with a fraction. */
size_t param_float_here(const struct param_scan *s, size_t i)
{
    size_t sign = param_byte(s, i, '-');
    bool fraction;

    if (!sign && !param_word_begins(s, i))
        return 0;
    size_t n = digits_and_fraction(s, i + sign, &fraction), more;
    if (!n)
        return 0;
    more = exponent(s, i + sign + n, fraction);
    return (fraction || more) && param_word_ends(s, i + sign + n + more) ? sign + n + more : 0;
}

/* 1,234,567: one to three digits, then groups of exactly three. */
static size_t thousands(const struct param_scan *s, size_t i, bool *fraction)
{
    size_t at = i + param_run(s, i, PARAM_DIGIT, 4), groups = 0;

    if (at - i > 3)
        return 0;
    while (param_byte(s, at, ',') && param_run(s, at + 1, PARAM_DIGIT, 4) == 3) {
        at += 4;
        groups++;
    }
    if (groups == 0 || !param_token_ends(s, at))
        return 0;
    if (param_byte(s, at, '.') && param_is(s, at + 1, PARAM_DIGIT)) {
        *fraction = true;
        at += 1 + param_run(s, at + 1, PARAM_DIGIT, SIZE_MAX);
    }
    return at - i;
}

/* A dash is a minus sign unless it joins two words. Eight digits and more are hex, see there; what
 * is too long even for that is a number again. */
size_t param_int_here(const struct param_scan *s, size_t i, bool *fraction)
{
    size_t sign = param_byte(s, i, '-'), n;

    *fraction = false;
    if (sign ? param_word_behind(s, i) : !param_token_begins(s, i))
        return 0;
    if ((n = thousands(s, i + sign, fraction)))
        return sign + n;
    n = param_run(s, i + sign, PARAM_DIGIT, SIZE_MAX);
    return n && (n <= 7 || n > 128) && param_token_ends(s, i + sign + n) ? sign + n : 0;
}
