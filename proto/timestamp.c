#include "proto/timestamp.h"

#include <math.h>

#define SECOND 1000000LL
#define DAY (86400 * SECOND)
/* Far more than milliseconds mistaken for seconds, and sums of two such moments fit an int64. */
#define SECONDS_MAX 4000000000000LL
#define YEAR_0 (-719528LL * DAY) /* 0000-01-01 */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back. Years begin in
 * March, so that the leap day is the last one; an era is 400 years. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t era;
    unsigned in_era, in_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    in_era = (unsigned)(year - era * 400);
    in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void date_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t era;
    unsigned in_era, years, in_year, shifted;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    in_era = (unsigned)(days - era * 146097);
    years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    in_year = in_era - (365 * years + years / 4 - years / 100);
    shifted = (5 * in_year + 2) / 153;
    *day = in_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = years + era * 400 + (*month <= 2);
}

/* `count` digits at the front of *t, cut off. */
static bool number(struct text *t, size_t count, unsigned *out)
{
    *out = 0;
    if (t->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(unsigned char)t->at[i] - '0';

        if (digit > 9)
            return false;
        *out = *out * 10 + digit;
    }
    *t = text_cut(*t, count, t->len);
    return true;
}

static bool byte(struct text *t, const char *any_of)
{
    if (t->len == 0 || t->at[0] == '\0' || !strchr(any_of, t->at[0]))
        return false;
    *t = text_cut(*t, 1, t->len);
    return true;
}

/* Digits behind the point at the front of *t, as microseconds, rounded. */
static bool fraction(struct text *t, int64_t *us)
{
    static const uint32_t units[] = {100000, 10000, 1000, 100, 10, 1};
    size_t i = 0;

    for (; i < t->len && (unsigned char)(t->at[i] - '0') <= 9; i++) {
        unsigned digit = (unsigned)(t->at[i] - '0');

        if (i < 6)
            *us += digit * units[i];
        else if (i == 6 && digit >= 5)
            *us += 1;
    }
    *t = text_cut(*t, i, t->len);
    return i > 0;
}

/* What may follow the time: nothing, Z, or an offset. */
static bool zone(struct text *t, int64_t *us)
{
    unsigned hours, minutes = 0;
    bool west;

    while (byte(t, " "))
        ;
    if (t->len == 0 || (byte(t, "Zz") && t->len == 0))
        return true;
    west = t->len && t->at[0] == '-';
    if (!byte(t, "+-") || !number(t, 2, &hours))
        return false;
    byte(t, ":");
    if (t->len && !number(t, 2, &minutes))
        return false;
    if (t->len || hours > 23 || minutes > 59)
        return false;
    *us += (west ? 1 : -1) * (int64_t)(hours * 60 + minutes) * 60 * SECOND;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29
                                                                               : days[month - 1];
}

static bool read_date(struct text t, int64_t *out)
{
    unsigned year, month, day, hour, minute, second = 0;
    int64_t us = 0;

    if (!number(&t, 4, &year) || !byte(&t, "-") || !number(&t, 2, &month) || !byte(&t, "-") ||
        !number(&t, 2, &day) || !byte(&t, "Tt ") || !number(&t, 2, &hour) || !byte(&t, ":") ||
        !number(&t, 2, &minute))
        return false;
    if (byte(&t, ":") && !number(&t, 2, &second))
        return false;
    if (byte(&t, ".,") && !fraction(&t, &us))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
        minute > 59 || second > 60) /* 60: a leap second */
        return false;
    us += days_of(year, month, day) * DAY + (hour * 3600LL + minute * 60 + second) * SECOND;
    if (!zone(&t, &us))
        return false;
    *out = us;
    return true;
}

/* Seconds since 1970. Digits are read as digits: 1700000000.123456 is exact that way. */
static bool read_seconds(struct text t, int64_t *out)
{
    bool negative = byte(&t, "-");
    size_t whole = 0;
    int64_t seconds = 0, us = 0;

    for (; whole < t.len && (unsigned char)(t.at[whole] - '0') <= 9; whole++)
        if (seconds <= SECONDS_MAX)
            seconds = seconds * 10 + (t.at[whole] - '0');
    if (whole == 0 || seconds > SECONDS_MAX)
        return false;
    t = text_cut(t, whole, t.len);
    if (byte(&t, ".") && !fraction(&t, &us))
        return false;
    if (t.len)
        return false;
    us += seconds * SECOND;
    *out = negative ? -us : us;
    return true;
}

bool timestamp_read(struct text t, int64_t *us)
{
    t = text_trim(t);
    return read_date(t, us) || read_seconds(t, us);
}

bool timestamp_json(const struct json *v, int64_t *us)
{
    double seconds;

    if (json_is(v, JSON_STRING))
        return !v->escaped && timestamp_read(v->raw, us);
    if (!json_is(v, JSON_NUMBER))
        return false;
    if (read_seconds(v->raw, us))
        return true;
    /* There is an exponent. */
    if (!json_double(v, &seconds) || fabs(seconds) > SECONDS_MAX)
        return false;
    *us = (int64_t)llround(seconds * 1e6);
    return true;
}

/* Below 100. */
static inline char *two_digits(char *out, unsigned v)
{
    out[0] = (char)('0' + v / 10);
    out[1] = (char)('0' + v % 10);
    return out + 2;
}

size_t timestamp_write(int64_t us, char out[TIMESTAMP_TEXT_MAX])
{
    int64_t days, in_day, year;
    unsigned month, day, seconds, micros;
    char *to = out;

    *out = '\0';
    if (us < YEAR_0 || us > TIMESTAMP_MAX_US)
        return 0;
    days = us / DAY - (us % DAY < 0);
    in_day = us - days * DAY;
    seconds = (unsigned)(in_day / SECOND);
    micros = (unsigned)(in_day % SECOND);
    date_of(days, &year, &month, &day);
    to = two_digits(to, (unsigned)year / 100);
    to = two_digits(to, (unsigned)year % 100);
    *to++ = '-';
    to = two_digits(to, month);
    *to++ = '-';
    to = two_digits(to, day);
    *to++ = 'T';
    to = two_digits(to, seconds / 3600);
    *to++ = ':';
    to = two_digits(to, seconds / 60 % 60);
    *to++ = ':';
    to = two_digits(to, seconds % 60);
    if (micros) {
        *to++ = '.';
        to = two_digits(to, micros / 10000);
        to = two_digits(to, micros / 100 % 100);
        to = two_digits(to, micros % 100);
    }
    *to++ = 'Z';
    *to = '\0';
    return (size_t)(to - out);
}

struct text timestamp_text(int64_t us, struct arena *a)
{
    char *out = arena_alloc(a, TIMESTAMP_TEXT_MAX);

    return out ? (struct text){out, timestamp_write(us, out)} : TEXT_NONE;
}
