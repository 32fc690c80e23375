#include "proto/envelope.h"

#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

const char *envelope_rc_text(enum envelope_rc rc)
{
    switch (rc) {
    case ENVELOPE_OK:
        return "ok";
    case ENVELOPE_EMPTY:
        return "empty request body";
    case ENVELOPE_BAD_HEADER:
        return "invalid envelope header";
    case ENVELOPE_BAD_ITEM:
        return "invalid item header";
    case ENVELOPE_NO_NEWLINE:
        return "missing newline after header or payload";
    case ENVELOPE_CUT_SHORT:
        return "unexpected end of file";
    case ENVELOPE_TOO_MANY:
        return "too many items in envelope";
    case ENVELOPE_SPENT:
        return "envelope takes too much memory";
    }
    return "invalid envelope";
}

/* ---- kinds of items; limits as Relay's, smaller where a VM is smaller ---- */

static const struct item_kind kinds[ITEM_TYPES] = {
    [ITEM_UNKNOWN] = {"unknown", "unknown", 0, 0, false},
    [ITEM_EVENT] = {"event", "error", ITEM_EVENT_MAX, 1, true},
    [ITEM_TRANSACTION] = {"transaction", "transaction", ITEM_EVENT_MAX, 1, true},
    [ITEM_SPAN] = {"span", "span", ITEM_CONTAINER_MAX, ITEM_SPANS_MAX, false},
    [ITEM_LOG] = {"log", "log_item", ITEM_CONTAINER_MAX, 0, false},
    [ITEM_TRACE_METRIC] = {"trace_metric", "trace_metric", ITEM_CONTAINER_MAX, 0, false},
    [ITEM_SESSION] = {"session", "session", ITEM_SESSION_MAX, ITEM_SESSIONS_MAX, false},
    [ITEM_SESSIONS] = {"sessions", "session", ITEM_SESSION_MAX, ITEM_SESSIONS_MAX, false},
    [ITEM_ATTACHMENT] = {"attachment", "attachment", ITEM_ATTACHMENT_MAX, ITEM_ATTACHMENTS_MAX,
                         false},
    [ITEM_USER_REPORT] = {"user_report", "feedback", ITEM_USER_REPORT_MAX, ITEM_ATTACHMENTS_MAX,
                          false},
    [ITEM_FEEDBACK] = {"feedback", "feedback", ITEM_EVENT_MAX, 1, true},
    [ITEM_CLIENT_REPORT] = {"client_report", NULL, ITEM_CLIENT_REPORT_MAX, 100, false},
    [ITEM_CHECK_IN] = {"check_in", "monitor", ITEM_CHECK_IN_MAX, 1, false},
    [ITEM_PROFILE] = {"profile", "profile", ITEM_PROFILE_MAX, 1, false},
    [ITEM_PROFILE_CHUNK] = {"profile_chunk", "profile_chunk", ITEM_PROFILE_MAX, 1, false},
    [ITEM_REPLAY_EVENT] = {"replay_event", "replay", ITEM_EVENT_MAX, 1, false},
    [ITEM_REPLAY_RECORDING] = {"replay_recording", "replay", ITEM_REPLAY_MAX, 1, false},
    [ITEM_REPLAY_VIDEO] = {"replay_video", "replay", ITEM_REPLAY_MAX, 1, false},
    [ITEM_RAW_SECURITY] = {"raw_security", "security", ITEM_EVENT_MAX, 1, true},
    [ITEM_NEL] = {"nel", "security", ITEM_EVENT_MAX, 1, false},
    [ITEM_STATSD] = {"statsd", "metric_bucket", 1 * MIB, 1, false},
    [ITEM_METRIC_BUCKETS] = {"metric_buckets", "metric_bucket", 1 * MIB, 1, false},
    [ITEM_METRIC_META] = {"metric_meta", "metric_bucket", 1 * MIB, 1, false},
    [ITEM_OTEL_LOG] = {"otel_log", "log_item", ITEM_CONTAINER_MAX, 0, false},
    [ITEM_OTEL_SPAN] = {"otel_span", "span", ITEM_CONTAINER_MAX, 0, false},
    [ITEM_OTEL_TRACES] = {"otel_traces_data", "span", ITEM_CONTAINER_MAX, 0, false},
};

const struct item_kind *item_kind(enum item_type type)
{
    return &kinds[(unsigned)type < ITEM_TYPES ? type : ITEM_UNKNOWN];
}

enum item_type item_type_of(struct text name)
{
    for (int i = ITEM_UNKNOWN + 1; i < ITEM_TYPES; i++)
        if (text_is(name, kinds[i].name))
            return (enum item_type)i;
    return text_is(name, "profile_chunk_ui") ? ITEM_PROFILE_CHUNK : ITEM_UNKNOWN;
}

/* ---- lines ---- */

/* One header line at *rest, cut off with its LF. A blank at its end may be the CR of a CRLF. */
static enum envelope_rc read_line(struct text *rest, struct arena *a, enum envelope_rc bad,
                                  struct json **out)
{
    struct text line = text_cut(*rest, 0, text_find_byte(*rest, '\n'));
    enum json_rc rc;

    *rest = text_cut(*rest, line.len + 1, rest->len);
    if (text_ends(line, "\r"))
        line.len--;
    if (line.len > ENV_HEADER_MAX || !utf8_valid(line))
        return bad;
    rc = json_read(line, a, out, NULL);
    if (rc == JSON_SPENT)
        return ENVELOPE_SPENT;
    return rc == JSON_OK && (*out)->kind == JSON_OBJECT ? ENVELOPE_OK : bad;
}

enum envelope_rc envelope_read_header(struct text body, struct arena *a, struct envelope *out)
{
    struct json *header;
    enum envelope_rc rc;
    int64_t us;

    *out = (struct envelope){0};
    if (body.len == 0)
        return ENVELOPE_EMPTY;
    if ((rc = read_line(&body, a, ENVELOPE_BAD_HEADER, &header)) != ENVELOPE_OK)
        return rc;
    out->header = header;
    out->event_id_text = json_string(json_get(header, "event_id"), a);
    out->has_event_id = uuid_read(out->event_id_text, out->event_id);
    if (!out->has_event_id)
        out->event_id_text = TEXT_NONE;
    out->sent_at = json_as_text(json_get(header, "sent_at"), a);
    if (!timestamp_read(out->sent_at, &us))
        out->sent_at = TEXT_NONE;
    out->has_dsn = dsn_read(json_string(json_get(header, "dsn"), a), &out->dsn);
    out->sdk = json_get(header, "sdk");
    if (!json_is(out->sdk, JSON_OBJECT))
        out->sdk = NULL;
    out->trace = json_get(header, "trace");
    if (!json_is(out->trace, JSON_OBJECT))
        out->trace = NULL;
    return ENVELOPE_OK;
}

/* ---- items ---- */

static int64_t integer(const struct json *v)
{
    int64_t n;

    return json_int64(v, &n) && n >= 0 ? n : -1;
}

static bool read_item_header(const struct json *h, struct arena *a, struct envelope_item *out)
{
    const struct json *type = json_get(h, "type");

    if (!json_is(type, JSON_STRING))
        return false;
    *out = (struct envelope_item){
        .type_name = json_string(type, a),
        .content_type = json_string(json_get(h, "content_type"), a),
        .filename = json_string(json_get(h, "filename"), a),
        .attachment_type = json_string(json_get(h, "attachment_type"), a),
        .platform = json_string(json_get(h, "platform"), a),
        .span_id = json_string(json_get(h, "span_id"), a),
        .release = json_string(json_get(h, "sentry_release"), a),
        .environment = json_string(json_get(h, "sentry_environment"), a),
        .item_count = integer(json_get(h, "item_count")),
        .meta_length = integer(json_get(h, "meta_length")),
    };
    out->type = item_type_of(out->type_name);
    return true;
}

/* The payload at *rest, cut off with the LF behind it. `length` NULL: up to the next LF. */
static enum envelope_rc read_payload(struct text *rest, const struct json *length,
                                     struct text *payload)
{
    int64_t len;

    if (!length || length->kind == JSON_NULL) {
        *payload = text_cut(*rest, 0, text_find_byte(*rest, '\n'));
    } else {
        if (!json_int64(length, &len) || len < 0)
            return ENVELOPE_BAD_ITEM;
        if ((uint64_t)len > rest->len)
            return ENVELOPE_CUT_SHORT;
        *payload = text_cut(*rest, 0, (size_t)len);
        if (payload->len < rest->len && rest->at[payload->len] != '\n')
            return ENVELOPE_NO_NEWLINE;
    }
    *rest = text_cut(*rest, payload->len + 1, rest->len);
    return ENVELOPE_OK;
}

static struct text skip_blanks(struct text t)
{
    size_t at = 0;

    while (at < t.len && strchr(" \t\r\n", t.at[at]) && t.at[at])
        at++;
    return text_cut(t, at, t.len);
}

/* Room for one more item: most envelopes have one to three. */
static struct envelope_item *new_item(struct envelope *e, uint32_t *room, struct arena *a)
{
    if (e->count == *room) {
        uint32_t more = *room ? 4 * *room : 4;
        struct envelope_item *items = arena_alloc(a, more * sizeof *items);

        if (!items)
            return NULL;
        if (e->count)
            memcpy(items, e->items, e->count * sizeof *items);
        e->items = items;
        *room = more;
    }
    return &e->items[e->count];
}

enum envelope_rc envelope_read(struct text body, struct arena *a, struct envelope *out)
{
    enum envelope_rc rc = envelope_read_header(body, a, out);
    struct text rest = text_cut(body, text_find_byte(body, '\n') + 1, body.len);
    uint32_t room = 0;

    if (rc != ENVELOPE_OK)
        return rc;
    while ((rest = skip_blanks(rest)).len) {
        struct json *header;
        struct envelope_item *item;

        if (out->count == ENV_ITEMS_MAX)
            return ENVELOPE_TOO_MANY;
        if (!(item = new_item(out, &room, a)))
            return ENVELOPE_SPENT;
        if ((rc = read_line(&rest, a, ENVELOPE_BAD_ITEM, &header)) != ENVELOPE_OK)
            return rc;
        if (!read_item_header(header, a, item))
            return ENVELOPE_BAD_ITEM;
        if ((rc = read_payload(&rest, json_get(header, "length"), &item->payload)) != ENVELOPE_OK)
            return rc;
        out->count++;
    }
    return arena_spent(a) ? ENVELOPE_SPENT : ENVELOPE_OK;
}

struct text envelope_filename(struct text sent, struct arena *a)
{
    char *out;
    size_t len = 0;
    struct text name;

    for (size_t i = sent.len; i > 0; i--)
        if (sent.at[i - 1] == '/' || sent.at[i - 1] == '\\') {
            sent = text_cut(sent, i, sent.len);
            break;
        }
    sent = utf8_mend(sent, a);
    if (!(out = arena_alloc(a, sent.len + 1)))
        return TEXT("attachment");
    for (size_t i = 0; i < sent.len; i++)
        if ((unsigned char)sent.at[i] >= 0x20 && sent.at[i] != 0x7f)
            out[len++] = sent.at[i];
    name = text_clip(text_trim((struct text){out, len}), FILENAME_MAX_BYTES);
    if (name.len == 0 || text_is(name, ".") || text_is(name, ".."))
        return TEXT("attachment");
    return name;
}
