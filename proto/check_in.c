#include "proto/check_in.h"

#include "proto/hex.h"

enum { SLUG_MAX = 50 };

static struct text slug_of(struct text sent, struct arena *a)
{
    struct text t = text_clip(text_trim(sent), SLUG_MAX);
    char *out = t.len ? arena_dup(a, t.at, t.len) : NULL;

    for (size_t i = 0; out && i < t.len; i++) {
        unsigned char c = (unsigned char)out[i];

        if (c >= 'A' && c <= 'Z')
            out[i] = (char)(c | 0x20);
        else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            out[i] = '-';
    }
    return out ? (struct text){out, t.len} : TEXT_NONE;
}

/* "missed" and "timeout" are for the server to say. */
static enum check_in_status status_of(const struct json *v)
{
    if (!json_is(v, JSON_STRING))
        return CHECK_IN_UNKNOWN;
    if (text_is(v->raw, "in_progress"))
        return CHECK_IN_IN_PROGRESS;
    if (text_is(v->raw, "ok"))
        return CHECK_IN_OK;
    return text_is(v->raw, "error") ? CHECK_IN_ERROR : CHECK_IN_UNKNOWN;
}

/* Five fields, or a name such as @hourly. */
static bool is_crontab(struct text t)
{
    int fields = 0;
    bool in_field = false;

    t = text_trim(t);
    if (text_starts(t, "@"))
        return text_is(t, "@yearly") || text_is(t, "@annually") || text_is(t, "@monthly") ||
               text_is(t, "@weekly") || text_is(t, "@daily") || text_is(t, "@midnight") ||
               text_is(t, "@hourly");
    for (size_t i = 0; i < t.len; i++) {
        bool blank = t.at[i] == ' ' || t.at[i] == '\t';

        fields += !blank && !in_field;
        in_field = !blank;
    }
    return fields == 5;
}

static bool config_ok(const struct json *config, struct arena *a)
{
    static const char *const units[] = {"year", "month", "week", "day", "hour", "minute"};
    const struct json *schedule = json_get(config, "schedule"),
                      *value = json_get(schedule, "value");
    struct text type = json_string(json_get(schedule, "type"), a);
    struct text unit = json_string(json_get(schedule, "unit"), a);
    int64_t n;

    if (text_is(type, "crontab"))
        return is_crontab(json_string(value, a));
    if (!text_is(type, "interval") || !json_int64(value, &n) || n <= 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_is(unit, units[i]))
            return true;
    return false;
}

const char *check_in_read(struct text payload, struct arena *a, struct check_in *out)
{
    static const uint8_t zero[16];
    const struct json *id, *config;
    struct json *root;

    *out = (struct check_in){.duration_s = -1};
    if (json_read(payload, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        return "invalid_json";
    out->slug = slug_of(json_string(json_get(root, "monitor_slug"), a), a);
    if (!out->slug.len)
        return "empty_slug";
    id = json_get(root, "check_in_id");
    if (id && id->kind != JSON_NULL) {
        if (!uuid_read(json_string(id, a), out->id))
            return "invalid_check_in_id";
        out->latest = memcmp(out->id, zero, sizeof zero) == 0;
        out->has_id = !out->latest;
    }
    out->status = status_of(json_get(root, "status"));
    out->environment = text_trim(json_string(json_get(root, "environment"), a));
    if (!out->environment.len)
        out->environment = TEXT("production");
    if (!json_double(json_get(root, "duration"), &out->duration_s) || out->duration_s < 0)
        out->duration_s = -1;
    config = json_get(root, "monitor_config");
    if (config && config->kind != JSON_NULL) {
        out->config_invalid = !config_ok(config, a);
        out->config = out->config_invalid ? NULL : config;
    }
    return NULL;
}
