#include "proto/client_report.h"

#include "proto/json.h"
#include "proto/limits.h"
#include "proto/timestamp.h"

#define AGE_MS (CLIENT_REPORT_AGE_DAYS * INT64_C(86400000))

static void take_list(const struct json *list, enum outcome outcome, int64_t time_ms,
                      struct arena *a, struct client_report *out)
{
    if (!json_is(list, JSON_ARRAY))
        return;
    for (const struct json *m = list->child; m && out->count < CLIENT_REPORT_ENTRIES_MAX;
         m = m->next) {
        struct text category = json_string(json_get(m, "category"), a);
        struct text reason = json_string(json_get(m, "reason"), a);
        int64_t quantity;

        if (!category.len || !json_int64(json_get(m, "quantity"), &quantity) || quantity <= 0 ||
            quantity > UINT32_MAX)
            continue;
        out->outcomes[out->count++] =
            (struct record_outcome){.quantity = (uint32_t)quantity,
                                    .time_ms = time_ms,
                                    .outcome = outcome,
                                    .category = text_clip(category, OUTCOME_WORD_MAX),
                                    .reason = text_clip(reason, OUTCOME_WORD_MAX)};
    }
}

bool client_report_read(struct text payload, int64_t received_ms, struct arena *a,
                        struct client_report *out)
{
    struct json *root;
    int64_t us, time_ms = received_ms;

    *out = (struct client_report){0};
    if (json_read(payload, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        return false;
    if (!(out->outcomes = arena_alloc(a, CLIENT_REPORT_ENTRIES_MAX * sizeof *out->outcomes)))
        return false;
    if (timestamp_json(json_get(root, "timestamp"), &us) && us / 1000 < received_ms &&
        us / 1000 > received_ms - AGE_MS)
        time_ms = us / 1000;
    take_list(json_get(root, "discarded_events"), OUTCOME_CLIENT_DISCARD, time_ms, a, out);
    take_list(json_get(root, "rate_limited_events"), OUTCOME_RATE_LIMITED, time_ms, a, out);
    take_list(json_get(root, "filtered_events"), OUTCOME_FILTERED, time_ms, a, out);
    take_list(json_get(root, "filtered_sampling_events"), OUTCOME_FILTERED, time_ms, a, out);
    return !arena_spent(a);
}
