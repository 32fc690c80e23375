/* event_labels.c -- the short texts that an event is filed under: level, release, environment,
 * dist, logger, fingerprint, platform. */
#include "proto/event_part.h"

/* ---- level ---- */

static const char *const level_names[] = {[LEVEL_DEBUG] = "debug",
                                          [LEVEL_INFO] = "info",
                                          [LEVEL_WARNING] = "warning",
                                          [LEVEL_ERROR] = "error",
                                          [LEVEL_FATAL] = "fatal"};

const char *level_name(enum level level)
{
    return (unsigned)level <= LEVEL_FATAL ? level_names[level] : "error";
}

/* The five names, the spellings of other loggers, and Python's numbers. */
bool event_level_of(const struct json *v, enum level *out)
{
    static const struct {
        const char *name;
        enum level level;
    } others[] = {{"log", LEVEL_INFO}, {"warn", LEVEL_WARNING}, {"critical", LEVEL_FATAL}};
    int64_t n;

    for (int i = LEVEL_DEBUG; json_is(v, JSON_STRING) && v->raw.len && i <= LEVEL_FATAL; i++)
        if ((v->raw.at[0] | 0x20) == level_names[i][0] &&
            text_eq_nocase(v->raw, text_of(level_names[i]))) {
            *out = (enum level)i;
            return true;
        }
    if (json_int64(v, &n)) {
        *out = (enum level)(n / 10 - 1);
        return n % 10 == 0 && n >= 10 && n <= 50;
    }
    for (size_t i = 0; json_is(v, JSON_STRING) && i < sizeof others / sizeof *others; i++)
        if (text_eq_nocase(v->raw, text_of(others[i].name))) {
            *out = others[i].level;
            return true;
        }
    return false;
}

void event_level(struct event_work *w, struct json *v, const struct event_field *f)
{
    enum level level;

    if (!event_level_of(v, &level))
        event_refuse(w, v);
    else if (!text_is(v->raw, level_name(level)) || v->kind != JSON_STRING)
        event_set_text(w, v, text_of(level_name(level)));
}

/* ---- release, environment, dist, logger ---- */

static bool has_any(struct text t, const char *bytes)
{
    for (; *bytes; bytes++)
        if (text_find_byte(t, *bytes) != t.len)
            return true;
    return false;
}

/* Trimmed and cut to f->max characters, without dots: names are compared, not read. Empty: null. */
static struct text name_text(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t, cut;

    if (v->kind != JSON_STRING) {
        event_refuse(w, v);
        return TEXT_NONE;
    }
    t = json_string(v, w->a);
    cut = text_trim(text_clip_chars(text_trim(t), f->max));
    if (cut.len == 0)
        json_to_null(v);
    else if (cut.len != t.len)
        event_set_text(w, v, cut);
    return cut;
}

void event_release(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t;

    if (v->kind == JSON_NUMBER)
        v->kind = JSON_STRING;
    t = name_text(w, v, f);
    if (t.len && (text_is(t, ".") || text_is(t, "..") || text_eq_nocase(t, TEXT("latest")) ||
                  has_any(t, "/\\\n\t\f\r")))
        event_refuse(w, v);
}

void event_environment(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t = name_text(w, v, f);

    if (t.len && (text_eq_nocase(t, TEXT("none")) || has_any(t, "/\n\r\f")))
        event_refuse(w, v);
}

void event_dist(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t = name_text(w, v, f);

    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
              c == '.' || c == '-')) {
            event_refuse(w, v);
            return;
        }
    }
}

void event_logger(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t = name_text(w, v, f);

    if (has_any(t, "\r\n"))
        event_refuse(w, v);
}

/* What Relay knows, and the SDK platforms that came after that list was written. Unknown ones are
 * "other": the platform decides how frames are read. */
void event_platform(struct event_work *w, struct json *v, const struct event_field *f)
{
    static const char *const known[] = {
        "python",     "javascript", "node",  "java",    "go",      "ruby",   "php",
        "csharp",     "native",     "cocoa", "objc",    "c",       "elixir", "perl",
        "groovy",     "as3",        "cfml",  "haskell", "other",   "rust",   "dart",
        "swift",      "kotlin",     "scala", "lua",     "crystal", "nim",    "erlang",
        "powershell", "clojure",    "deno",  "bun",     "cpp",     "zig"};

    if (v->kind == JSON_STRING)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (text_is(v->raw, known[i]))
                return;
    event_refuse(w, v);
}

/* ---- fingerprint ---- */

/* Text, or a scalar that has one. */
static void fingerprint_part(struct event_work *w, struct json *v)
{
    event_as_text(w, v);
    if (v->kind != JSON_STRING)
        event_refuse(w, v);
}

void event_fingerprint(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *next = v->child;
    uint32_t index = 0;

    if (v->kind != JSON_ARRAY) {
        event_refuse(w, v);
        return;
    }
    v->child = v->last = NULL;
    v->count = 0;
    for (struct json *part = next; part && v->count < FINGERPRINT_MAX; part = next) {
        next = part->next;
        if (part->kind == JSON_NULL)
            continue;
        event_enter_index(w, index++);
        fingerprint_part(w, part);
        event_leave(w);
        if (part->kind != JSON_NULL)
            json_push(v, part);
    }
    if (v->count == 0)
        json_to_null(v);
}

bool event_fill_fingerprint(struct event *e, struct arena *a)
{
    const struct json *list = json_get(e->root, "fingerprint");

    if (!json_is(list, JSON_ARRAY) || list->count == 0)
        return true;
    if (!(e->fingerprint = arena_alloc(a, list->count * sizeof *e->fingerprint)))
        return false;
    for (const struct json *part = list->child; part; part = part->next) {
        struct text t = json_string(part, a);

        if (t.at) /* scrubbing may have taken one away */
            e->fingerprint[e->fingerprint_count++] = t;
    }
    return true;
}
