/* param.c -- one walk over a text: where something variable can begin, every kind is asked in turn,
 * and the first that fits takes its bytes. */
#include "model/param.h"

#include <string.h>

#include "model/param_scan.h"

#define D (PARAM_DIGIT | PARAM_HEX_LOWER | PARAM_HEX_UPPER | PARAM_WORD | PARAM_LOCAL | PARAM_LABEL)
#define L (PARAM_LETTER | PARAM_WORD | PARAM_LOCAL | PARAM_LABEL)
#define l (L | PARAM_HEX_LOWER)
#define U (L | PARAM_HEX_UPPER)
#define o PARAM_LOCAL
const uint8_t param_class[256] = {
    ['\t' ... '\r'] = PARAM_SPACE,
    [' '] = PARAM_SPACE,
    ['0' ... '9'] = D,
    ['A' ... 'F'] = U,
    ['G' ... 'Z'] = L,
    ['a' ... 'f'] = l,
    ['g' ... 'z'] = L,
    ['_'] = PARAM_WORD | PARAM_LOCAL,
    ['-'] = PARAM_LOCAL | PARAM_LABEL,
    ['.'] = o,
    ['!'] = o,
    ['#'] = o,
    ['$'] = o,
    ['%'] = o,
    ['&'] = o,
    ['\''] = o,
    ['*'] = o,
    ['+'] = o,
    ['/'] = o,
    ['='] = o,
    ['?'] = o,
    ['^'] = o,
    ['`'] = o,
    ['{'] = o,
    ['|'] = o,
    ['}'] = o,
    ['~'] = o,
    [0x80 ... 0xc1] = PARAM_WORD,
    [0xc3 ... 0xdf] = PARAM_WORD, /* 0xc2, signs of Latin-1, and what has three bytes: see
                                   * param_word_behind */
};
#undef D
#undef L
#undef l
#undef U
#undef o

static bool is_border(const struct param_scan *s, size_t i)
{
    return param_byte(s, i, '_') || !param_is(s, i, PARAM_WORD);
}

bool param_token_begins(const struct param_scan *s, size_t i)
{
    return i == 0 || param_byte(s, i - 1, '_') || !param_word_behind(s, i);
}

bool param_token_ends(const struct param_scan *s, size_t i)
{
    return is_border(s, i);
}

size_t param_run(const struct param_scan *s, size_t i, unsigned classes, size_t max)
{
    size_t n = 0;

    while (n < max && param_is(s, i + n, classes))
        n++;
    return n;
}

struct param_token param_token(const struct param_scan *s, size_t i)
{
    struct param_token t = {.end = i, .hex_lower = true, .hex_upper = true};
    unsigned run = 0;
    bool was_digit = false;

    for (; t.end < s->len; t.end++) {
        unsigned class = param_class[(unsigned char)s->at[t.end]];

        if (!(class & (PARAM_DIGIT | PARAM_LETTER)))
            break;
        bool digit = class & PARAM_DIGIT;
        t.hex_lower &= (class & PARAM_HEX_LOWER) != 0;
        t.hex_upper &= (class & PARAM_HEX_UPPER) != 0;
        t.switches += t.end > i && digit != was_digit;
        run = digit ? run + 1 : 0;
        if (run > t.longest_digits)
            t.longest_digits = run;
        t.digits += digit;
        t.letters += !digit;
        t.lower |= !digit && s->at[t.end] >= 'a';
        t.upper |= !digit && s->at[t.end] <= 'Z';
        was_digit = digit;
    }
    return t;
}

struct match {
    size_t len;
    const char *kind; /* NULL: the bytes stay as they are */
};

static bool found(struct match *m, size_t len, const char *kind)
{
    *m = (struct match){.len = len, .kind = kind};
    return len > 0;
}

static bool number(struct match *m, size_t len, bool fraction)
{
    return found(m, len, fraction ? "<float>" : "<int>");
}

/* Most of a message: small letters between blanks. "deadbeef" and "tls 1.2" take the long way. */
static bool is_mere_word(const struct param_scan *s, size_t i, const struct param_token *t)
{
    return t->digits == 0 && !t->upper && !t->hex_lower && (i == 0 || s->at[i - 1] == ' ') &&
           (t->end == s->len || (s->at[t->end] == ' ' && !param_is(s, t->end + 1, PARAM_DIGIT)));
}

/* What can begin at a letter or digit that starts a token. */
static bool at_token(struct param_scan *s, size_t i, struct match *m, struct param_token *t)
{
    bool fraction = false, digit = param_is(s, i, PARAM_DIGIT);
    size_t len = t->end - i;
    char next = t->end < s->len ? s->at[t->end] : '\0';

    if (found(m, param_url_here(s, i), "<url>"))
        return true;
    if ((t->digits || param_is(s, t->end + 1, PARAM_DIGIT)) &&
        found(m, param_keep_word_here(s, i), NULL))
        return true;
    if (s->at[i] == 'v' && t->digits && next == '.' &&
        found(m, param_version_here(s, i), "<version>"))
        return true;
    if ((next == '.' || next == '-') && found(m, param_host_here(s, i), "<hostname>"))
        return true;
    if (found(m, param_pod_here(s, i, t), "<random_id>") ||
        found(m, param_temporary_here(s, i), "<random_id>") ||
        found(m, param_base64_here(s, i), "<random_id>"))
        return true;
    if (t->hex_lower || t->hex_upper || digit) {
        if (found(m, param_traceparent_here(s, i), "<traceparent>") ||
            found(m, param_uuid_here(s, i), "<uuid>"))
            return true;
        bool alone = (t->hex_lower || t->hex_upper || len == 40 || len == 32) &&
                     param_word_begins(s, i) && param_word_ends(s, t->end) &&
                     param_run(s, i, PARAM_HEX_LOWER | PARAM_HEX_UPPER, len) == len;
        if (alone && len == 40)
            return found(m, len, "<sha1>");
        if (alone && len == 32)
            return found(m, len, "<md5>");
        if (found(m, param_mac_here(s, i), "<mac>"))
            return true;
    }
    if (t->digits && found(m, param_keep_number_here(s, i), NULL))
        return true;
    if (found(m, param_date_here(s, i), "<date>"))
        return true;
    if (s->at[i] == 'P' && t->digits && found(m, param_duration_here(s, i), "<duration>"))
        return true;
    if (digit) {
        size_t measure = param_size_here(s, i, &fraction);

        if (number(m, measure, fraction) || found(m, param_duration_here(s, i), "<duration>") ||
            (t->letters == 2 && found(m, param_ordinal_here(s, i), "<int>")) ||
            (t->letters && found(m, param_dimensions_here(s, i), "<int>x<int>")))
            return true;
    }
    if (found(m, param_swift_here(s, i), "<swift_txn_id>") ||
        found(m, param_slug_here(s, i), "<random_id>"))
        return true;
    if (digit && found(m, param_ipv4_here(s, i), "<ip>"))
        return true;
    if (next == ':' && found(m, param_ipv6_here(s, i), "<ip>"))
        return true;
    if (param_token_ends(s, t->end) &&
        (found(m, param_hex_here(s, i, t), "<hex>") ||
         found(m, param_is_git_sha(t, len) ? len : 0, "<git_sha>") ||
         (t->digits && found(m, param_random_here(s, i, t), "<random_id>"))))
        return true;
    if (!digit)
        return false;
    if (found(m, param_float_here(s, i), "<float>"))
        return true;
    len = param_int_here(s, i, &fraction);
    return number(m, len, fraction);
}

/* A dash before a number, where it is a minus sign. */
static bool at_dash(struct param_scan *s, size_t i, struct match *m)
{
    bool fraction;

    if (!param_is(s, i + 1, PARAM_DIGIT | PARAM_HEX_LOWER | PARAM_HEX_UPPER))
        return false;
    if (!param_word_behind(s, i)) {
        struct param_token t = param_token(s, i + 1);
        size_t hex = param_token_ends(s, t.end) ? param_hex_here(s, i + 1, &t) : 0;
        struct match date;

        if (found(m, param_keep_number_here(s, i), NULL))
            return true;
        /* Only what would be hex by itself: -1 day, a date or an address may follow a dash. */
        if (hex && !at_token(s, i + 1, &date, &t))
            return false;
        if (hex && date.kind && strcmp(date.kind, "<hex>") == 0)
            return found(m, hex + 1, "<hex>");
        if (hex)
            return false;
    }
    if (found(m, param_float_here(s, i), "<float>"))
        return true;
    size_t len = param_int_here(s, i, &fraction);
    return number(m, len, fraction);
}

/* A boolean behind "=". */
static bool behind_equals(struct param_scan *s, size_t i, struct match *m)
{
    static const char *const words[] = {"True", "true", "False", "false"};

    for (size_t w = 0; w < 4; w++)
        if (param_literal(s, i, words[w]))
            return found(m, strlen(words[w]), "<bool>");
    return false;
}

/* Do the letters before i end a name? a.ps1:30 */
static bool is_file_ending(const struct param_scan *s, size_t i)
{
    size_t from = i;

    while (from > 0 && i - from < 4 && param_is(s, from - 1, PARAM_LETTER))
        from--;
    return from > 0 && from < i && s->at[from - 1] == '.';
}

static bool match_here(struct param_scan *s, size_t i, struct match *m, size_t *step)
{
    unsigned class = param_class[(unsigned char)s->at[i]];
    bool value;

    *step = 1;
    if (i < s->json_end) {
        size_t n = param_json_string_here(s, i, &value);

        if (n)
            return found(m, n, value ? "<quoted_str>" : NULL);
        if (found(m, param_json_bool_here(s, i), "<bool>"))
            return true;
    } else if (s->at[i] == '{' || s->at[i] == '[') {
        param_json_here(s, i);
        if (i < s->json_end)
            return false;
    }
    if (found(m, param_value_here(s, i), "<quoted_str>") ||
        found(m, param_email_here(s, i), "<email>"))
        return true;
    if (i == s->name_at) { /* Name@hex: the hash goes, the at stays */
        *m = (struct match){.len = 1};
        return true;
    }
    if (i > 0 && i - 1 == s->name_at)
        return found(m, param_run(s, i, PARAM_HEX_LOWER, SIZE_MAX), "<hex>");
    if (class & (PARAM_DIGIT | PARAM_LETTER)) {
        if (param_token_begins(s, i)) {
            struct param_token t = param_token(s, i);

            if (is_mere_word(s, i, &t)) {
                *step = t.end - i;
                return false;
            }
            if (at_token(s, i, m, &t))
                return true;
        } else if ((class & PARAM_DIGIT) && !param_is(s, i - 1, PARAM_DIGIT) &&
                   !is_file_ending(s, i) && found(m, param_date_here(s, i), "<date>")) {
            return true; /* dates need no border: T10:30 */
        }
        if (i > 0 && s->at[i - 1] == '=' && behind_equals(s, i, m))
            return true;
        /* Nothing begins inside a run of letters or of digits. */
        unsigned same = class & (PARAM_DIGIT | PARAM_LETTER);
        *step = param_run(s, i, same, SIZE_MAX);
        return false;
    }
    if (class & PARAM_WORD)
        return false;
    switch (s->at[i]) {
    case '-':
        return at_dash(s, i, m);
    case '\0':
    case '/':
        return found(m, param_anonymous_here(s, i), "");
    case ':':
        return param_byte(s, i + 1, ':') && found(m, param_ipv6_here(s, i), "<ip>");
    default:
        return false;
    }
}

/* IN (1, 2, 3): a list of values is as good as one. */
static bool goes_on(const struct param_scan *s, size_t from, size_t to, const char *last,
                    const char *kind)
{
    return last && strcmp(last, kind) == 0 && to > from && to - from <= 2 && s->at[from] == ',' &&
           (to - from == 1 || s->at[from + 1] == ' ');
}

/* An empty text of SQL grows most: ('' has three bytes, (<quoted_str> thirteen. */
#define GROWTH_MAX 5

struct text param_text(struct text t, struct arena *a)
{
    struct param_scan s = {.at = t.at,
                           .len = t.len < PARAM_MAX ? t.len : PARAM_MAX,
                           .name_at = SIZE_MAX,
                           .json_left = 16};
    size_t copied = 0, len = 0, step;
    const char *last = NULL; /* kind of the value before */
    char *out = NULL;
    struct match m;

    if (!t.at || t.len == 0)
        return t;
    s.has_at = memchr(s.at, '@', s.len);
    s.has_scheme = text_find((struct text){s.at, s.len}, TEXT("://")) < s.len;
    s.has_sql = param_is_sql((struct text){s.at, s.len});
    for (size_t i = 0; i < s.len;) {
        if (!match_here(&s, i, &m, &step)) {
            i += step;
            continue;
        }
        if (m.kind) {
            if (!out && !(out = arena_alloc(a, GROWTH_MAX * s.len + 16)))
                return TEXT_NONE;
            if (!(s.has_sql && goes_on(&s, copied, i, last, m.kind))) {
                memcpy(out + len, s.at + copied, i - copied);
                len += i - copied;
                memcpy(out + len, m.kind, strlen(m.kind));
                len += strlen(m.kind);
            }
            last = m.kind;
            copied = i + m.len;
        }
        i += m.len;
    }
    if (!out)
        return (struct text){s.at, s.len};
    memcpy(out + len, s.at + copied, s.len - copied);
    return (struct text){out, len + s.len - copied};
}

/* A line that begins a stack trace of Java or JavaScript, Python, Go. */
static bool begins_trace(struct text line)
{
    struct text bare = text_trim(line);

    return (line.len > 2 && bare.at > line.at && text_starts(bare, "at ")) ||
           text_starts(bare, "Traceback (most recent call last)") ||
           text_starts(bare, "goroutine ");
}

static struct text next_line(struct text *rest)
{
    size_t end = 0;

    while (end < rest->len && rest->at[end] != '\n' && rest->at[end] != '\r')
        end++;
    struct text line = {rest->at, end};
    *rest = text_cut(*rest, end + (end < rest->len), rest->len);
    return line;
}

/* The last line of a Python traceback says what happened. */
static struct text last_line(struct text t)
{
    size_t from;

    t = text_trim(t);
    for (from = t.len; from > 0 && t.at[from - 1] != '\n';)
        from--;
    return text_cut(t, from, t.len);
}

struct text param_message(struct text t, struct arena *a)
{
    struct text lines[2], rest = t, line;
    unsigned count = 0;
    bool more = false;

    if (!t.at)
        return t;
    if (text_starts(text_trim(t), "Traceback (most recent call last)"))
        return param_text(last_line(t), a);
    while (rest.len && !more) {
        line = next_line(&rest);
        if (count && begins_trace(line))
            break;
        line = text_trim(line);
        if (line.len && !(more = count == 2))
            lines[count++] = line;
    }
    if (count == 0)
        return (struct text){t.at, 0};
    if (count == 1 && !more)
        return param_text(lines[0], a);
    if (lines[0].len + lines[1].len > PARAM_MAX) {
        lines[0] = text_clip(lines[0], PARAM_MAX / 2);
        lines[1] = text_clip(lines[1], PARAM_MAX / 2);
    }
    struct text joined =
        arena_printf(a, "%.*s\n%.*s%s", TEXT_ARG(lines[0]), TEXT_ARG(lines[1]), more ? "..." : "");
    return joined.at ? param_text(joined, a) : TEXT_NONE;
}
