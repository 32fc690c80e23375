/* record.c -- typed byte runs. Every kind begins with a version byte; a reader refuses what it does
 * not know. Texts are u32 length and bytes; the length ABSENT stands for a text that is not there.
 */
#include "proto/record.h"

#include <endian.h>

enum { VERSION = 1 };
#define ABSENT UINT32_MAX

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[OUTCOMES] = {
        [OUTCOME_ACCEPTED] = "accepted",
        [OUTCOME_FILTERED] = "filtered",
        [OUTCOME_RATE_LIMITED] = "rate_limited",
        [OUTCOME_INVALID] = "invalid",
        [OUTCOME_ABUSE] = "abuse",
        [OUTCOME_CLIENT_DISCARD] = "client_discard",
        [OUTCOME_DUPLICATE] = "duplicate",
        [OUTCOME_UNPROCESSED] = "unprocessed",
        [OUTCOME_UNKNOWN] = "unknown",
    };

    return (unsigned)outcome < OUTCOMES ? names[outcome] : "unknown";
}

/* ---- writing ---- */

static void put_u8(struct buf *b, uint8_t v)
{
    buf_add(b, &v, 1);
}

static void put_u16(struct buf *b, uint16_t v)
{
    v = htole16(v);
    buf_add(b, &v, 2);
}

static void put_u32(struct buf *b, uint32_t v)
{
    v = htole32(v);
    buf_add(b, &v, 4);
}

static void put_u64(struct buf *b, uint64_t v)
{
    v = htole64(v);
    buf_add(b, &v, 8);
}

static void put_text(struct buf *b, struct text t)
{
    if (t.len >= ABSENT) {
        b->failed = true;
        return;
    }
    put_u32(b, t.at ? (uint32_t)t.len : ABSENT);
    buf_text(b, t);
}

/* ---- reading: `cursor` is cut off at the front; `bad` is sticky ---- */

struct reader {
    struct text cursor;
    bool bad;
};

static const void *take(struct reader *r, size_t len)
{
    const char *at = r->cursor.at;

    if (r->bad || len > r->cursor.len) {
        r->bad = true;
        return NULL;
    }
    r->cursor.at += len;
    r->cursor.len -= len;
    return at;
}

static void take_bytes(struct reader *r, void *out, size_t len)
{
    const void *at = take(r, len);

    if (at)
        memcpy(out, at, len);
}

static uint8_t take_u8(struct reader *r)
{
    uint8_t v = 0;

    take_bytes(r, &v, 1);
    return v;
}

static uint16_t take_u16(struct reader *r)
{
    uint16_t v = 0;

    take_bytes(r, &v, 2);
    return le16toh(v);
}

static uint32_t take_u32(struct reader *r)
{
    uint32_t v = 0;

    take_bytes(r, &v, 4);
    return le32toh(v);
}

static uint64_t take_u64(struct reader *r)
{
    uint64_t v = 0;

    take_bytes(r, &v, 8);
    return le64toh(v);
}

static struct text take_text(struct reader *r)
{
    uint32_t len = take_u32(r);
    const char *at;

    if (r->bad || len == ABSENT)
        return TEXT_NONE;
    at = take(r, len);
    return at ? (struct text){at, len} : TEXT_NONE;
}

static struct reader start(struct text body)
{
    struct reader r = {.cursor = body, .bad = !body.at};

    if (take_u8(&r) != VERSION)
        r.bad = true;
    return r;
}

/* Whole and nothing behind it. */
static bool done(const struct reader *r)
{
    return !r->bad && r->cursor.len == 0;
}

/* ---- event ---- */

void record_event_write(struct buf *out, const struct record_event *r)
{
    uint8_t hashes = r->hash_count > GROUP_HASHES_MAX ? GROUP_HASHES_MAX : r->hash_count;
    uint32_t tags = r->tag_count > RECORD_TAGS_MAX ? RECORD_TAGS_MAX : r->tag_count;

    put_u8(out, VERSION);
    put_u8(out, r->level);
    put_u8(out, r->type);
    put_u8(out, r->flags);
    put_u8(out, hashes);
    put_u8(out, (uint8_t)tags);
    put_u32(out, r->project);
    put_u32(out, r->issue);
    put_u64(out, (uint64_t)r->timestamp_ms);
    put_u64(out, (uint64_t)r->received_ms);
    buf_add(out, r->id, sizeof r->id);
    buf_add(out, r->trace_id, sizeof r->trace_id);
    buf_add(out, r->span_id, sizeof r->span_id);
    buf_add(out, r->hashes, hashes * sizeof r->hashes[0]);
    put_text(out, r->platform);
    put_text(out, r->logger);
    put_text(out, r->title);
    put_text(out, r->culprit);
    put_text(out, r->transaction);
    put_text(out, r->metadata);
    put_text(out, r->release);
    put_text(out, r->dist);
    put_text(out, r->environment);
    put_text(out, r->user);
    put_text(out, r->reason);
    for (uint32_t i = 0; i < tags; i++) {
        put_text(out, r->tags[i].key);
        put_text(out, r->tags[i].value);
    }
    put_text(out, r->payload);
}

/* `tags` may be NULL: they are stepped over. */
static bool event_body(struct reader *r, struct arena *a, struct record_event *out)
{
    *out = (struct record_event){0};
    out->level = take_u8(r);
    out->type = take_u8(r);
    out->flags = take_u8(r);
    out->hash_count = take_u8(r);
    out->tag_count = take_u8(r);
    out->project = take_u32(r);
    out->issue = take_u32(r);
    out->timestamp_ms = (int64_t)take_u64(r);
    out->received_ms = (int64_t)take_u64(r);
    take_bytes(r, out->id, sizeof out->id);
    take_bytes(r, out->trace_id, sizeof out->trace_id);
    take_bytes(r, out->span_id, sizeof out->span_id);
    if (r->bad || out->hash_count > GROUP_HASHES_MAX)
        return false;
    take_bytes(r, out->hashes, out->hash_count * sizeof out->hashes[0]);
    out->platform = take_text(r);
    out->logger = take_text(r);
    out->title = take_text(r);
    out->culprit = take_text(r);
    out->transaction = take_text(r);
    out->metadata = take_text(r);
    out->release = take_text(r);
    out->dist = take_text(r);
    out->environment = take_text(r);
    out->user = take_text(r);
    out->reason = take_text(r);
    if (a && !(out->tags = arena_alloc(a, out->tag_count * sizeof *out->tags)))
        return false;
    for (uint32_t i = 0; i < out->tag_count; i++) {
        struct record_tag tag = {.key = take_text(r)};

        tag.value = take_text(r);
        if (a)
            out->tags[i] = tag;
    }
    out->payload = take_text(r);
    return done(r);
}

bool record_event_read(struct text body, struct arena *a, struct record_event *out)
{
    struct reader r = start(body);

    return event_body(&r, a, out);
}

bool record_event_peek(struct text body, struct record_event *out)
{
    struct reader r = start(body);

    return event_body(&r, NULL, out);
}

/* ---- attachment ---- */

void record_attachment_write(struct buf *out, const struct record_attachment *r)
{
    put_u8(out, VERSION);
    put_u32(out, r->project);
    buf_add(out, r->event_id, sizeof r->event_id);
    put_u64(out, (uint64_t)r->received_ms);
    put_u64(out, r->size);
    put_text(out, r->name);
    put_text(out, r->content_type);
    put_text(out, r->type);
    put_text(out, r->file);
    put_text(out, r->data);
}

bool record_attachment_read(struct text body, struct record_attachment *out)
{
    struct reader r = start(body);

    *out = (struct record_attachment){0};
    out->project = take_u32(&r);
    take_bytes(&r, out->event_id, sizeof out->event_id);
    out->received_ms = (int64_t)take_u64(&r);
    out->size = take_u64(&r);
    out->name = take_text(&r);
    out->content_type = take_text(&r);
    out->type = take_text(&r);
    out->file = take_text(&r);
    out->data = take_text(&r);
    return done(&r);
}

/* ---- feedback ---- */

void record_feedback_write(struct buf *out, const struct record_feedback *r)
{
    put_u8(out, VERSION);
    put_u32(out, r->project);
    buf_add(out, r->event_id, sizeof r->event_id);
    buf_add(out, r->id, sizeof r->id);
    put_u64(out, (uint64_t)r->received_ms);
    put_text(out, r->name);
    put_text(out, r->email);
    put_text(out, r->comments);
    put_text(out, r->url);
    put_text(out, r->source);
    put_text(out, r->payload);
}

bool record_feedback_read(struct text body, struct record_feedback *out)
{
    struct reader r = start(body);

    *out = (struct record_feedback){0};
    out->project = take_u32(&r);
    take_bytes(&r, out->event_id, sizeof out->event_id);
    take_bytes(&r, out->id, sizeof out->id);
    out->received_ms = (int64_t)take_u64(&r);
    out->name = take_text(&r);
    out->email = take_text(&r);
    out->comments = take_text(&r);
    out->url = take_text(&r);
    out->source = take_text(&r);
    out->payload = take_text(&r);
    return done(&r);
}

/* ---- outcomes: entries one behind the other ---- */

void record_outcome_write(struct buf *out, const struct record_outcome *r)
{
    put_u8(out, VERSION);
    put_u8(out, r->outcome);
    put_u16(out, 0);
    put_u32(out, r->project);
    put_u32(out, r->quantity);
    put_u64(out, (uint64_t)r->time_ms);
    put_text(out, r->category);
    put_text(out, r->reason);
}

bool record_outcome_next(struct text *body, struct record_outcome *out)
{
    struct reader r;

    if (body->len == 0)
        return false;
    r = start(*body);
    *out = (struct record_outcome){.outcome = take_u8(&r)};
    if (take_u16(&r) != 0 || out->outcome >= OUTCOMES)
        r.bad = true;
    out->project = take_u32(&r);
    out->quantity = take_u32(&r);
    out->time_ms = (int64_t)take_u64(&r);
    out->category = take_text(&r);
    out->reason = take_text(&r);
    if (r.bad)
        return false;
    *body = r.cursor;
    return true;
}

/* ---- command ---- */

void record_command_write(struct buf *out, const struct record_command *r)
{
    put_u8(out, VERSION);
    put_u64(out, r->id);
    put_u32(out, r->actor);
    put_u64(out, (uint64_t)r->time_ms);
    put_text(out, r->name);
    put_text(out, r->args);
}

bool record_command_read(struct text body, struct record_command *out)
{
    struct reader r = start(body);

    *out = (struct record_command){0};
    out->id = take_u64(&r);
    out->actor = take_u32(&r);
    out->time_ms = (int64_t)take_u64(&r);
    out->name = take_text(&r);
    out->args = take_text(&r);
    return done(&r);
}
