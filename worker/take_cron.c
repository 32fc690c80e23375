/* take_cron.c -- check-ins of cron jobs by curl: GET or POST /api/P/cron/{slug}[/{key}].
 * They are counted by kind and not processed yet; what is wrong with one is told all the same, so
 * that a job set up today goes on working. */
#include <string.h>

#include "proto/form.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "worker/context.h"
#include "worker/intake.h"
#include "worker/take.h"

/* "missed" and "timeout" are the server's to say; from a client they are taken as unknown. */
static bool status_known(struct text status)
{
    static const char *const names[] = {"in_progress", "ok", "error", "missed", "timeout", NULL};

    for (const char *const *n = names; *n; n++)
        if (text_is(status, *n))
            return true;
    return false;
}

/* From the query, or from a JSON body. False: answered. */
static bool status_of(struct intake *in, struct text *status)
{
    struct json *root;

    *status = form_get(in->query, "status", in->arena);
    if (status->len || in->req->entity.len == 0)
        return true;
    if (!intake_body(in))
        return false;
    if (json_read(in->body, in->arena, &root, NULL) != JSON_OK || !json_is(root, JSON_OBJECT)) {
        intake_outcome(in, OUTCOME_INVALID, "monitor", "invalid_json", 1);
        intake_refuse(in, 400, "invalid check-in", NULL);
        return false;
    }
    *status = json_string(json_get(root, "status"), in->arena);
    return true;
}

void take_cron(struct intake *in)
{
    struct text status;

    in->never_429 = true; /* cron jobs retry at once */
    if (!intake_claim(in) || !intake_admit(in, BUCKET_OTHER))
        return;
    if (in->req->entity.len > ITEM_CHECK_IN_MAX) {
        intake_outcome(in, OUTCOME_INVALID, "monitor", "too_large:check_in", 1);
        intake_refuse(in, 413, "check-in is too large", NULL);
        return;
    }
    if (!status_of(in, &status))
        return;
    if (!status_known(status)) {
        intake_outcome(in, OUTCOME_INVALID, "monitor", "missing_attribute", 1);
        intake_refuse(in, 400, "missing or unknown status", NULL);
        return;
    }
    worker_count(in->w, COUNTER_items, 1);
    worker_count(in->w, COUNTER_items_unprocessed, 1);
    intake_outcome(in, OUTCOME_UNPROCESSED, "monitor", "", 1);
    intake_commit(in, 202, NULL, TEXT(""));
}
