/* event_trim.c -- cutting what is too long: texts by characters, databags by depth and bytes. */
#include "proto/event_part.h"

void event_set_text(struct event_work *w, struct json *v, struct text decoded)
{
    struct json *s = decoded.at ? json_new_string(w->a, decoded) : NULL;

    if (s)
        json_become(v, s);
    else
        json_to_null(v); /* the arena is spent; event_from_tree will say so */
}

static bool is_whole(struct text number)
{
    return text_find_byte(number, '.') == number.len && text_find_byte(number, 'e') == number.len &&
           text_find_byte(number, 'E') == number.len;
}

void event_as_text(struct event_work *w, struct json *v)
{
    double d;

    if (v->kind == JSON_NUMBER && is_whole(v->raw))
        v->kind = JSON_STRING;
    else if (v->kind == JSON_NUMBER && json_double(v, &d) && d > -0x1p53 && d < 0x1p53)
        event_set_text(w, v, arena_printf(w->a, "%lld", (long long)d));
    else if (v->kind == JSON_TRUE || v->kind == JSON_FALSE)
        event_set_text(w, v, text_of(v->kind == JSON_TRUE ? "True" : "False"));
}

void event_cut_text(struct event_work *w, struct json *v, size_t max, size_t more)
{
    struct text t = json_string(v, w->a);
    struct buf cut;

    if (t.len <= max + more || text_chars(t) <= max + more)
        return;
    t = text_clip_chars(t, max > 3 ? max - 3 : 0);
    buf_init(&cut, w->a, t.len + 3, SIZE_MAX / 2);
    buf_text(&cut, t);
    buf_add(&cut, "...", max < 3 ? max : 3);
    event_set_text(w, v, buf_result(&cut));
}

struct bag {
    struct event_work *w;
    size_t left; /* bytes of JSON that may still come */
};

static void spend(struct bag *b, size_t bytes)
{
    b->left -= bytes < b->left ? bytes : b->left;
}

static void cut_value(struct bag *b, struct json *v, uint32_t level);

static void cut_children(struct bag *b, struct json *v, uint32_t level)
{
    struct json *before = NULL;
    uint32_t kept = 0;

    spend(b, 2);
    for (struct json *m = v->child; m && b->left; m = m->next) {
        spend(b, m->key.len + 4);
        cut_value(b, m, level - 1);
        before = m;
        kept++;
    }
    if (kept == v->count)
        return;
    v->count = kept;
    v->last = before;
    if (before)
        before->next = NULL;
    else
        v->child = NULL;
}

static void cut_value(struct bag *b, struct json *v, uint32_t level)
{
    bool container = v->kind == JSON_ARRAY || v->kind == JSON_OBJECT;

    if (container && v->count && level <= 1) {
        event_set_text(b->w, v, json_as_text(v, b->w->a));
        container = false;
    }
    if (container) {
        cut_children(b, v, level);
        return;
    }
    if (v->kind == JSON_STRING && v->raw.len > b->left)
        event_cut_text(b->w, v, b->left, 0);
    spend(b, v->raw.len + 2);
}

void event_cut_bag(struct event_work *w, struct json *v, uint32_t depth, size_t bytes)
{
    struct bag b = {.w = w, .left = bytes};

    cut_value(&b, v, depth);
}
