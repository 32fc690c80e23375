/* group_stack.c -- which frames of a stack trace stand for it: rules, recursion, and the views of
 * the application alone and of everything. */
#include <string.h>

#include "model/group_parts.h"

const struct thread *group_thread(const struct event *e)
{
    const struct thread *crashed = NULL, *current = NULL;
    uint32_t crashes = 0, currents = 0;

    for (uint32_t i = 0; i < e->thread_count; i++) {
        if (e->threads[i].crashed) {
            crashed = &e->threads[i];
            crashes++;
        }
        if (e->threads[i].current) {
            current = &e->threads[i];
            currents++;
        }
    }
    if (crashes == 1)
        return crashed;
    if (currents == 1)
        return current;
    return e->thread_count == 1 ? e->threads : NULL;
}

/* ---- classifying ---- */

enum { TRIMMED_BITS = 6 };

/* Recursion, futures and user interfaces call the same few functions again and again: those that were
 * trimmed before, by a hash of the name. */
struct trimmed {
    const struct frame *slots[1 << TRIMMED_BITS];
};

static bool is_trimmed(const struct frame *same, const struct frame *f)
{
    return same && text_eq(same->raw_function, f->function) && text_eq(same->platform, f->platform);
}

/* The trimmed name is the function from here on, what was sent the raw one. */
static void trim_function(struct trimmed *before, struct frame *f, enum platform p, struct arena *a)
{
    const struct frame **slot;
    struct text trimmed;

    if (!f->function.len || f->raw_function.len ||
        (group_family(p) != FAMILY_NATIVE && p != PLATFORM_CSHARP))
        return;
    slot = &before->slots[text_slot(f->function, TRIMMED_BITS)];
    trimmed = is_trimmed(*slot, f) ? (*slot)->function : group_function(f, p, a);
    f->raw_function = f->function; /* also when it is the same: not to be trimmed once more */
    f->function = trimmed;
    *slot = f;
}

static struct text path_of(const struct frame *f)
{
    return f->abs_path.len ? f->abs_path : f->filename;
}

static void see(const struct frame *f, enum platform p, struct rule_frame *out)
{
    *out = (struct rule_frame){
        .field = {[FIELD_MODULE] = f->module.len ? f->module : TEXT_NONE,
                  [FIELD_FUNCTION] = f->function.len ? f->function : TEXT("<unknown>"),
                  [FIELD_PATH] = path_of(f).len ? path_of(f) : TEXT_NONE,
                  [FIELD_PACKAGE] = f->package.len ? f->package : TEXT_NONE},
        .family = (uint8_t)group_family(p),
        .in_app = f->in_app,
        .group = TRI_UNKNOWN};
}

/* What the rules say is what title, culprit and the reader of the event see as well; what was there
 * before stays in data, so that the rules can be run again. */
static void write_back(struct frame *f, bool in_app, struct arena *a)
{
    struct json *data, *sent = json_new(a, JSON_NUMBER);

    if (f->in_app_node)
        json_become(f->in_app_node, &(struct json){.kind = in_app ? JSON_TRUE : JSON_FALSE});
    if (!f->data && (data = json_new(a, JSON_OBJECT))) {
        json_set(a, f->node, "data", data);
        f->data = data;
    }
    if (f->data && sent) {
        sent->raw = f->in_app == TRI_YES ? TEXT("1") : TEXT("0");
        json_add(f->data, "orig_in_app", sent); /* what there was has been taken out */
    }
    f->in_app = in_app ? TRI_YES : TRI_NO;
}

static bool choose_frames(struct stack_parts *out, struct arena *a)
{
    struct stack *s = out->stack;

    out->count = s->count < GROUP_FRAMES_MAX ? s->count : GROUP_FRAMES_MAX;
    if (!(out->at = arena_alloc(a, (out->count + 1) * sizeof *out->at)))
        return false;
    for (uint32_t i = 0; i < out->count; i++)
        out->at[i] = &s->frames[i < out->count / 2 ? i : s->count - out->count + i];
    return true;
}

struct stack_parts *group_classify(const struct event *e, struct stack *s,
                                   const struct rule_owner *owner, const struct group_rules *rules,
                                   struct arena *a)
{
    struct stack_parts *out = arena_zero(a, 1, sizeof *out);
    enum platform platform = group_platform(e->platform);
    struct trimmed trimmed = {{NULL}};

    if (!out)
        return NULL;
    out->stack = s;
    if (!choose_frames(out, a) ||
        !(out->rules = arena_alloc(a, (out->count + 1) * sizeof *out->rules)))
        return NULL;
    for (uint32_t i = 0; i < out->count; i++) {
        enum platform p = group_frame_platform(out->at[i], platform);

        trim_function(&trimmed, (struct frame *)out->at[i], p, a);
        see(out->at[i], p, &out->rules[i]);
    }
    if (!rules_run_stack(rules, out->rules, out->count, owner, a, &out->limits))
        return NULL;
    for (uint32_t i = 0; i < out->count; i++) {
        bool in_app = out->rules[i].in_app == TRI_YES;

        if (out->at[i]->data) /* from an earlier run, or from a client that plays the server */
            json_take(out->at[i]->data, "orig_in_app");
        if ((out->at[i]->in_app == TRI_YES) != in_app)
            write_back((struct frame *)out->at[i], in_app, a);
    }
    return out;
}

static void restore_stack(struct stack *s)
{
    int64_t sent;

    for (uint32_t i = 0; s && i < s->count; i++)
        if (json_int64(json_get(s->frames[i].data, "orig_in_app"), &sent))
            s->frames[i].in_app = sent == 1 ? TRI_YES : TRI_NO;
}

void group_restore(struct event *e)
{
    for (uint32_t i = 0; i < e->exception_count; i++)
        restore_stack(e->exceptions[i].stack);
    for (uint32_t i = 0; i < e->thread_count; i++)
        restore_stack(e->threads[i].stack);
    restore_stack(e->stacktrace);
}

/* ---- views ---- */

void view_off(struct stack_view *v, uint32_t i, const char *hint, const struct stack_rule *rule)
{
    v->on[i] = false;
    v->hint[i] = hint;
    v->rule[i] = rule;
}

static bool view_begin(struct stack_view *v, uint32_t count, struct arena *a)
{
    v->on = arena_zero(a, count + 1, sizeof *v->on);
    v->hint = arena_zero(a, count + 1, sizeof *v->hint);
    v->rule = arena_zero(a, count + 1, sizeof *v->rule);
    return v->on && v->hint && v->rule;
}

static void view_frames(struct stack_parts *s, enum view_kind kind)
{
    struct stack_view *v = &s->view[kind];

    for (uint32_t i = 0; i < s->count; i++) {
        const struct frame_parts *f = &s->frames[i];
        const struct rule_frame *r = &s->rules[i];

        v->on[i] = f->on;
        v->hint[i] = f->hint;
        if (r->group == TRI_NO) {
            view_off(v, i, "ignored by stack trace rule", r->group_rule);
        } else if (r->group == TRI_YES && f->any) {
            v->on[i] = true;
            v->hint[i] = "un-ignored by stack trace rule";
            v->rule[i] = r->group_rule;
        }
        if (kind == VIEW_APP && r->in_app != TRI_YES)
            view_off(v, i, r->app_rule ? "marked out of app by stack trace rule" : "non app frame",
                     r->app_rule);
    }
}

/* ---- limits, and whether it all counts ---- */

static void limit(struct stack_parts *s, enum view_kind kind)
{
    struct stack_view *v = &s->view[kind];
    uint32_t seen = 0;

    for (uint32_t i = s->limits.max_frames ? s->count : 0; i-- > 0;)
        if (v->on[i] && ++seen > s->limits.max_frames)
            view_off(v, i, "ignored because of the limit of frames", s->limits.max_rule);
    v->count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        v->count += v->on[i];
}

static bool is_lone_script_frame(const struct stack_parts *s)
{
    return s->count == 1 && s->rules[0].family == FAMILY_JAVASCRIPT && s->frames[0].on &&
           !s->at[0]->function.len;
}

/* Of a minifier's names; more of them in a row do not come twice by chance. */
enum { WEAK_FRAMES_MAX = 3 };

static void judge(struct stack_parts *s, enum view_kind kind)
{
    struct stack_view *v = &s->view[kind];
    bool telling = false, module = false;

    v->weak = v->count <= WEAK_FRAMES_MAX;
    for (uint32_t i = 0; i < s->count; i++) {
        v->weak &= !v->on[i] || s->frames[i].minified;
        telling |= v->on[i] && s->frames[i].telling;
        module |= v->on[i] && s->frames[i].module.on;
    }
    if (v->count == 0) {
        v->why = kind == VIEW_APP ? "no in-app frame contributes" : "no frame contributes";
    } else if (is_lone_script_frame(s)) {
        v->why = "ignored single JavaScript frame without function";
    } else if (s->limits.min_frames && v->count < s->limits.min_frames) {
        v->why = "discarded because fewer frames contribute than the rule asks for";
        v->why_rule = s->limits.min_rule;
    } else if (!telling && (kind == VIEW_APP || (v->count == 1 && !module))) {
        v->why = "ignored because neither function nor source line is known";
    } else {
        v->contributes = true;
    }
}

/* ---- the call that failed ---- */

/* com.acme, github.com/acme/shop: what stays when a library rearranges its insides. */
static struct text module_root(struct text module)
{
    char separator = memchr(module.at, '/', module.len) ? '/' : '.';
    unsigned parts =
        separator == '/' && text_find_byte(module, '.') < text_find_byte(module, '/') ? 3 : 2;

    for (size_t i = 0; i < module.len; i++)
        if (module.at[i] == separator && --parts == 0)
            return text_cut(module, 0, i);
    return module;
}

/* Where no source lines tell two calls of one function apart, the first frame of the library that
 * was called does. */
static void find_callee(const struct event *e, struct stack_parts *s, struct arena *a)
{
    const struct stack_view *app = &s->view[VIEW_APP], *full = &s->view[VIEW_FULL];
    uint32_t i = s->count;
    struct key k;

    while (i > 0 && !app->on[i - 1])
        i--;
    if (i == 0 || app->cycle_len)
        return;
    switch (group_frame_platform(s->at[i - 1], group_platform(e->platform))) {
    case PLATFORM_JVM:
    case PLATFORM_GO:
    case PLATFORM_CSHARP:
    case PLATFORM_NATIVE:
    case PLATFORM_COCOA:
        break;
    default:
        return;
    }
    while (i < s->count && !full->on[i])
        i++;
    if (i == s->count || !s->frames[i].function.on || s->rules[i].in_app == TRI_YES)
        return;
    s->callee = &s->frames[i];
    key_begin(&k, a);
    if (s->callee->module.on)
        key_text(&k, 'r', module_root(s->callee->module.value));
    key_text(&k, 'n', s->callee->function.value);
    s->callee_id = key_end(&k);
}

/* Python 3.12 runs comprehensions in the frame that they stand in; older ones have a frame for them,
 * at the same line. And Dart marks where a function waited. */
static const char *made_up(const struct stack_parts *s, uint32_t i, enum platform p)
{
    const struct frame_parts *f = &s->frames[i];
    struct text name = f->function.value;

    if (name.len < 8 || name.at[0] != '<')
        return NULL;
    if (p == PLATFORM_DART && text_is(name, "<asynchronous suspension>"))
        return "ignored mark of an asynchronous call";
    if (p != PLATFORM_PYTHON || i == 0 || !f->line.on || !text_ends(name, "comp>"))
        return NULL;
    return text_eq(f->line.value, f[-1].line.value) &&
                   text_eq(f->module.value, f[-1].module.value) &&
                   text_eq(f->frame->filename, f[-1].frame->filename)
               ? "ignored comprehension at the same line"
               : NULL;
}

/* Where no frame of native code has a name, the images that it ran through tell crashes apart. */
static void name_by_images(struct stack_parts *s, struct arena *a)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->rules[i].family != FAMILY_NATIVE || s->frames[i].any)
            return;
    for (uint32_t i = 0; i < s->count; i++)
        group_image_part(&s->frames[i], a);
}

bool group_stack_views(const struct event *e, struct stack_parts *s, const struct rule_owner *owner,
                       bool all, struct arena *a)
{
    enum platform platform = group_platform(e->platform);
    const char *hint;

    if (!(s->frames = arena_alloc(a, (s->count + 1) * sizeof *s->frames)))
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        enum platform p = group_frame_platform(s->at[i], platform);

        group_frame_parts(s->at[i], p, all, a, &s->frames[i]);
        if ((hint = made_up(s, i, p))) {
            s->frames[i].on = false;
            s->frames[i].hint = hint;
        }
    }
    name_by_images(s, a);
    for (enum view_kind v = 0; v < VIEWS; v++) {
        if (!view_begin(&s->view[v], s->count, a))
            return false;
        view_frames(s, v);
        group_collapse(s, v, owner);
        limit(s, v);
        judge(s, v);
    }
    if (s->view[VIEW_APP].contributes)
        find_callee(e, s, a);
    return !arena_spent(a);
}

/* ---- keys ---- */

/* Does the rotation that begins at `a` come before the one that begins at `b`? */
static bool rotates_before(const struct digest *ids, uint32_t n, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < n; i++) {
        int order = memcmp(ids[(a + i) % n].bytes, ids[(b + i) % n].bytes, sizeof ids[0].bytes);

        if (order)
            return order < 0;
    }
    return false;
}

/* The loose key leaves out what led to a long recursion, since a stack trace that was cut has lost
 * it. */
void group_stack_key(struct key *k, const struct stack_parts *s, enum view_kind view, bool loose,
                     struct arena *a)
{
    const struct stack_view *v = &s->view[view];
    struct digest ids[GROUP_FRAMES_MAX];
    uint32_t n = 0, first = 0, cycle = loose ? v->loose_cycle_len : v->cycle_len;
    bool proxy = false; /* the frame before is one, and calls what somebody wrote */

    for (uint32_t i = loose ? v->loose_from : 0; i < s->count; i++) {
        if (!v->on[i])
            continue;
        ids[n] = loose ? group_loose_id(&s->frames[i], a) : s->frames[i].id;
        bool behind_proxy = loose && proxy && digest_eq(&ids[n - 1], &ids[n]);
        proxy = s->frames[i].written.at;
        n += !behind_proxy;
    }
    if (cycle > n)
        cycle = n;
    for (uint32_t i = 1; i < cycle; i++)
        if (rotates_before(ids, cycle, i, first))
            first = i;
    for (uint32_t i = 0; i < n; i++)
        key_digest(k, 'F', &ids[i < cycle ? (first + i) % cycle : i]);
}
