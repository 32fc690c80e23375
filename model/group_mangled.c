/* group_mangled.c -- names that nobody demangled: of C++ (Itanium C++ ABI, 5.1) and of Rust's older
 * mangling, which has a hash at its end that every build changes. Only names are read, no types: for a
 * key a namespace, a class and a function are enough. What goes beyond stays mangled. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

enum { NAME_MAX_MANGLED = 1024, DEPTH_MAX = 64 };

struct mangled {
    struct text t;
    size_t i;
    char *
        out; /* shorter than what it is made of, but for Rust's escapes and "(anonymous namespace)" */
    size_t len, room;
    struct text last; /* name that was read last, for constructors */
};

static char peek(const struct mangled *m)
{
    return m->i < m->t.len ? m->t.at[m->i] : '\0';
}

static bool take(struct mangled *m, char c)
{
    bool there = peek(m) == c && c;

    m->i += there;
    return there;
}

static bool put(struct mangled *m, struct text name)
{
    if (name.len > m->room - m->len)
        return false;
    memcpy(m->out + m->len, name.at, name.len);
    m->len += name.len;
    return true;
}

/* 4shop; false: it is longer than the text. */
static bool source_name(struct mangled *m, struct text *name)
{
    size_t n = 0, digits = scan_digits(m->t, m->i);

    if (digits == 0 || digits > 4)
        return false;
    for (size_t d = 0; d < digits; d++)
        n = 10 * n + (size_t)(m->t.at[m->i + d] - '0');
    m->i += digits;
    *name = text_cut(m->t, m->i, n);
    m->i += n;
    return n && name->len == n;
}

/* S_, S1_, Sa: a type or a namespace that was there before. */
static void skip_substitution(struct mangled *m)
{
    m->i++;
    if (peek(m) != '_' && !scan_is_digit(peek(m)) && !(peek(m) >= 'A' && peek(m) <= 'Z')) {
        m->i++;
        return;
    }
    while (m->i < m->t.len && !take(m, '_'))
        m->i++;
}

/* Behind the "I" of template arguments to behind their "E". */
static bool skip_arguments(struct mangled *m)
{
    unsigned depth = 1;
    struct text name;

    while (depth && m->i < m->t.len) {
        char c = peek(m);

        if (scan_is_digit(c)) {
            if (!source_name(m, &name))
                return false;
        } else if (c == 'S') {
            skip_substitution(m);
        } else if (c == 'L') { /* a number: Li5E; what else may stand there is too much for us */
            m->i++;
            if (!(peek(m) >= 'a' && peek(m) <= 'z'))
                return false;
            m->i += text_find_byte(text_cut(m->t, m->i, m->t.len), 'E') + 1;
        } else {
            depth += c == 'I' || c == 'N' || c == 'X' || c == 'J' || c == 'F';
            depth -= c == 'E';
            m->i++;
        }
        if (depth > DEPTH_MAX)
            return false;
    }
    return depth == 0;
}

static bool is_rust_hash(struct text name)
{
    return name.len == 17 && name.at[0] == 'h' && scan_run(name, 1, scan_is_hex) == 16;
}

/* _$LT$shop..Cart$u20$as$u20$shop..Pay$GT$ */
static bool put_rust(struct mangled *m, struct text name)
{
    static const struct {
        const char *escape, *means;
    } escapes[] = {{"$LT$", "<"},  {"$GT$", ">"},  {"$u20$", " "}, {"$RF$", "&"},  {"$BP$", "*"},
                   {"$C$", ","},   {"$u7b$", "{"}, {"$u7d$", "}"}, {"$LP$", "("},  {"$RP$", ")"},
                   {"$u27$", "'"}, {"$u5b$", "["}, {"$u5d$", "]"}, {"$u3b$", ";"}, {"..", "::"}};
    bool good = true;

    for (size_t i = begins(name, "_$"); i < name.len && good;) {
        size_t n = 0;

        for (unsigned e = 0; e < sizeof escapes / sizeof *escapes && !n; e++)
            if (scan_stands(name, i, escapes[e].escape)) {
                n = strlen(escapes[e].escape);
                good = put(m, text_of(escapes[e].means));
            }
        if (!n)
            good = put(m, text_cut(name, i, 1));
        i += n ? n : 1;
    }
    return good;
}

static bool put_name(struct mangled *m, struct text name)
{
    if (is_rust_hash(name) && m->len)
        return true;
    m->last = name;
    if (m->len && !put(m, TEXT("::")))
        return false;
    if (begins(name, "_GLOBAL__N"))
        return put(m, TEXT("(anonymous namespace)"));
    return memchr(name.at, '$', name.len) || text_find(name, TEXT("..")) < name.len
               ? put_rust(m, name)
               : put(m, name);
}

/* C1 and D2: constructors and destructors, of which compilers make several. */
static bool structor(struct mangled *m)
{
    bool destructor = peek(m) == 'D';

    m->i += 2;
    return m->last.len && put(m, TEXT("::")) && (!destructor || put(m, TEXT("~"))) &&
           put(m, m->last);
}

static bool one_part(struct mangled *m)
{
    struct text name;

    switch (peek(m)) {
    case 'S':
        if (!scan_stands(m->t, m->i, "St"))
            return false;
        m->i += 2;
        return put_name(m, TEXT("std"));
    case 'I':
        m->i++;
        return m->len && skip_arguments(m) && put(m, TEXT("<T>"));
    case 'C':
    case 'D':
        return scan_is_digit(m->i + 1 < m->t.len ? m->t.at[m->i + 1] : '\0') && structor(m);
    case 'B': /* a tag of the ABI */
        m->i++;
        return source_name(m, &name);
    case 'L': /* internal linkage */
        m->i++;
        return source_name(m, &name) && put_name(m, name);
    default:
        return source_name(m, &name) && put_name(m, name);
    }
}

struct text group_demangle(struct text t, struct arena *a)
{
    struct mangled m = {.t = t, .i = 2, .room = 2 * t.len + 64, .last = TEXT_NONE};
    struct text name;

    if (!begins(t, "_Z") || t.len > NAME_MAX_MANGLED || !(m.out = arena_alloc(a, m.room)))
        return t;
    if (take(&m, 'N')) {
        while (peek(&m) == 'K' || peek(&m) == 'V' || peek(&m) == 'r' || peek(&m) == 'R' ||
               peek(&m) == 'O')
            m.i++;
        while (!take(&m, 'E'))
            if (!one_part(&m))
                return t;
    } else {
        take(&m, 'L');
        if (!source_name(&m, &name) || !put_name(&m, name))
            return t;
        if (take(&m, 'I') && !(skip_arguments(&m) && put(&m, TEXT("<T>"))))
            return t;
    }
    return m.len ? group_trim_native((struct text){m.out, m.len}, false, a) : t;
}

/* ---- Swift: names stay as they are, but for what is numbered ---- */

bool group_is_swift(struct text t)
{
    return begins(t, "$s") || begins(t, "$S") || begins(t, "_$s") || begins(t, "_$S");
}

/* Parts of an asynchronous function, TY3_ and TQ1_: where its number begins, t.len: it is none. */
static size_t swift_part(struct text t)
{
    size_t at = t.len;

    if (!text_ends(t, "_"))
        return at;
    for (at--; at > 0 && scan_is_digit(t.at[at - 1]);)
        at--;
    return at > 2 && (scan_stands(t, at - 2, "TY") || scan_stands(t, at - 2, "TQ")) ? at - 2
                                                                                    : t.len;
}

/* Thunks for Objective-C and partial application, merged and asynchronous functions. */
static struct text without_swift_ends(struct text t)
{
    static const char *const ends[] = {"To", "TA", "Tm", "Tu"};

    for (bool found = true; found;) {
        size_t part = swift_part(t);

        found = part < t.len;
        t.len = part;
        for (unsigned i = 0; i < 4 && !found; i++)
            if ((found = t.len > 4 && text_ends(t, ends[i])))
                t.len -= 2;
    }
    return t;
}

/* $s4Shop4CartC4loadyyFyycfU0_: closures are numbered, names of private things bear a hash. */
struct text group_swift_name(struct text t, struct arena *a)
{
    t = without_swift_ends(text_cut(t, text_find_byte(t, '$') + 2, t.len));
    for (size_t i = 0; i + 2 < t.len; i++) {
        size_t n = scan_stands(t, i, "fU") ? scan_digits(t, i + 2) : 0;

        if (n && scan_stands(t, i + 2 + n, "_"))
            t = scan_replace(t, i + 2, n, "", a);
        else if (scan_stands(t, i, "33_") && scan_run(t, i + 3, scan_is_hex) == 32)
            t = scan_replace(t, i + 3, 32, "", a);
    }
    return t;
}
