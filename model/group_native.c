/* group_native.c -- demangled names of C++, Rust, Swift and Objective-C down to the function:
 * without signature, template arguments, and what compilers add. Behaves as Sentry's
 * trim_function_name, whose results its users' rules are written against. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

enum { NAME_MAX_TRIMMED = 2048, NESTING_MAX = 16, TOKENS_MAX = 128 };

/* Brackets that are none stand by while brackets are counted; no name holds control bytes. */
#define LESS '\x01'
#define CALL '\x02'
#define ARROW '\x03'
#define ANON_OPEN '\x04'
#define ANON_CLOSE '\x05'

struct name {
    struct arena *arena;
    char *at;
    size_t len, room;
};

/* Made of `from`; what grows at most doubles ("$_0" to "lambda"). */
static struct name name_new(struct arena *a, struct text from)
{
    size_t room = 2 * from.len + 64;

    return (struct name){.arena = a, .at = arena_alloc(a, room), .room = room};
}

static inline void put(struct name *n, const char *bytes, size_t len)
{
    if (n->at && len <= n->room - n->len) {
        memcpy(n->at + n->len, bytes, len);
        n->len += len;
    }
}

static void put_str(struct name *n, const char *s)
{
    put(n, s, strlen(s));
}

static struct text text_of_name(const struct name *n)
{
    return n->at ? (struct text){n->at, n->len} : TEXT_NONE;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_word(char c)
{
    return scan_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* ---- groups of brackets ---- */

/* What becomes of the inside of a group that opened at `start`. */
typedef void replacing(struct name *out, struct text inside, size_t start, unsigned depth);

static struct text replace_groups(struct text t, char open, char close, replacing *with,
                                  struct arena *a, unsigned nesting)
{
    struct name out;
    size_t start = 0, behind = 0; /* of the group at hand; behind the last one */
    unsigned depth = 0;

    if (!memchr(t.at, open, t.len))
        return t;
    out = name_new(a, t);
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == open) {
            if (depth++ > 0)
                continue;
            put(&out, t.at + behind, i - behind);
            start = i;
        } else if (t.at[i] == close && depth && --depth == 0) {
            with(&out, text_cut(t, start + 1, i - start - 1), start, nesting);
            behind = i + 1;
        }
    }
    if (depth == 0)
        put(&out, t.at + behind, t.len - behind);
    return text_of_name(&out);
}

static void without_clones(struct name *out, struct text inside, size_t start, unsigned depth)
{
    if (text_starts(inside, "clone ."))
        return;
    put_str(out, "[");
    put(out, inside.at, inside.len);
    put_str(out, "]");
}

static void without_arguments(struct name *out, struct text inside, size_t start, unsigned depth)
{
    inside = text_trim(inside);
    if (!text_is(inside, "anonymous namespace") && !text_is(inside, "operator"))
        return;
    put_str(out, "(");
    put(out, inside.at, inside.len);
    put_str(out, ")");
}

/* <Foo as Bar>::baz of Rust names its type first; in a blanket implementation that is one letter.
 */
static void without_generics(struct name *out, struct text inside, size_t start, unsigned depth)
{
    static const char as[] = " as ";
    size_t end;

    if (text_is(inside, "lambda")) {
        put_str(out, "<lambda>");
        return;
    }
    if (start > 0) {
        put_str(out, "<T>");
        return;
    }
    if (inside.len > 5 && inside.at[0] >= 'A' && inside.at[0] <= 'Z' && scan_stands(inside, 1, as))
        inside = text_cut(inside, 5, inside.len);
    if (depth < NESTING_MAX)
        inside = replace_groups(inside, '<', '>', without_generics, out->arena, depth + 1);
    end = text_find(inside, text_of(as));
    put(out, inside.at, end);
}

/* ---- what compilers write in their own ways ---- */

/* {lambda(int)#1} of gcc, lambda_<32 hex> of MSVC, $_0 of clang: length, or 0. */
static size_t lambda_here(struct text t, size_t i)
{
    size_t end;

    if (scan_stands(t, i, "{lambda(")) {
        for (end = i + 8; end < t.len; end++)
            if (scan_stands(t, end, ")#") && end + 2 < t.len && scan_is_digit(t.at[end + 2])) {
                end += 2;
                while (end < t.len && scan_is_digit(t.at[end]))
                    end++;
                if (end < t.len && t.at[end] == '}')
                    return end + 1 - i;
            }
        return 0;
    }
    if (scan_stands(t, i, "lambda_") && (i == 0 || !is_word(t.at[i - 1]))) {
        for (end = i + 7; end < t.len && is_hex(t.at[end]);)
            end++;
        return end == i + 7 + 32 && (end == t.len || !is_word(t.at[end])) ? end - i : 0;
    }
    if (scan_stands(t, i, "$_") && i + 2 < t.len && scan_is_digit(t.at[i + 2])) {
        for (end = i + 2; end < t.len && scan_is_digit(t.at[end]);)
            end++;
        return end == t.len || !is_word(t.at[end]) ? end - i : 0;
    }
    return 0;
}

/* MSVC's ?A0x1234abcd:: for an anonymous namespace: length, or 0. */
static size_t msvc_namespace_here(struct text t, size_t i)
{
    if (!scan_stands(t, i, "?A0x") || t.len - i < 14 || !scan_stands(t, i + 12, "::"))
        return 0;
    for (size_t d = i + 4; d < i + 12; d++)
        if (!is_hex(t.at[d]))
            return 0;
    return 14;
}

/* What stands at `i` and must stand by while brackets are counted: its length, and its substitute. */
static size_t protected_here(struct text t, size_t i, const char **with)
{
    switch (t.at[i]) {
    case 'o':
        if (!scan_stands(t, i, "operator"))
            return 0;
        if (scan_stands(t, i + 8, "<<"))
            return *with = "operator\x01\x01", 10;
        if (scan_stands(t, i + 8, "<"))
            return *with = "operator\x01", 9;
        if (scan_stands(t, i + 8, "()"))
            return *with = "operator\x02", 10;
        if (scan_stands(t, i + 8, "->"))
            return *with = "operator\x03", 10;
        return 0;
    case ' ':
        *with = " \x03 ";
        return scan_stands(t, i, " -> ") ? 4 : 0;
    case '`':
        *with = "\x04"
                "anonymousnamespace\x05";
        return scan_stands(t, i, "`anonymous namespace'") ? 21 : 0;
    case '?':
        *with = "\x04"
                "anonymousnamespace\x05::";
        return msvc_namespace_here(t, i);
    case '{':
    case 'l':
    case '$':
        *with = "lambda";
        return lambda_here(t, i);
    default:
        return 0;
    }
}

static struct text protect(struct text t, struct arena *a)
{
    struct name out = name_new(a, t);
    const char *with = "";
    size_t n, kept = 0;

    for (size_t i = 0; i < t.len; i += n ? n : 1) {
        if (!(n = protected_here(t, i, &with)))
            continue;
        put(&out, t.at + kept, i - kept);
        put_str(&out, with);
        kept = i + n;
    }
    put(&out, t.at + kept, t.len - kept);
    return text_of_name(&out);
}

static struct text unprotect(struct text t, struct arena *a)
{
    struct name out;
    size_t first = 0;

    while (first < t.len && (unsigned char)t.at[first] >= ' ')
        first++;
    if (first == t.len)
        return t;
    out = name_new(a, t);
    put(&out, t.at, first);
    for (size_t i = first; i < t.len; i++)
        switch (t.at[i]) {
        case LESS:
            put_str(&out, "<");
            break;
        case CALL:
            put_str(&out, "()");
            break;
        case ARROW:
            put_str(&out, "->");
            break;
        case ANON_OPEN:
            put_str(&out, "`anonymous namespace'");
            i += sizeof "anonymousnamespace"; /* and its close */
            break;
        default:
            put(&out, t.at + i, 1);
        }
    return text_of_name(&out);
}

/* ---- the function among the words ---- */

static char closing(char c)
{
    return c == '(' ? ')' : c == '{' ? '}' : c == '[' ? ']' : c == '<' ? '>' : '\0';
}

/* Words, blanks within brackets left in. */
static unsigned split(struct text t, struct text *tokens)
{
    char stack[TOKENS_MAX];
    unsigned depth = 0, count = 0;
    size_t from = 0;

    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && closing(t.at[i])) {
            if (depth < TOKENS_MAX)
                stack[depth] = closing(t.at[i]);
            depth++;
        } else if (i < t.len && depth && depth <= TOKENS_MAX && t.at[i] == stack[depth - 1]) {
            depth--;
        } else if (i == t.len || (!depth && scan_is_blank(t.at[i]))) {
            if (i > from && count < TOKENS_MAX)
                tokens[count++] = text_cut(t, from, i - from);
            from = i + 1;
        }
    }
    return count;
}

static int last_of(const struct text *tokens, unsigned count, const char *word)
{
    for (int i = (int)count - 1; i >= 0; i--)
        if (text_is(tokens[i], word))
            return i;
    return -1;
}

/* Swift: "variable initialization expression of static Foo.bar : Type" */
static struct text initialiser(const struct text *tokens, unsigned count, struct arena *a)
{
    int of = last_of(tokens, count, "of");
    struct text name;

    if (of < 0 || (unsigned)of + 1 >= count)
        return TEXT_NONE;
    name = tokens[of + 1];
    if (text_is(name, "static") && (unsigned)of + 2 < count)
        name = tokens[of + 2];
    if (text_starts(name, ":"))
        name = text_cut(name, 1, name.len);
    return arena_printf(a, "initializer expression of %.*s", TEXT_ARG(name));
}

/* The word left of the last arrow, else the last one: types stand before it. */
static struct text left_of_arrow(const struct text *tokens, unsigned count)
{
    int arrow = last_of(tokens, count, "\x03");

    if (arrow > 1 && text_is(tokens[arrow - 1], "throws"))
        arrow--;
    return arrow > 0 ? tokens[arrow - 1] : tokens[count - 1];
}

/* Of Swift behind the last "in", where closures name what they stand in, and left of the colon
 * before the type of a property: closure #1 (A) -> () in B.c.getter : Swift.Int */
static struct text left_of_type(const struct text *tokens, unsigned count)
{
    int in = last_of(tokens, count, "in"), colon;

    if (in > 0 && (unsigned)in + 1 < count && text_is(tokens[in + 1], "conformance")) {
        count = (unsigned)in; /* protocol witness for A.b in conformance C */
    } else if (in >= 0 && (unsigned)in + 1 < count) {
        tokens += in + 1;
        count -= (unsigned)in + 1;
    }
    colon = last_of(tokens, count, ":");
    return left_of_arrow(tokens, colon > 0 ? (unsigned)colon : count);
}

static struct text function_among(struct text t, bool swift, struct arena *a)
{
    struct text tokens[TOKENS_MAX + 1], name = TEXT_NONE;
    unsigned count = split(t, tokens);

    if (count > 1 && text_is(tokens[count - 1], "<T>")) { /* MSVC: operator<< <T> */
        count--;
        tokens[count - 1] = arena_printf(a, "%.*s <T>", TEXT_ARG(tokens[count - 1]));
    }
    if (count == 0)
        return TEXT_NONE;
    if (count > 3 && last_of(tokens, count, "of") >= 0 &&
        text_find(t, TEXT("initialization expression of")) < t.len)
        name = initialiser(tokens, count, a);
    if (!name.at)
        name = swift ? left_of_type(tokens, count) : left_of_arrow(tokens, count);
    if (swift && text_starts(name, "@")) /* an attribute: the function has no name */
        return text_find(t, TEXT("thunk for ")) < t.len ? TEXT("thunk for closure")
                                                        : TEXT("closure");
    if (last_of(tokens, count, "closure") >= 0 && !text_is(name, "closure"))
        return arena_printf(a, "closure in %.*s", TEXT_ARG(name));
    return name;
}

/* ---- endings ---- */

static struct text without_qualifiers(struct text t)
{
    for (;;) {
        while (t.len && scan_is_blank(t.at[t.len - 1]))
            t.len--;
        if (t.len && t.at[t.len - 1] == '&')
            t.len--;
        else if (text_ends(t, "const") && (t.len == 5 || !is_word(t.at[t.len - 6])))
            t.len -= 5;
        else
            return t;
    }
}

/* Rust's ::h and sixteen hex digits. */
static struct text without_rust_hash(struct text t)
{
    if (t.len < 19 || !scan_stands(t, t.len - 19, "::h"))
        return t;
    for (size_t i = t.len - 16; i < t.len; i++)
        if (!scan_is_digit(t.at[i]) && !(t.at[i] >= 'a' && t.at[i] <= 'z'))
            return t;
    return text_cut(t, 0, t.len - 19);
}

/* @GLIBC_2.2 and @@GLIBC_2.2; name@plt; Windows' @name@16. */
static struct text without_at(struct text t)
{
    size_t i = t.len;

    if (!memchr(t.at, '@', t.len))
        return t;
    if (text_ends(t, "@plt"))
        return text_cut(t, 0, t.len - 4);
    while (i > 0 && (scan_is_digit(t.at[i - 1]) || t.at[i - 1] == '.'))
        i--;
    if (i < t.len && i > 7 && scan_stands(t, i - 7, "@GLIBC_")) {
        i -= 7;
        return text_cut(t, 0, i - (i > 0 && t.at[i - 1] == '@'));
    }
    for (i = t.len; i > 0 && scan_is_digit(t.at[i - 1]);)
        i--;
    if (i == t.len || i < 2 || t.at[i - 1] != '@')
        return t;
    return text_cut(t, t.at[0] == '@', i - 1 - (t.at[0] == '@'));
}

/* Unity's IL2CPP: Name_m<40 HEX> of a method, _t of a type, and a kind of instance behind it. */
static struct text without_il2cpp(struct text t, struct arena *a)
{
    for (size_t i = 0; i + 42 <= t.len; i++) {
        size_t end = i + 2;

        if (!scan_stands(t, i, "_m") && !scan_stands(t, i, "_t"))
            continue;
        while (end < t.len && end < i + 42 &&
               (scan_is_digit(t.at[end]) || (t.at[end] >= 'A' && t.at[end] <= 'F')))
            end++;
        if (end == i + 42 &&
            (end == t.len || (t.at[end] == '_' && !scan_stands(t, end, "_RuntimeMethod"))))
            return arena_printf(a, "%.*s%.*s", (int)i, t.at, (int)(t.len - end), t.at + end);
    }
    return t;
}

/* "total+0x1f", "-[Cart total] + 44": how far behind the beginning of the function. */
static struct text without_offset(struct text t)
{
    size_t at = t.len;

    while (at > 0 && is_hex(t.at[at - 1]))
        at--;
    if (at == t.len || at < 2)
        return t;
    if (t.at[at - 1] == 'x' && t.at[at - 2] == '0')
        at -= 2;
    else if (scan_digits(t, at) < t.len - at)
        return t;
    while (at > 0 && t.at[at - 1] == ' ')
        at--;
    if (at < 2 || t.at[at - 1] != '+')
        return t;
    return text_trim(text_cut(t, 0, at - 1));
}

/* Nothing in it that the long way would touch? */
static bool is_plain(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((!is_word(t.at[i]) && t.at[i] != ':' && t.at[i] != '.' && t.at[i] != '~') ||
            (t.at[i] == '_' && i >= 6 && memcmp(t.at + i - 6, "lambda", 6) == 0))
            return false;
    return !text_ends(t, "const");
}

struct text group_trim_native(struct text function, bool swift, struct arena *a)
{
    struct text t = text_trim(function), name;

    if (t.len == 0 || t.len > NAME_MAX_TRIMMED || text_is(t, "<redacted>") ||
        text_is(t, "<unknown>"))
        return function;
    t = without_offset(t);
    if (t.at[0] == '[' || ((t.at[0] == '+' || t.at[0] == '-') && t.len > 1 && t.at[1] == '['))
        return t;
    if (begins(t, "_Z") && (name = group_demangle(t, a)).at != t.at)
        return name;
    if (t.at[0] == '?' && scan_find(t, "@@") < t.len)
        return group_demangle_msvc(t, a);
    if (!is_plain(t)) {
        t = without_qualifiers(replace_groups(t, '[', ']', without_clones, a, 0));
        t = protect(t, a);
        t = replace_groups(t, '(', ')', without_arguments, a, 0);
        t = replace_groups(t, '<', '>', without_generics, a, 0);
        name = t.at ? function_among(t, swift, a) : TEXT_NONE;
        if (name.len == 0)
            return function;
        t = unprotect(name, a);
        if (!t.at)
            return function;
    }
    return without_at(without_rust_hash(without_il2cpp(t, a)));
}
