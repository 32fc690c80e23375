/* group_words.c -- what browsers say of expressions: "t.price is undefined" in one build is "e.price is
 * undefined" in the next, since a minifier names variables, but no properties. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

static const char masked[] = "<name>";

/* Letters and digits of a name from `i` on; 0: somewhere within a longer one, or behind a dot. */
static size_t name_here(struct text t, size_t i)
{
    size_t n = 0;

    if (i > 0 && (scan_is_letter(t.at[i - 1]) || scan_is_digit(t.at[i - 1]) ||
                  memchr("._$#<-", t.at[i - 1], 6)))
        return 0;
    if (!scan_is_letter(t.at[i]))
        return 0;
    while (
        i + n < t.len && n < 3 &&
        (scan_is_letter(t.at[i + n]) || scan_is_digit(t.at[i + n]) || memchr("_$", t.at[i + n], 2)))
        n++;
    return n;
}

/* "t" and "Ne"; "cb" and "fn" are names that people give. */
static bool is_minifiers(struct text name)
{
    return name.len == 1 || (name.len == 2 && (name.at[1] < 'a' || name.at[0] < 'a'));
}

static bool ends_before(struct text t, size_t i, const char *literal)
{
    return text_ends(text_cut(t, 0, i), literal);
}

/* The root of an expression that tells more: t.price, t[0], of 't', "…property "price", t is null" */
static bool is_root(struct text t, size_t i, size_t end)
{
    if (end + 1 < t.len && memchr(".[(", t.at[end], 3))
        return t.at[end + 1] != ' ';
    if (begins(t, "can't access property ") && ends_before(t, i, ", "))
        return scan_stands(t, end, " is undefined") || scan_stands(t, end, " is null");
    return end < t.len && t.at[end] == '\'' && ends_before(t, i, " of '");
}

struct text group_script_words(struct text value, struct arena *a)
{
    struct text t = value;

    for (size_t i = 0; i < t.len; i++) {
        size_t n = name_here(t, i);

        if (n && is_minifiers(text_cut(t, i, n)) && is_root(t, i, i + n)) {
            t = scan_replace(t, i, n, masked, a);
            n = sizeof masked - 1;
        }
        i += n;
    }
    return t;
}
