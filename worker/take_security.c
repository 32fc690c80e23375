/* take_security.c -- what browsers report by themselves: CSP and its relatives, and network errors.
 */
#include "worker/take_security.h"

#include "proto/form.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "proto/security.h"
#include "worker/context.h"
#include "worker/take.h"
#include "worker/take_event.h"

enum security_rc take_security_reports(struct intake *in, struct text body, struct text release,
                                       struct text environment, uint32_t *taken)
{
    struct event_context ctx = event_context_of(in);
    struct security_request request = {.user_agent = in->headers.user_agent,
                                       .release = release,
                                       .environment = environment,
                                       .client_ip = ctx.client_ip};
    struct security_reports reports;
    enum security_rc rc = security_read(body, &request, in->arena, &reports);

    *taken = 0;
    for (uint32_t i = 0; rc == SECURITY_OK && i < reports.count; i++) {
        struct event e;
        enum event_rc why;

        worker_count(in->w, COUNTER_items, 1);
        *taken += take_event_tree(in, reports.roots[i], &ctx, &e, &why) != EVENT_LIMITED;
    }
    if (rc != SECURITY_OK) {
        intake_outcome(in, OUTCOME_INVALID, "security", "invalid_json", 1);
        worker_count(in->w, COUNTER_items_invalid, 1);
    }
    return rc;
}

void take_security(struct intake *in)
{
    enum security_rc rc;
    uint32_t taken;

    if (!intake_claim(in))
        return;
    if (!security_type_ok(in->headers.content_type)) {
        intake_refuse(in, 415, "unsupported content type for a security report", NULL);
        return;
    }
    if (!intake_admit(in, BUCKET_ERROR) || !intake_body(in))
        return;
    if (in->body.len > ITEM_EVENT_MAX) {
        intake_outcome(in, OUTCOME_INVALID, "security", "too_large:security", 1);
        intake_refuse(in, 413, "security report exceeds the size limit", NULL);
        return;
    }
    rc = take_security_reports(in, in->body, form_get(in->query, "sentry_release", in->arena),
                               form_get(in->query, "sentry_environment", in->arena), &taken);
    if (rc != SECURITY_OK)
        intake_refuse(in, 400, "invalid security report", security_rc_text(rc));
    else if (!taken && in->hits.any)
        intake_limited(in);
    else
        intake_commit(in, 200, NULL, TEXT(""));
}

/* Network Error Logging: counted, not processed yet. */
void take_nel(struct intake *in)
{
    struct json *root;

    if (!intake_claim(in) || !intake_admit(in, BUCKET_OTHER))
        return;
    if (!security_type_ok(in->headers.content_type)) {
        intake_refuse(in, 415, "unsupported content type for a network error report", NULL);
        return;
    }
    if (!intake_body(in))
        return;
    if (in->body.len > ITEM_EVENT_MAX || json_read(in->body, in->arena, &root, NULL) != JSON_OK) {
        intake_outcome(in, OUTCOME_INVALID, "default", "invalid_json", 1);
        intake_refuse(in, 400, "invalid network error report", NULL);
        return;
    }
    worker_count(in->w, COUNTER_items, 1);
    worker_count(in->w, COUNTER_items_unprocessed, 1);
    intake_outcome(in, OUTCOME_UNPROCESSED, "default", "nel",
                   root->kind == JSON_ARRAY && root->count ? root->count : 1);
    intake_commit(in, 200, NULL, TEXT(""));
}
