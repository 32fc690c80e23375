/* param_id.c -- identifiers: trace headers, UUIDs, digests, hexadecimal and random text. */
#include <string.h>

#include "model/param_scan.h"

#define HEX (PARAM_HEX_LOWER | PARAM_HEX_UPPER)

/* Groups of hex digits joined by "-"; `sizes` ends with 0. The length without a look behind it. */
static size_t hex_groups(const struct param_scan *s, size_t i, const uint8_t *sizes, unsigned class)
{
    size_t at = i;

    for (const uint8_t *size = sizes; *size; size++) {
        if (size > sizes && !param_byte(s, at++, '-'))
            return 0;
        if (param_run(s, at, class, *size) != *size)
            return 0;
        at += *size;
    }
    return at - i;
}

/* W3C: 00-<trace>-<span>-0<flag>; AWS load balancers: 1-<time>-<id>. */
size_t param_traceparent_here(const struct param_scan *s, size_t i)
{
    static const uint8_t w3c[] = {2, 32, 16, 2, 0}, aws[] = {1, 8, 24, 0};
    size_t n = 0;

    if (!param_word_begins(s, i))
        return 0;
    if (param_literal(s, i, "00-") && (n = hex_groups(s, i, w3c, PARAM_HEX_LOWER)) &&
        (s->at[i + n - 2] != '0' || (s->at[i + n - 1] != '0' && s->at[i + n - 1] != '1')))
        n = 0;
    else if (param_literal(s, i, "1-"))
        n = hex_groups(s, i, aws, PARAM_HEX_LOWER);
    return n && param_word_ends(s, i + n) ? n : 0;
}

size_t param_uuid_here(const struct param_scan *s, size_t i)
{
    static const uint8_t uuid[] = {8, 4, 4, 4, 12, 0};
    size_t n;

    if (!param_byte(s, i + 8, '-') || !param_word_begins(s, i))
        return 0;
    n = hex_groups(s, i, uuid, HEX);
    return n && param_word_ends(s, i + n) ? n : 0;
}

/* OpenStack Swift's transactions: tx + 21 hex - 10 hex, and what follows up to a blank. */
size_t param_swift_here(const struct param_scan *s, size_t i)
{
    static const uint8_t tail[] = {21, 10, 0};
    size_t at;

    if (!param_literal(s, i, "tx") || !param_word_begins(s, i) ||
        !hex_groups(s, i + 2, tail, PARAM_HEX_LOWER))
        return 0;
    for (at = i + 2 + 21 + 1 + 10; at < s->len && !param_is(s, at, PARAM_SPACE);)
        at++;
    return at - i;
}

/* E11000, E0308: what many programs call their errors, as others do W1203 and P2002. */
static bool is_error_name(const struct param_scan *s, size_t i, const struct param_token *t)
{
    return s->at[i] == 'E' && t->letters == 1 && !(i > 0 && memchr("-_", s->at[i - 1], 2));
}

/* With 0x any number of digits. Without, one case only: short ones need a digit and a letter,
 * since "face" is a word, long ones do not. */
size_t param_hex_here(const struct param_scan *s, size_t i, const struct param_token *t)
{
    size_t len = t->end - i;

    if (param_byte(s, i, '0') && len > 2 && (s->at[i + 1] | 0x20) == 'x')
        return i + 2 + param_run(s, i + 2, HEX, SIZE_MAX) == t->end ? len : 0;
    if (!t->hex_lower && !t->hex_upper)
        return 0;
    if (len >= 4 && len <= 6)
        return t->digits && t->letters && !is_error_name(s, i, t) ? len : 0;
    return len >= 8 && len <= 128 ? len : 0;
}

/* The short form that git prints. */
bool param_is_git_sha(const struct param_token *t, size_t len)
{
    return len == 7 && t->hex_lower && t->digits && t->letters;
}

/* k9Mtd2gDcgG: letters and digits change too often for a name like dogNumber1 or bball4lyfe. */
static bool is_random(const struct param_scan *s, size_t i, const struct param_token *t, size_t len)
{
    if (len == 20 && !t->lower && (param_literal(s, i, "AKIA") || param_literal(s, i, "ASIA")))
        return true; /* names of keys of AWS */
    return len >= 4 && t->switches >= 3 && (len >= 6 || (t->lower && t->upper));
}

/* INV000123: a word and six digits or more are a number of something; codes of errors have less, but
 * for those of Azure, AADSTS700016, and of JBoss, HHH000342. */
static bool is_serial(const struct param_scan *s, size_t i, const struct param_token *t)
{
    static const char *const errors[] = {"HHH", "ISPN", "JBAS", "WELD", "UT"};

    for (unsigned e = 0; e < sizeof errors / sizeof *errors; e++)
        if (t->letters == strlen(errors[e]) && param_literal(s, i, errors[e]))
            return false;
    return t->switches == 1 && t->longest_digits >= 6 && t->letters >= 2 && t->letters <= 4 &&
           !t->lower && param_is(s, i, PARAM_LETTER);
}

/* cus_NffrFeUfNV2Hib: behind a prefix what is too long for a name, with a digit, and capitals where
 * no word begins. */
static bool is_prefixed(const struct param_scan *s, size_t i, const struct param_token *t)
{
    unsigned short_humps = 0;
    size_t hump = 0;

    if (t->end - i < 14 || !t->digits || !t->lower || !t->upper || i < 3 || s->at[i - 1] != '_')
        return false;
    for (size_t at = i; at < t->end; at++)
        if (param_is(s, at, PARAM_LETTER) && s->at[at] <= 'Z') {
            short_humps += hump == 2; /* capitals in a row may be an abbreviation */
            hump = 1;
        } else {
            hump++;
        }
    return short_humps >= 2;
}

/* The same spread over groups: a1b-c2d. Groups like node1 and pod2 do not make one. */
static size_t dashed(const struct param_scan *s, size_t i, const struct param_token *first)
{
    struct param_token t = *first;
    unsigned switches = t.switches, groups = 1;
    bool dense = t.switches >= 2;

    while (param_byte(s, t.end, '-') && param_is(s, t.end + 1, PARAM_DIGIT | PARAM_LETTER)) {
        struct param_token next = param_token(s, t.end + 1);

        if (next.digits == 0 || !param_token_ends(s, next.end))
            break;
        t = next;
        groups++;
        switches += t.switches;
        dense |= t.switches >= 2;
    }
    return groups > 1 && dense && switches >= 3 && first->digits && first->letters ? t.end - i : 0;
}

/* s140177518376768_x2: a number that grew onto a word makes an id of the whole word. */
static size_t numbered_word(const struct param_scan *s, size_t i)
{
    size_t end = i;
    bool grown = false;

    if (!param_word_begins(s, i))
        return 0;
    while (param_is(s, end, PARAM_DIGIT | PARAM_LETTER)) {
        struct param_token t = param_token(s, end);

        grown |= t.letters && t.longest_digits >= 8;
        end = t.end;
        while (param_byte(s, end, '_'))
            end++;
    }
    return grown && param_word_ends(s, end) ? end - i : 0;
}

size_t param_random_here(const struct param_scan *s, size_t i, const struct param_token *t)
{
    size_t n;

    if ((n = numbered_word(s, i)))
        return n;
    if (is_random(s, i, t, t->end - i) || is_serial(s, i, t) || is_prefixed(s, i, t))
        return t->end - i;
    return t->switches && param_byte(s, t->end, '-') ? dashed(s, i, t) : 0;
}
