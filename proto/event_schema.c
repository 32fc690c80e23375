/* event_schema.c -- the walk along a table of fields, its checks, and the notes they leave. */
#include "proto/event_part.h"

#include "proto/timestamp.h"

/* Values up to this long are repeated in a note; Relay has the same bound. */
enum { NOTE_VALUE_MAX = 500 };

/* ---- where we are ---- */

void event_enter(struct event_work *w, struct text name)
{
    if (w->depth < EVENT_PATH_MAX) {
        w->path[w->depth].name = name;
        w->path[w->depth].index = 0;
    }
    w->depth++;
}

void event_enter_index(struct event_work *w, uint32_t index)
{
    if (w->depth < EVENT_PATH_MAX) {
        w->path[w->depth].name = TEXT_NONE;
        w->path[w->depth].index = index;
    }
    w->depth++;
}

void event_leave(struct event_work *w)
{
    w->depth--;
}

static struct text path_text(struct event_work *w)
{
    struct buf b;

    buf_init(&b, w->a, 64, 4096);
    for (uint32_t i = 0; i < w->depth && i < EVENT_PATH_MAX; i++) {
        if (i)
            buf_byte(&b, '.');
        if (w->path[i].name.at)
            buf_text(&b, text_clip(w->path[i].name, 200));
        else
            buf_printf(&b, "%u", w->path[i].index);
    }
    return buf_result(&b);
}

/* ---- notes ---- */

/* A copy that may stand beside the original; NULL when it is too long to be repeated. */
static struct json *note_value(struct arena *a, const struct json *v)
{
    struct json *copy;
    struct buf size;

    if (!v)
        return NULL;
    buf_init(&size, a, 64, NOTE_VALUE_MAX);
    json_write(&size, v);
    if (size.failed || !(copy = json_new(a, JSON_NULL)))
        return NULL;
    json_become(copy, v);
    return copy;
}

/* A new {"type","name"} in the list; NULL: there are enough of them. */
static struct json *new_note(struct json *list, struct arena *a, const char *type, struct text name)
{
    struct json *note;

    if (!list || list->count >= EVENT_ERRORS_MAX || !(note = json_new(a, JSON_OBJECT)))
        return NULL;
    json_set(a, note, "type", json_new_string(a, text_of(type)));
    json_set(a, note, "name", json_new_string(a, name));
    json_push(list, note);
    return note;
}

struct json *event_new_note(struct event_work *w, const char *type, struct text name)
{
    if (!w->notes)
        w->notes = json_new(w->a, JSON_ARRAY);
    return new_note(w->notes, w->a, type, name);
}

void event_note_here(struct event_work *w, const char *type, const struct json *value)
{
    struct json *note;

    /* A hostile document must not cost a path per bad field. */
    if (w->notes && w->notes->count >= EVENT_ERRORS_MAX)
        return;
    if ((note = event_new_note(w, type, path_text(w))))
        json_set(w->a, note, "value", note_value(w->a, value));
}

void event_attach_notes(struct event_work *w)
{
    struct json *list = json_get(w->e->root, "errors"), *next;

    if (!w->notes)
        return;
    if (!list) {
        json_set(w->a, w->e->root, "errors", w->notes);
        return;
    }
    for (struct json *note = w->notes->child; note && list->count < EVENT_ERRORS_MAX; note = next) {
        next = note->next;
        json_push(list, note);
    }
}

void event_refuse(struct event_work *w, struct json *v)
{
    event_note_here(w, "invalid_data", v);
    json_to_null(v);
}

/* ---- the walk ---- */

static inline bool is_field(const struct event_field *f, struct text key)
{
    return f->len == key.len && text_same(f->key, key.at, key.len);
}

static uint32_t search_all(const struct event_field *fields, uint32_t count, struct text key)
{
    uint32_t i = 0;

    while (i < count && !is_field(&fields[i], key))
        i++;
    return i;
}

/* A member that is not where it was the last time is looked for behind the one before it (at `hint`), and
 * when it is not there, from what is common: tables begin with that. */
static uint32_t search_anew(const struct event_field *fields, uint32_t count, struct text key,
                            uint32_t hint, struct event_order *o, uint32_t position)
{
    uint32_t i =
        hint < count && is_field(&fields[hint], key) ? hint : search_all(fields, count, key);

    if (o && position < EVENT_ORDER_MAX) {
        o->at[position].key = key;
        o->at[position].field = i;
        if (o->count <= position)
            o->count = position + 1;
    }
    return i;
}

/* The index of the field whose member stands at `position` of its object, or `count`. */
static inline uint32_t search(const struct event_field *fields, uint32_t count, struct text key,
                              uint32_t hint, struct event_order *o, uint32_t position)
{
    if (o && position < o->count && o->at[position].key.len == key.len &&
        text_same(o->at[position].key.at, key.at, key.len))
        return o->at[position].field;
    return search_anew(fields, count, key, hint, o, position);
}

void event_find(const struct json *object, const struct event_field *fields, uint32_t count,
                struct json **found)
{
    event_find_in_order(NULL, object, fields, count, found);
}

void event_find_in_order(struct event_order *order, const struct json *object,
                         const struct event_field *fields, uint32_t count, struct json **found)
{
    uint32_t hint = 0, position = 0;

    memset(found, 0, count * sizeof *found);
    if (!json_is(object, JSON_OBJECT))
        return;
    for (struct json *m = object->child; m; m = m->next) {
        uint32_t i = search(fields, count, m->key, hint, order, position++);

        if (i < count) {
            found[i] = m->kind == JSON_NULL ? NULL : m;
            hint = i + 1;
        }
    }
}

/* An unknown member: does it stay? */
static bool keep_other(struct event_work *w, struct json *m, enum event_other other)
{
    if (other == OTHER_NOTE) {
        event_enter(w, m->key);
        event_note_here(w, "invalid_attribute", m);
        event_leave(w);
    }
    return other == OTHER_KEEP;
}

static void drop_nulls(struct json *object)
{
    struct json *next = object->child;

    object->child = object->last = NULL;
    object->count = 0;
    for (struct json *m = next; m; m = next) {
        next = m->next;
        if (m->kind != JSON_NULL)
            json_push(object, m);
    }
}

void event_fields(struct event_work *w, struct json *object, const struct event_field *fields,
                  uint32_t count, enum event_other other, struct json **found)
{
    event_fields_in_order(w, NULL, object, fields, count, other, found);
}

void event_fields_in_order(struct event_work *w, struct event_order *order, struct json *object,
                           const struct event_field *fields, uint32_t count, enum event_other other,
                           struct json **found)
{
    struct json *before = NULL, *next;
    uint32_t hint = 0, position = 0, kept = 0;
    bool repeated = false;

    if (found)
        memset(found, 0, count * sizeof *found);
    for (struct json *m = object->child; m; m = next) {
        uint32_t i = search(fields, count, m->key, hint, order, position++);
        bool keep = m->kind != JSON_NULL;

        next = m->next;
        if (i < count) {
            hint = i + 1;
            if (found && found[i]) { /* of duplicate keys the last counts */
                json_to_null(found[i]);
                repeated = true;
            }
            if (keep) {
                event_enter(w, m->key);
                fields[i].check(w, m, &fields[i]);
                event_leave(w);
                keep = m->kind != JSON_NULL;
            }
            if (found)
                found[i] = keep ? m : NULL;
        } else if (keep) {
            keep = keep_other(w, m, other);
        }
        if (keep) {
            before = m;
            kept++;
        } else if (before) {
            before->next = next;
        } else {
            object->child = next;
        }
    }
    object->last = before;
    object->count = kept;
    if (repeated)
        drop_nulls(object);
}

/* ---- checks ---- */

void event_keep(struct event_work *w, struct json *v, const struct event_field *f)
{
}

void event_text(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_STRING)
        event_refuse(w, v);
    else if (v->raw.len > f->max)
        event_cut_text(w, v, f->max, f->more);
}

void event_text_trimmed(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t, trimmed;

    if (v->kind != JSON_STRING) {
        event_refuse(w, v);
        return;
    }
    t = json_string(v, w->a);
    trimmed = text_trim(t);
    if (trimmed.len == 0)
        json_to_null(v);
    else if (trimmed.len != t.len)
        event_set_text(w, v, trimmed);
    if (v->kind == JSON_STRING && v->raw.len > f->max)
        event_cut_text(w, v, f->max, f->more);
}

static void scalar_to_text(struct event_work *w, struct json *v)
{
    /* As Python spells them, and hence everything in Sentry. */
    if (v->kind == JSON_TRUE)
        event_set_text(w, v, TEXT("True"));
    else if (v->kind == JSON_FALSE)
        event_set_text(w, v, TEXT("False"));
    else if (v->kind == JSON_NUMBER)
        v->kind = JSON_STRING; /* its digits are its text */
}

void event_text_of_any(struct event_work *w, struct json *v, const struct event_field *f)
{
    scalar_to_text(w, v);
    event_text(w, v, f);
}

void event_scalar_text(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT)
        json_to_null(v);
    else
        event_text_of_any(w, v, f);
}

void event_bool(struct event_work *w, struct json *v, const struct event_field *f)
{
    bool yes;

    if (v->kind == JSON_TRUE || v->kind == JSON_FALSE)
        return;
    if (json_boolean(v, &yes))
        *v = (struct json){.kind = yes ? JSON_TRUE : JSON_FALSE,
                           .key = v->key,
                           .key_escaped = v->key_escaped,
                           .next = v->next};
    else
        event_refuse(w, v);
}

static void set_int(struct event_work *w, struct json *v, int64_t n)
{
    struct json *number = json_new_int(w->a, n);

    if (number)
        json_become(v, number);
    else
        json_to_null(v);
}

/* As a number without a point, when it is none yet. */
static void settle_int(struct event_work *w, struct json *v, int64_t n)
{
    if (v->kind != JSON_NUMBER || text_find_byte(v->raw, '.') != v->raw.len)
        set_int(w, v, n);
}

void event_int(struct event_work *w, struct json *v, const struct event_field *f)
{
    int64_t n;

    if (json_int64(v, &n))
        settle_int(w, v, n);
    else
        event_refuse(w, v);
}

void event_uint(struct event_work *w, struct json *v, const struct event_field *f)
{
    int64_t n;

    if (!json_int64(v, &n))
        event_refuse(w, v);
    else if (n <= 0 || n > UINT32_MAX)
        json_to_null(v);
    else
        settle_int(w, v, n);
}

/* Already what we would write? Most timestamps of Python, Ruby, Java are. */
static bool is_written_well(const struct json *v)
{
    struct text t = v->raw;

    return v->kind == JSON_STRING && t.len < TIMESTAMP_TEXT_MAX && t.len > 10 && t.at[10] == 'T' &&
           t.at[t.len - 1] == 'Z';
}

void event_time(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text out;
    int64_t us;

    if (!timestamp_json(v, &us) || us < 0 || __builtin_add_overflow(us, w->shift_us, &us)) {
        event_refuse(w, v);
        return;
    }
    if (w->shift_us == 0 && is_written_well(v))
        return;
    out = timestamp_text(us, w->a);
    if (out.len)
        json_become(v, &(struct json){.kind = JSON_STRING, .raw = out});
    else
        event_refuse(w, v);
}

bool event_is_object(struct event_work *w, struct json *v)
{
    if (v->kind == JSON_ARRAY && v->count == 0)
        v->kind = JSON_OBJECT; /* PHP cannot tell the two apart */
    if (v->kind == JSON_OBJECT)
        return true;
    event_refuse(w, v);
    return false;
}

void event_list(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind == JSON_OBJECT && v->count == 0)
        v->kind = JSON_ARRAY;
    if (v->kind != JSON_ARRAY)
        event_refuse(w, v);
}

void event_bag(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (event_is_object(w, v))
        event_cut_bag(w, v, f->more, f->max);
}

void event_any_bag(struct event_work *w, struct json *v, const struct event_field *f)
{
    event_cut_bag(w, v, f->more, f->max);
}

static inline bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

void event_address(struct event_work *w, struct json *v, const struct event_field *f)
{
    unsigned long long address;
    struct text t = v->raw;

    if (v->kind == JSON_STRING && (text_starts(t, "0x") || text_starts(t, "0X"))) {
        for (size_t i = 2; i < t.len; i++)
            if (!is_hex(t.at[i])) {
                event_refuse(w, v);
                return;
            }
        if (t.len == 2 || t.len > 18)
            event_refuse(w, v);
        return;
    }
    if ((v->kind != JSON_STRING && v->kind != JSON_NUMBER) || !text_u64(t, &address))
        event_refuse(w, v);
    else
        event_set_text(w, v, arena_printf(w->a, "0x%llx", address));
}
