/* event.h -- for tests that read events: one call from JSON to the filled struct, and a look at the
 * normalised document by path. */
#ifndef QUERN_T_EVENT_H
#define QUERN_T_EVENT_H

#include "proto/event.h"
#include "proto/timestamp.h"
#include "t/lib/tap.h"

#define RECEIVED_US 1772359200000000LL /* 2026-03-01T10:00:00Z */

static struct arena test_arena;
static struct event_context test_context; /* as the tests set it; received_us is filled in */

/* Read and fill; the arena is emptied first, so one event lives at a time. */
__attribute__((unused)) static enum event_rc take_text(struct text json, struct event *e)
{
    enum event_rc rc;

    if (!test_arena.budget)
        arena_init(&test_arena, REQUEST_ARENA_MAX);
    arena_reset(&test_arena);
    test_context.received_us = RECEIVED_US;
    rc = event_read(json, &test_context, &test_arena, e);
    return rc == EVENT_OK ? event_fill(e, &test_arena) : rc;
}

__attribute__((unused)) static struct event *take(const char *json)
{
    static struct event e;

    if (take_text(text_of(json), &e) != EVENT_OK)
        note("not taken: %.200s", json);
    return &e;
}

/* The node at "exception.values.0.type", or NULL. */
__attribute__((unused)) static const struct json *node_at(const struct event *e, const char *path)
{
    const struct json *v = e->root;
    struct text rest = text_of(path);

    while (v && rest.len) {
        struct text key = text_cut(rest, 0, text_find_byte(rest, '.'));
        unsigned long long index;

        rest = text_cut(rest, key.len + 1, rest.len);
        if (v->kind == JSON_ARRAY && text_u64(key, &index)) {
            for (v = v->child; v && index; index--)
                v = v->next;
        } else {
            v = json_get_text(v, key);
        }
    }
    return v;
}

/* It as JSON; "absent" when there is nothing. */
__attribute__((unused)) static const char *json_at(const struct event *e, const char *path)
{
    const struct json *v = node_at(e, path);
    struct text t;
    struct buf b;

    if (!v)
        return "absent";
    buf_init(&b, &test_arena, 256, 16 * MIB);
    json_write(&b, v);
    t = buf_result(&b);
    return t.at ? arena_dup(&test_arena, t.at, t.len) : "failed";
}

/* What stands at `path` of the event in `json`. */
#define at_is(json, path, want, name) is_str(json_at(take(json), path), want, name)

__attribute__((unused)) static bool has_note(const struct event *e, const char *type,
                                             const char *name)
{
    const struct json *list = json_get(e->root, "errors");

    for (const struct json *n = list ? list->child : NULL; n; n = n->next)
        if (text_is(json_get(n, "type")->raw, type) && text_is(json_get(n, "name")->raw, name))
            return true;
    return false;
}

/* The value of a tag of the struct, client's or derived; "" when there is none. */
__attribute__((unused)) static const char *tag_of(const struct event *e, const char *key)
{
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (text_is(e->tags[i].key, key))
            return arena_dup(&test_arena, e->tags[i].value.at, e->tags[i].value.len);
    return "";
}

/* A string of `count` times `c`; static, one at a time. */
__attribute__((unused)) static const char *many(char c, size_t count)
{
    static char out[1 << 16];

    memset(out, c, count);
    out[count] = '\0';
    return out;
}

/* printf into a static buffer. */
__attribute__((unused, format(printf, 1, 2))) static const char *printed(const char *format, ...)
{
    static char out[1 << 17];
    va_list ap;

    va_start(ap, format);
    vsnprintf(out, sizeof out, format, ap);
    va_end(ap);
    return out;
}

#endif
