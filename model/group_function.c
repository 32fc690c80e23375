/* group_function.c -- function names per platform, without what compilers and runtimes number; those
 * of native code, Java and Go see group_compiled.c. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

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

/* -map/2-lists^map/1-1-, -total/1-lc$^0/1-0-: closures, loops and comprehensions that the compiler
 * made functions of. */
static struct text without_erlang_numbers(struct text t, struct arena *a)
{
    size_t n;

    for (size_t i = 0; i + 2 < t.len; i++) {
        bool made = scan_stands(t, i, "$^");

        n = made || t.at[i] == '-' ? scan_digits(t, i + 1 + made) : 0;
        if (n && (made || scan_stands(t, i + 1 + n, "-")))
            t = scan_replace(t, i + 1 + made, n, "", a);
    }
    return t;
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
    if (memchr(t.at, '^', t.len))
        t = without_erlang_numbers(t, a);
    if (!text_eq(t, out->value))
        part_change(out, t, "removed counter of a closure");
}

/* Of languages that nobody knows more of: Perl's closures, Shop::__ANON__[/srv/Cart.pm:17], and
 * addresses, <bytecode: 0x55d5c8a3b2c8>. */
static void other_function(struct arena *a, struct part *out)
{
    struct text t = out->value;
    size_t at = scan_find(t, "__ANON__["), n;

    if (at < t.len) {
        t.len = at + 8;
    } else if ((at = scan_find(t, "0x")) < t.len && (n = scan_run(t, at + 2, scan_is_hex)) >= 4) {
        t = scan_replace(t, at, 2 + n, "<hex>", a);
    }
    if (!text_eq(t, out->value))
        part_change(out, t, "removed place or address");
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

/* Colab's <cell line: 3>, what PyTorch and Numba compile: torch_dynamo_resume_in_forward_at_12,
 * __numba_array_expr_0x7f3a. */
static void python_function(struct arena *a, struct part *out)
{
    static const char cell[] = "<cell line", at_line[] = "_at_";
    struct text t = out->value;
    size_t at;

    if (!scan_has_digit(t))
        return;
    at = scan_find(t, "_0x");
    if (begins(t, cell))
        t = TEXT("<cell>");
    else if (begins(t, "torch_dynamo_resume_in_")) {
        for (at = t.len; at > 0 && scan_is_digit(t.at[at - 1]);)
            at--;
        t.len = text_ends(text_cut(t, 0, at), at_line) ? at : t.len;
    } else if (at < t.len)
        t = scan_replace(t, at + 3, scan_run(t, at + 3, scan_is_hex), "", a);
    if (!text_eq(t, out->value))
        part_change(out, t, "removed number of generated code");
}

/* ---- JavaScript ---- */

/* Names that Rust's tools and browsers give to functions of WebAssembly: a hash behind "::h" or
 * "__wbg_fetch_", a number behind __wbindgen_closure_wrapper. */
static struct text without_wasm_hash(struct text t)
{
    size_t from = t.len;

    if (begins(t, "__wbindgen_"))
        while (scan_is_digit(t.at[from - 1]))
            from--;
    else if (t.len > 19 && (begins(t, "__wbg_") || scan_stands(t, t.len - 19, "::h")) &&
             scan_run(t, t.len - 16, scan_is_hex) == 16)
        from -= begins(t, "__wbg_") ? 17 : 19;
    return text_cut(t, 0, from);
}

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
    if (begins(t, "__wb") || scan_find(t, "::h") < t.len)
        t = without_wasm_hash(t);
    last = without_bundler_number(scan_behind_last(t, '.'));
    if (begins(last, "?anon_")) { /* Hermes: ?anon_3_load */
        size_t n = scan_digits(last, 6);

        last = text_cut(last, 6 + n + (n && scan_stands(last, 6 + n, "_")), last.len);
    }
    if (scan_all_digits(last)) /* what Webpack calls a module */
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
           begins(name, "wasm-function[") ||
           (begins(name, "$func") && scan_all_digits(text_cut(name, 5, name.len))) ||
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
        group_jvm_function(a, out);
        break;
    case PLATFORM_GO:
        group_go_function(a, out);
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
        group_native_function(a, out);
        break;
    case PLATFORM_PYTHON:
        python_function(a, out);
        break;
    case PLATFORM_ELIXIR:
        elixir_function(a, out);
        break;
    case PLATFORM_DART:
        dart_function(a, out);
        break;
    case PLATFORM_OTHER:
        other_function(a, out);
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
