/* param_keep.c -- words and numbers that look variable and are not: names of standards, and the
 * numbers that say which problem it is ("status code 404" is not "status code 500"). */
#include <string.h>

#include "model/param_scan.h"

static bool is_digit(const struct param_scan *s, size_t i)
{
    return param_is(s, i, PARAM_DIGIT);
}

/* Lower-case; what ends in "#" goes on with digits. */
size_t param_keep_word_here(const struct param_scan *s, size_t i)
{
    static const char *const words[] = {
        "utf-16le",  "utf-16be",     "utf-32le", "utf-32be", "utf-16",    "utf-32",  "utf-7",
        "utf-8",     "utf8mb3",      "utf8mb4",  "ucs-2",    "ucs-4",     "latin-1", "iso-8859-#",
        "iso-8601",  "windows-125#", "cp-#",     "sha-1",    "sha-224",   "sha-256", "sha-384",
        "sha-512",   "sha-2",        "sha-3",    "md-5",     "aes-128",   "aes-192", "aes-256",
        "ed25519",   "base-64",      "http/1.0", "http/1.1", "http/2.0",  "http/2",  "http/3",
        "tls1.#",    "tlsv1.#",      "tls-1.#",  "tls 1.#",  "tls/1.#",   "sslv3.#", "ssl3.#",
        "oauth 2.0", "oauth2.0",     "x.509",    "x86_64",   "x86-64",    "d3d9",    "d3d10",
        "d3d11",     "d3d12",        "h.264",    "h.265",    "ieee-754",  "802.11",  "rfc-#",
        "arm64-v8a", "armeabi-v7a",  "log4j2",   "sha3-#",   "iso8859-#", "md5",     "sha1",
        "ec2",       "s3",           "h2",       "k8s"};
    if (!param_word_begins(s, i) || (param_is(s, i, PARAM_DIGIT) && s->at[i] != '8'))
        return 0;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        if ((s->at[i] | 0x20) != words[w][0] && s->at[i] != words[w][0])
            continue;
        size_t n = strlen(words[w]);
        bool more = words[w][n - 1] == '#';

        n -= more;
        if (s->len - i < n)
            continue;
        size_t same = 0;
        while (same < n) {
            char c = s->at[i + same];

            if (c >= 'A' && c <= 'Z')
                c |= 0x20;
            if (c != words[w][same])
                break;
            same++;
        }
        if (same < n)
            continue;
        if (more) {
            size_t digits = param_run(s, i + n, PARAM_DIGIT, 4);

            if (digits == 0)
                continue;
            n += digits;
        }
        if (param_token_ends(s, i + n) && !(param_byte(s, i + n, '.') && is_digit(s, i + n + 1)))
            return n;
    }
    return 0;
}

/* The word that ends at `*end`, after at most four bytes of punctuation; moves *end before it. */
static struct text word_before(const struct param_scan *s, size_t *end)
{
    size_t at = *end, from;

    for (unsigned n = 0; n < 4 && at > 0 && memchr(" \t:=([\"'#", s->at[at - 1], 9); n++)
        at--;
    for (from = at; from > 0 && at - from < 24 &&
                    (param_is(s, from - 1, PARAM_DIGIT | PARAM_LETTER) || s->at[from - 1] == '_' ||
                     s->at[from - 1] == '/' || s->at[from - 1] == '.');)
        from--;
    *end = from;
    return (struct text){s->at + from, at - from};
}

/* Is that the word, or its last part, as in errorCode and exit_code? "decode" has no such part. */
static bool word_ends_with(struct text word, const char *lower, size_t n)
{
    size_t from = word.len - n;

    if (word.len < n || ((word.at[word.len - 1] ^ lower[n - 1]) & ~0x20) ||
        !text_eq_nocase(text_cut(word, from, n), (struct text){lower, n}))
        return false;
    return from == 0 || word.at[from - 1] == '_' || word.at[from - 1] == '.' ||
           (word.at[from] <= 'Z' && word.at[from - 1] >= 'a');
}

static bool word_ends_in(struct text word, const char *lower)
{
    return word_ends_with(word, lower, strlen(lower));
}

static bool is_http(struct text word)
{
    return text_starts_nocase(word, "http") &&
           (word.len == 4 || (word.len <= 8 && word.at[4] == '/'));
}

/* What a number names behind such words, by the last part of each: how many digits it may have. */
#define W(word) word, sizeof word - 1
static const struct code_word {
    const char *word;
    size_t len;
    const char *before; /* NULL: whatever stands before the word */
    uint8_t least, most;
} code_words[] = {
    {W("errno"), NULL, 1, 5},
    {W("err"), NULL, 1, 5},
    {W("winerror"), NULL, 1, 5}, /* Python on Windows */
    {W("sqlcode"), NULL, 1, 5},  /* DB2 */
    {W("Win32Exception"), NULL, 1, 5},
    {W("ApiException"), NULL, 1, 5}, /* Google's services on Android */
    {W("curl"), NULL, 1, 2},
    {W("smtp"), NULL, 3, 3},
    {W("success"), NULL, 3, 3}, /* .NET: does not indicate success: 404 */
    {W("signal"), NULL, 1, 2},
    {W("exitcode"), NULL, 1, 3},
    {W("exit_code"), NULL, 1, 3},
    {W("exitstatus"), NULL, 1, 3},
    {W("exit_status"), NULL, 1, 3},
    {W("exited"), NULL, 1, 3},
    {W("code"), "exit", 1, 3},
    {W("code"), "exited", 1, 3},
    {W("status"), "exit", 1, 3},
    {W("status"), "exited", 1, 3},
    {W("returncode"), NULL, 1, 3},
    {W("return_code"), NULL, 1, 3},
    {W("code"), "return", 1, 3},
    {W("number"), "error", 1, 5},
    {W("errorcode"), NULL, 1, 5},
    {W("error_code"), NULL, 1, 5},
    {W("code"), "error", 1, 5},
    {W("code"), "close", 1, 5}, /* of a socket: 1006 */
    {W("code"), "closed", 1, 5},
    {W("closed"), "websocket", 4, 4},
    {W("code"), "response", 1, 3},
    {W("status"), "grpc", 1, 2},
    {W("statuscode"), NULL, 3, 3},
    {W("osstatus"), NULL, 1, 5},
    {W("code"), NULL, 3, 3},
    {W("status"), NULL, 3, 3},
    {W("error"), "domain", 1, 5}, /* Apple: NSURLErrorDomain error -1009 */
};
#undef W

/* "with code", "a status of", "code was": the word that counts stands before. */
static bool is_link(struct text word)
{
    return text_is(word, "with") || text_is(word, "of") || text_is(word, "is") ||
           text_is(word, "was") || text_is(word, "a");
}

static struct text telling_word_before(const struct param_scan *s, size_t *end)
{
    struct text word = word_before(s, end);

    for (unsigned n = 0; n < 2 && is_link(word); n++)
        word = word_before(s, end);
    return word;
}

/* "error 1045", "error #418"; "error 3 of 12" is a count, and so is "error: 3 files". */
static bool is_error_number(const struct param_scan *s, size_t i, struct text word)
{
    size_t end = i + param_byte(s, i, '-');

    end += param_run(s, end, PARAM_DIGIT, 6);
    return word_ends_in(word, "error") &&
           (s->at[i - 1] == '#' || word.at + word.len + 1 == s->at + i) &&
           !param_literal(s, end, " of ") && !param_literal(s, end, " time");
}

static bool one_follows(const struct param_scan *s, size_t i, const char *const *literals)
{
    while (*literals && !param_literal(s, i, *literals))
        literals++;
    return *literals;
}

/* Compilers: "error C2065", "warning C4996" */
static bool is_named_error(const struct param_scan *s, size_t i, size_t len)
{
    size_t end = i;
    struct text word;

    if (len < 4 || len > 6 || s->at[i] < 'A' || s->at[i] > 'Z' ||
        param_run(s, i + 1, PARAM_DIGIT, len) != len - 1)
        return false;
    word = word_before(s, &end);
    return word_ends_in(word, "error") || word_ends_in(word, "warning");
}

/* "returned 404", "responded with 503: …"; "returned 404 rows" is a count. */
static bool is_answer(const struct param_scan *s, size_t i, struct text word)
{
    static const char *const verbs[] = {"returned", "responded", "replied",
                                        "failed",   "received",  "got"};
    size_t end = i + 3, v = 0;

    while (v < sizeof verbs / sizeof *verbs && !text_is(word, verbs[v]))
        v++;
    if ((s->at[i] != '4' && s->at[i] != '5') || v == sizeof verbs / sizeof *verbs)
        return false;
    return !(param_byte(s, end, ' ') && param_is(s, end + 1, PARAM_LETTER)) ||
           one_follows(s, end,
                       (const char *const[]){" for ", " from ", " on ", " after ", " in ", " to ",
                                             " while ", " when ", NULL});
}

/* "404 Client Error", "got 429 Too Many Requests": the reason of an answer behind its number. */
static bool is_reasoned(const struct param_scan *s, size_t i)
{
    static const char *const reasons[] = {" Client Error",
                                          " Server Error",
                                          " Bad Request",
                                          " Unauthorized",
                                          " Forbidden",
                                          " Not Found",
                                          " Method Not Allowed",
                                          " Request Timeout",
                                          " Conflict",
                                          " Gone",
                                          " Unprocessable",
                                          " Too Many Requests",
                                          " Bad Gateway",
                                          " Internal Server",
                                          " Service Unavailable",
                                          " Gateway Time",
                                          " Not Implemented",
                                          NULL};

    return (s->at[i] == '4' || s->at[i] == '5') && one_follows(s, i + 3, reasons);
}

/* How many digits may stand behind what stands before `i`; 0: none. */
static unsigned digits_kept(const struct param_scan *s, size_t i, unsigned *least)
{
    size_t end = i;
    struct text word = telling_word_before(s, &end), before;

    *least = 3;
    if (word.len < 3)
        return 0;
    if (is_http(word) || is_answer(s, i, word))
        return 3;
    before = telling_word_before(s, &end);
    for (size_t w = 0; w < sizeof code_words / sizeof *code_words; w++) {
        const struct code_word *c = &code_words[w];

        if (!word_ends_with(word, c->word, c->len) ||
            (c->before && !word_ends_in(before, c->before)))
            continue;
        *least = s->at[i] == '-' ? 1 : c->least;
        return s->at[i] == '-' ? 10 : c->most; /* -1073741819 is 0xC0000005 */
    }
    *least = 1;
    return is_error_number(s, i, word) ? 5 : 0;
}

static bool is_sqlstate(const struct param_scan *s, size_t i, size_t len)
{
    size_t end = i;

    return len == 5 && word_ends_in(word_before(s, &end), "sqlstate");
}

/* Windows' status values: the sign bit, then facilities that are really used (winerror.h,
 * ntstatus.h), since addresses look alike; and what an exception of C++ and of .NET is called. */
static bool is_windows_status(const struct param_scan *s, size_t i, size_t len)
{
    static const char *const starts[] = {"800",  "801",  "802",      "803",      "887a",    "c000",
                                         "c001", "c002", "c06d007e", "e06d7363", "e0434352"};
    struct text hex = {s->at + i + 2, 8};

    if (len != 10 || s->at[i] != '0' || (s->at[i + 1] | 0x20) != 'x')
        return false;
    for (size_t n = 0; n < sizeof starts / sizeof *starts; n++)
        if (text_starts_nocase(hex, starts[n]))
            return true;
    return false;
}

/* MySQL: ERROR 1062 (23000); of PHP's PDO SQLSTATE[HY000] [1045] */
static bool is_mysql_error(const struct param_scan *s, size_t i, size_t len)
{
    size_t end = i;

    if (len == 4 && i >= 17 && memcmp(s->at + i - 3, "] [", 3) == 0)
        return text_is((struct text){s->at + i - 17, 9}, "SQLSTATE[");
    return len == 4 && param_byte(s, i + 4, ' ') && param_byte(s, i + 5, '(') &&
           word_ends_in(word_before(s, &end), "error");
}

/* ORA-00942, PLS-00306: Oracle's programs, and those who speak with them. */
static bool is_oracle_error(const struct param_scan *s, size_t i)
{
    static const char *const names[] = {"ORA", "PLS", "TNS", "DPI", "DPY", "NJS"};

    if (i < 4 || s->at[i - 1] != '-' || !param_word_begins(s, i - 4))
        return false;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (text_eq_nocase((struct text){s->at + i - 4, 3}, text_of(names[n])))
            return true;
    return false;
}

size_t param_keep_number_here(const struct param_scan *s, size_t i)
{
    size_t sign = param_byte(s, i, '-'), at = i + sign;
    size_t len = param_run(s, at, PARAM_DIGIT | PARAM_LETTER, 11);
    size_t digits = param_run(s, at, PARAM_DIGIT, 11);
    unsigned least, most;

    if (!param_token_ends(s, at + len))
        return 0;
    if (is_windows_status(s, i, len) || is_sqlstate(s, i, len) || is_named_error(s, i, len))
        return len;
    if (!is_digit(s, at))
        return 0;
    if (digits != len || (param_byte(s, at + len, '.') && is_digit(s, at + len + 1)) ||
        (param_byte(s, at + len, ',') && is_digit(s, at + len + 1)))
        return 0;
    if (!sign &&
        (is_oracle_error(s, i) || is_mysql_error(s, i, len) || (len == 3 && is_reasoned(s, i))))
        return len;
    most = digits_kept(s, i, &least);
    return len >= least && len <= most ? sign + len : 0;
}
