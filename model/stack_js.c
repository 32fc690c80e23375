/* stack_js.c -- Error.stack: V8's lines ("    at f (url:1:2)"), and those of Firefox and Safari
 * ("f@url:1:2"). Newest call first; causes are not part of it. */
#include "model/stack_part.h"

static const char *const foreign[] = {"/node_modules/", "<anonymous>", "[native code]", NULL};

static void set_place(struct frame *f, struct text place)
{
    struct text path;

    stack_place(place, &path, &f->lineno, &f->colno);
    if (!f->lineno && (text_is(path, "native") || text_starts(path, "index ")))
        path = TEXT_NONE; /* Promise.all (index 0) */
    f->abs_path = path;
    f->filename = path;
    if (stack_skip(&f->filename, "file://"))
        f->abs_path = f->filename;
    f->in_app = path.len && !text_starts(path, "node:") && !text_starts(path, "internal/") &&
                !stack_has_any(path, foreign) && !text_starts(path, "wasm://");
    if (text_is(path, "<anonymous>"))
        f->filename = f->abs_path = TEXT_NONE;
}

/* ---- V8 ---- */

/* "eval at run (/srv/a.js:2:3), <anonymous>:1:1" → the innermost place that is a file. */
static struct text eval_origin(struct text place)
{
    size_t open = stack_last(place, '(');
    struct text inner;

    if (!text_starts(place, "eval at ") || open == place.len)
        return place;
    inner = text_cut(place, open + 1, place.len);
    return text_cut(inner, 0, text_find_byte(inner, ')'));
}

static void v8_frame(struct stack_maker *m, struct text t)
{
    struct frame *f = stack_frame(m);
    size_t open = text_find(t, TEXT(" (")), alias;

    if (!f)
        return;
    stack_skip(&t, "async ");
    open = text_find(t, TEXT(" ("));
    if (open == t.len || t.at[t.len - 1] != ')') {
        set_place(f, eval_origin(t));
        return;
    }
    f->function = text_cut(t, 0, open);
    alias = text_find(f->function, TEXT(" [as "));
    f->function = text_cut(f->function, 0, alias);
    set_place(f, eval_origin(text_cut(t, open + 2, t.len - open - 3)));
}

static bool is_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
            c != '$' && c != '.')
            return false;
    }
    return t.len > 0;
}

/* `name[: message]`; Node writes `TypeError [CODE]: message`. */
static void v8_header(struct stack_maker *m, struct text t)
{
    struct stack_error *e = stack_begin(m);
    size_t colon, bracket;
    struct text name;

    if (!e)
        return;
    stack_skip(&t, "Uncaught ");
    colon = text_find_byte(t, ':');
    name = text_cut(t, 0, colon);
    bracket = text_find(name, TEXT(" ["));
    name = text_cut(name, 0, bracket);
    if (!is_name(name)) {
        e->value = t;
        return;
    }
    e->type = name;
    t = text_cut(t, colon + 1, t.len);
    e->value = t.len && t.at[0] == ' ' ? text_cut(t, 1, t.len) : t;
}

bool stack_v8(struct stack_maker *m, struct text t)
{
    struct stack_lines lines = {t};
    struct text line;
    bool frames = false, in_message = false;

    while (stack_line(&lines, &line)) {
        struct text s = stack_trim(line);

        if (stack_indent(line) && stack_skip(&s, "at ")) {
            if (!m->count)
                stack_begin(m);
            v8_frame(m, s);
            frames = true;
            in_message = false;
        } else if (!m->count && s.len) {
            v8_header(m, s);
            in_message = true;
        } else if (text_starts_nocase(s, "caused by: ") && frames) {
            v8_header(m, text_cut(s, 11, s.len));
            if (m->at)
                m->at->source = "cause";
            in_message = true;
        } else if (in_message && m->at && s.len) {
            m->at->value = stack_join(m->at->value.len ? m->at->value : s, s);
        }
    }
    for (uint32_t i = 0; i < m->count; i++)
        stack_turn(&m->errors[i]);
    stack_turn_errors(m);
    return frames;
}

/* ---- Firefox and Safari ---- */

/* "async*f/<" → "f"; what is no function has none. */
static struct text gecko_function(struct text t)
{
    size_t star = text_find_byte(t, '*');

    if (star < t.len && star + 1 < t.len)
        t = text_cut(t, star + 1, t.len);
    while (text_ends(t, "/<"))
        t.len -= 2;
    if (text_is(t, "global code") || text_is(t, "eval code") || text_is(t, "module code"))
        return TEXT_NONE;
    return t;
}

/* "url line 7 > eval:1:1" → "url:7" is where the eval stands. */
static void gecko_place(struct frame *f, struct text place)
{
    size_t eval = text_find(place, TEXT(" > ")), line = text_find(place, TEXT(" line "));
    struct text number;

    if (eval == place.len || line >= eval) {
        set_place(f, place);
        return;
    }
    set_place(f, text_cut(place, 0, line));
    number = text_cut(place, line + 6, place.len);
    stack_number(&number, &f->lineno);
    f->colno = 0;
}

bool stack_gecko(struct stack_maker *m, struct text t)
{
    struct stack_lines lines = {t};
    struct text line;

    while (stack_line(&lines, &line)) {
        struct text s = stack_trim(line), path;
        size_t at = text_find_byte(s, '@');
        uint32_t n, column;
        struct frame *f;

        stack_place(s, &path, &n, &column);
        if (!s.len || (at == s.len && !n))
            continue; /* no frame: a header that somebody put there */
        if (!m->count)
            stack_begin(m);
        if (!(f = stack_frame(m)))
            break;
        if (at < s.len) {
            f->function = gecko_function(text_cut(s, 0, at));
            s = text_cut(s, at + 1, s.len);
        }
        gecko_place(f, s);
    }
    if (m->count)
        stack_turn(&m->errors[0]);
    return m->count > 0 && m->errors[0].frame_count > 0;
}
