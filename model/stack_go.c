/* stack_go.c -- runtime/debug.Stack and panics: pairs of lines, the function and, behind a tab, its
 * file. Newest call first. Also what github.com/pkg/errors prints with %+v: no goroutine, and the
 * errors that wrap one another, oldest first. */
#include "model/stack_part.h"

struct go {
    struct stack_maker *m;
    struct stack_lines lines;
    bool goroutine; /* inside the first one */
    bool done;
    struct text panic; /* what was thrown, from the line before */
};

/* "\t/src/cart.go:57 +0x1d4" */
static bool place_line(struct text line, struct text *path, uint32_t *number)
{
    struct text t = stack_trim(line);
    uint32_t column;

    if (!stack_indent(line))
        return false;
    t = text_cut(t, 0, text_find(t, TEXT(" +0x")));
    stack_place(t, path, number, &column);
    return *number && path->len;
}

/* Without its arguments: the parenthesis that matches the last one. */
static struct text without_arguments(struct text t)
{
    size_t depth = 0;

    if (!t.len || t.at[t.len - 1] != ')')
        return t;
    for (size_t i = t.len; i-- > 0;) {
        depth += t.at[i] == ')';
        if (t.at[i] == '(' && --depth == 0)
            return text_cut(t, 0, i);
    }
    return t;
}

static bool is_standard(struct text module, struct text path)
{
    static const char *const roots[] = {
        "archive",  "bufio",   "bytes",   "cmp",      "compress", "container", "context", "crypto",
        "database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",
        "go",       "hash",    "html",    "image",    "index",    "internal",  "io",      "iter",
        "log",      "maps",    "math",    "mime",     "net",      "os",        "path",    "plugin",
        "reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings", "sync",
        "syscall",  "testing", "text",    "time",     "unicode",  "unique",    "unsafe",  NULL};
    static const char *const places[] = {"/go/src/", "/libexec/src/", "/lib/go/src/", NULL};
    struct text root = text_cut(module, 0, text_find_byte(module, '/'));

    /* An absolute path that is not Go's own is a file of the program, whose module may well be
     * called "log"; built with -trimpath, paths are relative and the name is all there is. */
    if (path.len && path.at[0] == '/' && !stack_has_any(path, places))
        return false;
    for (const char *const *name = roots; *name; name++)
        if (text_is(root, *name))
            return true;
    return text_is(root, "vendor");
}

/* What stands on top of every stack: the machinery that took it, or that panics. */
static bool is_machinery(const struct frame *f)
{
    static const char *const functions[] = {"Stack", "PrintStack", NULL};

    if (text_is(f->module, "runtime/debug"))
        return stack_starts_any(f->function, functions);
    if (text_starts(f->module, "go.opentelemetry.io/otel/"))
        return text_find(f->function, TEXT("recordStackTrace")) < f->function.len ||
               text_find(f->function, TEXT("RecordError")) < f->function.len ||
               text_find(f->function, TEXT("recordError")) < f->function.len;
    if (text_is(f->module, "runtime"))
        return text_find_nocase(f->function, TEXT("panic")) < f->function.len;
    return !f->module.len && text_is(f->function, "panic");
}

static void frame_pair(struct go *g, struct text name, struct text path, uint32_t line)
{
    static const char *const foreign[] = {"/pkg/mod/", "/vendor/", "@v", NULL};
    struct frame *f;
    size_t slash, dot;

    if (text_starts(name, "created by "))
        return; /* another goroutine's call */
    name = without_arguments(name);
    if (!g->m->count)
        stack_begin(g->m);
    if (!(f = stack_frame(g->m)))
        return;
    slash = stack_last(text_cut(name, 0, text_find_byte(name, '[')), '/');
    slash = slash < name.len && name.at[slash] == '/' ? slash : 0;
    dot = text_find_byte(text_cut(name, slash, name.len), '.') + slash;
    if (dot < name.len) {
        f->module = text_cut(name, 0, dot);
        f->function = text_cut(name, dot + 1, name.len);
    } else {
        f->function = name;
    }
    f->filename = f->abs_path = path;
    f->lineno = line;
    f->in_app = !stack_has_any(path, foreign) && !is_standard(f->module, path);
    if (is_machinery(f))
        /* Nothing above this one was the program's doing: begin again. */
        g->m->at->frame_count = 0;
}

static void goroutine_line(struct go *g)
{
    g->done = g->goroutine; /* the first is the subject */
    g->goroutine = true;
    if (g->done || g->m->count)
        return;
    if (stack_begin(g->m) && g->panic.len) {
        g->m->at->type = TEXT("panic");
        g->m->at->value = g->panic;
    }
}

/* A line that is no frame: of a panic, or the message of an error. */
static void other_line(struct go *g, struct text t)
{
    if (stack_skip(&t, "panic: ")) {
        size_t recovered = text_find(t, TEXT(" [recovered"));

        g->panic = text_cut(t, 0, recovered);
        return;
    }
    if (g->goroutine || text_starts(t, "[signal ") || text_starts(t, "...") ||
        text_starts(t, "exit status"))
        return;
    if (g->panic.len && !g->m->count) {
        g->panic = stack_join(g->panic, t);
        return;
    }
    /* %+v: each error says its message and then its stack. */
    if (g->m->at && !g->m->at->frame_count) {
        g->m->at->value = g->m->at->value.len ? stack_join(g->m->at->value, t) : t;
    } else {
        if (g->m->at)
            g->m->at->source = "cause";
        if (stack_begin(g->m))
            g->m->at->value = t;
    }
}

bool stack_go(struct stack_maker *m, struct text t)
{
    struct go g = {.m = m, .lines = {t}};
    struct text line;
    uint32_t frames = 0;

    while (!g.done && stack_line(&g.lines, &line)) {
        struct text s = stack_trim(line), next, path;
        uint32_t number;

        if (!s.len || stack_indent(line))
            continue;
        if (text_starts(s, "goroutine ") && text_ends(s, "]:")) {
            goroutine_line(&g);
        } else if (stack_peek(&g.lines, &next) && place_line(next, &path, &number)) {
            stack_line(&g.lines, &next);
            frame_pair(&g, s, path, number);
        } else {
            other_line(&g, s);
        }
    }
    for (uint32_t i = 0; i < m->count; i++) {
        frames += m->errors[i].frame_count;
        stack_turn(&m->errors[i]);
    }
    return frames > 0;
}
