/* param_net.c -- addresses: e-mail, URLs, host names, MAC and IP. */
#include <stdlib.h>
#include <string.h>

#include "model/param_scan.h"

/* com.acme.Foo@1a2b3c is how Java prints an object, and no address. */
static bool is_object_hash(const struct param_scan *s, size_t from, size_t end)
{
    bool digit = false;

    if (end - from > 16)
        return false;
    for (size_t i = from; i < end; i++) {
        if (!param_is(s, i, PARAM_HEX_LOWER))
            return false;
        digit |= param_is(s, i, PARAM_DIGIT);
    }
    return (digit || end - from >= 6) && param_word_ends(s, end);
}

static bool has_letter(const struct param_scan *s, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (param_is(s, i, PARAM_LETTER))
            return true;
    return false;
}

/* '@acme/shop' and node_modules/@acme have nobody before the at, react@18.2.0 no host behind it. */
static bool is_package(const struct param_scan *s, size_t at, size_t end, unsigned labels)
{
    return memchr("'`/=?#{|}", s->at[at - 1], 9) ||
           ((labels == 2 || labels == 3) && !has_letter(s, at + 1, end));
}

size_t param_email_here(struct param_scan *s, size_t i)
{
    if (!s->has_at || i < s->local_end || !param_is(s, i, PARAM_LOCAL))
        return 0;
    size_t at = i + param_run(s, i, PARAM_LOCAL, SIZE_MAX);
    s->local_end = at;
    if (!param_byte(s, at, '@') || !param_is(s, at + 1, PARAM_LABEL))
        return 0;
    size_t end = at + 1 + param_run(s, at + 1, PARAM_LABEL, SIZE_MAX);
    unsigned labels = 1;
    for (; param_byte(s, end, '.') && param_is(s, end + 1, PARAM_LABEL); labels++)
        end += 1 + param_run(s, end + 1, PARAM_LABEL, SIZE_MAX);
    if (is_package(s, at, end, labels) || param_literal(s, at, "@anonymous")) /* PHP's classes */
        return 0;
    if (labels == 1 && is_object_hash(s, at + 1, end) && has_letter(s, i, at)) {
        s->name_at = at;
        return 0;
    }
    return end - i;
}

/* Any scheme counts, and a URL that was cut off behind its slashes as well. */
size_t param_url_here(const struct param_scan *s, size_t i)
{
    size_t end = i;

    if (!s->has_scheme || !param_is(s, i, PARAM_LETTER) || !param_word_begins(s, i))
        return 0;
    while (end - i < 32 && (param_is(s, end, PARAM_LABEL) || param_byte(s, end, '+')))
        end++;
    if (end - i < 2 || !param_literal(s, end, "://"))
        return 0;
    for (end += 3; end < s->len && !param_is(s, end, PARAM_SPACE);)
        end++;
    return end - i;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The hundred or so that are met most; with all of them file and module names would be hosts. */
static bool is_top_level(const struct param_scan *s, size_t from, size_t end)
{
    static const char names[][7] = {
        "ae", "al",     "app",  "ar",   "at",   "au", "be",   "bg",   "biz",  "br",   "by",
        "ca", "cat",    "cc",   "cf",   "ch",   "cl", "club", "cn",   "co",   "com",  "cz",
        "de", "dk",     "edu",  "ee",   "es",   "eu", "fi",   "fm",   "fr",   "ga",   "gov",
        "gq", "gr",     "hk",   "hr",   "hu",   "id", "ie",   "il",   "in",   "info", "io",
        "ir", "is",     "it",   "jobs", "jp",   "kr", "kz",   "la",   "link", "lt",   "lv",
        "ly", "me",     "mobi", "ms",   "mx",   "my", "net",  "news", "ng",   "nl",   "no",
        "nz", "online", "org",  "pe",   "ph",   "pl", "pro",  "pt",   "ro",   "rs",   "ru",
        "sa", "se",     "sg",   "si",   "site", "sk", "th",   "tips", "tk",   "to",   "tr",
        "tv", "tw",     "ua",   "ug",   "uk",   "us", "vn",   "wiki", "xxx",  "xyz",  "za"};
    char key[7] = "";
    bool lower = false, upper = false;

    if (end - from >= sizeof key)
        return false;
    for (size_t i = from; i < end; i++) {
        char c = s->at[i];

        if (!param_is(s, i, PARAM_LETTER))
            return false;
        lower |= c >= 'a';
        upper |= c <= 'Z';
        key[i - from] = (char)(c | 0x20);
    }
    return lower != upper &&
           bsearch(key, names, sizeof names / sizeof *names, sizeof *names, by_name);
}

/* Endings of source files are domains as well: src/main.rs, cart.rs:12:5, a.pl line 3. And scripts
 * speak of properties: (evaluating 'user.id'), e.info is undefined. */
static bool is_name_of_code(const struct param_scan *s, size_t i, size_t end)
{
    static const char *const complaints[] = {" is undefined", " is null", " is not a function",
                                             " is not a constructor", " is not iterable"};
    static const char evaluating[] = "evaluating '";
    size_t n, mark = sizeof evaluating - 1;

    if (i > 1 && s->at[i - 1] == '/' && s->at[i - 2] != '/')
        return true;
    if (param_byte(s, end, ':') && (n = param_run(s, end + 1, PARAM_DIGIT, 9)) &&
        param_byte(s, end + 1 + n, ':') && param_is(s, end + 2 + n, PARAM_DIGIT))
        return true;
    if (param_literal(s, end, " line ") ||
        (i >= mark && memcmp(s->at + i - mark, evaluating, mark) == 0))
        return true;
    for (unsigned c = 0; c < sizeof complaints / sizeof *complaints; c++)
        if (param_literal(s, end, complaints[c]))
            return true;
    return false;
}

/* A dotted name that ends in a top-level domain (RFC 1123 labels, RFC 2181 lengths). A name that
 * goes on behind it, as java.io.File does, is none. */
size_t param_host_here(struct param_scan *s, size_t i)
{
    size_t end = i, label = i, labels = 0;
    bool good = true, letter = false;

    if (!param_is(s, i, PARAM_DIGIT | PARAM_LETTER) || !param_word_begins(s, i) || i < s->host_end)
        return 0;
    for (;;) {
        size_t n = param_run(s, end, PARAM_LABEL, SIZE_MAX);

        label = end;
        end += n;
        labels++;
        good &= n <= 63 && s->at[label] != '-' && s->at[end - 1] != '-';
        if (!param_byte(s, end, '.') || !param_is(s, end + 1, PARAM_LABEL))
            break;
        letter = letter || has_letter(s, label, end);
        end++;
    }
    if (labels > 1 && good && letter && end - i <= 255 && is_top_level(s, label, end) &&
        param_word_ends(s, end) && !is_name_of_code(s, i, end))
        return end - i;
    s->host_end = end;
    return 0;
}

static size_t mac_groups(const struct param_scan *s, size_t i, unsigned groups, size_t each,
                         char separator)
{
    size_t at = i;

    for (unsigned g = 0; g < groups; g++) {
        if (g && !param_byte(s, at++, separator))
            return 0;
        if (param_run(s, at, PARAM_HEX_LOWER | PARAM_HEX_UPPER, each) != each)
            return 0;
        at += each;
    }
    return param_word_ends(s, at) ? at - i : 0;
}

/* Tried before dates, which would take the first half of 10:20:30:40:50:60. */
size_t param_mac_here(const struct param_scan *s, size_t i)
{
    if (!param_word_begins(s, i))
        return 0;
    if (param_byte(s, i + 4, '.'))
        return mac_groups(s, i, 3, 4, '.');
    if (!param_byte(s, i + 2, ':') && !param_byte(s, i + 2, '-') && !param_byte(s, i + 2, ' '))
        return 0;
    return mac_groups(s, i, 6, 2, s->at[i + 2]);
}

/* Four numbers up to 255, whatever stands around them. */
static size_t dotted_quad(const struct param_scan *s, size_t i)
{
    size_t at = i;

    for (unsigned part = 0; part < 4; part++) {
        if (part && !param_byte(s, at++, '.'))
            return 0;
        size_t n = param_run(s, at, PARAM_DIGIT, 3);
        unsigned value = 0;
        for (size_t d = 0; d < n; d++)
            value = value * 10 + (unsigned)(s->at[at + d] - '0');
        if (n == 0 || value > 255)
            return 0;
        at += n;
    }
    return at - i;
}

size_t param_ipv4_here(const struct param_scan *s, size_t i)
{
    size_t n = param_word_begins(s, i) ? dotted_quad(s, i) : 0;

    return n && param_word_ends(s, i + n) ? n : 0;
}

/* Groups of RFC 4291 from i on, an IPv4 tail among them; 0 unless they make an address. */
static size_t address(const struct param_scan *s, size_t i)
{
    unsigned groups = 0;
    bool gap = false, digit = false;
    size_t at = i, quad;

    if (param_byte(s, at, ':')) {
        if (!param_byte(s, at + 1, ':'))
            return 0;
        gap = true;
        at += 2;
    }
    while (param_is(s, at, PARAM_HEX_LOWER | PARAM_HEX_UPPER)) {
        if (groups && (quad = dotted_quad(s, at))) {
            groups += 2;
            digit = true;
            at += quad;
            break;
        }
        if (gap && !groups && (quad = dotted_quad(s, at))) {
            groups += 2;
            digit = true;
            at += quad;
            break;
        }
        size_t n = param_run(s, at, PARAM_HEX_LOWER | PARAM_HEX_UPPER, 5);
        if (n > 4 || ++groups > 8)
            return 0;
        for (size_t d = 0; d < n; d++)
            digit |= param_is(s, at + d, PARAM_DIGIT);
        at += n;
        if (!param_byte(s, at, ':'))
            break;
        if (param_byte(s, at + 1, ':')) {
            if (gap)
                return 0;
            gap = true;
            at += 2;
        } else if (param_is(s, at + 1, PARAM_HEX_LOWER | PARAM_HEX_UPPER)) {
            at++;
        } else {
            break; /* "::1: refused": that colon belongs to the sentence */
        }
    }
    if (groups > 8 || (gap ? groups == 8 : groups != 8))
        return 0;
    return digit || groups == 0 ? at - i : 0; /* Fee::add is no address, "::" alone is one */
}

size_t param_ipv6_here(const struct param_scan *s, size_t i)
{
    size_t n, at;

    if (param_word_behind(s, i) || (i > 0 && param_byte(s, i - 1, ':')))
        return 0;
    if (!(n = address(s, i)))
        return 0;
    at = i + n;
    if (param_byte(s, at, '%') && param_is(s, at + 1, PARAM_DIGIT | PARAM_LETTER))
        at += 1 + param_run(s, at + 1, PARAM_DIGIT | PARAM_LETTER, 32);
    if (param_byte(s, at, '/') && param_is(s, at + 1, PARAM_DIGIT)) {
        size_t digits = param_run(s, at + 1, PARAM_DIGIT, 4);

        if (digits <= 3 && param_word_ends(s, at + 1 + digits))
            at += 1 + digits;
    }
    if (param_is(s, at, PARAM_DIGIT | PARAM_LETTER) || param_is(s, at, PARAM_WORD))
        return param_byte(s, at, '_') ? at - i : 0;
    if (at == i + 2 && param_byte(s, at, ':'))
        return 0; /* ":::" */
    return at - i;
}
