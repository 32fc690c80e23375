/* group_compiled.c -- function names of native code, of Java and its kin, and of Go, without what their
 * compilers number. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

/* ---- native: what optimisers split and clone ---- */

/* Numbers behind a dot, since no name of a language holds one, and what they count; a function that an
 * optimiser took out of another keeps its word. */
static struct text without_suffixes(struct text t)
{
    static const char *const words[] = {".constprop", ".isra", ".part",
                                        ".cold",      ".llvm", ".lto_priv"};

    if (!memchr(t.at, '.', t.len))
        return t;
    for (;;) {
        size_t end = t.len, from;
        bool found;

        for (from = end; from > 0 && scan_is_digit(t.at[from - 1]);)
            from--;
        if ((found = from < end && from > 1 && t.at[from - 1] == '.'))
            t.len = from - 1;
        for (size_t i = 0; i < sizeof words / sizeof *words && !found; i++)
            if ((found = t.len > strlen(words[i]) && text_ends(t, words[i])))
                t.len -= strlen(words[i]);
        if (!found)
            return t;
    }
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* closure$0, impl$3 of Rust and catch$1, dtor$4 of Microsoft's compiler; a coroutine's number in what
 * Kotlin makes of it for Apple. */
static struct text without_dollar_numbers(struct text t, struct arena *a)
{
    for (size_t i = 1; (i = i + text_find_byte(text_cut(t, i, t.len), '$')) < t.len; i++) {
        size_t n = scan_digits(t, i + 1), end = i + 1 + n;

        if (n && scan_is_letter(t.at[i - 1]) && !(end < t.len && is_lower(t.at[end])))
            t = scan_replace(t, i, 1 + n, "", a);
    }
    return t;
}

/* Microsoft's scopes, shop::run::`2'::Local, and offsets of its thunks, `adjustor{8}'. */
static struct text without_scope_numbers(struct text t, struct arena *a)
{
    static const char *const braces[] = {"`adjustor{", "`vcall'{"};
    size_t n, at;

    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '`')) < t.len; i++)
        if ((n = scan_digits(t, i + 1)) && scan_stands(t, i + 1 + n, "'"))
            t = scan_replace(t, i + 1, n, "", a);
    for (unsigned b = 0; b < 2; b++)
        if ((at = scan_find(t, braces[b])) < t.len) {
            at += strlen(braces[b]);
            t = scan_replace(t, at, scan_digits(t, at), "", a);
        }
    return t;
}

/* Behind "__": what the compilers of D and Zig number, and the state machines and closures of C# as
 * IL2CPP spells them, U3CLoadU3Ed__12, U3CLoadU3Eb__3_0. How many bytes of numbers follow how many
 * bytes of a word. */
static size_t numbers_behind(struct text t, size_t i, size_t *word)
{
    static const char *const words[] = {"__lambda", "__anon_", "__struct_", "__enum_"};
    size_t n;

    for (unsigned w = 0; w < sizeof words / sizeof *words; w++)
        if (scan_stands(t, i, words[w])) {
            *word = strlen(words[w]);
            return scan_digits(t, i + *word);
        }
    *word = 2;
    n = scan_digits(t, i + 2);
    if (!n || i < 4 || !scan_stands(t, i - 4, "U3E"))
        return 0;
    return n + (scan_stands(t, i + 2 + n, "_") ? 1 + scan_digits(t, i + 3 + n) : 0);
}

static struct text without_word_numbers(struct text t, struct arena *a)
{
    size_t n, word;

    for (size_t i = 0; i + 3 < t.len; i++)
        if (t.at[i] == '_' && t.at[i + 1] == '_' &&
            (scan_is_digit(t.at[i + 2]) || is_lower(t.at[i + 2])) &&
            (n = numbers_behind(t, i, &word)))
            t = scan_replace(t, i + word, n, "", a);
    return t;
}

/* cgo's hashes, _cgo_0123456789ab_Cfunc_total, and numbers of OCaml, camlCart__total_1234 */
static struct text without_own_numbers(struct text t, struct arena *a)
{
    static const char cgo[] = "_cgo_";
    size_t end = t.len;

    if (begins(t, cgo) && scan_run(t, sizeof cgo - 1, scan_is_hex) == 12)
        return scan_replace(t, sizeof cgo - 1, 12, "", a);
    if (!begins(t, "caml"))
        return t;
    while (scan_is_digit(t.at[end - 1]))
        end--;
    return end < t.len && t.at[end - 1] == '_' ? text_cut(t, 0, end - 1) : t;
}

/* {closure#3}, {impl#1}, {unnamed type#2} */
static struct text without_brace_numbers(struct text t, struct arena *a)
{
    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '#')) < t.len; i++) {
        size_t n = scan_digits(t, i + 1);

        if (n && i + 1 + n < t.len && t.at[i + 1 + n] == '}')
            t = scan_replace(t, i, 1 + n, "", a);
    }
    return t;
}

/* The hashes of crates in Rust's v0 names, foo[1a2b3c4d]::bar, and tags of GCC's ABI, [abi:cxx11]. */
static struct text without_bracket_tags(struct text t, struct arena *a)
{
    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '[')) < t.len; i++) {
        size_t end = i + 1 + text_find_byte(text_cut(t, i + 1, t.len), ']');
        size_t hex = scan_run(t, i + 1, scan_is_hex);

        if (end < t.len &&
            ((hex == end - i - 1 && hex >= 8 && hex <= 16) || scan_stands(t, i, "[abi:")))
            t = scan_replace(t, i, end + 1 - i, "", a);
    }
    return t;
}

/* What compilers call a namespace without a name. */
static struct text with_one_anonymous(struct text t, struct arena *a)
{
    static const char *const others[] = {"`anonymous namespace'", "_GLOBAL__N_1", "{anonymous}"};
    size_t at;

    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if ((at = scan_find(t, others[i])) < t.len)
            return scan_replace(t, at, strlen(others[i]), "(anonymous namespace)", a);
    return t;
}

static struct text without_counters(struct text t, struct arena *a)
{
    size_t at, n;

    while ((at = scan_find(t, "{{closure}}")) < t.len) /* Rust's older mangling */
        t = scan_replace(t, at, 11, "{closure}", a);
    if ((at = scan_find(t, "'lambda")) < t.len && (n = scan_digits(t, at + 7)))
        t = scan_replace(t, at + 7, n, "", a);
    return without_bracket_tags(without_brace_numbers(t, a), a);
}

/* __38-[Cart add:]_block_invoke_2: clang numbers blocks, and says how long the name is. */
static struct text without_block_numbers(struct text t)
{
    static const char mark[] = "_block_invoke";
    size_t at = scan_find(t, mark) + sizeof mark - 1,
           from = begins(t, "__") ? 2 + scan_digits(t, 2) : 0;

    if (at + 1 < t.len && (t.at[at] == '_' || t.at[at] == '.') &&
        at + 1 + scan_digits(t, at + 1) == t.len)
        t.len = at;
    return from > 2 && from < t.len ? text_cut(t, from, t.len) : t;
}

static struct text without_numbers(struct text t, struct arena *a)
{
    t = without_suffixes(t);
    if (begins(t, "_Z"))
        t = group_demangle(t, a);
    if (group_is_swift(t))
        t = group_swift_name(t, a);
    else if (memchr(t.at, '$', t.len))
        t = without_dollar_numbers(t, a);
    if (memchr(t.at, '`', t.len))
        t = without_scope_numbers(t, a);
    if (memchr(t.at, '_', t.len))
        t = without_own_numbers(without_word_numbers(t, a), a);
    return begins(t, "__") && scan_find(t, "_block_invoke") < t.len ? without_block_numbers(t) : t;
}

/* 0x7ff612a4b0, and what disassemblers call it: sub_7ff612a4b0 */
static bool is_address(struct text t)
{
    size_t mark = t.at[0] == '0' ? 2 : t.at[0] == 's' ? 4 : 0;

    return mark && begins(t, mark == 2 ? "0x" : "sub_") && t.len >= mark + 6 &&
           mark + scan_run(t, mark, scan_is_hex) == t.len;
}

void group_native_function(struct arena *a, struct part *out)
{
    struct text t = out->value;
    bool marked;

    if (text_is(t, "<redacted>") || text_is(t, "<unknown>")) {
        part_off(out, "ignored unknown function");
        return;
    }
    if (is_address(t)) {
        part_off(out, "ignored address");
        return;
    }
    if (t.at[t.len - 1] == 'd' && text_ends(t, ".cold"))
        t.len -= 5;
    if (scan_has_digit(t))
        t = without_numbers(t, a);
    marked = memchr(t.at, '{', t.len) || memchr(t.at, '\'', t.len);
    if ((marked || memchr(t.at, '[', t.len)) && t.at[0] != '[' && t.at[0] != '-' && t.at[0] != '+')
        t = without_counters(t, a);
    if (marked || begins(t, "_GLOBAL__N_1"))
        t = with_one_anonymous(t, a);
    if (!text_eq(t, out->value))
        part_change(out, t, "removed compiler's numbers");
}

/* ---- Java, Kotlin, Scala ---- */

/* From the first "$" on: where a closure's name begins, lambda$pay$3, pay$lambda$3, $anonfun$pay$3.
 * t.len: nowhere. */
static size_t closure_here(struct text t, size_t dollar)
{
    if (begins(t, "lambda$"))
        return 0;
    for (size_t i = dollar; i < t.len; i = i + 1 + text_find_byte(text_cut(t, i + 1, t.len), '$'))
        if (scan_stands(t, i, "$lambda") || scan_stands(t, i, "$anonfun"))
            return i;
    return t.len;
}

/* What AspectJ and Quarkus write behind the name of a method, and hashes of R8: length of the name
 * without it, 0: it is none. */
static size_t woven(struct text t, size_t dollar)
{
    static const char around[] = "_aroundBody", hash[] = "$r8$lambda";
    static const char *const buddies[] = {"$original$", "$accessor$"}; /* Byte Buddy, and a hash */
    size_t at;

    if (dollar == 0 && scan_stands(t, 0, hash))
        return sizeof hash - 1;
    if (scan_stands(t, dollar, "$$superforward"))
        return dollar;
    for (unsigned b = 0; b < 2 && dollar < t.len; b++)
        if (scan_stands(t, dollar, buddies[b]))
            return dollar + strlen(buddies[b]) - 1;
    if (dollar == 5 && begins(t, "CGLIB$")) { /* CGLIB$pay$3 */
        for (at = t.len; scan_is_digit(t.at[at - 1]);)
            at--;
        return at < t.len && t.at[at - 1] == '$' ? at - 1 : 0;
    }
    if (dollar < t.len && (text_ends(t, "_debug") || text_ends(t, "_release")))
        return dollar; /* internal functions of Kotlin bear the module and the kind of build */
    if (begins(t, "_jspx_meth_")) { /* tags of a page, numbered */
        for (at = t.len; at > 0 && scan_is_digit(t.at[at - 1]);)
            at--;
        return at;
    }
    if (!memchr(t.at, '_', t.len) || (at = scan_find(t, around)) == t.len)
        return 0;
    return at;
}

void group_jvm_function(struct arena *a, struct part *out)
{
    struct text t = out->value;
    size_t dollar = text_find_byte(t, '$'), name = woven(t, dollar), at, len;
    char *to;

    if (name) {
        part_change(out, text_cut(t, 0, name), "removed woven name");
        return;
    }
    if (dollar == t.len)
        return;
    if (begins(t, "access$") && 7 + scan_digits(t, 7) == t.len) { /* javac's, into a nested class */
        part_change(out, text_cut(t, 0, 7), "removed counter of an accessor");
        return;
    }
    if ((at = closure_here(t, dollar)) == t.len || !(to = arena_dup(a, t.at, t.len)))
        return;
    len = at;
    for (size_t i = at; i < t.len;) {
        size_t n = t.at[i] == '$' || t.at[i] == '-' ? scan_digits(t, i + 1) : 0;

        if (n)
            i += 1 + n;
        else
            to[len++] = t.at[i++];
    }
    if (len < t.len)
        part_change(out, (struct text){to, len}, "removed counter of a closure");
}

/* ---- Go ---- */

/* Type arguments: Map[...] */
static struct text without_brackets(struct text t, struct arena *a)
{
    size_t at;

    while ((at = text_find_byte(t, '[')) < t.len) {
        unsigned depth = 0;
        size_t end = at;

        do {
            depth += t.at[end] == '[';
            depth -= t.at[end] == ']';
            end++;
        } while (end < t.len && depth);
        if (depth)
            break;
        t = scan_replace(t, at, end - at, "", a);
    }
    return t;
}

/* func1, gowrap2; and what was written before the body of a loop over a function, Pay-range1: the
 * length of the word, 0 for every other name. */
static size_t numbered_word(struct text segment)
{
    static const char *const words[] = {"func", "gowrap", "deferwrap"};
    static const char range[] = "-range";
    size_t at = scan_find(segment, range);

    if (at < segment.len &&
        scan_all_digits(text_cut(segment, at + sizeof range - 1, segment.len))) {
        segment.len = at;
        at = numbered_word(segment);
        return at ? at : segment.len;
    }
    for (unsigned w = 0; w < 3; w++)
        if (text_starts(segment, words[w]) &&
            scan_all_digits(text_cut(segment, strlen(words[w]), segment.len)))
            return strlen(words[w]);
    return 0;
}

/* Closures are numbered in the order of the source: Pay.func1.2, glob..func3, init.0 */
void group_go_function(struct arena *a, struct part *out)
{
    struct text t = without_brackets(out->value, a);
    char *to = arena_alloc(a, t.len + 1);
    size_t len = 0, word;

    if (text_ends(t, "-fm")) /* a method as a value */
        t.len -= 3;
    for (size_t i = 0; to && i <= t.len;) {
        struct text segment = text_cut(t, i, text_find_byte(text_cut(t, i, t.len), '.'));

        i += segment.len + 1;
        if (len && scan_all_digits(segment)) /* no function is named so */
            continue;
        word = numbered_word(segment);
        if (len || i > segment.len + 1)
            to[len++] = '.';
        memcpy(to + len, segment.at, word ? word : segment.len);
        len += word ? word : segment.len;
    }
    if (to && len < out->value.len)
        part_change(out, (struct text){to, len}, "removed counter of a closure");
}
