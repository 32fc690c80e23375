/* stack_python.c -- Python's traceback module: blocks from the oldest exception to the newest, frames
 * from the oldest call to the newest. Exception groups carry a gutter of bars. */
#include "model/stack_part.h"

struct python {
    struct stack_maker *m;
    struct stack_lines lines;
    const char *source; /* said of the block before, by the separator */
    bool in_frames;     /* else in the message */
    bool in_message;
    struct text message;          /* of the present error, so far */
    size_t depth[EXCEPTIONS_MAX]; /* of each error's gutter */
};

/* Take the gutter off: blanks, then a bar or plus. Its width; 0: none. */
static size_t gutter(struct text *line)
{
    size_t n = stack_indent(*line);

    if (n >= line->len || (line->at[n] != '|' && line->at[n] != '+'))
        return 0;
    *line = text_cut(*line, n + 1, line->len);
    if (line->len && line->at[0] == ' ')
        *line = text_cut(*line, 1, line->len);
    return n + 1;
}

/* `File "path", line N[, in func]` */
static bool frame_line(struct python *p, struct text t)
{
    static const char *const foreign[] = {"/site-packages/", "/dist-packages/", "/lib/python",
                                          "\\lib\\site-packages\\", NULL};
    struct frame *f;
    struct text path;
    uint32_t line;
    size_t quote;

    if (!stack_skip(&t, "File \""))
        return false;
    quote = text_find_byte(t, '"');
    path = text_cut(t, 0, quote);
    t = text_cut(t, quote, t.len);
    if (!stack_skip(&t, "\", line ") || !stack_number(&t, &line) || !(f = stack_frame(p->m)))
        return true; /* cut off here: nothing to keep */
    f->filename = f->abs_path = path;
    f->lineno = line;
    if (stack_skip(&t, ", in "))
        f->function = stack_trim(t);
    f->in_app = !stack_has_any(path, foreign) && !text_starts(path, "<frozen ");
    return true;
}

static bool is_caret_line(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '^' && t.at[i] != '~')
            return false;
    return t.len > 0;
}

/* What stands below a frame: its source line, carets, "[Previous line repeated …]". */
static void below_frame(struct python *p, struct text t)
{
    struct stack_error *e = p->m->at;
    struct frame *f = e && e->frame_count ? &e->frames[e->frame_count - 1] : NULL;

    if (f && !f->context_line.at && !is_caret_line(t) && !text_starts(t, "[Previous line repeated"))
        f->context_line = t;
}

static bool is_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
            c != '.' && c != '<' && c != '>' && !(c & 0x80))
            return false;
    }
    return t.len > 0;
}

/* `type[: message]` */
static void error_line(struct python *p, struct text line)
{
    size_t colon = text_find(line, TEXT(": "));
    struct text type = text_cut(line, 0, colon);
    struct stack_error *e = p->m->at;

    if (colon == line.len && line.len && line.at[line.len - 1] == ':')
        type.len--;
    p->in_frames = false;
    p->in_message = true;
    if (is_name(type)) {
        stack_split_type(type, e);
        p->message = text_cut(line, colon + 2, line.len);
    } else {
        p->message = line;
    }
    e->value = p->message;
}

/* A group's members come after it and are its children, not its causes. */
static void settle_group(struct python *p, size_t depth, bool is_group)
{
    uint32_t mine = p->m->count - 1;

    p->depth[mine] = depth;
    p->m->errors[mine].is_group = is_group;
    if (depth == 0)
        return;
    for (uint32_t i = mine; i-- > 0;)
        if (p->m->errors[i].is_group && p->depth[i] < depth) {
            p->m->errors[mine].parent = (int32_t)i;
            return;
        }
}

static bool begin_block(struct python *p, struct text t, size_t depth)
{
    bool is_group = stack_skip(&t, "Exception Group ");

    if (!text_starts(t, "Traceback (most recent call last)"))
        return false;
    if (p->m->at && p->source)
        p->m->at->source = p->source;
    p->source = NULL;
    p->in_frames = stack_begin(p->m) != NULL;
    p->in_message = false;
    if (p->m->at)
        settle_group(p, depth, is_group);
    return true;
}

static bool separator(struct python *p, struct text t)
{
    if (text_starts(t, "The above exception was the direct cause of"))
        p->source = "__cause__";
    else if (text_starts(t, "During handling of the above exception"))
        p->source = "__context__";
    else if (text_starts(t, "+---") || text_starts(t, "-+---") || text_starts(t, "---"))
        ;
    else
        return false;
    p->in_frames = p->in_message = false;
    return true;
}

static void take_line(struct python *p, struct text line)
{
    size_t depth = gutter(&line);
    struct text t = stack_trim(line);

    if (begin_block(p, t, depth) || (!p->in_frames && separator(p, t)))
        return;
    if (p->in_frames) {
        if (frame_line(p, t))
            return;
        if (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
            below_frame(p, t);
        else if (t.len && !separator(p, t))
            error_line(p, t);
        return;
    }
    if (p->in_message && t.len && depth == 0 && p->m->at)
        p->m->at->value = text_trim(stack_join(p->message, t)); /* further lines of the message */
}

/* Members of a group stand behind it in the text, and before it in the list, since what was thrown
 * is the last. */
static void groups_last(struct stack_maker *m)
{
    for (uint32_t from = 0, to; from < m->count; from = to) {
        for (to = from + 1; to < m->count && m->errors[to].parent != STACK_NO_PARENT; to++)
            ;
        for (uint32_t i = from; i < to; i++) {
            int32_t *parent = &m->errors[i].parent;

            if (*parent != STACK_NO_PARENT) /* a group further up has been left by a plain block */
                *parent =
                    *parent < (int32_t)from ? STACK_NO_PARENT : (int32_t)(from + to - 1) - *parent;
        }
        for (uint32_t i = 0; i < (to - from) / 2; i++) {
            struct stack_error swap = m->errors[from + i];

            m->errors[from + i] = m->errors[to - 1 - i];
            m->errors[to - 1 - i] = swap;
        }
    }
}

bool stack_python(struct stack_maker *m, struct text t)
{
    struct python p = {.m = m, .lines = {t}};
    struct text line;

    while (stack_line(&p.lines, &line))
        take_line(&p, line);
    groups_last(m);
    return m->count > 0;
}
