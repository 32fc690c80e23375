/* span_name.c -- names, ops and statuses from attributes, old conventions and new. */
#include "model/span_name.h"

static const char *const method_keys[] = {"http.request.method", "http.method", NULL};
static const char *const http_codes[] = {"http.response.status_code", "http.status_code", NULL};
static const char *const query_keys[] = {"db.query.text", "db.statement", NULL};
static const char *const db_keys[] = {"db.system.name", "db.system", NULL};

static bool has(const struct span *s, const char *key)
{
    return attr_get(&s->attrs, key) != NULL;
}

static struct text string_of(const struct attr *at)
{
    return at && at->kind == ATTR_STRING ? at->text : TEXT_NONE;
}

struct text span_op(const struct span *s)
{
    struct text op = s->op.len ? s->op : attr_string(&s->attrs, "sentry.op");

    if (op.len)
        return op;
    if (attr_first(&s->attrs, method_keys)) {
        if (s->kind == SPAN_CLIENT)
            return TEXT("http.client");
        return s->kind == SPAN_SERVER ? TEXT("http.server") : TEXT("http");
    }
    if (attr_first(&s->attrs, db_keys))
        return TEXT("db");
    for (uint32_t i = 0; i < s->attrs.count; i++)
        if (text_starts(s->attrs.at[i].key, "gen_ai."))
            return TEXT("gen_ai");
    if (has(s, "rpc.system.name") || has(s, "rpc.system") || has(s, "rpc.service"))
        return TEXT("rpc");
    if (has(s, "messaging.system"))
        return TEXT("message");
    op = attr_string(&s->attrs, "faas.trigger");
    return op.len ? op : TEXT("default");
}

/* ---- description ---- */

/* scheme://host/path of a URL, without user, query and fragment. */
static struct text url_place(struct text url, struct arena *a)
{
    size_t scheme = text_find(url, TEXT("://")), at, slash;
    struct text host;

    url = text_cut(url, 0, text_find_byte(url, '?'));
    url = text_cut(url, 0, text_find_byte(url, '#'));
    if (scheme >= url.len)
        return url;
    host = text_cut(url, scheme + 3, url.len);
    slash = text_find_byte(host, '/');
    at = text_find_byte(text_cut(host, 0, slash), '@');
    if (at >= slash)
        return url;
    return arena_printf(a, "%.*s%.*s", (int)(scheme + 3), url.at,
                        TEXT_ARG(text_cut(host, at + 1, host.len)));
}

static struct text http_description(const struct span *s, struct text method, struct arena *a)
{
    static const char *const client[] = {"url.full", "http.url", NULL};
    static const char *const server[] = {"http.route", "url.path", "http.target", NULL};
    struct text place = string_of(attr_first(&s->attrs, s->kind == SPAN_CLIENT ? client : server));

    if (s->kind == SPAN_CLIENT)
        place = url_place(place, a);
    else
        place = text_cut(place, 0, text_find_byte(place, '?'));
    return place.len ? arena_printf(a, "%.*s %.*s", TEXT_ARG(method), TEXT_ARG(place)) : TEXT_NONE;
}

struct text span_description(const struct span *s, struct arena *a)
{
    struct text own = attr_string(&s->attrs, "sentry.description"), made = TEXT_NONE;
    struct text method = string_of(attr_first(&s->attrs, method_keys));

    if (own.len)
        return own;
    if (s->flags & SPAN_SENTRY)
        return s->name;
    if (method.len)
        made = http_description(s, method, a);
    else if (attr_first(&s->attrs, db_keys))
        made = string_of(attr_first(&s->attrs, query_keys));
    return made.len ? made : span_operation(s);
}

struct text span_shown_name(struct text name)
{
    return name.len ? name : TEXT("(unnamed)");
}

struct text span_operation(const struct span *s)
{
    return span_shown_name(s->name);
}

/* ---- status ---- */

static uint8_t status_of_http(int64_t code)
{
    switch (code) {
    case 400:
        return STATUS_FAILED_PRECONDITION;
    case 401:
        return STATUS_UNAUTHENTICATED;
    case 403:
        return STATUS_PERMISSION_DENIED;
    case 404:
        return STATUS_NOT_FOUND;
    case 409:
        return STATUS_ABORTED;
    case 429:
        return STATUS_RESOURCE_EXHAUSTED;
    case 499:
        return STATUS_CANCELLED;
    case 500:
        return STATUS_INTERNAL_ERROR;
    case 501:
        return STATUS_UNIMPLEMENTED;
    case 503:
        return STATUS_UNAVAILABLE;
    case 504:
        return STATUS_DEADLINE_EXCEEDED;
    default:
        return code >= 100 && code < 400   ? STATUS_OK
               : code >= 400 && code < 500 ? STATUS_INVALID_ARGUMENT
               : code >= 500 && code < 600 ? STATUS_INTERNAL_ERROR
                                           : STATUS_UNKNOWN;
    }
}

uint8_t span_status_word(const struct span *s)
{
    static const char *const rpc[] = {"rpc.status_code", "rpc.response.status_code",
                                      "rpc.grpc.status_code", NULL};
    const struct attr *at;
    int64_t code;

    if (s->status != STATUS_NONE)
        return s->status;
    if (s->code != SPAN_FAILED && !(s->flags & SPAN_ERROR))
        return STATUS_OK;
    if (attr_int(attr_first(&s->attrs, http_codes), &code) && code >= 400)
        return status_of_http(code);
    at = attr_first(&s->attrs, rpc);
    if (attr_int(at, &code))
        return code == 2 ? STATUS_INTERNAL_ERROR : span_status_of_number(code);
    if (string_of(at).len)
        return span_status_of(string_of(at));
    return STATUS_UNKNOWN;
}

/* ---- raw names ---- */

bool span_name_is_raw(struct text source, struct text name)
{
    if (source.len)
        return text_is(source, "url") || text_is(source, "sanitized");
    return name.len && name.at[0] == '/';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 0x and a digit, at the start of the text. */
static bool is_hex_literal(struct text t)
{
    return t.len == 3 && (t.at[1] | 0x20) == 'x' && is_hex(t.at[2]);
}

/* Two digits in a row cover numbers, dates and most UUIDs; runs of 16 hex digits and more cover the
 * hashes that have no such pair. */
static bool is_id(struct text segment)
{
    size_t hex = 0, digits = 0, dashes = 0, hexes = 0;

    for (size_t i = 0; i < segment.len; i++) {
        char c = segment.at[i];

        if (c == '%' && i + 2 < segment.len && is_hex(segment.at[i + 1]) &&
            is_hex(segment.at[i + 2])) {
            i += 2; /* %20 is no number */
            hex = digits = 0;
            continue;
        }
        digits = is_digit(c) ? digits + 1 : 0;
        hex = is_hex(c) ? hex + 1 : 0;
        hexes += is_hex(c);
        dashes += c == '-';
        if (digits >= 2 || hex >= 16 || (c == '0' && is_hex_literal(text_cut(segment, i, 3))))
            return true;
    }
    return dashes == 4 && hexes == 32 && segment.len == 36;
}

struct text span_name_sanitise(struct text name, struct arena *a)
{
    struct buf out;
    bool changed = false;

    buf_init(&out, a, name.len + 1, name.len + 1);
    for (size_t at = 0; at <= name.len;) {
        struct text rest = text_cut(name, at, name.len);
        struct text segment = text_cut(rest, 0, text_find_byte(rest, '/'));

        if (at > 0 && is_id(segment)) {
            buf_byte(&out, '*');
            changed = true;
        } else {
            buf_text(&out, segment);
        }
        at += segment.len + 1;
        if (at <= name.len)
            buf_byte(&out, '/');
    }
    return changed && !out.failed ? buf_result(&out) : name;
}
