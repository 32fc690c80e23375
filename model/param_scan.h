/* param_scan.h -- what the scanners behind param.h share: the text, its borders, and what one look
 * at it has already told.
 * Every *_here() answers the length of what begins at `i`, or 0. They look behind themselves in the
 * original text, never in the output. */
#ifndef QUERN_MODEL_PARAM_SCAN_H
#define QUERN_MODEL_PARAM_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/text.h"

enum param_class {
    PARAM_DIGIT = 1,
    PARAM_LETTER = 2,
    PARAM_HEX_LOWER = 4, /* 0-9 a-f */
    PARAM_HEX_UPPER = 8, /* 0-9 A-F */
    PARAM_WORD = 16,     /* letters, digits, "_"; the alphabets of UTF-8, see param_word_behind */
    PARAM_LOCAL = 32,    /* the part of an e-mail address before "@" */
    PARAM_SPACE = 64,
    PARAM_LABEL = 128 /* letters, digits, "-" */
};
extern const uint8_t param_class[256];

/* A run of ASCII letters and digits, looked at once. */
struct param_token {
    size_t end;
    unsigned digits, letters, switches; /* switches: between letter and digit */
    unsigned longest_digits;            /* of the runs that touch a letter of the same word */
    bool lower, upper;                  /* has letters of that case */
    bool hex_lower, hex_upper;          /* consists of nothing else */
};

struct param_scan {
    const char *at;
    size_t len;
    /* Remembered, so that hostile texts are not looked through again and again. */
    size_t local_end;   /* no e-mail address begins before this */
    size_t name_at;     /* "@" of a Name@hex, SIZE_MAX: none */
    size_t host_end;    /* dotted names that end here are no host names */
    size_t json_end;    /* end of the JSON document that is being read */
    unsigned json_left; /* attempts to find the end of a document */
    bool has_at, has_scheme, has_sql;
    bool no_quote[2]; /* no further ' or " is coming */
};

static inline bool param_is(const struct param_scan *s, size_t i, unsigned classes)
{
    return i < s->len && (param_class[(unsigned char)s->at[i]] & classes);
}
static inline bool param_byte(const struct param_scan *s, size_t i, char c)
{
    return i < s->len && s->at[i] == c;
}
/* Does a word character end before i? Beyond ASCII the first byte of a character tells: letters of
 * two bytes belong to alphabets whose words stand apart; those of three are mostly quotation marks,
 * and writing that has no blanks around a number. */
static inline bool param_word_behind(const struct param_scan *s, size_t i)
{
    if (i > 0 && (s->at[i - 1] & 0xc0) == 0x80)
        for (unsigned n = 0; n < 3 && i > 1 && (s->at[i - 1] & 0xc0) == 0x80; n++)
            i--;
    return i > 0 && param_is(s, i - 1, PARAM_WORD);
}
/* A regular expression's \b, seen from a word character at i. */
static inline bool param_word_begins(const struct param_scan *s, size_t i)
{
    return !param_word_behind(s, i);
}
static inline bool param_word_ends(const struct param_scan *s, size_t i)
{
    return !param_is(s, i, PARAM_WORD);
}
/* The same, "_" being a border too. */
bool param_token_begins(const struct param_scan *s, size_t i);
bool param_token_ends(const struct param_scan *s, size_t i);
/* Number of bytes of these classes from i on, at most `max`. */
size_t param_run(const struct param_scan *s, size_t i, unsigned classes, size_t max);
static inline bool param_literal(const struct param_scan *s, size_t i, const char *literal)
{
    size_t n;

    if (i >= s->len || s->at[i] != literal[0])
        return false;
    n = strlen(literal);
    return s->len - i >= n && memcmp(s->at + i, literal, n) == 0;
}

struct param_token param_token(const struct param_scan *s, size_t i);

/* param_net.c */
size_t param_email_here(struct param_scan *s, size_t i);
size_t param_url_here(const struct param_scan *s, size_t i);
size_t param_host_here(struct param_scan *s, size_t i);
size_t param_mac_here(const struct param_scan *s, size_t i);
size_t param_ipv4_here(const struct param_scan *s, size_t i);
size_t param_ipv6_here(const struct param_scan *s, size_t i);
/* param_date.c */
size_t param_date_here(const struct param_scan *s, size_t i);
/* param_id.c */
size_t param_traceparent_here(const struct param_scan *s, size_t i);
size_t param_uuid_here(const struct param_scan *s, size_t i);
size_t param_swift_here(const struct param_scan *s, size_t i);
size_t param_hex_here(const struct param_scan *s, size_t i, const struct param_token *t);
bool param_is_git_sha(const struct param_token *t, size_t len);
size_t param_random_here(const struct param_scan *s, size_t i, const struct param_token *t);
/* param_name.c: what machines call pods, temporary files, tokens */
size_t param_pod_here(const struct param_scan *s, size_t i, const struct param_token *t);
size_t param_temporary_here(const struct param_scan *s, size_t i);
size_t param_base64_here(const struct param_scan *s, size_t i);
size_t param_slug_here(const struct param_scan *s, size_t i);
/* param_value.c: texts whose surroundings say that they are values */
bool param_is_sql(struct text t);
size_t param_value_here(struct param_scan *s, size_t i);
/* Length of the quoted text at i, its quotes included; 0: the quote is not closed. */
size_t param_quoted(struct param_scan *s, size_t i);
/* param_number.c */
size_t param_duration_here(const struct param_scan *s, size_t i);
size_t param_size_here(const struct param_scan *s, size_t i, bool *fraction); /* "12MB": its 12 */
size_t param_dimensions_here(const struct param_scan *s, size_t i);
size_t param_anonymous_here(const struct param_scan *s, size_t i);
size_t param_ordinal_here(const struct param_scan *s, size_t i);
size_t param_version_here(const struct param_scan *s, size_t i);
size_t param_float_here(const struct param_scan *s, size_t i);
size_t param_int_here(const struct param_scan *s, size_t i, bool *fraction);
/* param_keep.c: what names the problem and must stay */
size_t param_keep_word_here(const struct param_scan *s, size_t i);
size_t param_keep_number_here(const struct param_scan *s, size_t i);
/* param_json.c */
void param_json_here(struct param_scan *s, size_t i); /* sets json_end */
size_t param_json_string_here(const struct param_scan *s, size_t i, bool *value);
size_t param_json_bool_here(const struct param_scan *s, size_t i);

#endif
