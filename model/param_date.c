/* param_date.c -- dates and clock times, in the forms that servers and runtimes print.
 * The forms are tried in a fixed order, and the first that fits wins, as in an alternation; each
 * names where it comes from. They need no border around them: "T10:30" has a date in it. */
#include <string.h>

#include "model/param_scan.h"

struct cursor {
    const struct param_scan *s;
    size_t i;
};

static bool take(struct cursor *c, char byte)
{
    if (!param_byte(c->s, c->i, byte))
        return false;
    c->i++;
    return true;
}

static bool take_of(struct cursor *c, const char *bytes)
{
    if (c->i >= c->s->len || !c->s->at[c->i] || !strchr(bytes, c->s->at[c->i]))
        return false;
    c->i++;
    return true;
}

/* One digit between `low` and `high`. */
static bool digit(struct cursor *c, char low, char high)
{
    if (c->i >= c->s->len || c->s->at[c->i] < low || c->s->at[c->i] > high)
        return false;
    c->i++;
    return true;
}

static bool digits(struct cursor *c, size_t min, size_t max)
{
    size_t n = param_run(c->s, c->i, PARAM_DIGIT, max);

    c->i += n;
    return n >= min;
}

static bool blank(struct cursor *c)
{
    if (!param_is(c->s, c->i, PARAM_SPACE))
        return false;
    c->i++;
    return true;
}

static bool blanks(struct cursor *c)
{
    size_t n = param_run(c->s, c->i, PARAM_SPACE, 32);

    c->i += n;
    return n > 0;
}

/* Two digits, the first of which is at most `tens`. */
static bool pair(struct cursor *c, char tens)
{
    return digit(c, '0', tens) && digits(c, 1, 1);
}

static bool one_of(struct cursor *c, const char *names, size_t each)
{
    if (c->s->len - c->i < each || c->s->at[c->i] > 'Z' || c->s->at[c->i] < 'A')
        return false;
    for (; *names; names += each)
        if (memcmp(c->s->at + c->i, names, each) == 0) {
            c->i += each;
            return true;
        }
    return false;
}

static bool month(struct cursor *c)
{
    return one_of(c, "JanFebMarAprMayJunJulAugSepOctNovDec", 3);
}

/* May, November */
static bool month_long(struct cursor *c)
{
    static const char *const rests[] = {"uary", "ruary", "ch",     "il",   "",      "e",
                                        "y",    "ust",   "tember", "ober", "ember", "ember"};
    static const char shorts[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
        if (c->i + 3 <= c->s->len && memcmp(c->s->at + c->i, shorts + 3 * i, 3) == 0) {
            c->i += 3;
            if (param_literal(c->s, c->i, rests[i]))
                c->i += strlen(rests[i]);
            return true;
        }
    return false;
}

static bool weekday(struct cursor *c)
{
    return one_of(c, "SunMonTueWedThuFriSat", 3);
}

static bool weekday_long(struct cursor *c)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (param_literal(c->s, c->i, names[i])) {
            c->i += strlen(names[i]);
            return true;
        }
    return weekday(c);
}

/* The zones of RFC 822: GMT, those of North America, the letters of the military but for J. */
static bool zone_name(struct cursor *c)
{
    if (one_of(c, "UTCGMTESTEDTCSTCDTMSTMDTPSTPDT", 3) || one_of(c, "UT", 2))
        return true;
    if (param_byte(c->s, c->i, 'J'))
        return false;
    return digit(c, 'A', 'Z');
}

static bool zone(struct cursor *c)
{
    struct cursor start = *c;

    if (take_of(c, "+-") && digits(c, 2, 2) && pair(c, '5'))
        return true;
    *c = start;
    return zone_name(c);
}

static bool option(struct cursor *c, bool (*part)(struct cursor *))
{
    struct cursor start = *c;

    if (part(c))
        return true;
    *c = start;
    return false;
}

static bool fraction(struct cursor *c)
{
    return take(c, '.') && digits(c, 1, SIZE_MAX);
}

static bool colon_digits(struct cursor *c)
{
    return take(c, ':') && digits(c, 1, 2);
}

static bool colon_seconds(struct cursor *c)
{
    return take(c, ':') && pair(c, '5');
}

static bool colon_leap_seconds(struct cursor *c)
{
    struct cursor start = *c;

    if (take(c, ':') && pair(c, '5'))
        return true;
    *c = start;
    return take(c, ':') && take(c, '6') && take(c, '0');
}

static bool clock_plain(struct cursor *c) /* dd:dd:dd */
{
    return digits(c, 2, 2) && take(c, ':') && digits(c, 2, 2) && take(c, ':') && digits(c, 2, 2);
}

/* RFC 822 and 1123: Mon, 2 Jan 2006 15:04:05 MST */
static bool rfc1123(struct cursor *c)
{
    return weekday(c) && take(c, ',') && blank(c) && digits(c, 1, 2) && blank(c) && month(c) &&
           blank(c) && digits(c, 2, 4) && blank(c) && digits(c, 1, 2) && take(c, ':') &&
           digits(c, 1, 2) && (option(c, colon_digits), true) && blank(c) && zone(c);
}

static bool weekday_blank(struct cursor *c)
{
    return weekday_long(c) && (take(c, ','), blank(c));
}

/* [Mon ]Jan 02, 1999; [Monday, ]January 2, 1999 */
static bool us_date(struct cursor *c)
{
    option(c, weekday_blank);
    return month_long(c) && blank(c) && digits(c, 1, 2) && take(c, ',') && blank(c) &&
           digits(c, 2, 4);
}

/* RFC 850: Monday, 02-Jan-06 15:04:05 MST */
static bool rfc850(struct cursor *c)
{
    return weekday_long(c) && take(c, ',') && blank(c) && digits(c, 2, 2) && take(c, '-') &&
           month(c) && take(c, '-') && digits(c, 2, 2) && blank(c) && clock_plain(c) && blank(c) &&
           zone_name(c);
}

static bool bracketed_zone(struct cursor *c)
{
    if (!blank(c) || !take(c, '('))
        return false;
    size_t from = c->i;
    while (c->i < c->s->len && c->s->at[c->i] != ')' && c->i - from < 128)
        c->i++;
    return c->i > from && take(c, ')');
}

/* JavaScript's Date.toString: Mon Jan 02 2006 14:04:05 GMT-0800 (Pacific Standard Time) */
static bool javascript(struct cursor *c)
{
    if (!(weekday(c) && blank(c) && month(c) && blank(c) && digits(c, 2, 2) && blank(c) &&
          digits(c, 4, 4) && blank(c) && clock_plain(c) && blank(c) &&
          param_literal(c->s, c->i, "GMT")))
        return false;
    c->i += 3;
    if (!take_of(c, "+-") || !digits(c, 4, 4))
        return false;
    option(c, bracketed_zone);
    return true;
}

static bool weekday_blanks(struct cursor *c)
{
    return weekday(c) && blanks(c);
}

/* What date(1) puts before the year: the zone, of which there are more than RFC 822 knows. */
static bool zone_blank(struct cursor *c)
{
    size_t n = 0;

    while (digit(c, 'A', 'Z'))
        n++;
    return n >= 3 && n <= 5 && blank(c);
}

/* asctime and date(1): [Mon ]Jan 2 15:04:05 [MST ]2006 */
static bool asctime_form(struct cursor *c)
{
    option(c, weekday_blanks);
    return month(c) && blanks(c) && digits(c, 1, 2) && blanks(c) && clock_plain(c) && blanks(c) &&
           (option(c, zone_blank), true) && digits(c, 4, 4);
}

/* Syslog (RFC 3164): Jan  2 15:04:05 */
static bool syslog_form(struct cursor *c)
{
    return month(c) && blanks(c) && digits(c, 1, 2) && blanks(c) && clock_plain(c);
}

/* Google's loggers begin a line with a level, month and day: E0102 15:04:05.678 */
static bool glog_form(struct cursor *c)
{
    if (!(take_of(c, "IWEF") && pair(c, '1') && pair(c, '3') && blank(c) && clock_plain(c)))
        return false;
    option(c, fraction);
    return true;
}

static bool weekday_comma(struct cursor *c)
{
    return weekday(c) && take(c, ',') && blanks(c);
}

static bool day_of_month(struct cursor *c)
{
    struct cursor start = *c;

    if (pair(c, '2') || (*c = start, take(c, '3') && digit(c, '0', '1')))
        return true;
    *c = start;
    return digits(c, 1, 1);
}

static bool year(struct cursor *c)
{
    struct cursor start = *c;

    if (take(c, '1') && take(c, '9') && digits(c, 2, 2))
        return true;
    *c = start;
    return digit(c, '2', '9') && digits(c, 3, 3);
}

static bool hour24(struct cursor *c)
{
    struct cursor start = *c;

    if (take(c, '2') && digit(c, '0', '3'))
        return true;
    *c = start;
    return pair(c, '1');
}

/* RFC 2822: [Mon, ]02 Jan 2006 15:04:05 MST */
static bool rfc2822(struct cursor *c)
{
    option(c, weekday_comma);
    return day_of_month(c) && blanks(c) && month(c) && blanks(c) && year(c) && blanks(c) &&
           hour24(c) && take(c, ':') && pair(c, '5') && (option(c, colon_leap_seconds), true) &&
           blanks(c) && zone(c);
}

/* 2 January 2006, 02-Jan-2006 */
static bool day_first(struct cursor *c)
{
    if (!day_of_month(c))
        return false;
    bool dash = take(c, '-');
    return (dash || blank(c)) && month_long(c) && (dash ? take(c, '-') : blank(c)) && year(c) &&
           param_token_ends(c->s, c->i);
}

static bool blank_zone(struct cursor *c)
{
    return blank(c) && zone(c);
}

/* Logs of web servers: 02/Jan/2006:15:04:05 -0700 */
static bool common_log(struct cursor *c)
{
    if (!(digits(c, 2, 2) && take(c, '/') && month(c) && take(c, '/') && digits(c, 4, 4) &&
          take(c, ':') && clock_plain(c)))
        return false;
    option(c, blank_zone);
    return true;
}

static bool python_object(struct cursor *c) /* datetime.datetime(2025, 6, 24, 18, 33) */
{
    static const char name[] = "datetime.datetime(";

    if (!param_literal(c->s, c->i, name))
        return false;
    c->i += sizeof name - 1;
    size_t n = 0;
    while (c->i < c->s->len && c->s->at[c->i] != ')' && c->s->at[c->i] != '\n' && n++ < 256)
        c->i++;
    return take(c, ')');
}

static bool offset_rfc3339(struct cursor *c) /* Go prints the layout itself: Z07:00 */
{
    take_of(c, "+-");
    return digits(c, 2, 2) && take(c, ':') && digits(c, 2, 2);
}

/* RFC 3339: 2006-01-02T15:04:05.999Z */
static bool rfc3339(struct cursor *c)
{
    if (!(digits(c, 4, 4) && take(c, '-') && digits(c, 2, 2) && take(c, '-') && digits(c, 2, 2) &&
          take(c, 'T') && clock_plain(c)))
        return false;
    option(c, fraction);
    take(c, 'Z');
    option(c, offset_rfc3339);
    return true;
}

static bool iso_seconds(struct cursor *c)
{
    take(c, ':');
    return pair(c, '5');
}

static bool iso_offset(struct cursor *c)
{
    if (take(c, 'Z'))
        return true;
    if (!take_of(c, "+-") || !pair(c, '2'))
        return false;
    take(c, ':');
    return pair(c, '5');
}

/* ISO 8601 in its plain and compressed forms: 20060102 150405+0100 */
static bool iso(struct cursor *c)
{
    if (!digits(c, 4, 4))
        return false;
    take(c, '-');
    if (!pair(c, '1'))
        return false;
    take(c, '-');
    if (!pair(c, '3') || !(take(c, 'T') || blank(c)) || !pair(c, '2'))
        return false;
    take(c, ':');
    if (!pair(c, '5'))
        return false;
    if (option(c, iso_seconds))
        option(c, fraction);
    option(c, iso_offset);
    return true;
}

static bool am_pm(struct cursor *c)
{
    blank(c);
    return take_of(c, "aApP") && take_of(c, "Mm");
}

/* Minutes and perhaps seconds, behind which neither digit nor colon may follow. */
static bool clock_tail(struct cursor *c)
{
    if (!take(c, ':') || !pair(c, '5'))
        return false;
    option(c, colon_seconds);
    return !param_is(c->s, c->i, PARAM_DIGIT) && !param_byte(c->s, c->i, ':');
}

static bool clock12(struct cursor *c)
{
    struct cursor start = *c;

    take(c, '0');
    if (!(digit(c, '1', '9') && clock_tail(c)) &&
        !(*c = start, take(c, '1') && digit(c, '0', '2') && clock_tail(c)))
        return false;
    option(c, am_pm);
    return true;
}

static bool clock24(struct cursor *c)
{
    struct cursor start = *c;

    return (take(c, '0') && digits(c, 1, 1) && clock_tail(c)) ||
           (*c = start, digits(c, 1, 1) && clock_tail(c)) ||
           (*c = start, hour24(c) && clock_tail(c));
}

/* As names of files have it, which take no colon: T15-04-05 */
static bool dashed_time(struct cursor *c)
{
    return take_of(c, "T_") && pair(c, '2') && take(c, '-') && pair(c, '5') && take(c, '-') &&
           pair(c, '5');
}

static bool plain_date(struct cursor *c) /* 2006-01-02 */
{
    if (!(digits(c, 4, 4) && take(c, '-') && pair(c, '1') && take(c, '-') && pair(c, '3')))
        return false;
    option(c, dashed_time);
    return true;
}

static bool plain_time(struct cursor *c) /* 15:04:05 */
{
    return pair(c, '2') && take(c, ':') && pair(c, '5') && take(c, ':') && pair(c, '5');
}

static size_t try(const struct param_scan *s, size_t i, bool (*form)(struct cursor *))
{
    struct cursor c = {s, i};

    return form(&c) ? c.i - i : 0;
}

static size_t begins_with_digit(const struct param_scan *s, size_t i)
{
    size_t n, run = param_run(s, i, PARAM_DIGIT, 9);
    bool behind_digit = i > 0 && param_is(s, i - 1, PARAM_DIGIT);

    if (run == 4 || run == 6 || run == 8) {
        if ((n = try(s, i, rfc3339)) || (n = try(s, i, iso)) || (n = try(s, i, plain_date)))
            return n;
    } else if (run <= 2 && param_byte(s, i + run, ':')) {
        if (!behind_digit && ((n = try(s, i, clock12)) || (n = try(s, i, clock24))))
            return n;
        return try(s, i, plain_time);
    } else if (run == 2 && param_byte(s, i + 2, '/')) {
        return try(s, i, common_log);
    } else if (run <= 2 && param_is(s, i + run, PARAM_SPACE) && param_word_begins(s, i)) {
        return (n = try(s, i, rfc2822)) ? n : try(s, i, day_first);
    } else if (run <= 2 && param_byte(s, i + run, '-') && param_word_begins(s, i)) {
        return try(s, i, day_first);
    }
    return 0;
}

size_t param_date_here(const struct param_scan *s, size_t i)
{
    size_t n;

    if (param_is(s, i, PARAM_DIGIT))
        return begins_with_digit(s, i);
    if (param_byte(s, i, 'd'))
        return try(s, i, python_object);
    if (!try(s, i, weekday) && !try(s, i, month))
        return param_word_begins(s, i) ? try(s, i, glog_form) : 0;
    if ((n = try(s, i, rfc1123)) || (n = try(s, i, us_date)) || (n = try(s, i, rfc850)) ||
        (n = try(s, i, javascript)))
        return n;
    if (!param_word_begins(s, i))
        return 0;
    return (n = try(s, i, asctime_form)) || (n = try(s, i, syslog_form)) ? n : try(s, i, rfc2822);
}
