/* event_message.c -- logentry, the message of an event: a template, its parameters, the formatted
 * text. Formatting follows Python's % and the curly braces of other languages (Relay does the
 * same). */
#include "proto/event_part.h"

/* ---- formatting ---- */

struct formatter {
    struct buf out;
    struct arena *a;
    const struct json *params;
    const struct json *next; /* of a list: the parameter that is due */
};

/* Parameter by name, by number, or (empty name) the one that is due. NULL: there is none. */
static const struct json *param(struct formatter *f, struct text name)
{
    const struct json *v = NULL;
    unsigned long long n;

    if (f->params->kind == JSON_OBJECT)
        return name.len ? json_get_text(f->params, name) : NULL;
    if (name.len == 0) {
        v = f->next;
        f->next = v ? v->next : NULL;
    } else if (text_u64(name, &n) && n < f->params->count) {
        for (v = f->params->child; n; n--)
            v = v->next;
    }
    return v;
}

static bool put_param(struct formatter *f, const struct json *v)
{
    if (!v)
        return false;
    buf_text(&f->out, v->kind == JSON_NULL ? TEXT("None") : json_as_text(v, f->a));
    return true;
}

/* Floats are the one form that cannot be copied from the JSON. Of flags, width and precision only
 * the last is honoured, and never handed to printf as the client wrote it. */
static bool put_float(struct formatter *f, const struct json *v, struct text spec, char letter)
{
    size_t dot = text_find_byte(spec, '.');
    unsigned long long precision = 6; /* Python's default */
    double d;

    text_u64(text_cut(spec, dot + 1, spec.len), &precision);
    if (!v || precision > 17 || !json_double(v, &d))
        return put_param(f, v);
    if (letter == 'e')
        buf_printf(&f->out, "%.*e", (int)precision, d);
    else if (letter == 'g')
        buf_printf(&f->out, "%.*g", (int)precision, d);
    else
        buf_printf(&f->out, "%.*f", (int)precision, d);
    return true;
}

/* A conversion of Python's %, the % already consumed: [(name)][flags width .precision]letter */
static bool put_percent(struct formatter *f, struct text *rest)
{
    struct text name = TEXT_NONE, spec;
    size_t len = 0;
    char letter;

    if (text_starts(*rest, "%")) {
        buf_byte(&f->out, '%');
        *rest = text_cut(*rest, 1, rest->len);
        return true;
    }
    if (text_starts(*rest, "(")) {
        size_t close = text_find_byte(*rest, ')');

        if (close == rest->len || close == 1)
            return false;
        name = text_cut(*rest, 1, close - 1);
        *rest = text_cut(*rest, close + 1, rest->len);
    }
    while (len < rest->len && strchr("0123456789.+- #", rest->at[len]) && rest->at[len])
        len++;
    if (len == rest->len)
        return false;
    spec = text_cut(*rest, 0, len);
    letter = rest->at[len];
    *rest = text_cut(*rest, len + 1, rest->len);
    switch (letter) {
    case 's':
    case 'r':
    case 'a':
    case 'c':
    case 'd':
    case 'i':
    case 'u':
    case 'v': /* Go */
    case 'x':
    case 'X':
    case 'o':
        return put_param(f, param(f, name));
    case 'f':
    case 'F':
    case 'e':
    case 'g':
        return put_float(f, param(f, name), spec, letter);
    default:
        return false;
    }
}

/* {} {0} {name}, the opening brace already consumed; {{ and }} are braces. */
static bool put_curly(struct formatter *f, struct text *rest)
{
    size_t close;
    struct text name;

    if (text_starts(*rest, "{")) {
        buf_byte(&f->out, '{');
        *rest = text_cut(*rest, 1, rest->len);
        return true;
    }
    if ((close = text_find_byte(*rest, '}')) == rest->len)
        return false;
    name = text_trim(text_cut(*rest, 0, text_find_byte(text_cut(*rest, 0, close), ':')));
    *rest = text_cut(*rest, close + 1, rest->len);
    return put_param(f, param(f, name));
}

static struct text format(struct text template, const struct json *params, struct arena *a)
{
    bool percent = text_find_byte(template, '%') != template.len;
    struct formatter f = {.a = a, .params = params, .next = params->child};
    char mark = percent ? '%' : '{';

    if (!percent && text_find_byte(template, '{') == template.len)
        return TEXT_NONE;
    buf_init(&f.out, a, template.len + 128, 4 * (EVENT_MESSAGE_MAX + KIB));
    while (template.len) {
        size_t plain = text_find_byte(template, mark);

        buf_text(&f.out, text_cut(template, 0, plain));
        template = text_cut(template, plain, template.len);
        if (template.len == 0)
            break;
        template = text_cut(template, 1, template.len);
        if (!(percent ? put_percent(&f, &template) : put_curly(&f, &template)))
            return TEXT_NONE;
    }
    return buf_result(&f.out);
}

/* ---- logentry ---- */

static void message_text(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind == JSON_FALSE) {
        json_to_null(v);
        return;
    }
    if (v->kind != JSON_STRING)
        event_set_text(w, v, json_as_text(v, w->a));
    if (v->kind == JSON_STRING && v->raw.len == 0)
        json_to_null(v);
    else if (v->kind == JSON_STRING)
        event_text(w, v, f);
}

static void message_params(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT)
        event_refuse(w, v);
    else if (v->count == 0)
        json_to_null(v);
    else
        event_cut_bag(w, v, f->more, f->max);
}

enum { MESSAGE, FORMATTED, PARAMS };

static const struct event_field fields[] = {
    [MESSAGE] = EVENT_FIELD("message", message_text, EVENT_MESSAGE_MAX, 200),
    [FORMATTED] = EVENT_FIELD("formatted", message_text, EVENT_MESSAGE_MAX, 200),
    [PARAMS] = EVENT_FIELD("params", message_params, 2 * KIB, 5),
};

/* A bare text is what the event says, formatted. */
static void wrap_scalar(struct event_work *w, struct json *v)
{
    struct json *text = json_new(w->a, JSON_NULL);

    if (!text)
        return;
    json_become(text, v);
    message_text(w, text, &fields[FORMATTED]);
    json_become(v, &(struct json){.kind = text->kind == JSON_NULL ? JSON_NULL : JSON_OBJECT});
    if (v->kind == JSON_OBJECT)
        json_set(w->a, v, "formatted", text);
}

void event_logentry(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *found[EVENT_FIELDS(fields)], *message, *formatted;

    if (v->kind == JSON_ARRAY) {
        if (event_is_object(w, v))
            json_to_null(v);
        return;
    }
    if (v->kind != JSON_OBJECT) {
        wrap_scalar(w, v);
        return;
    }
    event_fields(w, v, fields, EVENT_FIELDS(fields), OTHER_DROP, found);
    message = found[MESSAGE];
    formatted = found[FORMATTED];
    if (!formatted && message && found[PARAMS]) {
        struct text t = format(json_string(message, w->a), found[PARAMS], w->a);

        if (t.len && (formatted = json_new_string(w->a, t))) {
            event_cut_text(w, formatted, EVENT_MESSAGE_MAX, 200);
            json_set(w->a, v, "formatted", formatted);
        }
    }
    if (message && (!formatted || text_eq(message->raw, formatted->raw))) {
        json_take(v, "message");
        json_set(w->a, v, "formatted", message);
        formatted = message;
    }
    if (!formatted)
        json_to_null(v);
}
