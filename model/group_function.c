/* group_function.c -- function names per platform, without what compilers and runtimes number. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

/* ---- native: what optimisers split and clone ---- */

static struct text without_suffixes(struct text t)
{
    static const char *const plain[] = {".cold"};
    static const char *const numbered[] = {".constprop.", ".isra.", ".part.",
                                           ".cold.",      ".llvm.", ".lto_priv."};

    if (!memchr(t.at, '.', t.len))
        return t;
    for (;;) {
        size_t end = t.len, from;

        for (from = end; from > 0 && scan_is_digit(t.at[from - 1]);)
            from--;
        struct text stem = text_cut(t, 0, from);
        bool found = false;
        for (size_t i = 0; from < end && i < sizeof numbered / sizeof *numbered && !found; i++)
            if ((found = text_ends(stem, numbered[i])))
                t.len = from - strlen(numbered[i]);
        if (!found && (found = text_ends(t, plain[0])))
            t.len -= strlen(plain[0]);
        if (!found || t.len == 0)
            return t;
    }
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

static void native_function(struct arena *a, struct part *out)
{
    struct text t = out->value;

    if (text_is(t, "<redacted>") || text_is(t, "<unknown>")) {
        part_off(out, "ignored unknown function");
        return;
    }
    t = without_suffixes(t);
    if (begins(t, "_Z"))
        t = group_demangle(t, a);
    if (memchr(t.at, '{', t.len) || memchr(t.at, '\'', t.len) || memchr(t.at, '[', t.len))
        if (t.at[0] != '[' && t.at[0] != '-' && t.at[0] != '+')
            t = without_counters(t, a);
    if (begins(t, "__") && scan_find(t, "_block_invoke") < t.len)
        t = without_block_numbers(t);
    if (memchr(t.at, '\'', t.len) || memchr(t.at, '{', t.len) || begins(t, "_GLOBAL__N_1"))
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
    size_t at;

    if (dollar == 0 && scan_stands(t, 0, hash))
        return sizeof hash - 1;
    if (scan_stands(t, dollar, "$$superforward"))
        return dollar;
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

static void jvm_function(struct arena *a, struct part *out)
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

static bool all_digits(struct text t)
{
    return t.len && scan_digits(t, 0) == t.len;
}

/* func1, gowrap2; and what was written before the body of a loop over a function, Pay-range1: the
 * length of the word, 0 for every other name. */
static size_t numbered_word(struct text segment)
{
    static const char *const words[] = {"func", "gowrap", "deferwrap"};
    static const char range[] = "-range";
    size_t at = scan_find(segment, range);

    if (at < segment.len && all_digits(text_cut(segment, at + sizeof range - 1, segment.len))) {
        segment.len = at;
        at = numbered_word(segment);
        return at ? at : segment.len;
    }
    for (unsigned w = 0; w < 3; w++)
        if (text_starts(segment, words[w]) &&
            all_digits(text_cut(segment, strlen(words[w]), segment.len)))
            return strlen(words[w]);
    return 0;
}

/* Closures are numbered in the order of the source: Pay.func1.2, glob..func3, init.0 */
static void go_function(struct arena *a, struct part *out)
{
    struct text t = without_brackets(out->value, a);
    char *to = arena_alloc(a, t.len + 1);
    size_t len = 0, word;

    if (text_ends(t, "-fm")) /* a method as a value */
        t.len -= 3;
    for (size_t i = 0; to && i <= t.len;) {
        struct text segment = text_cut(t, i, text_find_byte(text_cut(t, i, t.len), '.'));

        i += segment.len + 1;
        if (len && all_digits(segment)) /* no function is named so */
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

/* ---- Ruby, PHP, C#, Elixir, Python ---- */

/* ERB's _app_views_x_html_erb__12345_6789, where a negative hash has one more underscore. */
static struct text without_erb_numbers(struct text t)
{
    size_t at = t.len, from;

    for (unsigned number = 0; number < 2; number++) {
        for (from = at; at > 0 && scan_is_digit(t.at[at - 1]);)
            at--;
        if (from - at < 4 || at == 0 || t.at[--at] != '_')
            return t;
    }
    if (at == 0 || t.at[at - 1] != '_')
        return t;
    while (at > 0 && t.at[at - 1] == '_')
        at--;
    return text_cut(t, 0, at);
}

/* Ruby 3.4 writes Class#method and Class.method where older ones wrote method. */
static struct text ruby_name(struct text t)
{
    size_t at = text_find_byte(t, '#');

    if (at + 1 < t.len)
        t = text_cut(t, at + 1, t.len);
    else if (t.len && t.at[0] >= 'A' && t.at[0] <= 'Z' && scan_behind_last(t, '.').len)
        t = scan_behind_last(t, '.');
    return without_erb_numbers(t);
}

struct text group_block_owner(struct text function, struct arena *a)
{
    size_t in = scan_find(function, " in ");
    struct text name = ruby_name(text_cut(function, in < function.len ? in + 4 : in, function.len));

    return arena_printf(a, "block in %.*s", TEXT_ARG(name));
}

static void ruby_function(struct arena *a, struct part *out)
{
    static const char *const inside[] = {"rescue in ", "ensure in "};
    struct text t = out->value, name;

    if (begins(t, "block ")) {
        part_change(out, TEXT("block"), "ruby block");
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        if (text_starts(t, inside[i])) {
            name = ruby_name(text_cut(t, strlen(inside[i]), t.len));
            t = arena_printf(a, "%s%.*s", inside[i], TEXT_ARG(name));
            part_change(out, begins(name, "block ") ? TEXT("block") : t, out->hint);
            return;
        }
    name = ruby_name(t);
    if (!text_eq(name, t))
        part_change(out, name, "isolated method name");
}

/* {closure:App\Shop::pay():42} since PHP 8.4, {closure:/srv/app/7/shop.php:42} outside of classes.
 */
static struct text php_closure(struct text t, struct arena *a)
{
    size_t from, colon, n, slash;

    while ((from = scan_find(t, "{closure:")) < t.len) {
        size_t end = from + text_find_byte(text_cut(t, from, t.len), '}');

        if (end == t.len)
            break;
        colon = end;
        while (colon > from && scan_is_digit(t.at[colon - 1]))
            colon--;
        n = end - colon;
        struct text name =
            text_cut(t, from + 9, (n && t.at[colon - 1] == ':' ? colon - 1 : end) - from - 9);
        for (slash = name.len; slash > 0 && name.at[slash - 1] != '/';)
            slash--;
        name = text_cut(name, slash, name.len);
        t = arena_printf(a, "%.*s{closure %.*s}%.*s", (int)from, t.at, TEXT_ARG(name),
                         (int)(t.len - end - 1), t.at + end + 1);
    }
    return t;
}

/* __TwigTemplate_<hash>::doDisplay, ContainerAbC12dE\App_Kernel::get: what caches are named by. */
static struct text php_cached(struct text t, struct arena *a)
{
    static const char twig[] = "__TwigTemplate_", container[] = "Container";
    size_t from, n;

    if ((from = scan_find(t, twig)) < t.len) {
        from += sizeof twig - 1;
        n = scan_run(t, from, scan_is_hex);
        return n >= 32 ? scan_replace(t, from, n, "", a) : t;
    }
    if (begins(t, "content_") && (n = scan_run(t, 8, scan_is_hex)) >= 13 &&
        scan_stands(t, 8 + n, "_")) /* Smarty */
        return text_cut(t, 0, 7);
    t = group_clean_php_proxy(t, a);
    from = sizeof container - 1;
    if (!begins(t, container) || t.len < from + 8 || t.at[from + 7] != '\\')
        return t;
    for (n = 0; n < 7 && (scan_is_digit(t.at[from + n]) || scan_is_letter(t.at[from + n]));)
        n++;
    return n == 7 ? scan_replace(t, from, n, "", a) : t;
}

static void php_function(struct arena *a, struct part *out)
{
    struct text t = out->value;
    size_t at = scan_find(t, "@anonymous");

    if (begins(t, "[Anonymous")) {
        part_off(out, "ignored anonymous function");
    } else if (at < t.len) { /* class@anonymous, the file that made it, ::method */
        const char *colon = memrchr(t.at, ':', t.len);

        if (colon && colon > t.at + at && colon[-1] == ':' && colon + 1 < t.at + t.len)
            part_change(out, text_cut(t, (size_t)(colon - t.at) + 1, t.len),
                        "anonymous class method");
        else
            part_off(out, "ignored anonymous function");
    } else if (scan_find(t, "{closure:") < t.len) {
        part_change(out, php_closure(t, a), "removed line of a closure");
    } else if (!text_eq(php_cached(t, a), t)) {
        part_change(out, php_cached(t, a), "removed hash of a cache");
    }
}

/* What the compiler made of Name: <Name>d__4.MoveNext, <Name>b__0_1, <Name>g__Inner|0_1, and of a
 * lambda that awaits, <<Name>b__0>d. Types that stand before it stay. */
static struct text csharp_name(struct text t, const struct frame *f, struct arena *a)
{
    bool in_class = text_is(t, "MoveNext"); /* the name stands there: Outer+<Name>d__4 */
    struct text from = in_class ? scan_behind_last(f->module, '+') : t, before, name, inner;
    size_t open = text_find_byte(from, '<'), from_name, close;

    for (from_name = open; from_name < from.len && from.at[from_name] == '<';)
        from_name++;
    close = from_name + text_find_byte(text_cut(from, from_name, from.len), '>');
    if (close >= from.len || close == from_name)
        return t;
    before = in_class ? TEXT("") : text_cut(from, 0, open);
    name = text_cut(from, from_name, close - from_name);
    if (scan_stands(from, close, ">$"))
        close += 2; /* <Main>$, of a program that is not in a class */
    else if (!scan_stands(from, close + 2, "__"))
        return t;
    if (scan_stands(from, close, ">b__"))
        return arena_printf(a, "%.*s%.*s lambda", TEXT_ARG(before), TEXT_ARG(name));
    if (scan_stands(from, close, ">g__")) {
        inner = text_cut(from, close + 4, from.len);
        inner.len = text_find_byte(inner, '|');
        return arena_printf(a, "%.*s%.*s.%.*s", TEXT_ARG(before), TEXT_ARG(name), TEXT_ARG(inner));
    }
    return arena_printf(a, "%.*s%.*s", TEXT_ARG(before), TEXT_ARG(name));
}

static void csharp_function(const struct frame *f, struct arena *a, struct part *out)
{
    struct text t = out->value;
    size_t at = text_find_byte(t, '(');

    if (at > 0)
        t.len = at;
    if ((at = text_find_byte(t, '[')) > 0) /* Get[T] */
        t.len = at;
    t = text_trim(t);
    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '`')) < t.len;)
        t = scan_replace(t, i, 1 + scan_digits(t, i + 1), "", a);
    if (begins(t, "lambda_method")) /* of a compiled expression */
        t.len = 13;
    t = csharp_name(t, f, a);
    if (!text_eq(t, out->value) && t.len)
        part_change(out, t, "isolated method name");
}

/* -handle/2-fun-0- and anonymous fn/1 in Shop.pay/2 */
static void elixir_function(struct arena *a, struct part *out)
{
    static const char *const marks[] = {"-fun-", "-fun.", "anonymous fn/"};
    struct text t = out->value;

    for (unsigned m = 0; m < 3; m++) {
        size_t at = scan_find(t, marks[m]), n, from;

        if (at == t.len)
            continue;
        from = at + strlen(marks[m]) - 1;
        n = scan_digits(t, from + 1);
        if (n)
            t = scan_replace(t, from, 1 + n, "", a);
    }
    if (!text_eq(t, out->value))
        part_change(out, t, "removed counter of a closure");
}

/* _Cart@12345678.build.<anonymous closure>: the key of the library that a private name belongs to,
 * and what the compilers to JavaScript and to machine code call closures. */
static void dart_function(struct arena *a, struct part *out)
{
    static const char closure[] = "<anonymous closure>";
    struct text t = out->value;
    size_t at, n;

    while ((at = scan_find(t, closure)) < t.len)
        t = scan_replace(t, at, sizeof closure - 1, "<fn>", a);
    for (at = 0; (at += text_find_byte(text_cut(t, at, t.len), '@')) < t.len; at++)
        if ((n = scan_digits(t, at + 1)))
            t = scan_replace(t, at, 1 + n, "", a);
    if (!text_eq(t, out->value))
        part_change(out, t, "removed compiler's name");
}

/* ---- JavaScript ---- */

/* render$1 of Rollup, _callee2$ and _loop3 of Babel: the same name once more. */
static struct text without_bundler_number(struct text t)
{
    static const char *const words[] = {"_callee", "_loop", "_excluded"};
    size_t end = t.len;

    for (unsigned i = 0; i < 3 && t.at && t.at[0] == '_'; i++)
        if (begins(t, words[i])) {
            size_t n = strlen(words[i]), digits = scan_digits(t, n);

            if (n + digits == t.len || (n + digits + 1 == t.len && t.at[n + digits] == '$'))
                return text_cut(t, 0, n);
        }
    while (end > 0 && scan_is_digit(t.at[end - 1]))
        end--;
    return end > 1 && end < t.len && t.at[end - 1] == '$' ? text_cut(t, 0, end - 1) : t;
}

static void javascript_function(struct part *out)
{
    struct text t = out->value, last;
    size_t at;

    if (begins(t, "async ") || begins(t, "async*")) /* which browsers say in two ways, or not */
        t = text_cut(t, 6, t.len);
    if (begins(t, "new ")) /* which V8 alone says */
        t = text_cut(t, 4, t.len);
    if (memchr(t.at, ' ', t.len)) {
        if ((at = scan_find(t, " (index ")) < t.len) /* Promise.all (index 3) */
            t.len = at;
        if ((at = scan_find(t, " [as ")) < t.len) /* Object.pay [as onClick] */
            t.len = at;
    }
    last = without_bundler_number(scan_behind_last(t, '.'));
    if (begins(last, "?anon_")) { /* Hermes: ?anon_3_load */
        size_t n = scan_digits(last, 6);

        last = text_cut(last, 6 + n + (n && scan_stands(last, 6 + n, "_")), last.len);
    }
    if (all_digits(last)) /* what Webpack calls a module */
        last = TEXT("<module>");
    if (!text_eq(last, out->value))
        part_change(out, last, "trimmed javascript function");
}

static bool is_anonymous(struct text name)
{
    return name.len == 0 || text_is(name, "?") || text_is(name, "<anonymous>") ||
           text_is(name, "<anonymous function>") || text_is(name, "Anonymous function") ||
           text_is(name, "anonymous") || text_is(name, "global") ||        /* Hermes */
           text_is(name, "global code") || text_is(name, "module code") || /* Safari */
           text_ends(name, "/<");
}

void group_function_part(const struct frame *f, enum platform p, struct arena *a, struct part *out)
{
    bool csharp = p == PLATFORM_CSHARP;
    struct text name = csharp && f->raw_function.len ? f->raw_function : f->function;

    if (!name.len)
        name = f->raw_function;
    if (!csharp && group_family(p) == FAMILY_NATIVE && name.len && !f->raw_function.len)
        name = group_trim_native(name, p == PLATFORM_COCOA, a);
    part_set(out, name.len ? name : TEXT_NONE);
    if (!name.len)
        return;
    switch (p) {
    case PLATFORM_JAVASCRIPT:
    case PLATFORM_NODE:
        javascript_function(out);
        if (is_anonymous(
                scan_behind_last(f->raw_function.len ? f->raw_function : f->function, '.')))
            part_off(out, "ignored unknown function name");
        break;
    case PLATFORM_JVM:
        jvm_function(a, out);
        break;
    case PLATFORM_GO:
        go_function(a, out);
        break;
    case PLATFORM_RUBY:
        ruby_function(a, out);
        break;
    case PLATFORM_PHP:
        php_function(a, out);
        break;
    case PLATFORM_CSHARP:
        csharp_function(f, a, out);
        break;
    case PLATFORM_NATIVE:
    case PLATFORM_COCOA:
        native_function(a, out);
        break;
    case PLATFORM_ELIXIR:
        elixir_function(a, out);
        break;
    case PLATFORM_DART:
        dart_function(a, out);
        break;
    default:
        break;
    }
}

struct text group_function(const struct frame *f, enum platform p, struct arena *a)
{
    if (!f->function.len)
        return TEXT("<unknown>");
    if (f->raw_function.len)
        return f->function;
    if (p == PLATFORM_CSHARP) /* Unity writes a blank before the arguments, .NET does not */
        return text_cut(f->function, 0, scan_find(f->function, " ("));
    if (group_family(p) == FAMILY_NATIVE)
        return group_trim_native(f->function, p == PLATFORM_COCOA, a);
    return f->function;
}
