/* stack_rust.c -- panics and std::backtrace: numbered symbols, each with its place on the next line;
 * newest call first. anyhow's report adds the causes as a list of messages. */
#include "model/stack_part.h"

struct rust {
    struct stack_maker *m;
    bool in_frames, in_causes, in_message;
};

/* shop::pay::charge::h0123456789abcdef → without the hash */
static struct text clean_symbol(struct text t)
{
    size_t hash = t.len >= 19 ? t.len - 19 : 0;

    if (hash && text_starts(text_cut(t, hash, 19), "::h")) {
        size_t digits = 0;

        for (size_t i = hash + 3; i < t.len; i++)
            digits += (t.at[i] >= '0' && t.at[i] <= '9') || (t.at[i] >= 'a' && t.at[i] <= 'f');
        if (digits == 16)
            return text_cut(t, 0, hash);
    }
    return t;
}

static const char *const library[] = {"std::",   "core::", "alloc::",      "<alloc::",
                                      "<core::", "<std::", "backtrace::",  "rust_begin_unwind",
                                      "__rust_", "_start", "__libc_start", "anyhow::",
                                      NULL};

/* "12: symbol" or "12: 0x7f… - symbol" */
static void frame_line(struct rust *r, struct text t)
{
    struct frame *f;
    size_t dash;

    if (!r->m->count)
        stack_begin(r->m);
    if (text_starts(t, "0x") && (dash = text_find(t, TEXT(" - "))) < t.len)
        t = text_cut(t, dash + 3, t.len);
    if (!(f = stack_frame(r->m)))
        return;
    f->function = clean_symbol(t);
    f->in_app = !stack_starts_any(f->function, library);
}

static void place_line(struct rust *r, struct text t)
{
    static const char *const foreign[] = {"/rustc/", "/.cargo/registry/", "/.cargo/git/", NULL};
    struct stack_error *e = r->m->at;
    struct frame *f = e && e->frame_count ? &e->frames[e->frame_count - 1] : NULL;
    struct text path;

    if (!f || f->filename.at)
        return;
    stack_place(t, &path, &f->lineno, &f->colno);
    f->filename = f->abs_path = path;
    if (stack_has_any(path, foreign))
        f->in_app = false;
}

/* "thread 'main' panicked at src/pay.rs:19:9:", or "… panicked at 'message', src/pay.rs:19:9". */
static void panic_line(struct rust *r, struct text t)
{
    struct text said = text_cut(t, text_find(t, TEXT("panicked at ")) + 12, t.len);
    struct stack_error *e = stack_begin(r->m);

    if (!e)
        return;
    e->type = TEXT("panic");
    r->in_message = true;
    if (stack_skip(&said, "'")) {
        e->value = text_cut(said, 0, stack_last(said, '\''));
        r->in_message = false;
    }
}

/* The frames on top that only unwind. */
static void drop_machinery(struct stack_error *e)
{
    uint32_t drop = 0;

    while (drop < e->frame_count && stack_starts_any(e->frames[drop].function, library))
        drop++;
    if (drop == e->frame_count)
        return;
    memmove(e->frames, e->frames + drop, (e->frame_count - drop) * sizeof *e->frames);
    e->frame_count -= drop;
}

static void cause_line(struct rust *r, struct text t)
{
    struct stack_error *thrown = r->m->at, *e = stack_begin(r->m);

    if (!e)
        return;
    e->value = t;
    e->source = "source";
    r->m->at = thrown; /* frames, when they come, are the thrown error's */
}

static void take_line(struct rust *r, struct text line)
{
    struct text t = stack_trim(line), rest = t;
    uint32_t number;

    if (!t.len) {
        r->in_message &= r->m->at && !r->m->at->value.len;
        return;
    }
    if (text_eq_nocase(t, TEXT("stack backtrace:"))) {
        r->in_frames = true;
        r->in_causes = r->in_message = false;
    } else if (text_is(t, "Caused by:")) {
        r->in_causes = true;
        r->in_message = false;
    } else if (stack_number(&rest, &number) && stack_skip(&rest, ": ")) {
        rest = stack_trim(rest);
        if (r->in_causes)
            cause_line(r, rest);
        else
            frame_line(r, rest);
    } else if (stack_skip(&t, "at ")) {
        place_line(r, t);
    } else if (text_find(t, TEXT(" panicked at ")) < t.len) {
        panic_line(r, t);
    } else if (r->in_causes) {
        cause_line(r, t); /* a single cause has no number */
    } else if (r->in_message && r->m->at) {
        r->m->at->value = r->m->at->value.len ? stack_join(r->m->at->value, t) : t;
    } else if (!r->m->count && !r->in_frames) {
        struct stack_error *e = stack_begin(r->m);

        stack_skip(&t, "Error: ");
        e->value = t;
        r->in_message = true;
    }
}

bool stack_rust(struct stack_maker *m, struct text t)
{
    struct rust r = {.m = m};
    struct stack_lines lines = {t};
    struct text line;
    uint32_t frames = 0;

    while (stack_line(&lines, &line))
        take_line(&r, line);
    for (uint32_t i = 0; i < m->count; i++) {
        frames += m->errors[i].frame_count;
        drop_machinery(&m->errors[i]);
        stack_turn(&m->errors[i]);
    }
    stack_turn_errors(m);
    return frames > 0 || m->count > 1;
}
