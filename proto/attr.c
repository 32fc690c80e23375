/* attr.c -- looking into attribute lists, making them, writing them as JSON. */
#include "proto/attr.h"

#include <math.h>

#include "proto/limits.h"
#include "proto/utf8.h"

const struct attr *attr_get(const struct attrs *list, const char *key)
{
    size_t len = strlen(key);

    for (uint32_t i = list->count; i-- > 0;)
        if (list->at[i].key.len == len && memcmp(list->at[i].key.at, key, len) == 0)
            return &list->at[i];
    return NULL;
}

const struct attr *attr_first(const struct attrs *list, const char *const *keys)
{
    for (; *keys; keys++) {
        const struct attr *at = attr_get(list, *keys);

        if (at && at->kind != ATTR_EMPTY)
            return at;
    }
    return NULL;
}

struct text attr_string(const struct attrs *list, const char *key)
{
    const struct attr *at = attr_get(list, key);

    return at && at->kind == ATTR_STRING && at->text.len ? at->text : TEXT_NONE;
}

bool attr_int(const struct attr *at, int64_t *out)
{
    unsigned long long v;

    if (!at)
        return false;
    switch (at->kind) {
    case ATTR_INT:
        *out = at->integer;
        return true;
    case ATTR_DOUBLE:
        if (!(fabs(at->real) < 9e18) || at->real != floor(at->real))
            return false;
        *out = (int64_t)at->real;
        return true;
    case ATTR_STRING:
        if (!text_u64(at->text, &v) || v > INT64_MAX)
            return false;
        *out = (int64_t)v;
        return true;
    default:
        return false;
    }
}

/* ---- as text ---- */

static void base64(struct buf *b, struct text t)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < t.len; i += 3) {
        size_t have = t.len - i < 3 ? t.len - i : 3;
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? (unsigned char)t.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_byte(b, k <= have ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
}

static const char *not_finite(double v)
{
    return isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity";
}

struct text attr_as_text(const struct attr *at, struct arena *a)
{
    struct buf b;

    if (!at)
        return TEXT_NONE;
    switch (at->kind) {
    case ATTR_STRING:
    case ATTR_JSON:
        return at->text;
    case ATTR_EMPTY:
        return TEXT("");
    case ATTR_BOOL:
        return at->integer ? TEXT("true") : TEXT("false");
    case ATTR_INT:
        return arena_printf(a, "%lld", (long long)at->integer);
    }
    buf_init(&b, a, at->kind == ATTR_BYTES ? at->text.len / 3 * 4 + 4 : 40, SIZE_MAX / 4);
    if (at->kind == ATTR_BYTES)
        base64(&b, at->text);
    else if (isfinite(at->real))
        json_num(&b, NULL, at->real);
    else
        buf_str(&b, not_finite(at->real));
    return buf_result(&b);
}

/* ---- JSON ---- */

/* "…" around what base64() writes, with the comma and key that json_str would put. */
static void base64_string(struct buf *b, const char *key, struct text t)
{
    json_str(b, key, "");
    if (!b->failed) {
        b->len--; /* take the closing quote back */
        base64(b, t);
        buf_byte(b, '"');
    }
}

void attr_write_value(struct buf *b, const char *key, const struct attr *at)
{
    switch (at->kind) {
    case ATTR_STRING:
        json_text(b, key, at->text.at ? at->text : TEXT(""));
        break;
    case ATTR_BOOL:
        json_bool(b, key, at->integer);
        break;
    case ATTR_INT:
        json_int(b, key, at->integer);
        break;
    case ATTR_DOUBLE:
        if (isfinite(at->real))
            json_num(b, key, at->real);
        else
            json_str(b, key, not_finite(at->real));
        break;
    case ATTR_BYTES:
        base64_string(b, key, at->text);
        break;
    case ATTR_JSON:
        json_raw(b, key, at->text);
        break;
    default:
        json_null(b, key);
    }
}

void attrs_write_json(struct buf *b, const char *key, const struct attrs *list)
{
    json_open(b, key, '{');
    for (uint32_t i = 0; i < list->count; i++) {
        json_key(b, list->at[i].key);
        attr_write_value(b, NULL, &list->at[i]);
    }
    json_close(b, '}');
}

void attrs_write_pairs(struct buf *b, const char *key, const struct attrs *list)
{
    json_open(b, key, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        json_open(b, NULL, '[');
        json_text(b, NULL, list->at[i].key);
        attr_write_value(b, NULL, &list->at[i]);
        json_close(b, ']');
    }
    json_close(b, ']');
}

void json_digits(struct buf *b, const char *key, int64_t v)
{
    json_open(b, key, '"');
    buf_printf(b, "%lld", (long long)v);
    json_close(b, '"');
}

bool attr_json_int(const struct json *v, int64_t *out)
{
    for (size_t i = 0; i < v->raw.len; i++)
        if (v->raw.at[i] != '-' && (v->raw.at[i] < '0' || v->raw.at[i] > '9'))
            return false;
    return json_int64(v, out);
}

/* A value of plain JSON as an OTLP AnyValue; bounded by JSON_DEPTH_MAX of whoever read it. */
static void write_any_json(struct buf *b, const char *key, const struct json *v, struct arena *a)
{
    int64_t integer;
    double real;

    json_open(b, key, '{');
    switch (v->kind) {
    case JSON_TRUE:
    case JSON_FALSE:
        json_bool(b, "boolValue", v->kind == JSON_TRUE);
        break;
    case JSON_NUMBER:
        if (attr_json_int(v, &integer))
            json_digits(b, "intValue", integer);
        else if (json_double(v, &real))
            json_num(b, "doubleValue", real);
        break;
    case JSON_STRING:
        json_text(b, "stringValue", json_string(v, a));
        break;
    case JSON_ARRAY:
        json_open(b, "arrayValue", '{');
        json_open(b, "values", '[');
        for (const struct json *c = v->child; c; c = c->next)
            write_any_json(b, NULL, c, a);
        json_close(b, ']');
        json_close(b, '}');
        break;
    case JSON_OBJECT:
        json_open(b, "kvlistValue", '{');
        json_open(b, "values", '[');
        for (const struct json *c = v->child; c; c = c->next) {
            json_open(b, NULL, '{');
            json_text(b, "key", c->key);
            write_any_json(b, "value", c, a);
            json_close(b, '}');
        }
        json_close(b, ']');
        json_close(b, '}');
        break;
    default:
        break;
    }
    json_close(b, '}');
}

void attr_write_any(struct buf *b, const char *key, const struct attr *at)
{
    struct json *v;

    if (at->kind == ATTR_JSON && json_read(at->text, b->arena, &v, NULL) == JSON_OK) {
        write_any_json(b, key, v, b->arena);
        return;
    }
    json_open(b, key, '{');
    switch (at->kind) {
    case ATTR_STRING:
        attr_write_value(b, "stringValue", at);
        break;
    case ATTR_BOOL:
        attr_write_value(b, "boolValue", at);
        break;
    case ATTR_INT:
        json_digits(b, "intValue", at->integer);
        break;
    case ATTR_DOUBLE:
        attr_write_value(b, "doubleValue", at);
        break;
    case ATTR_BYTES:
        attr_write_value(b, "bytesValue", at);
        break;
    default:
        break;
    }
    json_close(b, '}');
}

void attrs_write_otlp(struct buf *b, const char *key, const struct attrs *list)
{
    json_open(b, key, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        json_open(b, NULL, '{');
        json_text(b, "key", list->at[i].key);
        attr_write_any(b, "value", &list->at[i]);
        json_close(b, '}');
    }
    json_close(b, ']');
}

/* ---- making a list ---- */

void attr_list_init(struct attr_list *l, struct arena *a, uint32_t room, uint32_t max)
{
    *l = (struct attr_list){.arena = a, .max = max};
    l->room = room < max ? room : max;
    if (l->room && !(l->attrs.at = arena_alloc(a, l->room * sizeof *l->attrs.at)))
        l->room = 0;
}

static bool list_grow(struct attr_list *l)
{
    uint32_t room = l->room ? l->room * 2 : 8;
    struct attr *at;

    if (l->attrs.count >= l->max)
        return false;
    if (room > l->max)
        room = l->max;
    if (!(at = arena_alloc(l->arena, room * sizeof *at)))
        return false;
    if (l->attrs.count)
        memcpy(at, l->attrs.at, l->attrs.count * sizeof *at);
    l->attrs.at = at;
    l->room = room;
    return true;
}

struct attr *attr_add(struct attr_list *l, struct text key)
{
    struct attr *at;

    if (key.len == 0)
        return NULL;
    if (l->attrs.count == l->room && !list_grow(l)) {
        l->attrs.dropped++;
        return NULL;
    }
    at = &l->attrs.at[l->attrs.count++];
    *at = (struct attr){.key = utf8_mend(text_clip(key, ATTR_KEY_MAX), l->arena)};
    return at;
}

void attr_add_text(struct attr_list *l, const char *key, struct text value)
{
    struct attr *at = value.len ? attr_add(l, text_of(key)) : NULL;

    if (at)
        attr_set_text(at, ATTR_STRING, value, l->arena);
}

bool attr_set_text(struct attr *at, uint8_t kind, struct text value, struct arena *a)
{
    size_t max = ATTR_VALUE_MAX;
    bool cut;

    if (value.len > max && (text_is(at->key, "exception.stacktrace") ||
                            text_is(at->key, "db.query.text") || text_is(at->key, "db.statement")))
        max = ATTR_LONG_MAX;
    cut = value.len > max;
    at->kind = kind;
    if (kind == ATTR_BYTES)
        at->text = text_cut(value, 0, max);
    else
        at->text = utf8_mend(text_clip(value, max), a);
    return cut;
}

void attr_set_json(struct attr *at, const struct json *v, struct arena *a)
{
    struct buf b;

    switch (v->kind) {
    case JSON_TRUE:
    case JSON_FALSE:
        at->kind = ATTR_BOOL;
        at->integer = v->kind == JSON_TRUE;
        break;
    case JSON_NUMBER:
        if (attr_json_int(v, &at->integer))
            at->kind = ATTR_INT;
        else if (json_double(v, &at->real))
            at->kind = ATTR_DOUBLE;
        break;
    case JSON_STRING:
        attr_set_text(at, ATTR_STRING, json_string(v, a), a);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_init(&b, a, 64, ATTR_VALUE_MAX); /* cut JSON is no JSON: too long is dropped */
        json_write(&b, v);
        at->text = buf_result(&b);
        at->kind = at->text.at ? ATTR_JSON : ATTR_EMPTY;
        break;
    default:
        break;
    }
}

size_t attrs_size(const struct attrs *list)
{
    size_t size = 0;

    for (uint32_t i = 0; i < list->count; i++)
        size += list->at[i].key.len + list->at[i].text.len + 10;
    return size;
}

void attrs_fit(struct attrs *list, size_t max)
{
    size_t size = 0;
    uint32_t kept = 0;

    for (; kept < list->count; kept++) {
        size += list->at[kept].key.len + list->at[kept].text.len + 10;
        if (size > max)
            break;
    }
    list->dropped += list->count - kept;
    list->count = kept;
}
