#include "model/scrub_rules.h"

#include <arpa/inet.h>

#include "proto/buf.h"
#include "proto/limits.h"

/* ---- the first look ---- */

/* Shift-And: a bit for each place in each of these beginnings, the first one at: */
enum {
    PASS = 0,   /* password, passwd */
    SECR = 5,   /* secret */
    API = 10,   /* api-key, api_key, apikey */
    AUTH = 15,  /* auth */
    CRED = 20,  /* credentials */
    MYS = 25,   /* mysql_pwd */
    PRIV = 29,  /* privatekey, private-key, private_key */
    TOKE = 34,  /* token */
    BEAR = 39,  /* bearer */
    URL = 44,   /* two slashes */
    PEM = 47,   /* three dashes */
    PATH = 51,  /* /ho /us \us \do: home, users, "Documents and Settings" */
    DIGIT = 55, /* four digits */
    IBAN = 60   /* two capitals and a digit */
};
#define AT(start, place) (UINT64_C(1) << ((start) + (place)))
#define STARTS                                                                         \
    (AT(PASS, 0) | AT(SECR, 0) | AT(API, 0) | AT(AUTH, 0) | AT(CRED, 0) | AT(MYS, 0) | \
     AT(PRIV, 0) | AT(TOKE, 0) | AT(BEAR, 0) | AT(URL, 0) | AT(PEM, 0) | AT(PATH, 0) | \
     AT(DIGIT, 0) | AT(IBAN, 0))
#define SIGN_WORDS                                                                     \
    (AT(PASS, 3) | AT(SECR, 3) | AT(API, 3) | AT(AUTH, 3) | AT(CRED, 3) | AT(MYS, 2) | \
     AT(PRIV, 3) | AT(TOKE, 3))
#define SIGN_MARKS (AT(URL, 1) | AT(PEM, 2) | AT(PATH, 2))
#define SIGN_BEARER AT(BEAR, 3)
#define SIGN_NUMBERS (AT(DIGIT, 3) | AT(IBAN, 2))
#define SIGNS (SIGN_WORDS | SIGN_MARKS | SIGN_BEARER | SIGN_NUMBERS)

#define CAPITAL (AT(IBAN, 0) | AT(IBAN, 1))
#define LETTER(upper, lower, places) [lower] = (places), [upper] = (places) | CAPITAL

static const uint64_t places[256] = {
    LETTER('A', 'a', AT(PASS, 1) | AT(API, 0) | AT(AUTH, 0) | AT(BEAR, 2)),
    LETTER('B', 'b', AT(BEAR, 0)),
    LETTER('C', 'c', AT(SECR, 2) | AT(CRED, 0)),
    LETTER('D', 'd', AT(CRED, 3) | AT(PATH, 1)),
    LETTER('E', 'e', AT(SECR, 1) | AT(CRED, 2) | AT(TOKE, 3) | AT(BEAR, 1)),
    LETTER('F', 'f', 0),
    LETTER('G', 'g', 0),
    LETTER('H', 'h', AT(AUTH, 3) | AT(PATH, 1)),
    LETTER('I', 'i', AT(API, 2) | AT(PRIV, 2)),
    LETTER('J', 'j', 0),
    LETTER('K', 'k', AT(API, 3) | AT(TOKE, 2)),
    LETTER('L', 'l', 0),
    LETTER('M', 'm', AT(MYS, 0)),
    LETTER('N', 'n', 0),
    LETTER('O', 'o', AT(TOKE, 1) | AT(PATH, 2)),
    LETTER('P', 'p', AT(PASS, 0) | AT(API, 1) | AT(PRIV, 0)),
    LETTER('Q', 'q', 0),
    LETTER('R', 'r', AT(SECR, 3) | AT(CRED, 1) | AT(PRIV, 1) | AT(BEAR, 3)),
    LETTER('S', 's', AT(PASS, 2) | AT(PASS, 3) | AT(SECR, 0) | AT(MYS, 2) | AT(PATH, 2)),
    LETTER('T', 't', AT(AUTH, 2) | AT(TOKE, 0)),
    LETTER('U', 'u', AT(AUTH, 1) | AT(PATH, 1)),
    LETTER('V', 'v', AT(PRIV, 3)),
    LETTER('W', 'w', 0),
    LETTER('X', 'x', 0),
    LETTER('Y', 'y', AT(MYS, 1)),
    LETTER('Z', 'z', 0),
    ['0' ... '9'] = AT(DIGIT, 0) | AT(DIGIT, 1) | AT(DIGIT, 2) | AT(DIGIT, 3) | AT(IBAN, 2),
    ['-'] = AT(API, 3) | AT(PEM, 0) | AT(PEM, 1) | AT(PEM, 2),
    ['_'] = AT(API, 3),
    ['/'] = AT(URL, 0) | AT(URL, 1) | AT(PATH, 0),
    ['\\'] = AT(PATH, 0),
};

/* The bit behind each beginning is free, so that nothing is carried when its start is added. */
struct scrub_signs scrub_look(struct text t)
{
    uint64_t next = STARTS, seen = 0;

    for (size_t i = 0; i < t.len; i++) {
        uint64_t here = next & places[(unsigned char)t.at[i]];

        seen |= here;
        next = (here << 1) + STARTS;
    }
    return (struct scrub_signs){seen & SIGNS};
}

/* ---- words ---- */

static const struct word {
    uint64_t sign;
    const char *text; /* lower case; '-' stands for '-' and '_' */
} words[] = {
    {AT(PASS, 3), "password"},    {AT(PASS, 3), "passwd"},   {AT(SECR, 3), "secret"},
    {AT(API, 3), "api-key"},      {AT(API, 3), "apikey"},    {AT(AUTH, 3), "auth"},
    {AT(CRED, 3), "credentials"}, {AT(MYS, 2), "mysql_pwd"}, {AT(PRIV, 3), "privatekey"},
    {AT(PRIV, 3), "private-key"}, {AT(TOKE, 3), "token"},
};

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Length of the word at t.at[at], or 0. */
static size_t word_at(struct text t, size_t at, const char *word)
{
    size_t i = 0;

    for (; word[i]; i++) {
        char c = at + i < t.len ? lower(t.at[at + i]) : '\0';

        if (c != word[i] && !(word[i] == '-' && c == '_'))
            return 0;
    }
    return i;
}

static bool has_word(struct text t, struct scrub_signs signs, bool token_needs_mark)
{
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        bool mark = token_needs_mark && words[w].sign == AT(TOKE, 3);

        for (size_t i = 0; (words[w].sign & signs.seen) && i < t.len; i++) {
            size_t len = word_at(t, i, words[w].text);

            if (len &&
                (!mark || (i + len < t.len && (t.at[i + len] == ':' || t.at[i + len] == '='))))
                return true;
        }
    }
    return false;
}

bool scrub_secret_key(struct text key, struct scrub_signs signs)
{
    if ((signs.seen & SIGN_WORDS) && has_word(key, signs, false))
        return true;
    return (key.len == 3 && text_eq_nocase(key, TEXT("otp"))) ||
           (key.len == 10 &&
            (text_eq_nocase(key, TEXT("two-factor")) || text_eq_nocase(key, TEXT("two_factor"))));
}

bool scrub_secret_value(struct text value, struct scrub_signs signs)
{
    return (signs.seen & SIGN_WORDS) && has_word(value, signs, true);
}

bool scrub_secret_cookie(struct text name)
{
    static const char *const names[] = {
        "sentrysid",  "sudo",          "su",          "session",    "__session",
        "sessionid",  "user_session",  "symfony",     "phpsessid",  "fasthttpsessionid",
        "mysession",  "irissessionid", "_vercel_jwt", "csrf",       "xsrf",
        "_xsrf",      "_csrf",         "csrf-token",  "csrf_token", "xsrf-token",
        "xsrf_token", "fastcsrf",      "_iris_csrf"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_eq_nocase(name, text_of(names[i])))
            return true;
    return false;
}

bool scrub_secret_cookies(struct text header)
{
    while (header.len) {
        size_t end = text_find_byte(header, ';');
        struct text piece = text_cut(header, 0, end);

        if (scrub_secret_cookie(text_trim(text_cut(piece, 0, text_find_byte(piece, '=')))))
            return true;
        header = text_cut(header, end + 1, header.len);
    }
    return false;
}

/* ---- patterns: each answers with the length of its match at t.at[at], 0: none ---- */

static bool is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_digit(c) || is_letter(c) || c == '_';
}

static char at_or_nul(struct text t, size_t at)
{
    return at < t.len ? t.at[at] : '\0';
}

/* Groups of digits ("466": 4, 6 and 6 of them), a dash or a blank allowed between. */
static size_t groups(struct text t, size_t at, const char *sizes)
{
    size_t i = at;

    for (const char *g = sizes; *g; g++) {
        if (g != sizes && (at_or_nul(t, i) == '-' || at_or_nul(t, i) == ' '))
            i++;
        for (int n = *g - '0'; n > 0; n--)
            if (!is_digit(at_or_nul(t, i++)))
                return 0;
    }
    return is_word(at_or_nul(t, i)) ? 0 : i - at;
}

static size_t card(struct text t, size_t at)
{
    char a = t.at[at], b = at_or_nul(t, at + 1);
    struct text head = text_cut(t, at, 4);

    if (a == '3' && (b == '4' || b == '7'))
        return groups(t, at, "465");
    if (a == '4' || (a == '5' && b >= '1' && b <= '5') || text_is(head, "6011") ||
        (a == '6' && b == '5'))
        return groups(t, at, "4444");
    return 0;
}

static size_t ssn(struct text t, size_t at)
{
    static const char shape[] = "ddd-dd-dddd";
    size_t i = 0;

    for (; shape[i]; i++) {
        char c = at_or_nul(t, at + i);

        if (shape[i] == 'd' ? !is_digit(c) : c != '-')
            return 0;
    }
    return is_word(at_or_nul(t, at + i)) ? 0 : i;
}

/* Country, two check digits, 11 to 29 letters and digits. */
static size_t iban(struct text t, size_t at)
{
    static const char countries[] =
        "AD AE AL AO AT AZ BA BE BF BG BH BI BJ BR BY CF CG CH CI CM CR CV CY CZ DE DJ DK DO DZ EE "
        "EG ES FI FO FR GA GB GE GI GL GQ GR GT GW HN HR HU IE IL IQ IR IS IT JO KM KW KZ LB LC LI "
        "LT LU LV LY MA MC MD ME MG MK ML MR MT MU MZ NE NI NL NO PK PL PS PT QA RO RS RU SA SC SE "
        "SI SK SM SN ST SV TD TG TL TN TR UA VA VG XK";
    size_t i = at + 4, known = 0;

    if (at + 15 > t.len || !is_digit(t.at[at + 2]) || !is_digit(t.at[at + 3]))
        return 0;
    for (; known < sizeof countries - 1; known += 3)
        if (countries[known] == t.at[at] && countries[known + 1] == t.at[at + 1])
            break;
    if (known >= sizeof countries - 1)
        return 0;
    while (i < t.len && i - at < 34 && (is_digit(t.at[i]) || is_letter(t.at[i])))
        i++;
    return i - at < 15 || is_word(at_or_nul(t, i)) ? 0 : i - at;
}

static bool ends_credential(char c)
{
    return (unsigned char)c <= ' ' || strchr("/?#@\"'<>", c) != NULL;
}

/* //user:PASSWORD@ : where the password stands. */
static size_t url_password(struct text t, size_t at, size_t *from)
{
    size_t i = at + 2, colon;

    while (i < t.len && t.at[i] != ':' && !ends_credential(t.at[i]))
        i++;
    if (at_or_nul(t, i) != ':')
        return 0;
    for (colon = i++; i < t.len && !ends_credential(t.at[i]); i++)
        ;
    if (at_or_nul(t, i) != '@' || i == colon + 1)
        return 0;
    *from = colon + 1;
    return i - colon - 1;
}

/* /home/X/  /Users/X/  \Users\X\ : where X stands. */
static size_t path_user(struct text t, size_t at, size_t *from)
{
    static const char *const roots[] = {"home", "users", "documents and settings"};
    char slash = t.at[at];

    for (size_t r = 0; r < sizeof roots / sizeof *roots; r++) {
        size_t i = at + 1 + word_at(t, at + 1, roots[r]);

        if (i == at + 1 || at_or_nul(t, i) != slash)
            continue;
        *from = ++i;
        while (i < t.len && t.at[i] != '/' && t.at[i] != '\\' && (unsigned char)t.at[i] >= ' ')
            i++;
        return at_or_nul(t, i) == slash ? i - *from : 0;
    }
    return 0;
}

/* -----BEGIN … KEY----- body -----END: where the body stands; to the end of a cut text. */
static size_t pem(struct text t, size_t at, size_t *from)
{
    struct text rest = text_cut(t, at, t.len);
    size_t i = 10, end;

    if (!text_starts(rest, "-----BEGIN"))
        return 0;
    while (i < rest.len && ((rest.at[i] >= 'A' && rest.at[i] <= 'Z') || rest.at[i] == ' '))
        i++;
    if (i < 14 || memcmp(rest.at + i - 3, "KEY", 3) != 0 ||
        !text_starts(text_cut(rest, i, 5), "-----"))
        return 0;
    *from = at + i + 5;
    rest = text_cut(t, *from, t.len);
    end = text_find(rest, TEXT("-----END"));
    return text_trim(text_cut(rest, 0, end)).len ? end : 0;
}

static size_t bearer(struct text t, size_t at)
{
    size_t i = at + word_at(t, at, "bearer"), blanks = i;

    if (i == at)
        return 0;
    while (at_or_nul(t, blanks) == ' ')
        blanks++;
    for (i = blanks; i < t.len && (is_word(t.at[i]) || strchr("-.~+/=", t.at[i])); i++)
        ;
    return blanks > at + 6 && i > blanks ? i - at : 0;
}

static bool is_local(char c)
{
    return is_word(c) || c == '.' || c == '%' || c == '+' || c == '-';
}

/* An address with a domain that has a dot and a top level of letters. Always steps over the whole
 * run of bytes that could begin one: *run. */
static size_t email(struct text t, size_t at, size_t *run)
{
    size_t i = at, dot = 0, domain;

    while (i < t.len && is_local(t.at[i]))
        i++;
    *run = i > at ? i : at + 1;
    if (i == at || at_or_nul(t, i) != '@')
        return 0;
    for (domain = ++i;
         i < t.len &&
         (is_digit(t.at[i]) || is_letter(t.at[i]) || t.at[i] == '-' ||
          (t.at[i] == '.' && (is_digit(at_or_nul(t, i + 1)) || is_letter(at_or_nul(t, i + 1)))));
         i++)
        if (t.at[i] == '.')
            dot = i;
    if (dot <= domain || i - dot < 3 || !is_letter(t.at[dot + 1]) || !is_letter(t.at[i - 1]))
        return 0;
    return i - at;
}

static bool is_address_byte(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* An IP address that fills its run, but for a port or a dot behind it. */
static size_t address(struct text t, size_t at, size_t *run)
{
    char z[INET6_ADDRSTRLEN], out[16];
    size_t i = at, len, dots = 0, colons = 0;

    for (; i < t.len && is_address_byte(t.at[i]); i++) {
        dots += t.at[i] == '.';
        colons += t.at[i] == ':';
    }
    *run = i > at ? i : at + 1;
    len = i - at;
    if (is_word(at_or_nul(t, i)) || (dots < 3 && colons < 2) || dots + colons == len)
        return 0;                 /* the last: "::" stands in much code */
    if (dots >= 3 && colons == 1) /* 10.0.0.1:8080 */
        len = text_find_byte(text_cut(t, at, len), ':');
    while (len && (t.at[at + len - 1] == '.' || (t.at[at + len - 1] == ':' && colons == 1)))
        len--;
    if (len >= sizeof z)
        return 0;
    memcpy(z, t.at + at, len);
    z[len] = '\0';
    return inet_pton(AF_INET, z, out) == 1 || inet_pton(AF_INET6, z, out) == 1 ? len : 0;
}

/* ---- replacing ---- */

struct match {
    size_t from, len; /* what is replaced */
    const char *with;
};

struct search {
    struct text t;
    struct scrub_patterns which;
    size_t email_from, ip_from; /* nothing of that kind begins before */
};

static const char *word_for(const struct search *s, const char *readable)
{
    return s->which.style == SCRUB_READABLE ? readable : SCRUB_FILTERED;
}

/* What begins at a digit or letter that follows none. */
static bool match_word(struct search *s, size_t at, struct match *m)
{
    char c = s->t.at[at];

    m->from = at;
    if (is_digit(c) && (m->len = card(s->t, at)))
        m->with = word_for(s, "[creditcard]");
    else if (is_digit(c) && (m->len = ssn(s->t, at)))
        m->with = word_for(s, "[usssn]");
    else if (c >= 'A' && c <= 'Z' && (m->len = iban(s->t, at)))
        m->with = word_for(s, "[iban]");
    else if ((c == 'b' || c == 'B') && (m->len = bearer(s->t, at)))
        m->with = word_for(s, "[bearer]");
    return m->len > 0;
}

static bool match_mark(struct search *s, size_t at, struct match *m)
{
    char c = s->t.at[at];

    m->with = SCRUB_FILTERED;
    if (c == '/' && at_or_nul(s->t, at + 1) == '/')
        m->len = url_password(s->t, at, &m->from);
    else if (c == '-')
        m->len = pem(s->t, at, &m->from);
    if (m->len == 0 && (c == '/' || c == '\\'))
        m->len = path_user(s->t, at, &m->from);
    return m->len > 0;
}

static bool match_at(struct search *s, size_t at, struct match *m)
{
    bool boundary = at == 0 || !is_word(s->t.at[at - 1]);
    char c = s->t.at[at];

    *m = (struct match){.from = at};
    if (s->which.secrets) {
        if (boundary && (is_digit(c) || is_letter(c)) && match_word(s, at, m))
            return true;
        if ((c == '/' || c == '\\' || c == '-') && match_mark(s, at, m))
            return true;
        if (s->which.style == SCRUB_READABLE && at >= s->email_from &&
            (m->len = email(s->t, at, &s->email_from))) {
            m->from = at;
            m->with = "[email]";
            return true;
        }
    }
    if (s->which.ip && at >= s->ip_from && is_address_byte(c)) {
        bool inside = !boundary;

        m->from = at;
        m->len = address(s->t, at, &s->ip_from);
        m->with = "[ip]";
        if (inside) /* "v1.2.3.4" is a version */
            m->len = 0;
    }
    return m->len > 0;
}

/* Where a pattern may begin, by the byte that stands there. */
enum {
    AT_DIGIT = 1 << 0,  /* card, SSN */
    AT_UPPER = 1 << 1,  /* IBAN */
    AT_B = 1 << 2,      /* bearer */
    AT_MARK = 1 << 3,   /* URL, path, PEM */
    AT_ADDRESS = 1 << 4 /* IP */
};

static const uint8_t begins[256] = {
    ['0' ... '9'] = AT_DIGIT | AT_ADDRESS,
    ['A'] = AT_UPPER | AT_ADDRESS,
    ['B'] = AT_UPPER | AT_B | AT_ADDRESS,
    ['C' ... 'F'] = AT_UPPER | AT_ADDRESS,
    ['G' ... 'Z'] = AT_UPPER,
    ['a'] = AT_ADDRESS,
    ['b'] = AT_B | AT_ADDRESS,
    ['c' ... 'f'] = AT_ADDRESS,
    [':'] = AT_ADDRESS,
    ['/'] = AT_MARK,
    ['\\'] = AT_MARK,
    ['-'] = AT_MARK,
};

static uint32_t count_digits(struct text t)
{
    uint32_t n = 0;

    for (size_t i = 0; i < t.len; i++)
        n += is_digit(t.at[i]);
    return n;
}

/* The bytes worth stopping at, after the first look. 0: no pattern stands a chance. */
static uint8_t worth_stopping(struct text t, struct scrub_signs signs, struct scrub_patterns which)
{
    uint8_t at = which.ip ? AT_ADDRESS : 0;

    if (!which.secrets)
        return at;
    if ((signs.seen & SIGN_NUMBERS) && count_digits(t) >= 9)
        at |= AT_DIGIT | AT_UPPER;
    if (signs.seen & SIGN_BEARER)
        at |= AT_B;
    if (signs.seen & SIGN_MARKS)
        at |= AT_MARK;
    if (which.style == SCRUB_READABLE && text_find_byte(t, '@') != t.len)
        at = UINT8_MAX; /* an address may begin with anything */
    return at;
}

struct text scrub_replace(struct text t, struct scrub_signs signs, struct scrub_patterns which,
                          struct arena *a)
{
    uint8_t stop = worth_stopping(t, signs, which);
    struct search s = {.t = t, .which = which};
    struct buf out = {.failed = true};
    size_t copied = 0;
    bool any = false;
    struct match m;

    if (!stop)
        return t;
    for (size_t i = 0; i < t.len;) {
        if ((stop != UINT8_MAX && !(begins[(unsigned char)t.at[i]] & stop)) ||
            !match_at(&s, i, &m)) {
            i++;
            continue;
        }
        if (!any)
            buf_init(&out, a, t.len + 64, 16 * (t.len + 64));
        any = true;
        buf_text(&out, text_cut(t, copied, m.from - copied));
        buf_str(&out, m.with);
        copied = i = m.from + m.len;
    }
    if (!any)
        return t;
    buf_text(&out, text_cut(t, copied, t.len));
    return buf_result(&out);
}

/* ---- a project's own words ---- */

/* Shift-And: bit i of the state says that the text so far ends with the first bytes of a word up to
 * its place i. Words lie side by side in 64-bit lanes, so that all are looked for at once. */
struct lane {
    uint64_t starts, ends;
    uint64_t bytes[256];
};

struct scrub_words {
    uint32_t lanes;
    struct lane *lane;
};

enum { WORD_MAX = 64 };

struct scrub_words *scrub_words_new(const struct text *list, uint32_t count, struct arena *a)
{
    struct scrub_words *w = arena_zero(a, 1, sizeof *w);
    uint32_t used = 64;

    if (!w || !(w->lane = arena_alloc(a, (size_t)count * sizeof *w->lane)))
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        size_t len = list[i].len < WORD_MAX ? list[i].len : WORD_MAX;
        struct lane *l;

        if (len == 0)
            continue;
        if (used + len > 64) {
            memset(&w->lane[w->lanes++], 0, sizeof *w->lane);
            used = 0;
        }
        l = &w->lane[w->lanes - 1];
        l->starts |= 1ULL << used;
        for (size_t j = 0; j < len; j++, used++) {
            unsigned char c = (unsigned char)lower(list[i].at[j]);

            l->bytes[c] |= 1ULL << used;
            if (c >= 'a' && c <= 'z')
                l->bytes[c & ~0x20] |= 1ULL << used;
        }
        l->ends |= 1ULL << (used - 1);
    }
    return w;
}

bool scrub_words_in(const struct scrub_words *w, struct text t)
{
    for (uint32_t n = 0; w && n < w->lanes; n++) {
        const struct lane *l = &w->lane[n];
        uint64_t state = 0;

        for (size_t i = 0; i < t.len; i++) {
            state = (state << 1 | l->starts) & l->bytes[(unsigned char)t.at[i]];
            if (state & l->ends)
                return true;
        }
    }
    return false;
}
