/* search_value.c -- values of a search: patterns, numbers, dates; and one event held against terms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/search.h"
#include "proto/event.h"
#include "proto/json.h"
#include "proto/limits.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* One pattern element at p: a star, or a literal byte. */
static bool star_at(struct text p, size_t i)
{
    return p.at[i] == '*';
}

static size_t literal_at(struct text p, size_t i, char *c)
{
    if (p.at[i] == '\\' && i + 1 < p.len && p.at[i + 1] == '*') {
        *c = '*';
        return 2;
    }
    *c = p.at[i];
    return 1;
}

/* After the last star met, everything before it is settled: going back to that star alone is
 * enough, so the work is at most pattern × value. */
bool search_glob(struct text pattern, struct text value)
{
    size_t p = 0, v = 0, back_p = 0, back_v = 0;
    bool starred = false;

    while (v < value.len) {
        char c = 0;
        size_t step = 0;

        if (p < pattern.len && star_at(pattern, p)) {
            back_p = ++p;
            back_v = v;
            starred = true;
            continue;
        }
        if (p < pattern.len)
            step = literal_at(pattern, p, &c);
        if (step && lower(c) == lower(value.at[v])) {
            p += step;
            v++;
            continue;
        }
        if (!starred)
            return false;
        p = back_p;
        v = ++back_v;
    }
    while (p < pattern.len && star_at(pattern, p))
        p++;
    return p == pattern.len;
}

static size_t like_byte(char *out, char c)
{
    if (c == '%' || c == '_' || c == '\\') {
        out[0] = '\\';
        out[1] = c;
        return 2;
    }
    out[0] = c;
    return 1;
}

struct text search_like(struct text pattern, struct arena *a)
{
    char *out = arena_alloc(a, pattern.len * 2 + 1);
    size_t n = 0;

    if (!out)
        return TEXT_NONE;
    for (size_t i = 0; i < pattern.len;) {
        char c;

        if (star_at(pattern, i)) {
            out[n++] = '%';
            i++;
            continue;
        }
        i += literal_at(pattern, i, &c);
        n += like_byte(out + n, c);
    }
    return (struct text){out, n};
}

struct text search_like_within(struct text plain, struct arena *a)
{
    char *out = arena_alloc(a, plain.len * 2 + 3);
    size_t n = 0;

    if (!out)
        return TEXT_NONE;
    out[n++] = '%';
    for (size_t i = 0; i < plain.len; i++)
        n += like_byte(out + n, plain.at[i]);
    out[n++] = '%';
    return (struct text){out, n};
}

static bool digits(struct text *t, size_t count, int *out)
{
    if (t->len < count)
        return false;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (t->at[i] < '0' || t->at[i] > '9')
            return false;
        *out = *out * 10 + (t->at[i] - '0');
    }
    *t = text_cut(*t, count, t->len);
    return true;
}

static bool byte_take(struct text *t, char c)
{
    if (t->len == 0 || t->at[0] != c)
        return false;
    *t = text_cut(*t, 1, t->len);
    return true;
}

static bool zone_take(struct text *t, int *seconds)
{
    int sign = t->len && t->at[0] == '-' ? -1 : 1, h, m = 0;

    *seconds = 0;
    if (t->len == 0 || byte_take(t, 'Z') || byte_take(t, 'z'))
        return true;
    if (!byte_take(t, '+') && !byte_take(t, '-'))
        return false;
    if (!digits(t, 2, &h))
        return false;
    byte_take(t, ':');
    if (t->len && !digits(t, 2, &m))
        return false;
    if (h > 23 || m > 59)
        return false;
    *seconds = sign * (h * 3600 + m * 60);
    return true;
}

/* Fraction of a second, any length, to milliseconds. */
static int fraction_take(struct text *t)
{
    int ms = 0, weight = 100;

    if (!byte_take(t, '.'))
        return 0;
    while (t->len && t->at[0] >= '0' && t->at[0] <= '9') {
        ms += (t->at[0] - '0') * weight;
        weight /= 10;
        *t = text_cut(*t, 1, t->len);
    }
    return ms;
}

static bool clock_take(struct text *t, struct tm *tm, int *ms)
{
    *ms = 0;
    if (!digits(t, 2, &tm->tm_hour) || !byte_take(t, ':') || !digits(t, 2, &tm->tm_min))
        return false;
    if (byte_take(t, ':')) {
        if (!digits(t, 2, &tm->tm_sec))
            return false;
        *ms = fraction_take(t);
    }
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

bool search_date(struct text t, int64_t *ms, bool *whole_day)
{
    struct tm tm = {0};
    int zone = 0, fraction = 0;

    *whole_day = true;
    if (!digits(&t, 4, &tm.tm_year) || !byte_take(&t, '-') || !digits(&t, 2, &tm.tm_mon) ||
        !byte_take(&t, '-') || !digits(&t, 2, &tm.tm_mday))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
        return false;
    if (byte_take(&t, 'T') || byte_take(&t, ' ')) {
        *whole_day = false;
        if (!clock_take(&t, &tm, &fraction))
            return false;
    }
    if (!zone_take(&t, &zone) || t.len)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ms = ((int64_t)timegm(&tm) - zone) * 1000 + fraction;
    return true;
}

bool search_number(struct text t, double *out)
{
    static const struct {
        char suffix;
        double times;
    } SUFFIXES[] = {{'k', 1e3}, {'m', 1e6}, {'b', 1e9}};
    char digits_only[32], *end;
    double times = 1;

    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (t.len && lower(t.at[t.len - 1]) == SUFFIXES[i].suffix)
            times = SUFFIXES[i].times;
    if (times > 1)
        t.len--;
    if (t.len == 0 || t.len >= sizeof digits_only)
        return false;
    for (size_t i = 0; i < t.len; i++) /* strtod takes "inf" and "0x1" as well */
        if (!(t.at[i] >= '0' && t.at[i] <= '9') && t.at[i] != '.' && t.at[i] != '-')
            return false;
    memcpy(digits_only, t.at, t.len);
    digits_only[t.len] = 0;
    *out = strtod(digits_only, &end) * times;
    return *end == 0 && isfinite(*out);
}

bool search_duration(struct text t, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    unsigned long long n;

    if (t.len < 2 || !text_u64(text_cut(t, 0, t.len - 1), &n) || n > 1000000)
        return false;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (t.at[t.len - 1] == UNITS[i].unit) {
            *ms = (int64_t)n * UNITS[i].ms;
            return true;
        }
    }
    return false;
}

bool search_window(struct text t, enum search_op op, int64_t now_ms, int64_t *from_ms,
                   int64_t *to_ms)
{
    int64_t at;
    bool whole_day;

    *from_ms = INT64_MIN;
    *to_ms = INT64_MAX;
    if (t.len && (t.at[0] == '-' || t.at[0] == '+')) {
        int64_t ago;

        if (op != SEARCH_EQ || !search_duration(text_cut(t, 1, t.len), &ago))
            return false;
        *(t.at[0] == '-' ? from_ms : to_ms) = now_ms - ago;
        return true;
    }
    if (!search_date(t, &at, &whole_day))
        return false;
    switch (op) {
    case SEARCH_GT:
        *from_ms = at + 1;
        break;
    case SEARCH_GE:
        *from_ms = at;
        break;
    case SEARCH_LT:
        *to_ms = at;
        break;
    case SEARCH_LE:
        *to_ms = at + 1;
        break;
    case SEARCH_EQ:
        *from_ms = whole_day ? at : at - 300000;
        *to_ms = whole_day ? at + 86400000 : at + 300000;
        break;
    }
    return true;
}

/* ---- one event ---- */

static bool value_holds(const struct search_value *v, struct text have)
{
    if (text_empty(v->text))
        return text_empty(have);
    return v->wild ? search_glob(v->text, have) : text_eq(v->text, have);
}

static bool any_holds(const struct search_term *t, struct text have)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (value_holds(&t->values[i], have))
            return true;
    return false;
}

static struct text tag_of(const struct record_event *e, struct text key)
{
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (text_eq(e->tags[i].key, key))
            return e->tags[i].value;
    return TEXT_NONE;
}

static bool message_holds(const struct search_term *t, const struct record_event *e)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct search_value *v = &t->values[i];

        if (v->wild) {
            if (search_glob(v->text, e->title) || search_glob(v->text, e->culprit))
                return true;
        } else if (text_find_nocase(e->title, v->text) < e->title.len ||
                   text_find_nocase(e->culprit, v->text) < e->culprit.len ||
                   text_find_nocase(e->metadata, v->text) < e->metadata.len) {
            return true;
        }
    }
    return false;
}

static bool metadata_holds(const struct search_term *t, const struct record_event *e,
                           const char *member, struct arena *a)
{
    struct json *meta;

    if (json_read(e->metadata, a, &meta, NULL) != JSON_OK)
        return false;
    return any_holds(t, json_as_text(json_get(meta, member), a));
}

static bool hex_holds(const struct search_term *t, const uint8_t *bytes, size_t len)
{
    char hex[33];

    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    for (uint32_t i = 0; i < t->count; i++)
        if (text_eq_nocase(t->values[i].text, (struct text){hex, len * 2}))
            return true;
    return false;
}

static bool holds(const struct search_term *t, const struct record_event *e, struct arena *a)
{
    switch (t->key) {
    case SEARCH_MESSAGE:
        return message_holds(t, e);
    case SEARCH_TITLE:
        return any_holds(t, e->title);
    case SEARCH_CULPRIT:
        return any_holds(t, e->culprit);
    case SEARCH_LEVEL:
        return any_holds(t, text_of(level_name(e->level)));
    case SEARCH_PLATFORM:
        return any_holds(t, e->platform);
    case SEARCH_TYPE:
        return any_holds(t, text_of(event_type_name(e->type)));
    case SEARCH_TIMESTAMP:
        return e->timestamp_ms >= t->from_ms && e->timestamp_ms < t->to_ms;
    case SEARCH_RELEASE:
        return any_holds(t, e->release);
    case SEARCH_ENVIRONMENT:
        return any_holds(t, e->environment);
    case SEARCH_ERROR_TYPE:
        return metadata_holds(t, e, "type", a);
    case SEARCH_ERROR_VALUE:
        return metadata_holds(t, e, "value", a);
    case SEARCH_FILENAME:
        return metadata_holds(t, e, "filename", a);
    case SEARCH_FUNCTION:
        return metadata_holds(t, e, "function", a);
    case SEARCH_UNHANDLED:
        return ((e->flags & RECORD_EVENT_UNHANDLED) != 0) == t->flag;
    case SEARCH_USER:
        return any_holds(t, e->user);
    case SEARCH_TRACE:
        return hex_holds(t, e->trace_id, 16);
    case SEARCH_EVENT:
        return hex_holds(t, e->id, 16);
    case SEARCH_HAS:
        return !text_empty(tag_of(e, t->name));
    case SEARCH_TAG:
        return any_holds(t, tag_of(e, t->name));
    default:
        return !t->negated; /* speaks of the issue */
    }
}

bool search_event(const struct search *s, const struct record_event *e, struct arena *a)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (holds(&s->terms[i], e, a) == s->terms[i].negated)
            return false;
    return true;
}
