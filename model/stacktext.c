/* stacktext.c -- which grammar, and what all of them use. */
#include "model/stack_part.h"

/* ---- lines ---- */

bool stack_peek(const struct stack_lines *l, struct text *out)
{
    struct text line;

    if (!l->rest.at || l->rest.len == 0)
        return false;
    line = text_cut(l->rest, 0, text_find_byte(l->rest, '\n'));
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    *out = line;
    return true;
}

bool stack_line(struct stack_lines *l, struct text *out)
{
    if (!stack_peek(l, out))
        return false;
    l->rest = text_cut(l->rest, text_find_byte(l->rest, '\n') + 1, l->rest.len);
    return true;
}

size_t stack_indent(struct text line)
{
    size_t n = 0;

    while (n < line.len && (line.at[n] == ' ' || line.at[n] == '\t'))
        n++;
    return n;
}

struct text stack_trim(struct text line)
{
    return text_trim(line);
}

bool stack_skip(struct text *t, const char *prefix)
{
    if (!text_starts(*t, prefix))
        return false;
    *t = text_cut(*t, strlen(prefix), t->len);
    return true;
}

bool stack_number(struct text *t, uint32_t *out)
{
    uint64_t v = 0;
    size_t n = 0;

    while (n < t->len && t->at[n] >= '0' && t->at[n] <= '9') {
        v = v * 10 + (uint64_t)(t->at[n++] - '0');
        if (v > INT32_MAX)
            v = INT32_MAX;
    }
    *t = text_cut(*t, n, t->len);
    *out = (uint32_t)v;
    return n > 0;
}

size_t stack_last(struct text t, char byte)
{
    const char *hit = t.len ? memrchr(t.at, byte, t.len) : NULL;

    return hit ? (size_t)(hit - t.at) : t.len;
}

bool stack_has_any(struct text t, const char *const *parts)
{
    for (; *parts; parts++)
        if (text_find(t, text_of(*parts)) < t.len)
            return true;
    return false;
}

bool stack_starts_any(struct text t, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (text_starts(t, *prefixes))
            return true;
    return false;
}

/* The number behind the last colon, taken off. */
static bool last_number(struct text *t, uint32_t *out)
{
    size_t colon = stack_last(*t, ':');
    struct text digits = text_cut(*t, colon + 1, t->len);

    if (colon == t->len || !stack_number(&digits, out) || digits.len)
        return false;
    *t = text_cut(*t, 0, colon);
    return true;
}

void stack_place(struct text place, struct text *path, uint32_t *line, uint32_t *column)
{
    uint32_t last, before;

    *path = place;
    *line = *column = 0;
    if (!last_number(path, &last))
        return;
    *line = last;
    if (last_number(path, &before)) {
        *line = before;
        *column = last;
    }
}

struct text stack_join(struct text from, struct text to)
{
    return (struct text){from.at, (size_t)(to.at + to.len - from.at)};
}

/* ---- making ---- */

struct stack_error *stack_begin(struct stack_maker *m)
{
    if (m->count == EXCEPTIONS_MAX) {
        m->skipped++;
        m->at = NULL;
        return NULL;
    }
    m->at = &m->errors[m->count++];
    *m->at = (struct stack_error){
        .type = TEXT(""), .module = TEXT(""), .value = TEXT(""), .parent = STACK_NO_PARENT};
    return m->at;
}

struct frame *stack_frame(struct stack_maker *m)
{
    struct stack_error *e = m->at;

    if (!e || e->frame_count == FRAMES_MAX)
        return NULL;
    if (e->frame_count == e->frame_room) {
        uint32_t room = e->frame_room ? e->frame_room * 2 : 16;
        struct frame *more = arena_alloc(m->a, room * sizeof *more);

        if (!more)
            return NULL;
        if (e->frame_count)
            memcpy(more, e->frames, e->frame_count * sizeof *more);
        e->frames = more;
        e->frame_room = room;
    }
    e->frames[e->frame_count] = (struct frame){.in_app = TRI_UNKNOWN};
    return &e->frames[e->frame_count++];
}

void stack_turn(struct stack_error *e)
{
    for (uint32_t i = 0; e && i < e->frame_count / 2; i++) {
        struct frame swap = e->frames[i];

        e->frames[i] = e->frames[e->frame_count - 1 - i];
        e->frames[e->frame_count - 1 - i] = swap;
    }
}

void stack_turn_errors(struct stack_maker *m)
{
    for (uint32_t i = 0; i < m->count / 2; i++) {
        struct stack_error swap = m->errors[i];

        m->errors[i] = m->errors[m->count - 1 - i];
        m->errors[m->count - 1 - i] = swap;
    }
}

void stack_split_type(struct text full, struct stack_error *e)
{
    size_t dot = stack_last(full, '.');

    e->type = full;
    if (dot == full.len || dot + 1 == full.len)
        return;
    e->module = text_cut(full, 0, dot);
    e->type = text_cut(full, dot + 1, full.len);
}

/* ---- which grammar ---- */

enum stack_language stack_language_of(struct text sdk)
{
    static const struct {
        const char *sdk;
        enum stack_language language;
    } names[] = {
        {"python", STACK_PYTHON}, {"java", STACK_JAVA},     {"kotlin", STACK_JAVA},
        {"scala", STACK_JAVA},    {"nodejs", STACK_V8},     {"webjs", STACK_V8},
        {"javascript", STACK_V8}, {"node", STACK_V8},       {"go", STACK_GO},
        {"dotnet", STACK_DOTNET}, {"csharp", STACK_DOTNET}, {"ruby", STACK_RUBY},
        {"php", STACK_PHP},       {"rust", STACK_RUST},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_eq_nocase(sdk, text_of(names[i].sdk)))
            return names[i].language;
    return STACK_UNKNOWN;
}

const char *stack_platform(enum stack_language language)
{
    static const char *const names[] = {
        [STACK_UNKNOWN] = "other", [STACK_PYTHON] = "python",    [STACK_JAVA] = "java",
        [STACK_V8] = "javascript", [STACK_GECKO] = "javascript", [STACK_GO] = "go",
        [STACK_DOTNET] = "csharp", [STACK_RUBY] = "ruby",        [STACK_PHP] = "php",
        [STACK_RUST] = "rust",
    };

    return names[language];
}

static bool has(struct text t, const char *what)
{
    return text_find(t, text_of(what)) < t.len;
}

/* "(File.java:88)" of one of Java's languages, or of PHP as OpenTelemetry prints it. */
static bool is_java_place(struct text line)
{
    static const char *const files[] = {
        ".java:",           ".kt:", ".scala:", ".groovy:", ".clj:", ".php:", "(Native Method)",
        "(Unknown Source)", NULL};

    return stack_has_any(line, files);
}

/* One line by itself; STACK_UNKNOWN: it may be of any. */
static enum stack_language sniff_line(struct text line)
{
    struct text t = stack_trim(line), path;
    uint32_t n, column;

    if (text_starts(t, "at ")) {
        if (is_java_place(t))
            return STACK_JAVA;
        if (has(t, ":line "))
            return STACK_DOTNET;
        if (t.at[t.len - 1] == ')')
            t.len--;
        stack_place(t, &path, &n, &column);
        if (column)
            return STACK_V8;
        if (text_starts(line, "   at ") && !text_starts(line, "    at "))
            return STACK_DOTNET;
        return STACK_UNKNOWN;
    }
    if (text_starts(t, "--- End of ") || text_starts(t, "---> "))
        return STACK_DOTNET;
    if (text_starts(t, "Caused by: "))
        return STACK_JAVA;
    if (text_starts(line, "#0 "))
        return STACK_PHP;
    if (text_starts(t, "from ") && has(t, ":in "))
        return STACK_RUBY;
    stack_place(t, &path, &n, &column);
    if (n && text_find_byte(path, '@') < path.len && !has(path, " "))
        return STACK_GECKO;
    return STACK_UNKNOWN;
}

enum stack_language stack_sniff(struct text stack)
{
    struct stack_lines lines = {stack};
    struct text line;

    if (has(stack, "Traceback (most recent"))
        return STACK_PYTHON;
    if (has(stack, "goroutine ") && has(stack, "]:"))
        return STACK_GO;
    if (has(stack, "panicked at ") || (has(stack, "at ./") && has(stack, "0: ")))
        return STACK_RUST;
    while (stack_line(&lines, &line)) {
        enum stack_language found = sniff_line(line);

        if (found != STACK_UNKNOWN)
            return found;
    }
    if (has(stack, ":in `") || has(stack, ":in '"))
        return STACK_RUBY;
    if (has(stack, "stack backtrace:") || has(stack, "Stack backtrace:"))
        return STACK_RUST;
    return has(stack, "\n\t") && has(stack, ".go:") ? STACK_GO : STACK_UNKNOWN;
}

/* ---- parsing ---- */

/* Without colour codes: ESC [ … letter. */
static struct text plain_of(struct text t, struct arena *a)
{
    char *out;
    size_t len = 0;

    if (text_find_byte(t, '\x1b') == t.len || !(out = arena_alloc(a, t.len)))
        return t;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] != '\x1b' || i + 1 >= t.len || t.at[i + 1] != '[') {
            out[len++] = t.at[i];
            continue;
        }
        for (i += 2; i < t.len && (t.at[i] < '@' || t.at[i] > '~');)
            i++;
    }
    return (struct text){out, len};
}

static bool parse_as(struct stack_maker *m, struct text t, enum stack_language language)
{
    static bool (*const grammars[])(struct stack_maker *, struct text) = {
        [STACK_PYTHON] = stack_python, [STACK_JAVA] = stack_java, [STACK_V8] = stack_v8,
        [STACK_GECKO] = stack_gecko,   [STACK_GO] = stack_go,     [STACK_DOTNET] = stack_dotnet,
        [STACK_RUBY] = stack_ruby,     [STACK_PHP] = stack_php,   [STACK_RUST] = stack_rust,
    };

    m->count = m->skipped = 0;
    m->at = NULL;
    if (language == STACK_UNKNOWN || !grammars[language](m, t) || m->count == 0)
        return false;
    m->out->language = language;
    return true;
}

bool stack_parse(struct text stack, enum stack_language hint, struct arena *a,
                 struct stack_text *out)
{
    struct stack_maker *m = arena_alloc(a, sizeof *m);
    enum stack_language looks;

    *out = (struct stack_text){.language = STACK_UNKNOWN};
    if (!m)
        return false;
    memset(m, 0, sizeof *m);
    m->a = a;
    m->out = out;
    stack = plain_of(stack, a);
    looks = stack_sniff(stack);
    if (!parse_as(m, stack, looks) && hint != looks)
        parse_as(m, stack, hint);
    out->errors = m->errors;
    out->count = out->language == STACK_UNKNOWN ? 0 : m->count;
    return !arena_spent(a);
}
