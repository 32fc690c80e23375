/* event_view.c -- a record and its payload as JSON. */
#include "worker/event_view.h"

#include "proto/event.h"
#include "worker/api_release.h"

static struct json *payload_of(struct api_call *c, const struct record_event *r)
{
    struct json *payload;

    return json_read(r->payload, query_scratch(c->q), &payload, NULL) == JSON_OK ? payload : NULL;
}

static void write_hex_id(struct buf *b, const char *key, const uint8_t id[16])
{
    json_hex(b, key, id, 16);
}

/* {"id":"9",…}; null when the event names nobody. */
static void write_user(struct buf *b, const struct json *payload)
{
    const struct json *u = json_get(payload, "user");

    if (!json_is(u, JSON_OBJECT) || u->count == 0) {
        json_null(b, "user");
        return;
    }
    json_open(b, "user", '{');
    event_pass(b, "id", u, "id");
    event_pass(b, "email", u, "email");
    event_pass(b, "username", u, "username");
    event_pass(b, "ip_address", u, "ip_address");
    event_pass(b, "name", u, "name");
    event_pass(b, "geo", u, "geo");
    event_pass(b, "data", u, "data");
    json_close(b, '}');
}

static void write_tags(struct api_call *c, const struct record_event *r)
{
    struct buf *b = &c->out;

    json_open(b, "tags", '[');
    for (uint32_t i = 0; i < r->tag_count; i++) {
        json_open(b, NULL, '{');
        json_text(b, "key", r->tags[i].key);
        json_text(b, "value", r->tags[i].value);
        if (text_is(r->tags[i].key, "user"))
            json_text(b, "query", arena_printf(c->arena, "user.%.*s", TEXT_ARG(r->tags[i].value)));
        json_close(b, '}');
    }
    json_close(b, ']');
}

static struct text location_of(struct api_call *c, const struct record_event *r)
{
    struct json *meta;

    if (json_read(r->metadata, query_scratch(c->q), &meta, NULL) != JSON_OK)
        return TEXT_NONE;
    return json_string(json_get(meta, "filename"), query_scratch(c->q));
}

static struct text message_of(struct api_call *c, const struct json *payload)
{
    const struct json *entry = json_get(payload, "logentry");
    struct text t = json_string(json_get(entry, "formatted"), query_scratch(c->q));

    return t.at ? t : json_string(json_get(entry, "message"), query_scratch(c->q));
}

static void write_heading(struct api_call *c, int64_t issue, const struct stored_event *e,
                          const struct record_event *r, const struct json *payload)
{
    struct text message = message_of(c, payload);
    struct buf *b = &c->out;

    write_hex_id(b, "id", e->id);
    write_hex_id(b, "eventID", e->id);
    api_id(b, "groupID", issue);
    api_id(b, "projectID", e->project);
    json_text(b, "message", message.at ? message : TEXT(""));
    json_text(b, "title", r->title);
    json_text(b, "location", location_of(c, r));
    json_text(b, "culprit", r->culprit);
    json_text(b, "platform", r->platform);
    api_time(b, "dateCreated", r->timestamp_ms);
    json_null(b, "crashFile");
    json_raw(b, "metadata", text_empty(r->metadata) ? TEXT("{}") : r->metadata);
    write_user(b, payload);
    write_tags(c, r);
}

void event_write_row(struct api_call *c, int64_t issue, const struct stored_event *e,
                     const struct record_event *r)
{
    json_open(&c->out, NULL, '{');
    json_str(&c->out, "event.type", event_type_name((enum event_type)r->type));
    write_heading(c, issue, e, r, payload_of(c, r));
    json_close(&c->out, '}');
}

/* ---- the detail ---- */

static void write_object(struct buf *b, const char *key, const struct json *payload,
                         const char *member)
{
    if (json_is(json_get(payload, member), JSON_OBJECT)) {
        event_pass(b, key, payload, member);
        return;
    }
    json_open(b, key, '{');
    json_close(b, '}');
}

/* Every context says its type, if only by its key. */
static void write_contexts(struct buf *b, const struct json *payload)
{
    const struct json *contexts = json_get(payload, "contexts");

    json_open(b, "contexts", '{');
    for (const struct json *one = json_is(contexts, JSON_OBJECT) ? contexts->child : NULL; one;
         one = one->next) {
        if (one->kind != JSON_OBJECT)
            continue;
        json_key(b, one->key);
        json_open(b, NULL, '{');
        for (const struct json *m = one->child; m; m = m->next) {
            json_key(b, m->key);
            json_write(b, m);
        }
        if (!json_get(one, "type"))
            json_text(b, "type", one->key);
        json_close(b, '}');
    }
    json_close(b, '}');
}

static void write_sdk(struct buf *b, const struct json *payload)
{
    const struct json *sdk = json_get(payload, "sdk");

    if (!json_is(sdk, JSON_OBJECT)) {
        json_null(b, "sdk");
        return;
    }
    json_open(b, "sdk", '{');
    event_pass(b, "name", sdk, "name");
    event_pass(b, "version", sdk, "version");
    json_close(b, '}');
}

static const char *error_message(struct text type)
{
    static const char *const MESSAGES[][2] = {
        {"invalid_data", "Discarded invalid value"},
        {"invalid_attribute", "Discarded unknown attribute"},
        {"value_too_long", "Discarded value due to exceeding maximum length"},
        {"missing_attribute", "Missing value for required attribute"},
        {"clock_drift", "Clock drift detected in SDK"},
        {"past_timestamp", "Invalid timestamp (too old)"},
        {"future_timestamp", "Invalid timestamp (in future)"},
    };

    for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++)
        if (text_is(type, MESSAGES[i][0]))
            return MESSAGES[i][1];
    return "Unknown error";
}

/* {"type","name","value"} → {"type","message","data":{"name","value"}} */
static void write_errors(struct api_call *c, const struct json *payload)
{
    const struct json *list = json_get(payload, "errors");
    struct buf *b = &c->out;

    json_open(b, "errors", '[');
    for (const struct json *one = json_is(list, JSON_ARRAY) ? list->child : NULL; one;
         one = one->next) {
        struct text type = json_string(json_get(one, "type"), query_scratch(c->q));

        if (!type.at)
            continue;
        json_open(b, NULL, '{');
        json_text(b, "type", type);
        json_str(b, "message", error_message(type));
        json_open(b, "data", '{');
        for (const struct json *m = one->child; m; m = m->next) {
            if (text_is(m->key, "type"))
                continue;
            json_key(b, m->key);
            json_write(b, m);
        }
        json_close(b, '}');
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_fingerprints(struct buf *b, const struct record_event *r)
{
    json_open(b, "fingerprints", '[');
    for (uint32_t i = 0; i < r->hash_count; i++)
        json_hex(b, NULL, r->hashes[i], 16);
    json_close(b, ']');
    json_open(b, "groupingConfig", '{');
    json_str(b, "id", "quern:1");
    json_str(b, "enhancements", "");
    json_close(b, '}');
}

static void write_report(struct api_call *c, const struct stored_event *e)
{
    struct db_stmt *s = api_query(c, "api_feedback_of_event");
    struct buf *b = &c->out;

    if (s) {
        db_int(s, "project", e->project);
        db_blob(s, "event", e->id, 16);
    }
    if (!api_row(c, s)) {
        json_null(b, "userReport");
        return;
    }
    json_open(b, "userReport", '{');
    api_id(b, "id", db_col_int(s, 0));
    write_hex_id(b, "eventID", e->id);
    json_text(b, "name", api_col(s, 1));
    json_text(b, "email", api_col(s, 2));
    json_text(b, "comments", api_col(s, 3));
    api_time(b, "dateCreated", db_col_int(s, 4));
    json_close(b, '}');
}

static void write_neighbour(struct api_call *c, const char *key, bool found,
                            const struct stored_event *e)
{
    if (found)
        write_hex_id(&c->out, key, e->id);
    else
        json_null(&c->out, key);
}

static void write_neighbours(struct api_call *c, int64_t issue, uint64_t seq)
{
    struct stored_event other;
    bool found = stored_after(c, issue, seq, &other);

    write_neighbour(c, "nextEventID", found, &other);
    found = stored_before(c, issue, seq, &other);
    write_neighbour(c, "previousEventID", found, &other);
}

static void write_empty_lists(struct buf *b)
{
    json_null(b, "occurrence");
    json_open(b, "sdkUpdates", '[');
    json_close(b, ']');
    json_open(b, "resolvedWith", '[');
    json_close(b, ']');
}

void event_write_detail(struct api_call *c, int64_t issue, const struct stored_event *e,
                        const struct record_event *r, bool neighbours)
{
    const struct json *payload = payload_of(c, r);
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    write_heading(c, issue, e, r, payload);
    json_int(b, "size", (int64_t)r->payload.len);
    json_str(b, "type", event_type_name((enum event_type)r->type));
    api_time(b, "dateReceived", r->received_ms);
    write_contexts(b, payload);
    write_object(b, "context", payload, "extra");
    write_object(b, "packages", payload, "modules");
    write_sdk(b, payload);
    json_text(b, "dist", text_empty(r->dist) ? TEXT_NONE : r->dist);
    release_write_named(c, "release", r->release);
    write_errors(c, payload);
    event_write_entries(b, payload, query_scratch(c->q));
    write_fingerprints(b, r);
    write_report(c, e);
    write_empty_lists(b);
    write_object(b, "_meta", payload, "_meta");
    if (neighbours)
        write_neighbours(c, issue, e->seq);
    json_close(b, '}');
}
