/* event_frames.c -- stack traces and their frames: checked in the tree, filled into structs. */
#include "proto/event_part.h"

enum { CONTEXT_FRAMES = 50 }; /* frames of a trace that may keep variables and surrounding lines */

/* Text that is absent when empty. */
static void frame_text(struct event_work *w, struct json *v, const struct event_field *f)
{
    event_text(w, v, f);
    if (v->kind == JSON_STRING && v->raw.len == 0)
        json_to_null(v);
}

static void frame_function(struct event_work *w, struct json *v, const struct event_field *f)
{
    frame_text(w, v, f);
    if (v->kind == JSON_STRING && text_is(v->raw, "?"))
        json_to_null(v);
}

/* Lines of source: texts and nulls. */
static void frame_lines(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_ARRAY) {
        event_refuse(w, v);
        return;
    }
    for (struct json *line = v->child; line; line = line->next)
        if (line->kind != JSON_STRING)
            json_to_null(line);
    if (v->count == 0)
        json_to_null(v);
}

static void frame_vars(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind == JSON_ARRAY && v->count) {
        uint32_t i = 0;

        v->kind = JSON_OBJECT;
        for (struct json *m = v->child; m; m = m->next)
            m->key = arena_printf(w->a, "%u", i++);
    }
    event_bag(w, v, f);
}

enum {
    FILENAME,
    ABS_PATH,
    FUNCTION,
    MODULE,
    LINENO,
    PRE_CONTEXT,
    CONTEXT_LINE,
    POST_CONTEXT,
    IN_APP,
    VARS,
    COLNO,
    PLATFORM,
    PACKAGE,
    RAW_FUNCTION,
    SYMBOL,
    INSTRUCTION_ADDR,
    DATA,
    FRAME_FIELDS_FILLED
};

static const struct event_field frame_fields[] = {
    [FILENAME] = EVENT_FIELD("filename", frame_text, 256, 40),
    [ABS_PATH] = EVENT_FIELD("abs_path", frame_text, 256, 40),
    [FUNCTION] = EVENT_FIELD("function", frame_function, 256, 20),
    [MODULE] = EVENT_FIELD("module", frame_text, 256, 20),
    [LINENO] = EVENT_FIELD("lineno", event_uint),
    [PRE_CONTEXT] = EVENT_FIELD("pre_context", frame_lines),
    [CONTEXT_LINE] = EVENT_FIELD("context_line", event_text, 16 * KIB),
    [POST_CONTEXT] = EVENT_FIELD("post_context", frame_lines),
    [IN_APP] = EVENT_FIELD("in_app", event_bool),
    [VARS] = EVENT_FIELD("vars", frame_vars, 2 * KIB, 5),
    [COLNO] = EVENT_FIELD("colno", event_uint),
    [PLATFORM] = EVENT_FIELD("platform", frame_text, 64),
    [PACKAGE] = EVENT_FIELD("package", frame_text, 256, 20),
    [RAW_FUNCTION] = EVENT_FIELD("raw_function", frame_function, 256, 20),
    [SYMBOL] = EVENT_FIELD("symbol", frame_function, 256, 20),
    [INSTRUCTION_ADDR] = EVENT_FIELD("instruction_addr", event_address),
    [DATA] = EVENT_FIELD("data", event_bag, 2 * KIB, 5),
    EVENT_FIELD("symbol_addr", event_address),
    EVENT_FIELD("image_addr", event_address),
    EVENT_FIELD("addr_mode", frame_text, 64),
    EVENT_FIELD("function_id", event_address),
    EVENT_FIELD("trust", frame_text, 64),
    EVENT_FIELD("lang", frame_text, 64),
    EVENT_FIELD("stack_start", event_bool),
    EVENT_FIELD("lock", event_bag, 2 * KIB, 5),
};

/* The path of a URL of a script or file; absent for everything else, and for no path or "/". */
static struct text url_path(struct text t)
{
    static const char *const schemes[] = {"http:", "https:", "file:", "applewebdata:"};
    size_t at;

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!text_starts(t, schemes[i]))
            continue;
        t = text_cut(t, strlen(schemes[i]), t.len);
        if (!text_starts(t, "//"))
            return TEXT_NONE;
        t = text_cut(t, 2, t.len);
        at = text_find_byte(t, '/');
        t = text_cut(t, at, t.len);
        t = text_cut(t, 0, text_find_byte(t, '?'));
        t = text_cut(t, 0, text_find_byte(t, '#'));
        return t.len > 1 ? t : TEXT_NONE;
    }
    return TEXT_NONE;
}

static void check_frame(struct event_work *w, struct json *frame)
{
    struct json *found[EVENT_FIELDS(frame_fields)], *filename;

    event_fields_in_order(w, w->frames, frame, frame_fields, EVENT_FIELDS(frame_fields), OTHER_DROP,
                          found);
    if (!found[ABS_PATH] && found[FILENAME]) {
        found[ABS_PATH] = found[FILENAME];
        found[FILENAME] = NULL;
        found[ABS_PATH]->key = TEXT("abs_path");
    }
    if (!found[FILENAME] && found[ABS_PATH]) {
        struct text path = url_path(json_string(found[ABS_PATH], w->a));

        if (path.at)
            filename = json_new_string(w->a, path);
        else if ((filename = json_new(w->a, JSON_STRING)))
            json_become(filename, found[ABS_PATH]);
        json_set(w->a, frame, "filename", filename);
    }
    if (!found[CONTEXT_LINE] && (found[PRE_CONTEXT] || found[POST_CONTEXT]))
        json_set(w->a, frame, "context_line", json_new_string(w->a, TEXT("")));
}

/* Keep the newest; what is null or no object leaves. */
static void check_frames(struct event_work *w, struct json *frames)
{
    struct json all = *frames, *next;
    uint32_t index = 0;

    frames->child = frames->last = NULL;
    frames->count = 0;
    for (struct json *f = all.child; f; f = next, index++) {
        next = f->next;
        if (f->kind == JSON_NULL || all.count - index > 4 * FRAMES_MAX)
            continue; /* the second: no work for what is cut off anyway, nulls allowed for */
        event_enter_index(w, index);
        if (f->kind == JSON_OBJECT)
            json_push(frames, f);
        else
            event_note_here(w, "invalid_data", f);
        event_leave(w);
    }
    while (frames->count > FRAMES_MAX) {
        frames->child = frames->child->next;
        frames->count--;
    }
    index = 0;
    for (struct json *f = frames->child; f; f = f->next) {
        event_enter_index(w, index++);
        check_frame(w, f);
        event_leave(w);
    }
}

static bool is_app(const struct json *frame)
{
    return json_is(json_get(frame, "in_app"), JSON_TRUE);
}

static void slim(struct json *frame)
{
    json_take(frame, "vars");
    json_take(frame, "pre_context");
    json_take(frame, "post_context");
}

/* Of a long trace only some frames keep their variables and surrounding lines: system frames in the
 * middle lose them first, then application frames in the middle (Relay's slim_frame_data). */
static void slim_frames(struct json *frames)
{
    uint32_t app = 0, system, keep_system, keep_app, gone, more, seen[2] = {0, 0};

    if (frames->count <= CONTEXT_FRAMES)
        return;
    for (const struct json *f = frames->child; f; f = f->next)
        app += is_app(f);
    system = frames->count - app;
    keep_system = (CONTEXT_FRAMES > app ? CONTEXT_FRAMES - app : 0) / 2; /* at either end */
    gone = system > 2 * keep_system ? system - 2 * keep_system : 0;
    more = frames->count - CONTEXT_FRAMES > gone ? frames->count - CONTEXT_FRAMES - gone : 0;
    keep_app = (app > more ? app - more : 0) / 2;
    for (struct json *f = frames->child; f; f = f->next) {
        bool mine = is_app(f);
        uint32_t at = seen[mine]++, all = mine ? app : system, keep = mine ? keep_app : keep_system;

        if ((!mine || more) && at >= keep && at < all - (keep < all ? keep : all))
            slim(f);
    }
}

void event_stacktrace(struct event_work *w, struct json *v, const struct event_field *f)
{
    enum { FRAMES };
    static const struct event_field fields[] = {
        [FRAMES] = EVENT_FIELD("frames", event_list),
        EVENT_FIELD("registers", event_bag, 8 * KIB, 3),
        EVENT_FIELD("lang", frame_text, 64),
        EVENT_FIELD("snapshot", event_bool),
        EVENT_FIELD("instruction_addr_adjustment", frame_text, 64),
    };
    struct json *found[EVENT_FIELDS(fields)];

    if (!event_is_object(w, v))
        return;
    event_fields(w, v, fields, EVENT_FIELDS(fields), OTHER_DROP, found);
    if (found[FRAMES]) {
        event_enter(w, TEXT("frames"));
        check_frames(w, found[FRAMES]);
        event_leave(w);
    }
    if (found[FRAMES] && found[FRAMES]->count)
        slim_frames(found[FRAMES]);
    else
        json_to_null(v); /* a trace without frames is none */
}

/* ---- tree → struct ---- */

static uint32_t number(const struct json *v)
{
    int64_t n;

    return json_int64(v, &n) && n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static void fill_frame(struct event_order *order, struct json *node, struct arena *a,
                       struct frame *out)
{
    struct json *found[FRAME_FIELDS_FILLED];

    event_find_in_order(order, node, frame_fields, FRAME_FIELDS_FILLED, found);
    *out = (struct frame){
        .filename = json_string(found[FILENAME], a),
        .abs_path = json_string(found[ABS_PATH], a),
        .function = json_string(found[FUNCTION], a),
        .raw_function = json_string(found[RAW_FUNCTION], a),
        .symbol = json_string(found[SYMBOL], a),
        .module = json_string(found[MODULE], a),
        .package = json_string(found[PACKAGE], a),
        .platform = json_string(found[PLATFORM], a),
        .context_line = json_string(found[CONTEXT_LINE], a),
        .pre_context = found[PRE_CONTEXT],
        .post_context = found[POST_CONTEXT],
        .vars = found[VARS],
        .data = found[DATA],
        .instruction_addr = json_string(found[INSTRUCTION_ADDR], a),
        .lineno = number(found[LINENO]),
        .colno = number(found[COLNO]),
        .in_app_node = found[IN_APP],
        .in_app = !found[IN_APP] ? TRI_UNKNOWN : json_is(found[IN_APP], JSON_TRUE),
        .node = node,
    };
}

struct stack *event_fill_stack(const struct json *stacktrace, struct arena *a)
{
    const struct json *frames = json_get(stacktrace, "frames");
    struct event_order order;
    struct stack *out;

    if (!json_is(frames, JSON_ARRAY) || frames->count == 0 ||
        !(out = arena_alloc(a, sizeof *out)) ||
        !(out->frames = arena_alloc(a, frames->count * sizeof *out->frames)))
        return NULL;
    out->count = order.count = 0;
    for (struct json *f = frames->child; f; f = f->next)
        fill_frame(&order, f, a, &out->frames[out->count++]);
    return out;
}

/* ---- in_app: what nobody said ---- */

/* What comes with a language, by its platform and the beginning of a module or of a path. */
static const struct library {
    const char *platform, *module, *path;
} libraries[] = {
    {"java", "java.", NULL},        {"java", "javax.", NULL},       {"java", "jdk.", NULL},
    {"java", "sun.", NULL},         {"java", "kotlin.", NULL},      {"java", "kotlinx.", NULL},
    {"java", "scala.", NULL},       {"java", "android.", NULL},     {"java", "androidx.", NULL},
    {"java", "dalvik.", NULL},      {"java", "com.android.", NULL}, {"csharp", "System.", NULL},
    {"csharp", "Microsoft.", NULL}, {"go", "runtime", NULL},        {"go", "net/http", NULL},
    {"go", "testing", NULL},        {"node", NULL, "node:"},        {"node", NULL, "internal/"},
    {"python", NULL, "<frozen "}};

/* Folders of what comes with a language, and of what was installed for it. */
static const struct {
    const char *platform, *folder;
} folders[] = {
    {"python", "/lib/python3"}, {"python", "\\lib\\"}, {"ruby", "/gems/"}, {"ruby", "/lib/ruby/"}};

static bool is_library(struct text platform, const struct frame *f)
{
    struct text path = f->abs_path.len ? f->abs_path : f->filename;

    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        const struct library *l = &libraries[i];

        if (text_is(platform, l->platform) &&
            (l->module ? text_starts(f->module, l->module) : text_starts(path, l->path)))
            return true;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (text_is(platform, folders[i].platform) &&
            text_find(path, text_of(folders[i].folder)) < path.len)
            return true;
    return false;
}

struct walk {
    struct arena *a;
    struct text platform;
    bool any;   /* some frame of the event has it set */
    bool other; /* some frame is of no library */
};

static void look(struct walk *w, struct stack *s)
{
    for (uint32_t i = 0; s && i < s->count && !w->any; i++) {
        w->any = s->frames[i].in_app != TRI_UNKNOWN;
        w->other = w->other || !is_library(w->platform, &s->frames[i]);
    }
}

static void mark(struct walk *w, struct stack *s)
{
    for (uint32_t i = 0; s && i < s->count; i++) {
        struct frame *f = &s->frames[i];
        bool app;

        if (f->in_app != TRI_UNKNOWN)
            continue;
        app = !w->any && !(w->other && is_library(w->platform, f));
        f->in_app = app ? TRI_YES : TRI_NO;
        f->in_app_node = json_new(w->a, app ? JSON_TRUE : JSON_FALSE);
        json_add(f->node, "in_app", f->in_app_node);
    }
}

static void each_stack(struct event *e, struct walk *w,
                       void (*visit)(struct walk *, struct stack *))
{
    for (uint32_t i = 0; i < e->exception_count; i++) {
        visit(w, e->exceptions[i].stack);
        visit(w, e->exceptions[i].raw_stack);
    }
    for (uint32_t i = 0; i < e->thread_count; i++)
        visit(w, e->threads[i].stack);
    visit(w, e->stacktrace);
}

void event_fill_in_app(struct event *e, struct arena *a)
{
    struct walk w = {.a = a, .platform = e->platform};

    each_stack(e, &w, look);
    each_stack(e, &w, mark);
}
