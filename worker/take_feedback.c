/* take_feedback.c -- what users say: the crash-report dialog, and the old REST address with a DSN.
 * Source: getsentry/sentry, web/frontend/error_page_embed.py,
 * api/endpoints/project_user_reports.py. */
#include <string.h>

#include "proto/form.h"
#include "proto/hex.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "worker/context.h"
#include "worker/dialog.h"
#include "worker/intake.h"
#include "worker/reply.h"
#include "worker/take.h"
#include "worker/take_report.h"

struct report {
    uint8_t event_id[16];
    struct text name, email, comments;
};

/* A JSON body, or form fields. False: neither. */
static bool report_read(struct intake *in, struct report *out, struct text *event_id)
{
    struct arena *a = in->arena;
    struct json *root;

    if (text_find(in->headers.content_type, TEXT("json")) == in->headers.content_type.len) {
        *event_id = form_get(in->body, "event_id", a);
        out->name = form_get(in->body, "name", a);
        out->email = form_get(in->body, "email", a);
        out->comments = form_get(in->body, "comments", a);
        return true;
    }
    if (json_read(in->body, a, &root, NULL) != JSON_OK || !json_is(root, JSON_OBJECT))
        return false;
    *event_id = json_string(json_get(root, "event_id"), a);
    out->name = json_string(json_get(root, "name"), a);
    out->email = json_string(json_get(root, "email"), a);
    out->comments = json_string(json_get(root, "comments"), a);
    return true;
}

static void report_add(struct intake *in, const struct report *r, const char *source)
{
    struct record_feedback record = {
        .name = r->name, .email = r->email, .comments = r->comments, .source = text_of(source)};

    memcpy(record.event_id, r->event_id, sizeof record.event_id);
    take_report(in, &record);
    worker_count(in->w, COUNTER_items, 1);
}

static bool limited(struct intake *in)
{
    if (intake_take(in, BUCKET_FEEDBACK, 1))
        return false;
    intake_outcome(in, OUTCOME_RATE_LIMITED, "feedback", limit_reason(&in->hits), 1);
    intake_limited(in);
    return true;
}

/* ---- the dialog ---- */

/* A page that asked for a script cannot read a body: the reason goes into a header. */
static void dialog_error(struct intake *in, int status, struct text json)
{
    bool script = text_find(in->headers.accept, TEXT("text/javascript")) != in->headers.accept.len;

    if (script)
        reply_header(in->req, "x-sentry-context", json);
    reply_text(in->req, status, script ? "text/javascript" : "application/json",
               script ? TEXT("") : json);
}

static bool email_plausible(struct text email)
{
    size_t at = text_find_byte(text_trim(email), '@');

    return at > 0 && at + 1 < text_trim(email).len;
}

/* Some field is empty: say which, all at once. */
static bool fields_missing(struct intake *in, const struct report *r)
{
    const struct {
        const char *name;
        bool good;
        const char *wrong;
    } field[] = {
        {"name", text_trim(r->name).len != 0, "This field is required."},
        {"email", email_plausible(r->email), "Enter a valid email address."},
        {"comments", text_trim(r->comments).len != 0, "This field is required."},
    };
    struct buf out;
    bool any = false;

    buf_init(&out, in->arena, 512, 4096);
    json_open(&out, NULL, '{');
    json_open(&out, "errors", '{');
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        if (field[i].good)
            continue;
        json_open(&out, field[i].name, '[');
        json_str(&out, NULL, field[i].wrong);
        json_close(&out, ']');
        any = true;
    }
    json_close(&out, '}');
    json_close(&out, '}');
    if (any)
        dialog_error(in, 400, reply_keep(in->req, buf_result(&out)));
    return any;
}

static void dialog_post(struct intake *in, const uint8_t event_id[16])
{
    struct report r = {0};
    struct text ignored;

    if (!intake_admit(in, BUCKET_FEEDBACK) || !intake_body(in))
        return;
    if (!report_read(in, &r, &ignored)) {
        dialog_error(in, 400, TEXT("{\"errors\":{\"__all__\":[\"Invalid form.\"]}}"));
        return;
    }
    if (fields_missing(in, &r) || limited(in))
        return;
    memcpy(r.event_id, event_id, sizeof r.event_id);
    report_add(in, &r, "error_page");
    intake_commit(in, 200, "application/json", TEXT("{}"));
}

void take_error_page(struct intake *in)
{
    struct dsn dsn;
    uint8_t event_id[16];

    if (!uuid_read(form_get(in->query, "eventId", in->arena), event_id)) {
        dialog_error(in, 400, TEXT("{\"eventId\":\"Missing or invalid parameter.\"}"));
        return;
    }
    if (!dsn_read(form_get(in->query, "dsn", in->arena), &dsn) ||
        !registry_key(worker_registry(in->w), dsn.key.at, (uint32_t)dsn.key.len)) {
        dialog_error(in, 404, TEXT("{\"dsn\":\"Invalid or missing parameter.\"}"));
        return;
    }
    if (!intake_claim_dsn(in, &dsn))
        return;
    if (in->method == METHOD_POST) {
        dialog_post(in, event_id);
        return;
    }
    reply_text(in->req, 200, "text/javascript; charset=utf-8",
               reply_keep(in->req, dialog_script(in->query, in->arena)));
}

/* ---- POST /api/0/projects/{org}/{project}/user-feedback/ ---- */

/* The project's slug or number stands before the last segment. */
static bool path_names_project(const struct intake *in)
{
    struct text path = {in->req->path_normalized.base, in->req->path_normalized.len}, slug;
    unsigned long long id;
    size_t from;

    path.len = path.at[path.len - 1] == '/' ? path.len - 1 : path.len;
    path.len -= strlen("/user-feedback");
    for (from = path.len; from && path.at[from - 1] != '/'; from--)
        ;
    slug = text_cut(path, from, path.len);
    if (text_u64(slug, &id))
        return id == in->project->id;
    return text_eq(slug,
                   (struct text){in->view->heap + in->project->slug.at, in->project->slug.len});
}

void take_feedback(struct intake *in)
{
    struct report r = {0};
    struct text event_id = TEXT_NONE;

    if (!intake_claim(in) || !intake_admit(in, BUCKET_FEEDBACK) || !intake_body(in))
        return;
    if (!path_names_project(in)) {
        intake_refuse(in, 400, "the DSN is of another project", NULL);
        return;
    }
    if (in->body.len > ITEM_USER_REPORT_MAX || !report_read(in, &r, &event_id) ||
        !uuid_read(event_id, r.event_id)) {
        intake_outcome(in, OUTCOME_INVALID, "feedback", "missing_attribute", 1);
        intake_refuse(in, 400, "invalid user feedback", NULL);
        return;
    }
    if (limited(in))
        return;
    report_add(in, &r, "user_report");
    intake_commit(in, 200, NULL, TEXT(""));
}
