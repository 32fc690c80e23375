/* group_file.c -- file names of frames, without the content hashes and versions that change with
 * every release. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

/* ---- build hashes and versions ---- */

/* CamelCase words are no hash, however long: every hump has three letters. */
static bool is_camel(struct text t)
{
    size_t hump = 0;

    for (size_t i = 0; i < t.len; i++) {
        if (!scan_is_letter(t.at[i]))
            return false;
        if (t.at[i] <= 'Z') {
            if (i && hump < 3)
                return false;
            hump = 0;
        }
        hump++;
    }
    return hump >= 3;
}

/* cart2, Checkout12: a word with a number behind it. */
static bool is_numbered_word(struct text t)
{
    size_t letters = scan_run(t, 0, scan_is_letter);

    for (size_t i = 1; i < letters; i++)
        if (t.at[i] < 'a')
            return false;
    return letters > 1 && t.len > letters && t.len - letters <= 3 &&
           letters + scan_run(t, letters, scan_is_digit) == t.len;
}

/* esbuild writes eight of base 32. */
static bool is_base32(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!((t.at[i] >= 'A' && t.at[i] <= 'Z') || (t.at[i] >= '2' && t.at[i] <= '7')))
            return false;
    return t.len == 8;
}

static bool looks_like_hash(struct text t)
{
    bool digit = false, lower = false, upper = false, hex = true;

    for (size_t i = 0; i < t.len; i++) {
        if (!scan_is_digit(t.at[i]) && !scan_is_letter(t.at[i]))
            return false;
        digit |= scan_is_digit(t.at[i]);
        lower |= scan_is_letter(t.at[i]) && t.at[i] >= 'a';
        upper |= scan_is_letter(t.at[i]) && t.at[i] <= 'Z';
        hex &= scan_is_hex(t.at[i]);
    }
    if (hex && digit && t.len >= 6 && t.len <= 40)
        return true;
    if (is_base32(t))
        return true;
    if (t.len < 8 || is_numbered_word(t) || !((digit && (lower || upper)) || (lower && upper)))
        return false;
    return digit || !is_camel(t);
}

static bool is_script_end(struct text t)
{
    static const char ends[][4] = {"js", "mjs", "cjs", "ts", "jsx", "tsx", "css", "map"};
    char lower[4] = "";

    if (t.len < 2 || t.len > 3)
        return false;
    for (size_t i = 0; i < t.len; i++)
        lower[i] = (char)(t.at[i] | 0x20);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (memcmp(lower, ends[i], 4) == 0)
            return true;
    return false;
}

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

/* Length of "-1.2.3" and the like at `i`, a separator: a version of two numbers at least, with a
 * "v" before and a tag behind, if they are there. */
static size_t version_here(struct text t, size_t i, bool tag)
{
    size_t at = i + (i < t.len && (t.at[i] == 'v' || t.at[i] == 'V')), n, numbers = 0;

    while ((n = scan_run(t, at, scan_is_digit))) {
        at += n;
        numbers++;
        if (at + 1 >= t.len || t.at[at] != '.' || !scan_is_digit(t.at[at + 1]) || numbers == 4)
            break;
        at++;
    }
    if (numbers < 2 || (at < t.len && (scan_is_letter(t.at[at]) || t.at[at] == '_')))
        return 0;
    if (tag && at < t.len && (t.at[at] == '-' || t.at[at] == '+'))
        while (at < t.len && t.at[at] != '/')
            at++;
    return at - i;
}

/* Rollup's hashes have eight characters, and may hold the separators themselves. */
static size_t rollup_hash(struct text stem)
{
    size_t from = stem.len - 8;

    if (stem.len < 10 || !is_separator(stem.at[from - 1]))
        return 0;
    struct text t = text_cut(stem, from, 8);
    bool digit = false, lower = false, upper = false, inside = false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '.')
            return 0;
        digit |= scan_is_digit(t.at[i]);
        lower |= t.at[i] >= 'a' && t.at[i] <= 'z';
        upper |= t.at[i] >= 'A' && t.at[i] <= 'Z';
        inside |= is_separator(t.at[i]);
    }
    return inside && digit && lower && upper ? 9 : 0;
}

/* CRA's 2.8f3a2c1b.chunk.js: which number a chunk gets is chance. */
static bool is_chunk_number(struct text segment, struct text stem)
{
    return scan_run(segment, 0, scan_is_digit) == segment.len && segment.len &&
           text_find(stem, TEXT("chunk")) < stem.len;
}

/* 8f3a2c1b9d, 1dd3208c-0a1b2c3d4e5f6071, 4821-0a1b2c3d4e5f6071: nothing but hexadecimal hashes, the
 * number of a chunk before them, and so no name at all. */
static bool is_all_hash(struct text stem)
{
    size_t n = scan_run(stem, 0, scan_is_digit);

    for (size_t i = n && n < 6 && n < stem.len && is_separator(stem.at[n]) ? n + 1 : 0;
         i < stem.len; i += n + 1) {
        n = scan_run(stem, i, scan_is_hex);
        if (n < 8 || scan_run(stem, i, scan_is_digit) == n ||
            scan_run(stem, i, scan_is_letter) == n ||
            (i + n < stem.len && !is_separator(stem.at[i + n])))
            return false;
    }
    return stem.len > 0;
}

/* Drop segments that look like hashes, as long as one other stays. */
static struct text without_hashes(struct text stem, struct arena *a)
{
    size_t cut = rollup_hash(stem), len = 0, kept = 0, dropped = cut;
    char *out;

    if (is_all_hash(stem))
        return TEXT("<hash>");
    stem.len -= cut;
    if (!(out = arena_alloc(a, stem.len + 1)))
        return stem;
    for (size_t i = 0; i < stem.len;) {
        size_t n = 0;

        while (i + n < stem.len && !is_separator(stem.at[i + n]))
            n++;
        struct text segment = text_cut(stem, i, n);
        bool last = i + n >= stem.len;
        if ((looks_like_hash(segment) && (kept || !last)) || is_chunk_number(segment, stem)) {
            dropped += n;
            if (len)
                len--; /* the separator before it */
        } else {
            memcpy(out + len, segment.at, n);
            len += n;
            kept += n > 0;
        }
        if (!last && (len || kept))
            out[len++] = stem.at[i + n];
        i += n + 1;
    }
    return dropped && kept ? (struct text){out, len} : stem;
}

static struct text without_version(struct text name, struct arena *a)
{
    for (size_t i = 0; i + 1 < name.len; i++) {
        size_t n;

        if ((name.at[i] != '-' && name.at[i] != '_' && name.at[i] != '@') ||
            !(n = version_here(name, i + 1, false)))
            continue;
        return arena_printf(a, "%.*s%.*s", (int)i, name.at, (int)(name.len - i - 1 - n),
                            name.at + i + 1 + n);
    }
    return name;
}

/* Where the endings of a script begin: main.8f3a2c1b.js.map has two. name.len: it is none. */
static size_t script_end(struct text name)
{
    size_t end = name.len;

    for (;;) {
        size_t at = end;

        while (at > 0 && end - at < 4 && name.at[at - 1] != '.')
            at--;
        if (at < 2 || name.at[at - 1] != '.' || !is_script_end(text_cut(name, at, end - at)))
            return end;
        end = at - 1;
    }
}

/* React Native makes one bundle of everything: index.android.bundle, main.jsbundle, Expo's
 * entry-<hash>.hbc. */
static bool is_native_bundle(struct text name)
{
    return text_ends(name, ".jsbundle") || text_ends(name, ".bundle") || text_ends(name, ".hbc");
}

/* Vite's and Rollup's chunks that are named by their hash alone: chunks/CqN9_v3-.js */
static bool is_chunk_hash(struct text path, struct text name)
{
    static const char folder[] = "chunks/";
    size_t end = script_end(name), letters = 0, digits = 0, lower = 0;

    path.len -= name.len;
    if (end != 8 || !text_ends(path, folder))
        return false;
    for (size_t i = 0; i < end; i++) {
        letters += scan_is_letter(name.at[i]);
        lower += scan_is_letter(name.at[i]) && name.at[i] >= 'a';
        digits += scan_is_digit(name.at[i]);
    }
    return lower && letters > lower && (digits || !is_camel(text_cut(name, 0, end)));
}

/* What no build says the same way twice; NULL: none of it. */
static const char *nameless_script(struct text path, struct text name)
{
    if (begins(name, "VM") && name.len > 2 && 2 + scan_run(name, 2, scan_is_digit) == name.len)
        return "<vm>";
    if (is_native_bundle(name))
        return "<bundle>";
    if (begins(name, "bootstrap ")) /* Webpack's runtime, and a hash */
        return "bootstrap";
    return is_chunk_hash(path, name) ? "<hash>.js" : NULL;
}

struct text group_clean_basename(struct text name, struct arena *a)
{
    size_t end = script_end(name);
    bool digit = false;

    for (size_t i = 0; i < name.len; i++)
        digit |= scan_is_digit(name.at[i]);
    if (digit) {
        name = without_version(name, a);
        end = script_end(name);
    }
    if (end == name.len)
        return name;
    struct text stem = text_cut(name, 0, end), clean = without_hashes(stem, a);
    if (text_eq(stem, clean))
        return name;
    while (clean.len > 1 && is_separator(clean.at[clean.len - 1]))
        clean.len--;
    return arena_printf(a, "%.*s%.*s", TEXT_ARG(clean), (int)(name.len - end), name.at + end);
}

/* Segments between slashes: versions go, alone (v1.2.3) or behind a name (react@18.2.0). Modules of
 * scripts are file names without their ending. */
struct text group_clean_path_module(struct text module, bool script, struct arena *a)
{
    char *out;
    size_t len = 0;

    if (!memchr(module.at, '/', module.len) && !memchr(module.at, '@', module.len) && !script)
        return module;
    if (!(out = arena_alloc(a, module.len + 1)))
        return module;
    for (size_t i = 0; i <= module.len;) {
        size_t n = text_find_byte(text_cut(module, i, module.len), '/'), at;
        struct text segment = text_cut(module, i, n);
        bool last = i + n >= module.len;

        at = text_find_byte(text_cut(segment, 1, segment.len), '@') + 1;
        if (at < segment.len && segment.len > at + 1 &&
            (scan_is_digit(segment.at[at + 1]) || segment.at[at + 1] == 'v'))
            segment.len = at;
        size_t version = version_here(segment, 0, true);
        if (!(version && version == segment.len && (len || !last))) {
            if (script && last && segment.len)
                segment = without_hashes(segment, a);
            if (len || i)
                out[len++] = '/';
            memcpy(out + len, segment.at, segment.len);
            len += segment.len;
        }
        i += n + 1;
    }
    return len == module.len ? module : (struct text){out, len};
}

/* ---- file names ---- */

/* "http:", "blob:" and so on. Scripts come from many more places than Sentry knows of; but what a
 * bundler or a runtime calls a file is one. */
bool group_is_url(struct text path, enum family family, bool file_counts)
{
    static const char *const urls[] = {"http:", "https:", "applewebdata:", "blob:"};
    static const char *const files[] = {"webpack", "webpack-internal", "turbopack", "node", "app",
                                        "file"};
    size_t n = 0;

    if (!path.len)
        return false;
    if (path.at[0] == '/')
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (text_starts(path, urls[i]))
            return true;
    if (begins(path, "file:"))
        return file_counts;
    if (family != FAMILY_JAVASCRIPT || !scan_is_letter(path.at[0]))
        return false;
    while (n < path.len && (scan_is_letter(path.at[n]) || scan_is_digit(path.at[n]) ||
                            path.at[n] == '+' || path.at[n] == '-' || path.at[n] == '.'))
        n++;
    if (n < 2 || n >= path.len || path.at[n] != ':')
        return false;
    struct text scheme = text_cut(path, 0, n);
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        if (text_is(scheme, files[i]))
            return false;
    return text_is(scheme, "data") || text_is(scheme, "about") || scan_stands(path, n, "://");
}

static struct text lower(struct text t, struct arena *a)
{
    size_t i = 0;
    char *out;

    while (i < t.len && !(t.at[i] >= 'A' && t.at[i] <= 'Z'))
        i++;
    if (i == t.len || !(out = arena_dup(a, t.at, t.len)))
        return t;
    for (; i < t.len; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] |= 0x20;
    return (struct text){out, t.len};
}

/* Laravel's, Twig's and Smarty's compiled templates: a hash of the path, which changes with the
 * release. The hash's length, or 0. */
static size_t template_hash(struct text name)
{
    size_t n = scan_run(name, 0, scan_is_hex);

    return n >= 32 && text_ends(name, ".php") && is_separator(name.at[n]) ? n : 0;
}

/* CartGhost1a2b3c4, CartProxy1a2b3c4: classes that Symfony makes when its cache is filled. */
struct text group_clean_php_proxy(struct text t, struct arena *a)
{
    static const char *const marks[] = {"Ghost", "Proxy"};

    for (unsigned i = 0; i < 2; i++) {
        size_t at = scan_find(t, marks[i]) + 5;

        if (at < t.len && scan_run(t, at, scan_is_hex) == 7 &&
            (at + 7 == t.len || !(scan_is_letter(t.at[at + 7]) || scan_is_digit(t.at[at + 7]))))
            return scan_replace(t, at, 7, "", a);
    }
    return t;
}

/* a.php(12) : eval()'d code; CartGhost1a2b3c4.php; <hash>_0.file.cart.tpl.php */
static struct text php_file(struct text name, struct arena *a)
{
    size_t n = template_hash(name), at;

    if (n)
        return scan_replace(name, 0, n, "<hash>", a);
    if (text_ends(name, "eval()'d code") && (at = text_find_byte(name, '(')) < name.len)
        return scan_replace(name, at + 1, scan_digits(name, at + 1), "", a);
    return group_clean_php_proxy(name, a);
}

/* Code that was made at run time: <command-1234>, <attrs generated init shop.Cart-2>, and the
 * examples of a text, <doctest shop.pay[3]> */
static struct text without_counter(struct text name)
{
    size_t at = name.len - 1;

    if (begins(name, "<doctest "))
        return text_cut(name, 0, text_find_byte(name, '['));

    while (at > 0 && scan_is_digit(name.at[at - 1]))
        at--;
    return at > 1 && at < name.len - 1 && name.at[at - 1] == '-' ? text_cut(name, 0, at - 1) : name;
}

void group_filename_part(const struct frame *f, enum platform p, struct arena *a, struct part *out)
{
    enum family family = group_family(p);
    struct text path, name, clean;
    const char *script;

    if (!f->filename.len) {
        part_set(out, TEXT_NONE);
        return;
    }
    name = f->filename;
    if (family == FAMILY_JAVASCRIPT) { /* a query, with slashes or without, is no part of a name */
        name.len = text_find_byte(name, '?');
        name.len = text_find_byte(name, '#');
    }
    path = name;
    name = scan_base_name(name);
    clean = group_clean_basename(name, a);
    part_set(out, lower(clean, a));
    if (!text_eq(clean, name))
        out->hint = "removed version or build hash";
    if (group_is_url(f->abs_path, family, false))
        part_off(out, "ignored because frame points to a URL");
    else if (family == FAMILY_JAVASCRIPT && (script = nameless_script(path, name)))
        part_change(out, text_of(script), "removed what a build calls a script");
    else if (p == PLATFORM_PHP && !text_eq(clean = php_file(name, a), name))
        part_change(out, lower(clean, a), "removed hash of a cache");
    else if (text_is(out->value, "<anonymous>"))
        part_off(out, "anonymous filename discarded");
    else if (text_is(out->value, "[native code]"))
        part_off(out, "native code indicated by filename");
    else if (p == PLATFORM_JVM && memchr(out->value.at, '$', out->value.len) &&
             text_find(out->value, TEXT("$$_javassist")) < out->value.len)
        part_change(out, group_clean_javassist(out->value, a), "cleaned javassist parts");
    else if (p == PLATFORM_PYTHON &&
             (begins(out->value, "<ipython-input-") || begins(out->value, "ipython-input-") ||
              text_find(f->filename, TEXT("/ipykernel_")) < f->filename.len))
        part_change(out, TEXT("<ipython-input>"), "removed number of the cell");
    else if (p == PLATFORM_PYTHON && begins(name, "<") && text_ends(name, ">"))
        part_change(out, without_counter(out->value), out->hint);
    else if ((p == PLATFORM_RUBY || p == PLATFORM_OTHER) && begins(f->filename, "(eval"))
        part_change(out, TEXT("(eval)"), "removed place of an eval");
}
