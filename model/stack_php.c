/* stack_php.c -- PHP's own form: "Class: message in file:line", then "#0 file(line): call()" where the
 * place is the caller's and the call is what was called there. Newest call first; "Next" begins the
 * exception that was thrown because of the one before. */
#include "model/stack_part.h"

struct php {
    struct stack_maker *m;
    struct text file; /* place that waits for the name of its function */
    uint32_t line;
    bool waiting;
};

/* Ns\Class->method(…) → Ns\Class::method */
static struct text function_of(struct text call, struct arena *a)
{
    size_t arrow;

    if (text_is(call, "{main}"))
        return TEXT_NONE;
    call = text_cut(call, 0, text_find_byte(call, '('));
    arrow = text_find(call, TEXT("->"));
    if (arrow == call.len)
        return call;
    return arena_printf(a, "%.*s::%.*s", (int)arrow, call.at,
                        TEXT_ARG(text_cut(call, arrow + 2, call.len)));
}

/* The place that waits lies in that function. */
static void settle(struct php *p, struct text function)
{
    struct frame *f;

    if (!p->waiting || !(f = stack_frame(p->m)))
        return;
    p->waiting = false;
    f->function = function;
    if (!p->file.len)
        return; /* [internal function] */
    f->filename = f->abs_path = p->file;
    f->lineno = p->line;
    f->in_app = text_find(p->file, TEXT("/vendor/")) == p->file.len;
}

static void frame_line(struct php *p, struct text t)
{
    uint32_t number;
    size_t colon, open;
    struct text place, digits;

    if (!stack_number(&t, &number) || !stack_skip(&t, " "))
        return;
    if (!p->m->count)
        stack_begin(p->m); /* a trace without header */
    if (text_starts(t, "{main}")) {
        settle(p, TEXT_NONE);
        return;
    }
    colon = text_find(t, TEXT("): "));
    if (text_starts(t, "[internal function]: ")) {
        settle(p, function_of(text_cut(t, 21, t.len), p->m->a));
        p->file = TEXT_NONE;
        p->waiting = true;
        return;
    }
    if (colon == t.len)
        return; /* cut off */
    settle(p, function_of(text_cut(t, colon + 3, t.len), p->m->a));
    place = text_cut(t, 0, colon);
    open = stack_last(place, '(');
    p->file = text_cut(place, 0, open);
    digits = text_cut(place, open + 1, place.len);
    p->line = 0;
    stack_number(&digits, &p->line);
    p->waiting = true;
}

/* `Class: message in file:line`; the message may take several lines. */
static void header(struct php *p, struct text t)
{
    struct stack_error *e;
    struct text in = TEXT_NONE, path, head = t;
    size_t colon;
    uint32_t column;

    settle(p, TEXT_NONE);
    if (p->m->at && p->m->count)
        p->m->at->source = "previous";
    if (!(e = stack_begin(p->m)))
        return;
    for (size_t at = 0; at < t.len;) { /* the last " in " */
        size_t hit = text_find(text_cut(t, at, t.len), TEXT(" in "));

        if (at + hit >= t.len)
            break;
        in = text_cut(t, at + hit + 4, t.len);
        head = text_cut(t, 0, at + hit);
        at += hit + 1;
    }
    if (in.len) {
        stack_place(in, &path, &p->line, &column);
        p->file = path;
        p->waiting = p->line > 0;
    }
    colon = text_find(head, TEXT(": "));
    e->type = text_cut(head, 0, colon);
    e->value = text_cut(head, colon + 2, head.len);
}

bool stack_php(struct stack_maker *m, struct text t)
{
    struct php p = {.m = m};
    struct stack_lines lines = {t};
    struct text line, head = TEXT_NONE;
    uint32_t frames = 0;

    while (stack_line(&lines, &line)) {
        struct text s = stack_trim(line);

        if (stack_skip(&s, "#")) {
            frame_line(&p, s);
        } else if (text_starts(s, "Stack trace:")) {
            if (head.len)
                header(&p, head);
            head = TEXT_NONE;
        } else if (s.len && !text_starts(s, "thrown in ")) {
            stack_skip(&s, "Next ");
            stack_skip(&s, "PHP ");
            stack_skip(&s, "Fatal error:");
            s = stack_trim(s);
            stack_skip(&s, "Uncaught ");
            head = head.len ? stack_join(head, s) : s;
        }
    }
    settle(&p, TEXT_NONE);
    for (uint32_t i = 0; i < m->count; i++) {
        frames += m->errors[i].frame_count;
        stack_turn(&m->errors[i]);
    }
    return frames > 0;
}
