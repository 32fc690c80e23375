/* event_stack.c -- stack traces of a payload in the API's shape. */
#include "worker/event_view.h"

void event_pass(struct buf *out, const char *key, const struct json *from, const char *member)
{
    const struct json *v = json_get(from, member);

    if (!v || v->kind == JSON_NULL) {
        json_null(out, key);
        return;
    }
    json_key(out, text_of(key));
    json_write(out, v);
}

static void write_line(struct buf *out, int64_t number, const struct json *text, struct arena *a)
{
    json_open(out, NULL, '[');
    json_int(out, NULL, number);
    json_text(out, NULL, json_string(text, a));
    json_close(out, ']');
}

/* Lines before, the line itself, lines after, each with its absolute number. */
static void write_context(struct buf *out, const struct json *frame, struct arena *a)
{
    const struct json *before = json_get(frame, "pre_context"),
                      *line = json_get(frame, "context_line"),
                      *after = json_get(frame, "post_context");
    int64_t number = 0;

    json_open(out, "context", '[');
    if (json_is(line, JSON_STRING) && json_int64(json_get(frame, "lineno"), &number) &&
        number > 0) {
        int64_t at = number - (json_is(before, JSON_ARRAY) ? (int64_t)before->count : 0);

        for (const struct json *l = json_is(before, JSON_ARRAY) ? before->child : NULL; l;
             l = l->next, at++)
            if (at > 0)
                write_line(out, at, l, a);
        write_line(out, number, line, a);
        at = number + 1;
        for (const struct json *l = json_is(after, JSON_ARRAY) ? after->child : NULL; l;
             l = l->next, at++)
            write_line(out, at, l, a);
    }
    json_close(out, ']');
}

static void write_frame(struct buf *out, const struct json *f, struct arena *a)
{
    static const char *const NAMES[][2] = {
        {"filename", "filename"},
        {"absPath", "abs_path"},
        {"module", "module"},
        {"package", "package"},
        {"platform", "platform"},
        {"instructionAddr", "instruction_addr"},
        {"symbolAddr", "symbol_addr"},
        {"function", "function"},
        {"rawFunction", "raw_function"},
        {"symbol", "symbol"},
        {"lineNo", "lineno"},
        {"colNo", "colno"},
        {"trust", "trust"},
        {"errors", "errors"},
        {"lock", "lock"},
        {"sourceLink", "source_link"},
        {"vars", "vars"},
        {"data", "data"},
        {"addrMode", "addr_mode"},
    };
    bool in_app = false;

    json_open(out, NULL, '{');
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        event_pass(out, NAMES[i][0], f, NAMES[i][1]);
    json_boolean(json_get(f, "in_app"), &in_app);
    json_bool(out, "inApp", in_app);
    write_context(out, f, a);
    json_close(out, '}');
}

void event_write_stack(struct buf *out, const char *key, const struct json *stack, struct arena *a)
{
    const struct json *frames = json_get(stack, "frames");
    uint32_t system = 0, all = 0;

    if (!json_is(frames, JSON_ARRAY)) {
        json_null(out, key);
        return;
    }
    json_open(out, key, '{');
    json_open(out, "frames", '[');
    for (const struct json *f = frames->child; f; f = f->next) {
        bool in_app = false;

        if (f->kind != JSON_OBJECT)
            continue;
        json_boolean(json_get(f, "in_app"), &in_app);
        system += !in_app;
        all++;
        write_frame(out, f, a);
    }
    json_close(out, ']');
    event_pass(out, "framesOmitted", stack, "frames_omitted");
    event_pass(out, "registers", stack, "registers");
    json_bool(out, "hasSystemFrames", system > 0 && system < all);
    json_close(out, '}');
}
