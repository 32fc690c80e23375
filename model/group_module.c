/* group_module.c -- modules of frames, without what a compiler, a build or a run put into them:
 * numbers of generated classes, versions, hashes. */
#include <string.h>

#include "model/group_parts.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_word(char c)
{
    return is_digit(c) || is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t run(struct text t, size_t at, bool (*class)(char))
{
    size_t n = 0;

    while (at + n < t.len && class(t.at[at + n]))
        n++;
    return n;
}

static bool stands(struct text t, size_t at, const char *literal)
{
    size_t n = strlen(literal);

    return at <= t.len && t.len - at >= n && memcmp(t.at + at, literal, n) == 0;
}

static size_t find(struct text t, size_t from, const char *literal)
{
    return from + text_find(text_cut(t, from, t.len), text_of(literal));
}

/* ---- Java and its kin: what generates classes at run time ---- */

/* Replace `n` bytes at `at` by a literal. */
static struct text replace(struct text t, size_t at, size_t n, const char *with, struct arena *a)
{
    return arena_printf(a, "%.*s%s%.*s", (int)at, t.at, with, (int)(t.len - at - n), t.at + at + n);
}

/* Proxies of CGLIB, Guice, Spring and Hibernate: $$XyzCGLIB$$1a2b_3, $$EnhancerByX$$1a2b,
 * $$FastClassByX$$1a2b, $HibernateProxy$AbC1. */
static struct text without_proxy_tail(struct text t, struct arena *a)
{
    static const char *const names[] = {"CGLIB$$", "EnhancerBy", "FastClassBy", "HibernateProxy"};

    for (unsigned w = 0; w < 4; w++) {
        size_t at = find(t, 0, names[w]), from = at, tail, n;

        if (at == t.len || at == 0)
            continue;
        while (from > 0 && is_word(t.at[from - 1]))
            from--;
        if (from == 0 || t.at[from - 1] != '$')
            continue;
        at += strlen(names[w]);
        if (w == 0) {
            if (from < 2 || t.at[from - 2] != '$' || from + strlen(names[w]) >= at)
                continue; /* a name stands between the dollars and CGLIB */
        } else {
            if (w < 3)
                at += run(t, at, is_word);
            if (at >= t.len || t.at[at] != '$')
                continue;
            at += 1 + (at + 1 < t.len && t.at[at + 1] == '$');
        }
        tail = at;
        n = run(t, tail, w == 3 ? is_word : is_hex);
        if (n == 0)
            continue;
        if (w < 3 && tail + n + 1 < t.len && t.at[tail + n] == '_' && is_digit(t.at[tail + n + 1]))
            n += 1 + run(t, tail + n + 1, is_digit);
        t = replace(t, tail, n, "<auto>", a);
    }
    return t;
}

struct text group_clean_javassist(struct text t, struct arena *a)
{
    static const char mark[] = "$$_javassist";
    size_t at = find(t, 0, mark), n = 0;

    if (at == t.len)
        return t;
    at += sizeof mark - 1;
    if (stands(t, at, "_seam"))
        n = 5;
    if (at + n + 1 < t.len && t.at[at + n] == '_' && is_digit(t.at[at + n + 1]))
        n += 1 + run(t, at + n + 1, is_digit);
    return replace(t, at, n, "<auto>", a);
}

/* Everything behind these is made up afresh by every run. */
static struct text without_made_up_tail(struct text t, struct arena *a)
{
    static const char *const marks[] = {"$ByteBuddy$", "$MockitoMock$", "_$$_Weld", "$Subclass"};

    for (unsigned m = 0; m < 4; m++) {
        size_t at = find(t, 0, marks[m]);

        if (at < t.len && at + strlen(marks[m]) < t.len) {
            at += strlen(marks[m]);
            t = replace(t, at, t.len - at, "<auto>", a);
        }
    }
    return t;
}

/* Numbers behind a mark: $Proxy12, jdk.proxy2, $fn__1234, …ConstructorAccessor56. */
static struct text without_numbers(struct text t, struct arena *a)
{
    static const struct {
        const char *mark, *with;
    } marks[] = {{"sun.reflect.GeneratedConstructorAccessor", "<auto>"},
                 {"sun.reflect.GeneratedSerializationConstructorAccessor", "<auto>"},
                 {"jdk.internal.reflect.GeneratedConstructorAccessor", "<auto>"},
                 {"jdk.internal.reflect.GeneratedSerializationConstructorAccessor", "<auto>"},
                 {"$fn__", "<auto>"},
                 {"$Proxy", ""},
                 {"jdk.proxy", ""}};

    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
        size_t at = find(t, 0, marks[m].mark), n;

        if (at == t.len)
            continue;
        at += strlen(marks[m].mark);
        if ((n = run(t, at, is_digit)))
            t = replace(t, at, n, marks[m].with, a);
    }
    return t;
}

/* Counters of Kotlin's and Scala's closures: every $digits from `from` on. */
static struct text without_counters(struct text t, size_t from, struct arena *a)
{
    char *out = arena_alloc(a, t.len + 1);
    size_t len = from;

    if (!out)
        return t;
    memcpy(out, t.at, from);
    for (size_t i = from; i < t.len;) {
        size_t n = (t.at[i] == '$' || t.at[i] == '-') ? run(t, i + 1, is_digit) : 0;

        if (n && (i + 1 + n == t.len || !is_word(t.at[i + 1 + n])))
            i += 1 + n;
        else
            out[len++] = t.at[i++];
    }
    return (struct text){out, len};
}

static void jvm_module(struct text module, struct text function, struct arena *a, struct part *out)
{
    static const char sun[] = "sun.reflect.GeneratedMethodAccessor";
    static const char jdk[] = "jdk.internal.reflect.GeneratedMethodAccessor";
    struct text t = module;
    size_t at;

    if (text_starts(t, sun) || text_starts(t, jdk)) {
        t.len = text_starts(t, sun) ? sizeof sun - 1 : sizeof jdk - 1;
        part_change(out, t, "removed reflection marker");
        return;
    }
    if (!memchr(t.at, '$', t.len) && !memchr(t.at, '/', t.len) && !text_starts(t, "jdk.") &&
        !text_starts(t, "sun.reflect."))
        return;
    if (find(t, 0, "$$Lambda") < t.len) {
        part_off(out, "ignored java lambda");
        return;
    }
    if ((at = find(t, 0, "/0x")) < t.len) /* a hidden class */
        t.len = at;
    t = without_numbers(t, a);
    t = without_proxy_tail(t, a);
    t = group_clean_javassist(t, a);
    t = without_made_up_tail(t, a);
    if ((at = find(t, 0, "$anonfun")) < t.len || (at = find(t, 0, "$lambda")) < t.len)
        t = without_counters(t, at, a);
    else if (text_is(function, "invokeSuspend") && (at = find(t, 0, "$")) < t.len)
        t = without_counters(t, at, a);
    if (!text_eq(t, module))
        part_change(out, t, "removed codegen marker");
}

/* Outer+<Method>d__4, Outer+<>c__DisplayClass4_0, Outer+<>c: the class that was written is Outer.
 */
static void csharp_module(struct text module, struct arena *a, struct part *out)
{
    struct text t = module;
    size_t at;

    if ((at = find(t, 0, "+<")) < t.len || (at = find(t, 0, ".<")) < t.len)
        t.len = at;
    for (size_t i = 0; (i = i + text_find_byte(text_cut(t, i, t.len), '`')) < t.len;) {
        size_t n = 1 + run(t, i + 1, is_digit);

        if (i + n < t.len && t.at[i + n] == '[') /* the arguments of a generic */
            n = t.len - i;
        t = replace(t, i, n, "", a);
    }
    if (!text_eq(t, module))
        part_change(out, t, "removed compiler's class");
}

/* Modules that were made at run time carry a hash in their name. */
static void python_module(struct text module, struct arena *a, struct part *out)
{
    for (size_t i = 0; i + 8 <= module.len;) {
        size_t n = run(module, i, is_hex);
        bool digit = false;

        for (size_t d = i; d < i + n; d++)
            digit |= is_digit(module.at[d]);
        bool border =
            (i == 0 || !is_word(module.at[i - 1]) || module.at[i - 1] == '_') &&
            (i + n == module.len || !is_word(module.at[i + n]) || module.at[i + n] == '_');
        if (n >= 8 && digit && border) {
            part_change(out, replace(module, i, n, "<hex>", a), "removed generated name");
            return;
        }
        i += n ? n : 1;
    }
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
        python_module(f->module, a, out);
        return;
    default:
        clean =
            group_clean_path_module(f->module, p == PLATFORM_JAVASCRIPT || p == PLATFORM_NODE, a);
        if (!text_eq(clean, f->module))
            part_change(out, clean, "removed version or build hash");
    }
}
