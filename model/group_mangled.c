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

/* Operators by their two letters. A conversion, cv, goes on with a type and is too much for us. */
static bool operator_name(struct mangled *m)
{
    static const struct {
        char code[3];
        const char *name;
    } operators[] = {
        {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"pl", "+"},
        {"mi", "-"},    {"ml", "*"},      {"dv", "/"},       {"rm", "%"},         {"eo", "^"},
        {"an", "&"},    {"or", "|"},      {"co", "~"},       {"nt", "!"},         {"aS", "="},
        {"lt", "<"},    {"gt", ">"},      {"pL", "+="},      {"mI", "-="},        {"mL", "*="},
        {"dV", "/="},   {"rM", "%="},     {"eO", "^="},      {"aN", "&="},        {"oR", "|="},
        {"ls", "<<"},   {"rs", ">>"},     {"lS", "<<="},     {"rS", ">>="},       {"eq", "=="},
        {"ne", "!="},   {"le", "<="},     {"ge", ">="},      {"ss", "<=>"},       {"aa", "&&"},
        {"oo", "||"},   {"pp", "++"},     {"mm", "--"},      {"cm", ","},         {"pm", "->*"},
        {"pt", "->"},   {"cl", "()"},     {"ix", "[]"},      {"ps", "+"},         {"ng", "-"},
        {"ad", "&"},    {"de", "*"}};

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (scan_stands(m->t, m->i, operators[i].code)) {
            m->i += 2;
            return put_name(m, TEXT("operator")) && put(m, text_of(operators[i].name));
        }
    return false;
}

/* St, Ss, So: std and what it holds of most programs. */
static bool standard_name(struct mangled *m)
{
    static const struct {
        char code;
        const char *name;
    } known[] = {{'t', NULL},      {'s', "string"},  {'a', "allocator"}, {'b', "basic_string"},
                 {'i', "istream"}, {'o', "ostream"}, {'d', "iostream"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (m->i + 1 < m->t.len && m->t.at[m->i + 1] == known[i].code) {
            m->i += 2;
            return put_name(m, TEXT("std")) &&
                   (!known[i].name || put_name(m, text_of(known[i].name)));
        }
    return false;
}

/* UlvE0_, a lambda, and Ut1_, a type without a name: both are numbered. */
static bool unnamed(struct mangled *m)
{
    bool lambda = scan_stands(m->t, m->i, "Ul");

    if (!lambda && !scan_stands(m->t, m->i, "Ut"))
        return false;
    m->i += 2;
    if (lambda && !skip_arguments(m))
        return false;
    m->i += scan_digits(m->t, m->i);
    return take(m, '_') && put_name(m, lambda ? TEXT("lambda") : TEXT("{unnamed type}"));
}

static bool one_part(struct mangled *m)
{
    struct text name;

    switch (peek(m)) {
    case 'S':
        return standard_name(m);
    case 'U':
        return unnamed(m);
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
        return scan_is_digit(peek(m)) ? source_name(m, &name) && put_name(m, name)
                                      : operator_name(m);
    }
}

static bool entity(struct mangled *m, unsigned depth);

/* Within a function: ZN4shop3runEvENKUlvE_clE; of its types but the end is looked for. */
static bool local_name(struct mangled *m, unsigned depth)
{
    return depth < 8 && entity(m, depth + 1) && skip_arguments(m) && entity(m, depth + 1);
}

static bool entity(struct mangled *m, unsigned depth)
{
    if (take(m, 'Z'))
        return local_name(m, depth);
    if (take(m, 'N')) {
        while (peek(m) && strchr("KVrRO", peek(m)))
            m->i++;
        while (!take(m, 'E'))
            if (!one_part(m))
                return false;
        return true;
    }
    if (scan_stands(m->t, m->i, "St") && !standard_name(m))
        return false;
    if (!one_part(m))
        return false;
    return !take(m, 'I') || (skip_arguments(m) && put(m, TEXT("<T>")));
}

/* Thn16_, Tv0_n24_: the way to a method by another of its class's bases. */
static void skip_thunk(struct mangled *m)
{
    unsigned numbers = scan_stands(m->t, m->i, "Th") ? 1 : scan_stands(m->t, m->i, "Tv") ? 2 : 0;

    m->i += numbers ? 2 : 0;
    for (; numbers; numbers--) {
        take(m, 'n');
        m->i += scan_digits(m->t, m->i);
        take(m, '_');
    }
}

struct text group_demangle(struct text t, struct arena *a)
{
    struct mangled m = {.t = t, .i = 2, .room = 2 * t.len + 64, .last = TEXT_NONE};

    if (!begins(t, "_Z") || t.len > NAME_MAX_MANGLED || !(m.out = arena_alloc(a, m.room)))
        return t;
    skip_thunk(&m);
    return entity(&m, 0) && m.len ? group_trim_native((struct text){m.out, m.len}, false, a) : t;
}

/* Microsoft's names stand the other way round: ?total@Cart@shop@@QEAAHXZ, ??0Cart@shop@@; those
 * with templates stay. */
struct text group_demangle_msvc(struct text t, struct arena *a)
{
    struct text out = TEXT_NONE, part;
    bool structor = begins(t, "??0") || begins(t, "??1");

    if (t.len > NAME_MAX_MANGLED || (begins(t, "??") && !structor))
        return t;
    for (size_t i = structor ? 3 : 1, n; i < t.len; i += n + 1) {
        n = text_find_byte(text_cut(t, i, t.len), '@');
        part = text_cut(t, i, n);
        if (i + n == t.len || begins(part, "?$"))
            return t;
        if (n == 0)
            break;
        if (part.at[0] == '?')
            part = TEXT("(anonymous namespace)");
        if (out.len)
            out = arena_printf(a, "%.*s::%.*s", TEXT_ARG(part), TEXT_ARG(out));
        else if (structor)
            out = arena_printf(a, "%.*s::%s%.*s", TEXT_ARG(part), t.at[2] == '1' ? "~" : "",
                               TEXT_ARG(part));
        else
            out = part;
    }
    return out.len ? out : t;
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
