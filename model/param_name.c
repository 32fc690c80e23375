/* param_name.c -- names that machines give: pods of Kubernetes, temporary files, tokens in base64. */
#include <string.h>

#include "model/param_scan.h"

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static size_t run_of(const struct param_scan *s, size_t i, const char *alphabet, size_t max)
{
    size_t n = 0;

    while (n < max && i + n < s->len && s->at[i + n] && strchr(alphabet, s->at[i + n]))
        n++;
    return n;
}

/* shop-7d9f8b6c5d-x2k4q, cleanup-28374650-x7k2p: behind the name what a replica set or a job adds,
 * and what its pod adds. Kubernetes leaves out vowels, lest there be words (apimachinery's rand). */
size_t param_pod_here(const struct param_scan *s, size_t i, const struct param_token *t)
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    size_t len = t->end - i;
    bool pod;

    if (i == 0 || s->at[i - 1] != '-' || len < 5 || len > 10)
        return 0;
    if (len == 5)
        return t->switches >= 3 && run_of(s, i, alphabet, 5) == 5 && param_token_ends(s, t->end)
                   ? 5
                   : 0;
    if (len < 8 || !param_byte(s, t->end, '-'))
        return 0;
    pod = t->letters == 0 || run_of(s, i, alphabet, len) == len;
    return pod && run_of(s, t->end + 1, alphabet, 6) == 5 && param_token_ends(s, t->end + 6)
               ? len + 6
               : 0;
}

static bool behind_folder(const struct param_scan *s, size_t i, const char *folder)
{
    size_t n = strlen(folder);

    return i > n && memcmp(s->at + i - n - 1, folder, n) == 0;
}

/* In a folder for temporary files: tmpk3j_x2q9 of Python, tmp.Zk3Jd9aQpw of mktemp, phpZk3Jd9. */
size_t param_temporary_here(const struct param_scan *s, size_t i)
{
    size_t n = 0, at = i + 3;

    if (i == 0 || (s->at[i - 1] != '/' && s->at[i - 1] != '\\') ||
        !(behind_folder(s, i, "/tmp") || behind_folder(s, i, "/T") ||
          behind_folder(s, i, "\\Temp")))
        return 0;
    if (param_literal(s, i, "tmp.")) {
        for (at++; at + n < s->len && is_plain(s->at[at + n]);)
            n++;
        return n == 10 ? 4 + n : 0;
    }
    if (param_literal(s, i, "php")) {
        while (at + n < s->len && is_plain(s->at[at + n]))
            n++;
        return n == 6 ? 3 + n : 0;
    }
    if (!param_literal(s, i, "tmp"))
        return 0;
    n = param_run(s, at, PARAM_WORD, 9);
    return n == 8 ? 3 + n : 0;
}

/* PHP writes behind class@anonymous a NUL, which gets lost on the way, and where it stands:
 * /srv/shop/Cart.php:12$3 */
size_t param_anonymous_here(const struct param_scan *s, size_t i)
{
    size_t end = i + 1;

    if (i < 10 || memcmp(s->at + i - 10, "@anonymous", 10) != 0)
        return 0;
    while (end < s->len && !param_is(s, end, PARAM_SPACE) && !param_literal(s, end, "::"))
        end++;
    return end - i;
}

static size_t base64_run(const struct param_scan *s, size_t i)
{
    size_t n = 0;

    while (i + n < s->len && (is_plain(s->at[i + n]) || memchr("+/=_-", s->at[i + n], 5)))
        n++;
    return n;
}

/* What stands behind "base64,"; and tokens: three parts, of which the first is JSON, which begins
 * with eyJ (RFC 7519). */
size_t param_base64_here(const struct param_scan *s, size_t i)
{
    size_t n, more;

    if (i >= 7 && s->at[i - 1] == ',' && memcmp(s->at + i - 7, "base64", 6) == 0)
        return base64_run(s, i);
    if (!param_literal(s, i, "eyJ") || !param_word_begins(s, i) || (n = base64_run(s, i)) < 12)
        return 0;
    for (unsigned part = 0; part < 2 && param_byte(s, i + n, '.'); part++) {
        more = base64_run(s, i + n + 1);
        n += more ? 1 + more : 0;
    }
    return n;
}

/* Between dashes and underlines: a part of a word, "cart" or "Orders"? */
static bool is_wordy(const struct param_scan *s, size_t i, const struct param_token *t)
{
    size_t len = t->end - i;

    if (t->digits || len < 4)
        return false;
    if (!t->lower || !t->upper)
        return true;
    while (++i < t->end && s->at[i] >= 'a')
        ;
    return i == t->end && len >= 6; /* one capital, in front */
}

/* V1StGXR8_Z5jdHi6B-myT: letters of base64url fall where they like, dashes and underlines too. One
 * part must be beyond doubt, and none may be a word. */
size_t param_slug_here(const struct param_scan *s, size_t i)
{
    bool sure = false;
    size_t at = i;

    if (i > 0 && (s->at[i - 1] == '-' || param_word_behind(s, i)))
        return 0;
    while (at < s->len && s->at[at] >= 'a' && s->at[at] <= 'z')
        at++;
    if (at - i >= 2 && param_byte(s, at, '_')) /* cus_9s6XKzkNRiz8i3: the prefix says of what */
        return 0;
    at = i;
    while (at < s->len && at - i <= 64) {
        if (s->at[at] == '-' || s->at[at] == '_') {
            at++;
            continue;
        }
        if (!is_plain(s->at[at]))
            break;
        struct param_token t = param_token(s, at);
        if (is_wordy(s, at, &t))
            return 0;
        sure |= t.switches >= 3 && t.lower && t.upper;
        at = t.end;
    }
    return sure && at - i >= 16 && at - i <= 64 && param_word_ends(s, at) ? at - i : 0;
}
