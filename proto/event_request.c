/* event_request.c -- the HTTP request an event happened in. Its maps become lists of pairs,
 * whatever form they came in: order and repeated names matter, and every reader finds one shape. */
#include "proto/event_part.h"

#include <stdlib.h>

#include "proto/form.h"

struct json *event_pair(const struct json *pairs, struct text key, bool nocase)
{
    if (!json_is(pairs, JSON_ARRAY))
        return NULL;
    for (const struct json *p = pairs->child; p; p = p->next) {
        const struct json *name = p->kind == JSON_ARRAY && p->count == 2 ? p->child : NULL;

        if (name && (nocase ? text_eq_nocase(name->raw, key) : text_eq(name->raw, key)))
            return name->next;
    }
    return NULL;
}

/* ---- maps → lists of pairs ---- */

/* How one map treats its members; TEXT_NONE for a key means: not this one. */
struct pairs_rule {
    struct text (*key)(struct text key, struct arena *a);
    void (*value)(struct event_work *w, struct json *value);
    bool sorted; /* members of an object, by name */
};

static void push_pair(struct event_work *w, struct json *pairs, const struct pairs_rule *rule,
                      struct text key, struct json *value)
{
    if (pairs->count >= REQUEST_PAIRS_MAX)
        return;
    if (rule->key)
        key = rule->key(key, w->a);
    if (rule->value)
        rule->value(w, value);
    if (key.at)
        json_push(pairs, event_new_pair(w->a, key, value));
}

static int by_name(const void *a, const void *b)
{
    const struct json *x = *(struct json *const *)a, *y = *(struct json *const *)b;
    struct text s = x->child->raw, t = y->child->raw;
    int order = memcmp(s.at, t.at, s.len < t.len ? s.len : t.len);

    return order ? order : (s.len > t.len) - (s.len < t.len);
}

static void sort_pairs(struct event_work *w, struct json *pairs)
{
    struct json **all = arena_alloc(w->a, pairs->count * sizeof *all);
    uint32_t count = 0;

    if (!all)
        return;
    for (struct json *p = pairs->child; p; p = p->next)
        all[count++] = p;
    qsort(all, count, sizeof *all, by_name);
    pairs->child = pairs->last = NULL;
    pairs->count = 0;
    for (uint32_t i = 0; i < count; i++)
        json_push(pairs, all[i]);
}

/* An object or a list of pairs; anything else is refused. */
static void to_pairs(struct event_work *w, struct json *v, const struct pairs_rule *rule)
{
    struct json *pairs = json_new(w->a, JSON_ARRAY), *next;

    if (!pairs || (v->kind != JSON_OBJECT && v->kind != JSON_ARRAY)) {
        event_refuse(w, v);
        return;
    }
    for (struct json *m = v->child; m; m = next) {
        next = m->next;
        if (v->kind == JSON_OBJECT) {
            push_pair(w, pairs, rule, m->key, m);
        } else if (m->kind == JSON_ARRAY && m->count == 2) {
            struct text key = json_as_text(m->child, w->a);

            if (key.at)
                push_pair(w, pairs, rule, key, m->child->next);
        } else if (m->kind != JSON_NULL) {
            event_note_here(w, "invalid_data", m);
        }
    }
    if (v->kind == JSON_OBJECT && rule->sorted)
        sort_pairs(w, pairs);
    if (pairs->count)
        json_become(v, pairs);
    else
        json_to_null(v);
}

/* ---- headers and cookies ---- */

/* First letter of each part between dashes in upper case. */
static struct text header_name(struct text key, struct arena *a)
{
    char *copy = NULL;

    for (size_t i = 0; i < key.len; i++) {
        bool first = i == 0 || key.at[i - 1] == '-';

        if (!first || key.at[i] < 'a' || key.at[i] > 'z')
            continue;
        if (!copy && !(copy = arena_dup(a, key.at, key.len)))
            return TEXT_NONE;
        copy[i] = (char)(key.at[i] - 'a' + 'A');
    }
    return copy ? (struct text){copy, key.len} : key;
}

/* A text; the members of a list joined by commas. */
static void header_value(struct event_work *w, struct json *v)
{
    struct buf joined;

    if (v->kind == JSON_STRING || v->kind == JSON_NULL)
        return;
    if (v->kind != JSON_ARRAY) {
        event_set_text(w, v, json_as_text(v, w->a));
        return;
    }
    buf_init(&joined, w->a, 128, 16 * KIB);
    for (const struct json *m = v->child; m; m = m->next) {
        if (m != v->child)
            buf_byte(&joined, ',');
        buf_text(&joined, json_as_text(m, w->a));
    }
    event_set_text(w, v, buf_result(&joined));
}

static void check_headers(struct event_work *w, struct json *v, const struct event_field *f)
{
    static const struct pairs_rule rule = {
        .key = header_name, .value = header_value, .sorted = true};

    to_pairs(w, v, &rule);
    if (v->kind == JSON_ARRAY)
        event_cut_bag(w, v, f->more, f->max);
}

/* "a=b; c=d" */
static void split_cookies(struct event_work *w, struct json *v, struct text header)
{
    struct json *pairs = json_new(w->a, JSON_ARRAY);

    while (pairs && header.len && pairs->count < REQUEST_PAIRS_MAX) {
        struct text piece = text_cut(header, 0, text_find_byte(header, ';'));
        size_t equals = text_find_byte(piece, '=');

        header = text_cut(header, piece.len + 1, header.len);
        if (text_trim(piece).len)
            json_push(pairs,
                      event_new_pair(w->a, text_trim(text_cut(piece, 0, equals)),
                                     json_new_string(
                                         w->a, text_trim(text_cut(piece, equals + 1, piece.len)))));
    }
    if (pairs && pairs->count)
        json_become(v, pairs);
    else
        json_to_null(v);
}

static void check_cookies(struct event_work *w, struct json *v, const struct event_field *f)
{
    static const struct pairs_rule rule = {.value = header_value};

    if (v->kind == JSON_STRING)
        split_cookies(w, v, json_string(v, w->a));
    else
        to_pairs(w, v, &rule);
    if (v->kind == JSON_ARRAY)
        event_cut_bag(w, v, f->more, f->max);
}

/* ---- query and body ---- */

static void form_to_pairs(struct event_work *w, struct json *v, struct text form)
{
    struct json *pairs = json_new(w->a, JSON_ARRAY);
    struct form_pair pair;

    while (pairs && pairs->count < REQUEST_PAIRS_MAX && form_next(&form, w->a, &pair))
        json_push(pairs,
                  event_new_pair(w->a, pair.key,
                                 json_new_string(w->a, pair.value.at ? pair.value : TEXT(""))));
    if (pairs && pairs->count)
        json_become(v, pairs);
    else
        json_to_null(v);
}

static void check_query(struct event_work *w, struct json *v, const struct event_field *f)
{
    static const struct pairs_rule rule = {.sorted = false};

    if (v->kind == JSON_STRING) {
        struct text form = json_string(v, w->a);

        form_to_pairs(w, v, text_cut(form, text_starts(form, "?"), form.len));
    } else {
        to_pairs(w, v, &rule);
    }
    if (v->kind == JSON_ARRAY)
        event_cut_bag(w, v, f->more, f->max);
}

/* "a=1&b=2", but not base64 with its '=' at the end: some key has a value. */
static bool looks_like_form(struct text t)
{
    size_t equals = text_find_byte(t, '=');

    if (t.len > 64 * KIB)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] <= ' ' || strchr("\"<>{}[]", t.at[i]))
            return false;
    return equals > 0 && equals + 1 < t.len && t.at[equals + 1] != '=' && t.at[equals + 1] != '&';
}

/* What a text body is, if it can be told; then v becomes the parsed form. */
static const char *parse_body(struct event_work *w, struct json *v)
{
    struct text body = text_trim(json_string(v, w->a));
    struct json *parsed;

    if ((text_starts(body, "{") || text_starts(body, "[")) &&
        json_read(body, w->a, &parsed, NULL) == JSON_OK) {
        json_become(v, parsed);
        return "application/json";
    }
    if (looks_like_form(body)) {
        form_to_pairs(w, v, body);
        return "application/x-www-form-urlencoded";
    }
    return NULL;
}

/* ---- url and method ---- */

static void check_method(struct event_work *w, struct json *v, const struct event_field *f)
{
    char upper[32];
    struct text t = v->raw;
    bool changed = false;

    if (v->kind != JSON_STRING || t.len < 3 || t.len > sizeof upper) {
        event_refuse(w, v);
        return;
    }
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        changed |= upper[i] != c;
        if (!((upper[i] >= 'A' && upper[i] <= 'Z') || upper[i] == '_' || upper[i] == '-')) {
            event_refuse(w, v);
            return;
        }
    }
    if (changed)
        event_set_text(w, v, arena_text(w->a, (struct text){upper, t.len}));
}

enum {
    URL,
    METHOD,
    QUERY,
    FRAGMENT,
    COOKIES,
    HEADERS,
    DATA,
    CONTENT_TYPE,
    REQUEST_FIELDS_LOOKED_AT
};

static const struct event_field fields[] = {
    [URL] = EVENT_FIELD("url", event_text, ITEM_EVENT_MAX),
    [METHOD] = EVENT_FIELD("method", check_method),
    [QUERY] = EVENT_FIELD("query_string", check_query, 8 * KIB, 4),
    [FRAGMENT] = EVENT_FIELD("fragment", event_text, 1024),
    [COOKIES] = EVENT_FIELD("cookies", check_cookies, 8 * KIB, 3),
    [HEADERS] = EVENT_FIELD("headers", check_headers, 8 * KIB, 3),
    [DATA] = EVENT_FIELD("data", event_keep),
    [CONTENT_TYPE] = EVENT_FIELD("inferred_content_type", event_text, 128),
    EVENT_FIELD("env", event_bag, 8 * KIB, 7),
    EVENT_FIELD("body_size", event_int),
    EVENT_FIELD("api_target", event_text, 128),
    EVENT_FIELD("protocol", event_text, 128),
};

/* Query and fragment leave the URL for their own fields, unless those are set. */
static void split_url(struct event_work *w, struct json *request, struct json **found)
{
    static const char ellipsis[] = "\xe2\x80\xa6"; /* how old browser SDKs cut */
    struct text sent = json_string(found[URL], w->a), t = sent, part;
    size_t at, host;

    if (text_ends(t, ellipsis))
        t = arena_join(w->a, text_cut(t, 0, t.len - 3), TEXT("..."), TEXT_NONE);
    if ((at = text_find_byte(t, '#')) < t.len) {
        part = text_cut(t, at + 1, t.len);
        t = text_cut(t, 0, at);
        if (part.len && !found[FRAGMENT])
            json_set(w->a, request, "fragment",
                     json_new_string(w->a, text_clip_chars(part, fields[FRAGMENT].max)));
    }
    if ((at = text_find_byte(t, '?')) < t.len) {
        part = text_cut(t, at + 1, t.len);
        t = text_cut(t, 0, at);
        if (part.len && !found[QUERY]) {
            struct json *query = json_new_string(w->a, part);

            if (query)
                check_query(w, query, &fields[QUERY]);
            if (query && query->kind != JSON_NULL)
                json_set(w->a, request, "query_string", query);
        }
    }
    host = text_find(t, TEXT("://"));
    if ((text_starts_nocase(t, "http:") || text_starts_nocase(t, "https:")) && host + 3 < t.len &&
        text_find_byte(text_cut(t, host + 3, t.len), '/') == t.len - host - 3)
        t = arena_join(w->a, t, TEXT("/"), TEXT_NONE);
    if (t.len != sent.len || t.at != sent.at)
        event_set_text(w, found[URL], t);
    event_cut_text(w, found[URL], 256, 40);
}

/* The Cookie header is where cookies are when they have no field; then it leaves. */
static void take_cookie_header(struct event_work *w, struct json *request, struct json **found)
{
    struct json *headers = found[HEADERS], *before = NULL, *header, *cookies;

    for (struct json *p = headers ? headers->child : NULL; p; before = p, p = p->next) {
        if (p->count != 2 || !text_eq_nocase(p->child->raw, TEXT("cookie")))
            continue;
        header = p->child->next;
        if (before)
            before->next = p->next;
        else
            headers->child = p->next;
        if (headers->last == p)
            headers->last = before;
        headers->count--;
        if (!found[COOKIES] && header->kind == JSON_STRING &&
            (cookies = json_new_string(w->a, json_string(header, w->a)))) {
            check_cookies(w, cookies, &fields[COOKIES]);
            if (cookies->kind != JSON_NULL)
                json_set(w->a, request, "cookies", cookies);
        }
        break;
    }
    if (headers && headers->count == 0)
        json_take(request, "headers");
}

static void infer_content(struct event_work *w, struct json *request, struct json **found)
{
    const char *type = found[DATA]->kind == JSON_STRING ? parse_body(w, found[DATA]) : NULL;
    struct text header;

    event_cut_bag(w, found[DATA], 7, 8 * KIB);
    if (type) {
        json_set(w->a, request, "inferred_content_type", json_new_string(w->a, text_of(type)));
        return;
    }
    header = json_string(event_pair(found[HEADERS], TEXT("Content-Type"), true), w->a);
    header = text_trim(text_cut(header, 0, text_find_byte(header, ';')));
    if (header.len)
        json_set(w->a, request, "inferred_content_type",
                 json_new_string(w->a, text_clip_chars(header, 128)));
}

void event_request(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *found[EVENT_FIELDS(fields)];

    if (!event_is_object(w, v))
        return;
    event_fields(w, v, fields, EVENT_FIELDS(fields), OTHER_DROP, found);
    if (found[URL])
        split_url(w, v, found);
    if (found[DATA])
        infer_content(w, v, found);
    take_cookie_header(w, v, found);
    if (v->count == 0)
        json_to_null(v);
}
