#include "model/release.h"

#include "proto/limits.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool release_is_hash(struct text version)
{
    if (version.len < 12 || version.len > 40)
        return false;
    for (size_t i = 0; i < version.len; i++) {
        char c = version.at[i];

        if (!digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
            return false;
    }
    return true;
}

/* One number without leading zeros; moves *at behind it. */
static bool number(struct text t, size_t *at, uint64_t *out)
{
    size_t from = *at;
    unsigned long long value;

    while (*at < t.len && digit(t.at[*at]))
        ++*at;
    if (*at == from || (*at - from > 1 && t.at[from] == '0') ||
        !text_u64(text_cut(t, from, *at - from), &value))
        return false;
    *out = value;
    return true;
}

/* Dot separated identifiers of letters, digits and hyphens: none of them empty. */
static bool identifiers(struct text t)
{
    bool empty = true;

    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        if (c == '.') {
            if (empty)
                return false;
            empty = true;
        } else if (digit(c) || alpha(c) || c == '-') {
            empty = false;
        } else {
            return false;
        }
    }
    return !empty;
}

static bool parse_version(struct text v, struct release_name *out)
{
    size_t at = 0, plus;

    if (v.len && (v.at[0] == 'v' || v.at[0] == 'V'))
        v = text_cut(v, 1, v.len);
    plus = text_find_byte(v, '+');
    if (plus < v.len) {
        out->build = text_cut(v, plus + 1, v.len);
        if (!identifiers(out->build))
            return false;
        v = text_cut(v, 0, plus);
    }
    do {
        if (!number(v, &at, &out->number[out->components]))
            return false;
        out->components++;
    } while (out->components < 4 && at < v.len && v.at[at] == '.' && ++at);
    if (at == v.len)
        return true;
    /* "1.0-rc1", and without the hyphen "1.0rc1" as Python writes it */
    if (v.at[at] == '-')
        at++;
    else if (!alpha(v.at[at]))
        return false;
    out->pre = text_cut(v, at, v.len);
    return identifiers(out->pre);
}

void release_parse(struct text name, struct release_name *out)
{
    size_t at = name.len;

    *out = (struct release_name){.version = name};
    while (at > 0 && name.at[at - 1] != '@')
        at--;
    if (at > 1 && at < name.len) { /* "@scope/x" alone is no package, nor is a trailing '@' */
        out->package = text_cut(name, 0, at - 1);
        out->version = text_cut(name, at, name.len);
    }
    if (release_is_hash(out->version))
        return;
    out->semver = parse_version(out->version, out);
    if (!out->semver) {
        out->pre = out->build = TEXT_NONE;
        out->components = 0;
    }
}

/* One identifier of a pre-release: numbers before words, numbers by value, words by bytes. */
static int compare_identifier(struct text a, struct text b)
{
    unsigned long long x, y;
    bool a_number = text_u64(a, &x), b_number = text_u64(b, &y);
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order;

    if (a_number && b_number)
        return (x > y) - (x < y);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Semver 2.0.0 §11.4: identifier by identifier; the shorter list is the older one. */
static int compare_identifiers(struct text a, struct text b)
{
    while (a.len && b.len) {
        size_t a_end = text_find_byte(a, '.'), b_end = text_find_byte(b, '.');
        int order = compare_identifier(text_cut(a, 0, a_end), text_cut(b, 0, b_end));

        if (order)
            return order;
        a = text_cut(a, a_end + 1, a.len);
        b = text_cut(b, b_end + 1, b.len);
    }
    return (a.len > 0) - (b.len > 0);
}

bool release_compare(struct text a, struct text b, int *order)
{
    struct release_name x, y;

    release_parse(a, &x);
    release_parse(b, &y);
    if (!x.semver || !y.semver || !text_eq(x.package, y.package))
        return false;
    *order = 0;
    for (int i = 0; i < 4 && !*order; i++)
        *order = (x.number[i] > y.number[i]) - (x.number[i] < y.number[i]);
    if (!*order) {
        if (x.pre.len && y.pre.len)
            *order = compare_identifiers(x.pre, y.pre);
        else
            *order = (y.pre.len > 0) - (x.pre.len > 0); /* a pre-release comes before its release */
    }
    if (!*order) /* semver ignores it; mobile builds are told apart by nothing else */
        *order = compare_identifiers(x.build, y.build);
    return true;
}

bool release_valid(struct text name)
{
    struct text trimmed = text_trim(name);

    if (!name.len || name.len > EVENT_RELEASE_MAX || trimmed.len != name.len)
        return false;
    if (text_is(name, ".") || text_is(name, "..") || text_eq_nocase(name, TEXT("latest")))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (strchr("\r\n\f\t\v/\\",
                   name.at[i])) /* strchr finds the NUL as well: not allowed either */
            return false;
    return true;
}
