/* command_feedback.c -- what a user said of an event, told by somebody with a token. */
#include "proto/hex.h"
#include "proto/limits.h"
#include "writer/command_parts.h"
#include "writer/flush_parts.h"

static int64_t row_of(struct command *c, const struct record_feedback *r)
{
    struct db_stmt *q = command_query(c, "feedback_find");

    if (!q)
        return 0;
    db_int_at(q, 1, r->project);
    db_blob_at(q, 2, r->event_id, sizeof r->event_id);
    return command_number(c, q, 0);
}

uint16_t command_feedback_add(struct command *c)
{
    struct record_feedback r = {
        .project = command_project_named(c, command_text(c, "project")),
        .received_ms = c->now_ms,
        .name = text_clip_chars(command_text(c, "name"), FEEDBACK_NAME_MAX),
        .email = text_clip_chars(command_text(c, "email"), FEEDBACK_NAME_MAX),
        .comments = text_clip_chars(command_text(c, "comments"), FEEDBACK_MESSAGE_MAX),
        .source = TEXT("user_report"),
    };
    int rc;

    if (!r.project)
        return command_missing(c);
    if (!uuid_read(command_text(c, "event_id"), r.event_id))
        return command_wrong(c, "event_id", "Enter a valid event id.");
    if (!r.comments.len)
        return command_wrong(c, "comments", "This field is required.");
    if ((rc = flush_feedback(c->w, &r)) != DB_OK)
        return command_broken(c, rc);
    return command_id(c, 200, row_of(c, &r));
}
