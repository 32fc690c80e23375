/* stack_ruby.c -- Exception#full_message(highlight: false, order: :top), and bare backtraces. Newest
 * call first; causes follow, unindented. */
#include "model/stack_part.h"

/* A message may hold a colon and a number too. */
static bool is_path(struct text t)
{
    return text_find(t, TEXT(": ")) == t.len &&
           (text_find_byte(t, '/') < t.len || text_find_byte(t, '.') < t.len ||
            text_starts(t, "<") || text_starts(t, "(") || text_is(t, "-e"));
}

/* "path:12:in 'func'" or "path:12:in `func'" at the start; the rest is left in *t. False:
 * there is none, and *t is as it was. */
static bool take_place(struct text *t, struct text *path, uint32_t *line, struct text *function)
{
    struct text rest = *t;
    size_t colon = 0;

    *function = TEXT_NONE;
    /* The first colon that a number follows: C:/ruby/x.rb has one before. */
    for (;; colon++) {
        colon += text_find_byte(text_cut(rest, colon, rest.len), ':');
        if (colon >= rest.len) {
            *t = rest;
            return false;
        }
        *t = text_cut(rest, colon + 1, rest.len);
        if (colon > 0 && stack_number(t, line))
            break;
    }
    *path = text_cut(rest, 0, colon);
    if (!is_path(*path)) {
        *t = rest;
        return false;
    }
    if (stack_skip(t, ":in ") && t->len && (t->at[0] == '`' || t->at[0] == '\'')) {
        size_t quote = text_find_byte(text_cut(*t, 1, t->len), '\'') + 1;

        *function = text_cut(*t, 1, quote - 1);
        *t = text_cut(*t, quote + 1, t->len);
    }
    return *line > 0;
}

static void add_frame(struct stack_maker *m, struct text path, uint32_t line, struct text function)
{
    static const char *const foreign[] = {"/gems/",  "<internal:", "/ruby/3",
                                          "/ruby/2", "/lib/ruby/", NULL};
    struct frame *f = stack_frame(m);

    if (!f)
        return;
    f->filename = f->abs_path = path;
    f->lineno = line;
    f->function = function;
    f->in_app = !stack_has_any(path, foreign);
}

/* `message (Class)`; the class may be missing, and the message may go on in the next lines. */
static void header(struct stack_maker *m, struct text t)
{
    struct stack_error *e = stack_begin(m);
    size_t open = stack_last(t, '(');

    if (!e)
        return;
    e->value = t;
    if (open + 2 < t.len && t.at[t.len - 1] == ')' && t.at[open + 1] >= 'A' &&
        t.at[open + 1] <= 'Z' && text_find_byte(text_cut(t, open, t.len), ' ') == t.len - open) {
        e->type = text_cut(t, open + 1, t.len - open - 2);
        e->value = stack_trim(text_cut(t, 0, open));
    }
    if (m->count > 1)
        e->source = "cause";
}

bool stack_ruby(struct stack_maker *m, struct text t)
{
    struct stack_lines lines = {t};
    struct text line;
    bool in_message = false;
    uint32_t frames = 0;

    while (stack_line(&lines, &line)) {
        struct text s = stack_trim(line), path, function;
        uint32_t number = 0;
        bool from = stack_indent(line) && stack_skip(&s, "from ");
        bool place = s.len && take_place(&s, &path, &number, &function);

        if (place && !from && stack_skip(&s, ": ")) {
            header(m, s);
            add_frame(m, path, number, function);
            in_message = true;
        } else if (place && s.len == 0) {
            if (!m->count)
                stack_begin(m);
            add_frame(m, path, number, function);
            in_message = false;
        } else if (in_message && m->at && s.len && m->at->value.len < EVENT_VALUE_MAX) {
            /* The class stands at the end of the first line, so this is no piece of the text. */
            m->at->value = arena_printf(m->a, "%.*s\n%.*s", TEXT_ARG(m->at->value), TEXT_ARG(s));
        }
    }
    for (uint32_t i = 0; i < m->count; i++) {
        frames += m->errors[i].frame_count;
        stack_turn(&m->errors[i]);
    }
    stack_turn_errors(m);
    return frames > 0;
}
