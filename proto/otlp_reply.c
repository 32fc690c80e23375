/* otlp_reply.c -- what goes back to an exporter. */
#include "proto/otlp.h"
#include "proto/otlp_service.pb-c.h"
#include "proto/otlp_status.pb-c.h"

bool otlp_encoding_of(struct text content_type, enum otlp_encoding *out)
{
    struct text type = text_trim(text_cut(content_type, 0, text_find_byte(content_type, ';')));

    *out = text_eq_nocase(type, TEXT("application/json")) ? OTLP_JSON : OTLP_PROTOBUF;
    return *out == OTLP_JSON || text_eq_nocase(type, TEXT("application/x-protobuf")) ||
           text_eq_nocase(type, TEXT("application/protobuf"));
}

const char *otlp_content_type(enum otlp_encoding encoding)
{
    return encoding == OTLP_JSON ? "application/json" : "application/x-protobuf";
}

static void add_count(struct buf *b, uint32_t count, const char *what)
{
    if (count)
        buf_printf(b, "%s%u %s", b->len ? "; " : "", count, what);
}

struct text otlp_message(enum otlp_signal signal, const struct otlp_tally *t, struct arena *a)
{
    static const char *const reasons[OTLP_REJECTS] = {
        [OTLP_BAD_TRACE_ID] = "rejected: trace_id must be 16 bytes, not all zero",
        [OTLP_BAD_SPAN_ID] = "rejected: span_id must be 8 bytes, not all zero",
        [OTLP_BAD_TIME] = "rejected: a time is out of range",
        [OTLP_TOO_OLD] = "rejected: older than the retention",
        [OTLP_TOO_LARGE] = "rejected: too large",
    };
    struct buf b;

    buf_init(&b, a, 256, 1024);
    if (signal == OTLP_METRICS && t->rejected)
        buf_str(&b, "metrics are not stored here; set OTEL_METRICS_EXPORTER=none");
    for (int i = 0; i < OTLP_REJECTS; i++)
        add_count(&b, t->rejects[i], reasons[i]);
    add_count(&b, t->bad_parents,
              "taken as root: parent_span_id must be empty or 8 bytes of another span");
    add_count(&b, t->bad_log_ids, "unlinked: malformed trace_id or span_id");
    add_count(&b, t->bad_services, "resources whose service.name is no string: unknown_service");
    return buf_result(&b);
}

static void pack(struct buf *b, const ProtobufCMessage *m)
{
    size_t len = protobuf_c_message_get_packed_size(m);

    if (buf_reserve(b, len)) {
        protobuf_c_message_pack(m, (uint8_t *)b->at + b->len);
        b->len += len;
    }
}

static ProtobufCBinaryData bytes_of(struct text t)
{
    return (ProtobufCBinaryData){.len = t.len, .data = (uint8_t *)t.at};
}

void otlp_write_success(struct buf *b, enum otlp_signal signal, enum otlp_encoding encoding,
                        uint64_t rejected, struct text message)
{
    static const char *const names[] = {
        [OTLP_TRACES] = "rejectedSpans",
        [OTLP_LOGS] = "rejectedLogRecords",
        [OTLP_METRICS] = "rejectedDataPoints",
        [OTLP_PROFILES] = "rejectedProfiles",
    };
    bool partial = rejected || message.len;

    if (encoding == OTLP_JSON) {
        json_open(b, NULL, '{');
        if (partial)
            json_open(b, "partialSuccess", '{');
        if (rejected)
            json_digits(b, names[signal], (int64_t)rejected);
        if (message.len)
            json_text(b, "errorMessage", message);
        if (partial)
            json_close(b, '}');
        json_close(b, '}');
    } else if (partial) {
        Otlp__ExportServiceResponse response = OTLP__EXPORT_SERVICE_RESPONSE__INIT;
        Otlp__ExportPartialSuccess success = OTLP__EXPORT_PARTIAL_SUCCESS__INIT;

        success.rejected = (int64_t)rejected;
        success.error_message = bytes_of(message);
        response.partial_success = &success;
        pack(b, &response.base);
    }
}

/* google.rpc.Code, as the Collector's receiver maps HTTP to it. */
static int code_of(int http_status)
{
    switch (http_status) {
    case 400:
        return 3; /* INVALID_ARGUMENT */
    case 401:
        return 16; /* UNAUTHENTICATED */
    case 403:
        return 7; /* PERMISSION_DENIED */
    case 404:
        return 12; /* UNIMPLEMENTED */
    case 429:
        return 8; /* RESOURCE_EXHAUSTED */
    case 502:
    case 503:
    case 504:
        return 14; /* UNAVAILABLE */
    default:
        return 2; /* UNKNOWN */
    }
}

void otlp_write_status(struct buf *b, enum otlp_encoding encoding, int http_status,
                       struct text message)
{
    Otlp__Status status = OTLP__STATUS__INIT;

    if (encoding == OTLP_JSON) {
        json_open(b, NULL, '{');
        json_int(b, "code", code_of(http_status));
        json_text(b, "message", message);
        json_close(b, '}');
        return;
    }
    status.code = code_of(http_status);
    status.message = bytes_of(message);
    pack(b, &status.base);
}
