/* stack_dotnet.c -- Exception.ToString(): the outermost header, " ---> " and the inner ones, then the
 * frames of the innermost first, each list ended by "--- End of inner exception stack trace ---".
 * Newest call first. */
#include "model/stack_part.h"

struct dotnet {
    struct stack_maker *m;
    struct stack_lines lines;
    uint32_t open[EXCEPTIONS_MAX]; /* headers whose frames have not ended: numbers of errors */
    uint32_t depth;
    bool in_message;
    bool in_extra; /* inside "(Inner Exception #1)" and further ones */
};

/* <Post>d__4.MoveNext → Post; <>c__DisplayClass1_0.<Run>b__0 → Run */
static struct text clean_method(struct text t)
{
    size_t open = stack_last(t, '<'), close;

    if (open == t.len)
        return t;
    close = text_find_byte(text_cut(t, open, t.len), '>');
    if (close <= 1 || open + close >= t.len)
        return t;
    return text_cut(t, open + 1, close - 1);
}

/* `Namespace.Class.Method(params)[ in path:line N]` */
static void frame_line(struct dotnet *d, struct text t)
{
    static const char *const libraries[] = {"System.", "Microsoft.", "OpenTelemetry.", NULL};
    size_t in = text_find(t, TEXT(") in ")), open, dot, inner;
    struct text place = text_cut(t, in + 5, t.len), name;
    struct frame *f = stack_frame(d->m);
    size_t line;

    if (!f)
        return;
    name = text_cut(t, 0, text_find_byte(t, '('));
    if (in < t.len) {
        line = text_find(place, TEXT(":line "));
        f->filename = f->abs_path = text_cut(place, 0, line);
        place = text_cut(place, line + 6, place.len);
        stack_number(&place, &f->lineno);
    }
    inner = text_find(name, TEXT(".<")); /* what the compiler put between class and method */
    open = inner < name.len ? inner : name.len;
    dot = open < name.len ? open : stack_last(name, '.');
    if (dot > 0 && dot < name.len && name.at[dot - 1] == '.')
        dot--; /* "..ctor" */
    f->function = dot < name.len ? clean_method(text_cut(name, dot + 1, name.len)) : name;
    if (dot < name.len)
        f->module = text_cut(name, 0, dot);
    f->function = text_cut(f->function, 0, text_find_byte(f->function, '`'));
    f->function = text_cut(f->function, 0, text_find_byte(f->function, '['));
    f->in_app = !stack_starts_any(f->module, libraries);
}

/* `Type[ (0x80004005)][: message]`, up to the next " ---> ". */
static void header(struct dotnet *d, struct text t)
{
    struct stack_error *e = stack_begin(d->m);
    size_t colon = text_find(t, TEXT(": "));
    struct text type = text_cut(t, 0, colon);

    d->in_message = true;
    if (!e)
        return;
    if (d->m->count > 1)
        e->source = "InnerException";
    d->open[d->depth++] = d->m->count - 1;
    type = text_cut(type, 0, text_find(type, TEXT(" (")));
    if (text_find_byte(type, ' ') < type.len) {
        e->value = t;
        return;
    }
    if (type.len && type.at[type.len - 1] == ':')
        type.len--;
    e->type = type;
    e->value = text_cut(t, colon + 2, t.len);
}

/* Headers may stand on one line: "A: a ---> B: b". */
static void headers(struct dotnet *d, struct text t)
{
    while (t.len) {
        size_t arrow = text_find(t, TEXT(" ---> "));

        header(d, stack_trim(text_cut(t, 0, arrow)));
        t = text_cut(t, arrow + 6, t.len);
    }
}

/* Frames that follow belong to the innermost header that is still open. */
static void choose(struct dotnet *d)
{
    if (!d->m->count)
        stack_begin(d->m), d->open[d->depth++] = 0;
    if (d->depth)
        d->m->at = &d->m->errors[d->open[d->depth - 1]];
}

static bool mark_line(struct dotnet *d, struct text t)
{
    if (text_starts(t, "--- End of inner exception stack trace")) {
        if (d->depth > 1)
            d->depth--;
        d->in_message = false;
        return true;
    }
    return text_starts(t, "--- End of stack trace from previous location") ||
           text_starts(t, "--- Exception") || text_starts(t, "<---");
}

static void take_line(struct dotnet *d, struct text line)
{
    struct text t = stack_trim(line);

    if (!t.len || mark_line(d, t))
        return;
    if (stack_skip(&t, "---> ")) {
        /* "(Inner Exception #0) …": the first is the inner exception, and was printed as such. */
        d->in_extra = text_starts(t, "(Inner Exception #");
        if (!d->in_extra)
            headers(d, t);
        return;
    }
    if (d->in_extra)
        return;
    if (stack_indent(line) && stack_skip(&t, "at ")) {
        d->in_message = false;
        choose(d);
        frame_line(d, t);
    } else if (!d->m->count) {
        headers(d, t);
    } else if (d->in_message && d->m->at) {
        size_t arrow = text_find(t, TEXT(" ---> "));

        d->m->at->value =
            stack_join(d->m->at->value.len ? d->m->at->value : t, text_cut(t, 0, arrow));
        headers(d, text_cut(t, arrow + 6, t.len));
    }
}

bool stack_dotnet(struct stack_maker *m, struct text t)
{
    struct dotnet d = {.m = m, .lines = {t}};
    struct text line;
    uint32_t frames = 0;

    while (stack_line(&d.lines, &line))
        take_line(&d, line);
    for (uint32_t i = 0; i < m->count; i++) {
        frames += m->errors[i].frame_count;
        stack_turn(&m->errors[i]);
    }
    stack_turn_errors(m);
    return frames > 0;
}
