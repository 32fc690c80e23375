/* stack_java.c -- Throwable.printStackTrace: thrown first, its causes after it, frames newest first;
 * frames that a cause shares with what it caused are counted, not printed. Kotlin, Scala and others
 * of that machine print the same; so does OpenTelemetry's PHP. */
#include "model/stack_part.h"

struct java {
    struct stack_maker *m;
    struct stack_lines lines;
    bool in_message;
    bool in_suppressed;
    size_t suppressed_indent;
    bool php;
};

static const char *const libraries[] = {"java.",
                                        "javax.",
                                        "jdk.",
                                        "sun.",
                                        "com.sun.",
                                        "jakarta.",
                                        "kotlin.",
                                        "kotlinx.",
                                        "scala.",
                                        "groovy.",
                                        "clojure.",
                                        "android.",
                                        "androidx.",
                                        "dalvik.",
                                        "org.springframework.",
                                        "org.apache.",
                                        "org.hibernate.",
                                        "org.eclipse.",
                                        "org.jboss.",
                                        "org.junit.",
                                        "io.netty.",
                                        "io.vertx.",
                                        "io.undertow.",
                                        "io.quarkus.",
                                        "io.micronaut.",
                                        "io.grpc.",
                                        "io.opentelemetry.",
                                        "com.google.common.",
                                        "com.fasterxml.",
                                        "akka.",
                                        "reactor.",
                                        "io.reactivex.",
                                        "okhttp3.",
                                        "com.zaxxer.hikari.",
                                        "org.postgresql.",
                                        "com.mysql.",
                                        "org.slf4j.",
                                        "ch.qos.logback.",
                                        NULL};

/* Names that change with every start of the program. */
static struct text clean_class(struct text class)
{
    static const char *const made[] = {"$$Lambda",      "$$EnhancerBy", "$$FastClassBy",
                                       "$$SpringCGLIB", "$$Proxy",      NULL};

    for (const char *const *mark = made; *mark; mark++)
        class = text_cut(class, 0, text_find(class, text_of(*mark)));
    if (text_find(class, TEXT("MethodAccessor")) < class.len)
        while (class.len && class.at[class.len - 1] >= '0' && class.at[class.len - 1] <= '9')
            class.len--;
    return class;
}

/* lambda$post$0 → post */
static struct text clean_method(struct text method)
{
    struct text t = method;

    if (!stack_skip(&t, "lambda$"))
        return method;
    t = text_cut(t, 0, text_find_byte(t, '$'));
    return t.len ? t : method;
}

/* `[loader/][module[@version]/]class.method(place) [~[jar:version]]` */
static void frame_line(struct java *j, struct text t)
{
    size_t open = text_find_byte(t, '('), lambda, slash, dot;
    struct text name = text_cut(t, 0, open), place = text_cut(t, open + 1, t.len), path;
    uint32_t line, column;
    struct frame *f = stack_frame(j->m);

    if (!f)
        return;
    place = text_cut(place, 0, text_find_byte(place, ')'));
    lambda = text_find(name, TEXT("$$Lambda"));
    slash = stack_last(text_cut(name, 0, lambda), '/');
    if (slash < lambda)
        name = text_cut(name, slash + 1, name.len);
    dot = stack_last(name, '.');
    if (dot < name.len) {
        f->module = clean_class(text_cut(name, 0, dot));
        f->function = clean_method(text_cut(name, dot + 1, name.len));
    } else {
        f->function = name;
    }
    stack_place(place, &path, &line, &column);
    if (text_is(path, "Native Method"))
        f->filename = TEXT_NONE;
    else if (!text_is(path, "Unknown Source") && path.len)
        f->filename = path;
    f->lineno = line;
    j->php |= text_ends(path, ".php");
    f->in_app = !stack_starts_any(f->module, libraries);
}

/* The frames that the printer left out because the enclosing trace has them too. */
static void shared_frames(struct java *j, uint32_t count)
{
    struct stack_error *e = j->m->at;
    const struct stack_error *outer = j->m->count > 1 ? &j->m->errors[j->m->count - 2] : NULL;

    if (!e || !outer || e != &j->m->errors[j->m->count - 1])
        return;
    if (count > outer->frame_count)
        count = outer->frame_count;
    for (uint32_t i = outer->frame_count - count; i < outer->frame_count; i++) {
        struct frame *f = stack_frame(j->m);

        if (f)
            *f = outer->frames[i];
    }
}

static bool is_class(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
            c != '.' && c != '$' && c != '\\' && c != '/' && !(c & 0x80))
            return false;
    }
    return t.len > 0;
}

static void header(struct java *j, struct text t)
{
    size_t colon = text_find(t, TEXT(": "));
    struct text class;
    struct stack_error *e = stack_begin(j->m);

    j->in_message = true;
    if (!e)
        return;
    if (stack_skip(&t, "Exception in thread \"")) {
        t = text_cut(t, text_find_byte(t, '"') + 1, t.len);
        t = stack_trim(t);
        colon = text_find(t, TEXT(": "));
    }
    class = text_cut(t, 0, colon);
    if (colon == t.len && t.len && t.at[t.len - 1] == ':')
        class.len--;
    if (is_class(class)) {
        size_t slash = stack_last(class, '/'); /* java.base/java.lang.… */

        stack_split_type(slash < class.len ? text_cut(class, slash + 1, class.len) : class, e);
        e->value = text_cut(t, colon + 2, t.len);
    } else {
        e->value = t;
    }
    if (j->m->count > 1)
        e->source = "cause";
}

/* "... 12 more", "... 12 common frames omitted" (Logback). */
static bool more_line(struct java *j, struct text t)
{
    uint32_t count;

    if (!stack_skip(&t, "... ") || !stack_number(&t, &count))
        return false;
    shared_frames(j, count);
    return true;
}

static void take_line(struct java *j, struct text line)
{
    struct text t = stack_trim(line);

    if (!t.len)
        return;
    if (j->in_suppressed) {
        if (stack_indent(line) >= j->suppressed_indent && !(text_starts(line, "Caused by: ")))
            return;
        j->in_suppressed = false;
    }
    if (text_starts(t, "Suppressed: ")) {
        j->in_suppressed = true;
        j->suppressed_indent = stack_indent(line);
        return;
    }
    if (stack_skip(&t, "Caused by: ")) {
        header(j, t);
        return;
    }
    if (stack_skip(&t, "at ")) {
        j->in_message = false;
        if (!j->m->at && !j->m->skipped)
            stack_begin(j->m); /* a stack without header */
        if (text_find_byte(t, '(') < t.len)
            frame_line(j, t);
        return;
    }
    if (text_starts(t, "[CIRCULAR REFERENCE") || more_line(j, t))
        return;
    if (!j->m->count)
        header(j, t);
    else if (j->in_message && j->m->at)
        j->m->at->value = stack_join(j->m->at->value.len ? j->m->at->value : t, t);
}

bool stack_java(struct stack_maker *m, struct text t)
{
    struct java j = {.m = m, .lines = {t}};
    struct text line;
    bool frames = false;

    while (stack_line(&j.lines, &line))
        take_line(&j, line);
    for (uint32_t i = 0; i < m->count; i++) {
        frames |= m->errors[i].frame_count > 0;
        stack_turn(&m->errors[i]);
    }
    stack_turn_errors(m);
    return frames;
}
