/* json.c -- asking and changing the tree. */
#include "proto/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *json_rc_text(enum json_rc rc)
{
    switch (rc) {
    case JSON_OK:
        return "ok";
    case JSON_EMPTY:
        return "empty document";
    case JSON_BAD:
        return "invalid JSON";
    case JSON_TOO_MANY:
        return "too many JSON values";
    case JSON_SPENT:
        return "document takes too much memory";
    }
    return "invalid JSON";
}

struct json *json_get_text(const struct json *v, struct text key)
{
    struct json *found = NULL;

    if (!json_is(v, JSON_OBJECT))
        return NULL;
    for (struct json *m = v->child; m; m = m->next)
        if (m->key.len == key.len && text_same(m->key.at, key.at, key.len))
            found = m; /* go on: the last one wins */
    return found;
}

struct text json_string(const struct json *v, struct arena *a)
{
    if (!json_is(v, JSON_STRING))
        return TEXT_NONE;
    return v->escaped ? json_decode(v->raw, a) : v->raw;
}

struct text json_as_text(const struct json *v, struct arena *a)
{
    struct buf out;

    if (!v)
        return TEXT_NONE;
    switch (v->kind) {
    case JSON_NULL:
        return TEXT_NONE;
    case JSON_FALSE:
        return TEXT("false");
    case JSON_TRUE:
        return TEXT("true");
    case JSON_NUMBER:
        return v->raw;
    case JSON_STRING:
        return json_string(v, a);
    }
    buf_init(&out, a, 256, SIZE_MAX / 2);
    json_write(&out, v);
    return buf_result(&out);
}

/* The number that the digits spell. Strings go through here as well, hence the look at every byte.
 */
static bool parse(struct text t, double *out)
{
    char z[64], *end;

    if (t.len == 0 || t.len >= sizeof z)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!strchr("0123456789+-.eE", t.at[i]) || t.at[i] == '\0')
            return false;
    memcpy(z, t.at, t.len);
    z[t.len] = '\0';
    *out = strtod(z, &end);
    return end == z + t.len && isfinite(*out);
}

static bool has_digits(const struct json *v)
{
    return v && (v->kind == JSON_NUMBER || (v->kind == JSON_STRING && !v->escaped));
}

bool json_double(const struct json *v, double *out)
{
    return has_digits(v) && parse(text_trim(v->raw), out);
}

bool json_int64(const struct json *v, int64_t *out)
{
    struct text t;
    bool negative;
    unsigned long long magnitude;
    double d;

    if (!has_digits(v))
        return false;
    t = v->kind == JSON_NUMBER ? v->raw : text_trim(v->raw);
    negative = t.len && t.at[0] == '-';
    if (text_u64(text_cut(t, negative, t.len), &magnitude)) {
        if (magnitude > (unsigned long long)INT64_MAX + negative)
            return false;
        *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
        return true;
    }
    /* 2^63 as a double is exact; what is below it fits. */
    if (!parse(t, &d) || d != floor(d) || d < -0x1p63 || d >= 0x1p63)
        return false;
    *out = (int64_t)d;
    return true;
}

bool json_boolean(const struct json *v, bool *out)
{
    int64_t n;

    if (!v)
        return false;
    if (v->kind == JSON_TRUE || v->kind == JSON_FALSE)
        *out = v->kind == JSON_TRUE;
    else if (v->kind == JSON_STRING && text_eq_nocase(v->raw, TEXT("true")))
        *out = true;
    else if (v->kind == JSON_STRING && text_eq_nocase(v->raw, TEXT("false")))
        *out = false;
    else if (json_int64(v, &n) && (n == 0 || n == 1))
        *out = n == 1;
    else
        return false;
    return true;
}

struct json *json_new(struct arena *a, enum json_kind kind)
{
    struct json *v = arena_zero(a, 1, sizeof *v);

    if (v)
        v->kind = kind;
    return v;
}

struct json *json_new_string(struct arena *a, struct text decoded)
{
    struct json *v = json_new(a, JSON_STRING);
    struct buf escaped;

    if (!v)
        return NULL;
    v->raw = decoded.at ? decoded : TEXT("");
    if (text_plain(decoded) == decoded.len)
        return v;
    buf_init(&escaped, a, decoded.len + 16, SIZE_MAX / 2);
    json_escape(&escaped, decoded);
    v->raw = buf_result(&escaped);
    /* Non-ASCII text needs no backslash, so it reads back without decoding. */
    v->escaped = v->raw.len != decoded.len || (v->raw.at && memchr(v->raw.at, '\\', v->raw.len));
    return v->raw.at ? v : NULL;
}

struct json *json_new_int(struct arena *a, int64_t number)
{
    struct json *v = json_new(a, JSON_NUMBER);

    if (v)
        v->raw = arena_printf(a, "%lld", (long long)number);
    return v && v->raw.at ? v : NULL;
}

void json_push(struct json *array, struct json *v)
{
    if (!array || !v)
        return;
    v->next = NULL;
    if (array->last)
        array->last->next = v;
    else
        array->child = v;
    array->last = v;
    array->count++;
}

/* Take one child out, given the one before it (NULL: it is the first). */
static void unlink_child(struct json *parent, struct json *before, struct json *v)
{
    if (before)
        before->next = v->next;
    else
        parent->child = v->next;
    if (parent->last == v)
        parent->last = before;
    parent->count--;
}

struct json *json_take(struct json *object, const char *key)
{
    struct json *found = NULL, *before = NULL, *next;
    struct text name = text_of(key);

    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (struct json *m = object->child; m; m = next) { /* duplicates leave with it */
        next = m->next;
        if (text_eq(m->key, name)) {
            unlink_child(object, before, m);
            found = m;
        } else {
            before = m;
        }
    }
    if (found)
        found->next = NULL;
    return found;
}

void json_set(struct arena *a, struct json *object, const char *key, struct json *v)
{
    struct json *before = NULL, *found = NULL, *before_found = NULL;
    struct text name = text_of(key);

    if (!json_is(object, JSON_OBJECT) || !v)
        return;
    for (struct json *m = object->child; m; before = m, m = m->next)
        if (text_eq(m->key, name)) {
            found = m;
            before_found = before;
        }
    v->key = name;
    v->key_escaped = text_plain(name) != name.len;
    if (!found) {
        json_push(object, v);
        return;
    }
    v->next = found->next;
    if (before_found)
        before_found->next = v;
    else
        object->child = v;
    if (object->last == found)
        object->last = v;
}

void json_to_null(struct json *v)
{
    json_become(v, &(struct json){.kind = JSON_NULL});
}

void json_become(struct json *v, const struct json *other)
{
    struct json was = *v;

    *v = *other;
    v->key = was.key;
    v->key_escaped = was.key_escaped;
    v->next = was.next;
}
