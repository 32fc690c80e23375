/* group_module.c -- modules of frames, without what a compiler, a build or a run put into them:
 * numbers of generated classes, versions, hashes. */
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

static bool is_word(char c)
{
    return scan_is_digit(c) || scan_is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- Java and its kin: what generates classes at run time ---- */

/* What to do at a mark: keep so many bytes, drop so many behind them, put a word in their place. */
struct cut {
    size_t keep, drop;
    const char *with;
    bool counters; /* from here on drop $digits as well */
};

/* "_12" */
static size_t numbered(struct text t, size_t at)
{
    return at < t.len && t.at[at] == '_' && scan_run(t, at + 1, scan_is_digit)
               ? 1 + scan_run(t, at + 1, scan_is_digit)
               : 0;
}

static bool cut_digits(struct text t, size_t i, size_t mark, const char *with, struct cut *c)
{
    *c = (struct cut){.keep = mark, .drop = scan_run(t, i + mark, scan_is_digit), .with = with};
    return c->drop > 0;
}

static bool cut_rest(struct text t, size_t i, size_t mark, struct cut *c)
{
    *c = (struct cut){.keep = mark, .drop = t.len - i - mark, .with = "<auto>"};
    return c->drop > 0;
}

/* Proxies of CGLIB, Guice, Spring and Hibernate: $$XyzCGLIB$$1a2b_3, $$EnhancerByX$$1a2b,
 * $$FastClassByX$$1a2b, $HibernateProxy$AbC1. */
static bool cut_proxy(struct text t, size_t i, struct cut *c)
{
    size_t name_at = i + 1 + scan_stands(t, i + 1, "$"),
           at = name_at + scan_run(t, name_at, is_word), drop;
    struct text name = text_cut(t, name_at, at - name_at);
    bool hibernate = text_is(name, "HibernateProxy");
    bool cglib =
        name.len > 5 && text_ends(name, "CGLIB") && name_at == i + 2 && scan_stands(t, at, "$$");

    if (!scan_stands(t, at, "$") ||
        !(hibernate || cglib || begins(name, "EnhancerBy") || begins(name, "FastClassBy")))
        return false;
    at += 1 + scan_stands(t, at + 1, "$");
    if (cglib && scan_stands(t, at, "FastClass$$"))
        at += 11;
    drop = scan_run(t, at, hibernate ? is_word : scan_is_hex);
    if (!drop || (at + drop < t.len && scan_is_letter(t.at[at + drop])))
        return false;
    *c = (struct cut){.keep = at - i, .drop = drop, .with = "<auto>"};
    if (!hibernate)
        c->drop += numbered(t, at + drop);
    return true;
}

static bool cut_javassist(struct text t, size_t i, struct cut *c)
{
    static const char mark[] = "$$_javassist";
    size_t seam;

    if (!scan_stands(t, i, mark))
        return false;
    seam = scan_stands(t, i + sizeof mark - 1, "_seam") ? 5 : 0;
    *c = (struct cut){.keep = sizeof mark - 1,
                      .drop = seam + numbered(t, i + sizeof mark - 1 + seam),
                      .with = "<auto>"};
    return true;
}

/* Groovy: $_run_closure2 */
static bool cut_groovy(struct text t, size_t i, struct cut *c)
{
    static const char mark[] = "_closure";
    size_t end = i + 1 + scan_run(t, i + 1, is_word), digits = end;

    while (digits > i && scan_is_digit(t.at[digits - 1]))
        digits--;
    *c = (struct cut){.keep = digits - i, .drop = end - digits, .with = ""};
    return end > digits && text_ends(text_cut(t, i, digits - i), mark);
}

/* Clojure: $pay__1235 */
static bool cut_clojure(struct text t, size_t i, struct cut *c)
{
    size_t end = i + 1 + scan_run(t, i + 1, is_word), digits = end;

    while (digits > i && scan_is_digit(t.at[digits - 1]))
        digits--;
    *c = (struct cut){.keep = digits - i, .drop = end - digits, .with = ""};
    return end > digits && digits > i + 3 && text_ends(text_cut(t, i, digits - i), "__");
}

/* $$ExternalSyntheticLambda3 of D8 and R8: whatever they took out of a class */
static bool cut_synthetic(struct text t, size_t i, struct cut *c)
{
    static const char mark[] = "$$ExternalSynthetic";

    return scan_stands(t, i, mark) &&
           cut_digits(t, i, sizeof mark - 1 + scan_run(t, i + sizeof mark - 1, scan_is_letter), "",
                      c);
}

/* At a "$": does something that a run made up begin here? */
static bool cut_here(struct text t, size_t i, struct cut *c)
{
    if (i + 1 == t.len)
        return false;
    if (scan_stands(t, i, "$fn__"))
        return cut_digits(t, i, 5, "<auto>", c);
    if (scan_stands(t, i, "$eval")) /* Clojure */
        return cut_digits(t, i, 5, "<auto>", c);
    if (t.at[i + 1] == 'G' && scan_stands(t, i, "$GeneratedIteratorForCodegenStage")) /* Spark */
        return cut_digits(t, i, 33, "", c);
    if (t.at[i + 1] == 'a' && scan_stands(t, i, "$auxiliary$")) /* Byte Buddy */
        return cut_rest(t, i, 11, c);
    if (scan_stands(t, i, "$Proxy"))
        return cut_digits(t, i, 6, "", c);
    if (scan_stands(t, i, "$ByteBuddy$"))
        return cut_rest(t, i, 11, c);
    if (scan_stands(t, i, "$AjcClosure")) /* AspectJ */
        return cut_digits(t, i, 11, "", c);
    if (scan_stands(t, i, "$MockitoMock$"))
        return cut_rest(t, i, 13, c);
    if (scan_stands(t, i, "$Subclass"))
        return cut_rest(t, i, 9, c);
    if (scan_stands(t, i, "$$_Weld"))
        return cut_rest(t, i, 7, c);
    if (scan_stands(t, i, "$anonfun") || scan_stands(t, i, "$lambda")) {
        *c = (struct cut){.keep = 7, .with = "", .counters = true};
        return true;
    }
    return cut_javassist(t, i, c) || cut_proxy(t, i, c) || cut_synthetic(t, i, c) ||
           cut_clojure(t, i, c) || (scan_stands(t, i, "$_") && cut_groovy(t, i, c));
}

/* A counter of Kotlin's and Scala's closures: $12; Compose's keys, $-123456789 */
static size_t counter_here(struct text t, size_t i)
{
    size_t sign = 1 + scan_stands(t, i, "$-"), n = scan_run(t, i + sign, scan_is_digit);

    return n && (i + sign + n == t.len || !is_word(t.at[i + sign + n])) ? sign + n : 0;
}

static struct text without_generated(struct text t, bool counters, struct arena *a)
{
    char *out = arena_alloc(a, t.len + 6 * t.len / 2 + 8); /* "$$_javassist" gets "<auto>" */
    size_t len = 0, n;
    struct cut c;

    for (size_t i = 0; out && i < t.len;) {
        if (t.at[i] == '$' && cut_here(t, i, &c)) {
            memcpy(out + len, t.at + i, c.keep);
            memcpy(out + len + c.keep, c.with, strlen(c.with));
            len += c.keep + strlen(c.with);
            counters |= c.counters;
            i += c.keep + c.drop;
        } else if (counters && (t.at[i] == '$' || t.at[i] == '-') && (n = counter_here(t, i))) {
            i += n;
        } else {
            out[len++] = t.at[i++];
        }
    }
    return out ? (struct text){out, len} : t;
}

struct text group_clean_javassist(struct text t, struct arena *a)
{
    struct cut c;

    for (size_t i = 0; i < t.len; i++)
        if (cut_javassist(t, i, &c))
            return arena_printf(a, "%.*s%s%.*s", (int)(i + c.keep), t.at, c.with,
                                (int)(t.len - i - c.keep - c.drop), t.at + i + c.keep + c.drop);
    return t;
}

/* OpenJDK's accessors for reflection and serialisation, and its proxies, are numbered. */
static struct text without_jdk_numbers(struct text t, struct arena *a)
{
    static const char *const numbered_ones[] = {
        "sun.reflect.GeneratedConstructorAccessor",
        "sun.reflect.GeneratedSerializationConstructorAccessor",
        "jdk.internal.reflect.GeneratedConstructorAccessor",
        "jdk.internal.reflect.GeneratedSerializationConstructorAccessor"};

    if (begins(t, "jdk.proxy") && scan_run(t, 9, scan_is_digit))
        return arena_printf(a, "jdk.proxy%.*s", (int)(t.len - 9 - scan_run(t, 9, scan_is_digit)),
                            t.at + 9 + scan_run(t, 9, scan_is_digit));
    for (unsigned i = 0; i < 4; i++)
        if (text_starts(t, numbered_ones[i]) &&
            scan_run(t, strlen(numbered_ones[i]), scan_is_digit))
            return arena_printf(a, "%s<auto>", numbered_ones[i]);
    return t;
}

static bool is_border(struct text t, size_t at)
{
    return at >= t.len || !is_word(t.at[at]) || t.at[at] == '_';
}

static bool is_base36(char c)
{
    return scan_is_digit(c) || (c >= 'a' && c <= 'z');
}

/* Is that between borders a hash? Eight hex digits, any number behind 0x, twenty of base 36. */
static bool is_hash(struct text t, bool behind_0x)
{
    size_t hex = scan_run(t, 0, scan_is_hex), digits = 0;

    if (hex == t.len && (hex >= 8 || behind_0x))
        return true;
    for (size_t i = 0; i < t.len; i++)
        digits += scan_is_digit(t.at[i]);
    return t.len >= 20 && digits >= 4 && scan_run(t, 0, is_base36) == t.len;
}

/* Modules that were made at run time carry a hash in their name: Python's of Mako and Airflow, Java's
 * of Gradle and Drools. */
static void without_made_up(struct text module, struct arena *a, struct part *out)
{
    for (size_t i = 0; i < module.len; i++) {
        size_t from = i, to = i;

        if (!scan_is_digit(module.at[i]))
            continue;
        while (from > 0 && (scan_is_hex(module.at[from - 1]) || is_base36(module.at[from - 1])))
            from--;
        while (to < module.len && (scan_is_hex(module.at[to]) || is_base36(module.at[to])))
            to++;
        bool behind_0x = begins(text_cut(module, from, to - from), "0x");
        if (behind_0x)
            from += 2;
        if ((from == 0 || behind_0x || is_border(module, from - 1)) && is_border(module, to) &&
            is_hash(text_cut(module, from, to - from), behind_0x)) {
            part_change(out, scan_replace(module, from, to - from, "<hex>", a),
                        "removed generated name");
            return;
        }
        i = to;
    }
}

static void jvm_module(struct text module, struct text function, struct arena *a, struct part *out)
{
    static const char sun[] = "sun.reflect.GeneratedMethodAccessor";
    static const char jdk[] = "jdk.internal.reflect.GeneratedMethodAccessor";
    struct text t = module;
    const char *dollar = memchr(t.at, '$', t.len), *slash = memchr(t.at, '/', t.len);
    bool internal = begins(t, "jdk.") || begins(t, "sun.");
    size_t at;

    if (internal && (begins(t, sun) || begins(t, jdk))) {
        t.len = begins(t, sun) ? sizeof sun - 1 : sizeof jdk - 1;
        part_change(out, t, "removed reflection marker");
        return;
    }
    if (t.at[0] == 'S' && begins(t, "Script") &&
        (at = 6 + scan_run(t, 6, scan_is_digit)) > 6 && /* Groovy */
        (at == t.len || t.at[at] == '$'))
        t = scan_replace(t, 6, at - 6, "", a);
    if (dollar && text_find(t, TEXT("$$Lambda")) < t.len) {
        part_off(out, "ignored java lambda");
        return;
    }
    if (slash && (at = text_find(t, TEXT("/0x"))) < t.len) /* a hidden class */
        t.len = at;
    if (internal)
        t = without_jdk_numbers(t, a);
    if (dollar)
        t = without_generated(t,
                              text_is(function, "invokeSuspend") ||
                                  text_find(t, TEXT("$$inlined$")) < t.len ||
                                  begins(t, "java.lang.invoke.LambdaForm$"),
                              a);
    if (!text_eq(t, module))
        part_change(out, t, "removed codegen marker");
    if (memchr(t.at, '_', t.len) && scan_has_digit(t))
        without_made_up(t, a, out);
}

/* Their marks begin at the first "$", but for Javassist's "_$$_javassist". */
struct text group_written_class(struct text module)
{
    static const char *const marks[] = {"$SpringCGLIB$",   "$EnhancerBy",  "$_javassist",
                                        "HibernateProxy$", "MockitoMock$", "ByteBuddy$",
                                        "Proxy$_$$_Weld",  "$FastClassBy"};
    size_t at = text_find_byte(module, '$');

    if (at == 0 || at == module.len)
        return TEXT_NONE;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (scan_stands(module, at + 1, marks[i]))
            return text_cut(module, 0, at - (module.at[at - 1] == '_'));
    return TEXT_NONE;
}

/* Castle.Proxies.UserProxy_3, System.Data.Entity.DynamicProxies.User_<64 hex digits>: how many there
 * were before, or what they are made of. */
static struct text without_proxy_number(struct text t)
{
    size_t from = t.len;

    if (text_find(t, TEXT("Proxies.")) == t.len)
        return t;
    while (from > 0 && scan_is_hex(t.at[from - 1]))
        from--;
    return from > 1 && from < t.len && t.at[from - 1] == '_' ? text_cut(t, 0, from - 1) : t;
}

/* Outer+<Method>d__4, Outer+<>c__DisplayClass4_0, Outer+<>c: the class that was written is Outer.
 */
static void csharp_module(struct text module, struct arena *a, struct part *out)
{
    struct text t = module;
    size_t at;

    if ((at = text_find(t, TEXT("+<"))) < t.len || (at = text_find(t, TEXT(".<"))) < t.len)
        t.len = at;
    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '`')) < t.len;) {
        size_t n = 1 + scan_run(t, i + 1, scan_is_digit);

        if (i + n < t.len && t.at[i + n] == '[') /* the arguments of a generic */
            n = t.len - i;
        t = scan_replace(t, i, n, "", a);
    }
    if (begins(t, "<>f__AnonymousType"))
        t.len = 18;
    t = without_proxy_number(t);
    if ((at = text_find_byte(t, '@')) < t.len &&
        scan_run(t, at + 1, scan_is_digit)) /* F#'s lines */
        t.len = at;
    if (!text_eq(t, module))
        part_change(out, t, "removed compiler's class");
}

/* github.com/acme/shop/v2/cart, gopkg.in/yaml.v3: the number of a release with other interfaces, right
 * behind the name of a module. Folders further down are somebody's choice. */
static struct text without_major(struct text t, struct arena *a)
{
    size_t at = 0, slashes = begins(t, "gopkg.in/") ? 1 : 3, n;

    while (slashes && at < t.len)
        slashes -= t.at[at++] == '/';
    if (begins(t, "gopkg.in/")) {
        while (at < t.len && !scan_stands(t, at, ".v"))
            at++;
        at += at < t.len;
    } else if (text_find_byte(t, '.') > text_find_byte(t, '/')) {
        return t; /* no host */
    }
    n = at < t.len && t.at[at] == 'v' ? scan_run(t, at + 1, scan_is_digit) : 0;
    return n && (at + 1 + n == t.len || t.at[at + 1 + n] == '/')
               ? scan_replace(t, at - 1, n + 2, "", a)
               : t;
}

void group_module_part(const struct frame *f, enum platform p, struct text function,
                       struct arena *a, struct part *out)
{
    struct text clean;

    part_set(out, f->module);
    if (!f->module.len)
        return;
    if (p == PLATFORM_JAVASCRIPT && memchr(f->module.at, '/', f->module.len) &&
        f->abs_path.len >= f->module.len &&
        text_eq(text_cut(f->abs_path, f->abs_path.len - f->module.len, f->module.len), f->module)) {
        part_off(out, "ignored bad javascript module");
        return;
    }
    switch (p) {
    case PLATFORM_JVM:
        jvm_module(f->module, function, a, out);
        return;
    case PLATFORM_CSHARP:
        csharp_module(f->module, a, out);
        return;
    case PLATFORM_PYTHON:
        without_made_up(f->module, a, out);
        return;
    default:
        clean = group_clean_path_module(p == PLATFORM_GO ? without_major(f->module, a) : f->module,
                                        p == PLATFORM_JAVASCRIPT || p == PLATFORM_NODE, a);
        if (!text_eq(clean, f->module))
            part_change(out, clean, "removed version or build hash");
    }
}
