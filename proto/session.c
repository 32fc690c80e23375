#include "proto/session.h"

#include "proto/hex.h"
#include "proto/json.h"
#include "proto/timestamp.h"

#define SECOND_US 1000000LL
#define FUTURE_MAX_US (60 * SECOND_US)
#define PAST_MAX_US (5 * 86400 * SECOND_US)
#define DRIFT_MIN_US (55 * 60 * SECOND_US)

static struct session_count refused(const char *reason)
{
    return (struct session_count){.invalid = 1, .reason = reason};
}

/* The client's clock, when it is so wrong that this is not the network. */
static int64_t drift(struct text sent_at, int64_t received_us)
{
    int64_t sent, d;

    if (!timestamp_read(sent_at, &sent))
        return 0;
    d = received_us - sent;
    return d >= DRIFT_MIN_US || d <= -DRIFT_MIN_US ? d : 0;
}

static bool in_range(int64_t us, int64_t received_us)
{
    return us <= received_us + FUTURE_MAX_US && us >= received_us - PAST_MAX_US;
}

static bool known_status(const struct json *v)
{
    static const char *const known[] = {"ok",       "exited",  "crashed",
                                        "abnormal", "errored", "unhandled"};

    if (!v || v->kind == JSON_NULL)
        return true;
    for (size_t i = 0; v->kind == JSON_STRING && i < sizeof known / sizeof *known; i++)
        if (text_is(v->raw, known[i]))
            return true;
    return false;
}

/* Release names follow the same rules as on events. */
static bool release_ok(const struct json *attrs, struct arena *a)
{
    struct text t = text_trim(json_string(json_get(attrs, "release"), a));

    return t.len && t.len <= 250 && !text_is(t, ".") && !text_is(t, "..") &&
           !text_eq_nocase(t, TEXT("latest")) && text_find_byte(t, '/') == t.len &&
           text_find_byte(t, '\\') == t.len && text_find_byte(t, '\n') == t.len &&
           text_find_byte(t, '\t') == t.len;
}

struct session_count session_read(struct text payload, struct text sent_at, int64_t received_us,
                                  struct arena *a)
{
    int64_t shift = drift(sent_at, received_us), started, at = received_us - shift;
    const struct json *v;
    struct json *root;
    uint8_t sid[16];
    bool init = false;

    if (json_read(payload, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        return refused("invalid_json");
    v = json_get(root, "sid");
    if (v && v->kind != JSON_NULL && !uuid_read(json_string(v, a), sid))
        return refused("session_id");
    v = json_get(root, "seq");
    if (v && text_is(v->raw, "18446744073709551615")) /* the next one could not be larger */
        return refused("sequence");
    if (!known_status(json_get(root, "status")))
        return refused("status");
    if (!timestamp_json(json_get(root, "started"), &started))
        return refused("timestamp");
    v = json_get(root, "timestamp");
    if (v && v->kind != JSON_NULL && !timestamp_json(v, &at))
        return refused("timestamp");
    if (at < started)
        at = started;
    if (!in_range(started + shift, received_us) || !in_range(at + shift, received_us))
        return refused("timestamp");
    if (!release_ok(json_get(root, "attrs"), a))
        return refused("release");
    json_boolean(json_get(root, "init"), &init);
    return (struct session_count){.updates = 1, .sessions = init};
}

static uint64_t number(const struct json *row, const char *key)
{
    int64_t n;

    return json_int64(json_get(row, key), &n) && n > 0 && n <= UINT32_MAX ? (uint64_t)n : 0;
}

struct session_count sessions_read(struct text payload, struct text sent_at, int64_t received_us,
                                   struct arena *a)
{
    struct session_count out = {0};
    int64_t shift = drift(sent_at, received_us), started;
    const struct json *rows;
    struct json *root;

    if (json_read(payload, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        return refused("invalid_json");
    if (!release_ok(json_get(root, "attrs"), a))
        return refused("release");
    rows = json_get(root, "aggregates");
    for (const struct json *r = json_is(rows, JSON_ARRAY) ? rows->child : NULL; r; r = r->next) {
        if (!timestamp_json(json_get(r, "started"), &started) ||
            !in_range(started + shift, received_us)) {
            out.invalid++;
            out.reason = "timestamp";
            continue;
        }
        out.updates++;
        out.sessions += number(r, "exited") + number(r, "errored") + number(r, "abnormal") +
                        number(r, "unhandled") + number(r, "crashed");
    }
    return out;
}
