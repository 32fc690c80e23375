#include "proto/minidump.h"

#include "proto/limits.h"
#include "proto/multipart.h"

const char *minidump_rc_text(enum minidump_rc rc)
{
    switch (rc) {
    case MINIDUMP_OK:
        return "ok";
    case MINIDUMP_MISSING:
        return "missing minidump";
    case MINIDUMP_BAD:
        return "invalid minidump";
    case MINIDUMP_PACKED:
        return "invalid minidump: compressed with xz or bzip2; send it plain, or with gzip or zstd";
    case MINIDUMP_TOO_LARGE:
        return "minidump exceeds size limit";
    }
    return "invalid minidump";
}

/* Both byte orders. */
static bool has_magic(struct text t)
{
    return text_starts(t, "MDMP") || text_starts(t, "PMDM");
}

/* The magics of xz and of bzip2. */
static bool is_packed(struct text t)
{
    return (t.len > 6 && memcmp(t.at,
                                "\xfd"
                                "7zXZ",
                                6) == 0) ||
           text_starts(t, "BZh");
}

/* The dump of a body nested in the field. */
static struct text nested(struct text field, struct arena *a)
{
    struct multipart_part part;
    struct multipart m;
    struct text boundary;

    if (!multipart_sniff(field, &boundary))
        return field;
    m = multipart_start(field, boundary);
    while (multipart_next(&m, a, &part) == MULTIPART_PART)
        if (text_is(part.name, "upload_file_minidump"))
            return part.data;
    return field;
}

enum minidump_rc minidump_read(struct text field, size_t max_out, struct arena *a,
                               struct inflate_buf *buf, struct text *out)
{
    if (field.len == 0)
        return MINIDUMP_MISSING;
    switch (inflate_by_magic(nested(field, a), max_out, buf, out)) {
    case INFLATE_OK:
        break;
    case INFLATE_TOO_LARGE:
        return MINIDUMP_TOO_LARGE;
    default:
        return MINIDUMP_BAD;
    }
    return has_magic(*out) ? MINIDUMP_OK : is_packed(*out) ? MINIDUMP_PACKED : MINIDUMP_BAD;
}

struct text minidump_filename(struct text name)
{
    static const char *const suffixes[] = {".gz", ".zst", ".xz", ".bz2"};

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (text_ends(name, suffixes[i]))
            return text_cut(name, 0, name.len - strlen(suffixes[i]));
    return name;
}

/* ---- the form ---- */

void minidump_form_init(struct minidump_form *f, struct arena *a)
{
    *f = (struct minidump_form){
        .arena = a, .members = json_new(a, JSON_OBJECT), .extra = json_new(a, JSON_OBJECT)};
    buf_init(&f->json, a, 256, ITEM_EVENT_MAX);
}

/* Members may come under keys that are not literals; the form owns them. */
static void set_named(struct arena *a, struct json *object, struct text key, struct json *v)
{
    char *z = arena_dup(a, key.at, key.len);

    if (z && !memchr(z, '\0', key.len))
        json_set(a, object, z, v);
}

/* [a][b][c] below `object`. */
static void set_path(struct minidump_form *f, struct json *object, struct text path,
                     struct text value)
{
    for (int depth = 0; depth < 16 && text_starts(path, "["); depth++) {
        size_t close = text_find_byte(path, ']');
        struct text key = text_cut(path, 1, close - 1);
        struct json *below;

        if (close == path.len || key.len == 0)
            return;
        path = text_cut(path, close + 1, path.len);
        if (path.len == 0) {
            set_named(f->arena, object, key, json_new_string(f->arena, value));
            return;
        }
        below = json_get_text(object, key);
        if (!json_is(below, JSON_OBJECT) && (below = json_new(f->arena, JSON_OBJECT)))
            set_named(f->arena, object, key, below);
        object = below;
    }
}

void minidump_form_add(struct minidump_form *f, struct text name, struct text value)
{
    if (text_is(name, "sentry") || text_starts(name, "sentry__"))
        buf_text(&f->json, value);
    else if (text_starts(name, "sentry["))
        set_path(f, f->members, text_cut(name, 6, name.len), value);
    else if (name.len)
        set_named(f->arena, f->extra, name, json_new_string(f->arena, value));
}

static void set_default(struct arena *a, struct json *root, const char *key, struct text value)
{
    if (!json_get(root, key))
        json_set(a, root, key, json_new_string(a, value));
}

/* What stands for the dump until somebody reads it. */
static struct json *placeholder(struct arena *a)
{
    struct json *mechanism = json_new(a, JSON_OBJECT), *exception = json_new(a, JSON_OBJECT);

    json_set(a, mechanism, "type", json_new_string(a, TEXT("minidump")));
    json_set(a, mechanism, "handled", json_new(a, JSON_FALSE));
    json_set(a, mechanism, "synthetic", json_new(a, JSON_TRUE));
    json_set(a, exception, "type", json_new_string(a, TEXT("Minidump")));
    json_set(a, exception, "value", json_new_string(a, TEXT("Crash dump of a native program")));
    json_set(a, exception, "mechanism", mechanism);
    return exception;
}

struct json *minidump_event(struct minidump_form *f)
{
    struct text sent = buf_result(&f->json);
    struct json *root = NULL, *next, *extra;
    struct arena *a = f->arena;

    if (!sent.len || json_read(sent, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        root = json_new(a, JSON_OBJECT);
    if (!root || !f->members || !f->extra)
        return NULL;
    for (struct json *m = f->members->child; m; m = next) {
        next = m->next;
        set_named(a, root, m->key, m);
    }
    extra = json_get(root, "extra");
    if (!json_is(extra, JSON_OBJECT) && (extra = json_new(a, JSON_OBJECT)))
        json_set(a, root, "extra", extra);
    for (struct json *m = f->extra->child; m; m = next) {
        next = m->next;
        json_push(extra, m);
    }
    set_default(a, root, "platform", TEXT("native"));
    json_set(a, root, "level", json_new_string(a, TEXT("fatal")));
    json_set(a, root, "exception", placeholder(a));
    return arena_spent(a) ? NULL : root;
}
