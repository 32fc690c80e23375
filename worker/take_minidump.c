/* take_minidump.c -- crashes of native programs: minidumps and what Unreal sends.
 * Their uploaders retry at once on 429 and are therefore answered with 200 (Relay); the id in the
 * answer has dashes. */
#include "worker/take_minidump.h"

#include "proto/form.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/multipart.h"
#include "worker/context.h"
#include "worker/take.h"
#include "worker/take_attachments.h"

#define DUMP_FIELD "upload_file_minidump"

enum event_fate take_minidump_event(struct intake *in, struct minidump_form *form,
                                    const struct event_context *ctx, struct event *e,
                                    enum event_rc *why)
{
    struct minidump_form empty;
    struct json *root;

    if (!form) {
        minidump_form_init(&empty, in->arena);
        form = &empty;
    }
    if (!(root = minidump_event(form))) {
        *why = EVENT_SPENT;
        return EVENT_INVALID;
    }
    return take_event_tree(in, root, ctx, e, why);
}

/* What a crash upload is made of. */
struct crash {
    struct minidump_form form;
    struct attachment dump;
    struct attachment file[ITEM_ATTACHMENTS_MAX];
    uint32_t files;
    bool has_dump;
};

static void add_file(struct crash *c, const struct multipart_part *part)
{
    struct attachment file = {part->filename, part->content_type, TEXT_NONE, part->data};

    if (text_is(part->name, DUMP_FIELD) && !c->has_dump) {
        c->dump = file;
        c->has_dump = true;
        return;
    }
    if (text_is(part->name, "__sentry-event"))
        file.type = TEXT("event.payload");
    else if (text_starts(part->name, "__sentry-breadcrumb"))
        file.type = TEXT("event.breadcrumbs");
    else if (text_is(part->filename, "view-hierarchy.json"))
        file.type = TEXT("event.view_hierarchy");
    if (c->files < ITEM_ATTACHMENTS_MAX)
        c->file[c->files++] = file;
}

/* False: answered. */
static bool read_form(struct intake *in, struct text boundary, struct crash *c)
{
    struct multipart m = multipart_start(in->body, boundary);
    struct multipart_part part;
    enum multipart_rc rc;

    while ((rc = multipart_next(&m, in->arena, &part)) == MULTIPART_PART)
        if (part.filename.at || text_is(part.name, DUMP_FIELD))
            add_file(c, &part);
        else
            minidump_form_add(&c->form, part.name, part.data);
    if (rc == MULTIPART_END)
        return true;
    intake_refuse(in, 400, "invalid multipart data", multipart_rc_text(rc));
    return false;
}

static bool is_raw_dump(struct text content_type)
{
    struct text type = text_trim(text_cut(content_type, 0, text_find_byte(content_type, ';')));

    return text_eq_nocase(type, TEXT("application/octet-stream")) ||
           text_eq_nocase(type, TEXT("application/x-dmp"));
}

static bool read_crash(struct intake *in, struct crash *c)
{
    enum minidump_rc rc;
    struct text boundary;

    minidump_form_init(&c->form, in->arena);
    if (is_raw_dump(in->headers.content_type)) {
        c->dump = (struct attachment){TEXT("minidump.dmp"), TEXT_NONE, TEXT_NONE, in->body};
        c->has_dump = true;
    } else if (!multipart_boundary(in->headers.content_type, &boundary)) {
        intake_refuse(in, 400, "invalid multipart data", "missing boundary");
        return false;
    } else if (!read_form(in, boundary, c)) {
        return false;
    }
    rc = minidump_read(c->dump.data, in->w->conf->attachment_max, in->arena, &in->w->inflate_inner,
                       &c->dump.data);
    if (rc == MINIDUMP_OK)
        return true;
    intake_outcome(in, OUTCOME_INVALID, "error", "invalid_minidump", 1);
    intake_refuse(in, rc == MINIDUMP_TOO_LARGE ? 413 : 400, minidump_rc_text(rc), NULL);
    return false;
}

static void answer_id(struct intake *in, const uint8_t id[16])
{
    char *dashed = arena_alloc(in->arena, 36);

    if (dashed)
        uuid_write(id, dashed);
    intake_commit(in, 200, "text/plain", (struct text){dashed, dashed ? 36 : 0});
}

static void keep_files(struct intake *in, struct crash *c, const uint8_t id[16])
{
    if (c->has_dump) {
        c->dump.type = TEXT("event.minidump");
        c->dump.filename = minidump_filename(c->dump.filename);
        take_attachment(in, id, &c->dump);
    }
    for (uint32_t i = 0; i < c->files; i++)
        take_attachment(in, id, &c->file[i]);
}

static void keep(struct intake *in, struct crash *c)
{
    struct event_context ctx = event_context_of(in);
    struct event e;
    enum event_rc why;
    enum event_fate fate = take_minidump_event(in, &c->form, &ctx, &e, &why);

    worker_count(in->w, COUNTER_items, 1 + c->files);
    if (fate == EVENT_LIMITED) {
        intake_limited(in);
        return;
    }
    if (fate == EVENT_INVALID) {
        intake_refuse(in, 400, "invalid event payload", event_rc_text(why));
        return;
    }
    if (fate == EVENT_TAKEN)
        keep_files(in, c, e.id);
    answer_id(in, e.id);
}

void take_minidump(struct intake *in)
{
    struct crash c = {.files = 0};

    in->never_429 = true;
    if (intake_claim(in) && intake_admit(in, BUCKET_ERROR) && intake_body(in) && read_crash(in, &c))
        keep(in, &c);
}

/* Unreal's container is kept as it came, beside an event that says so. */
void take_unreal(struct intake *in)
{
    struct crash c = {.files = 0};
    struct text user;

    in->never_429 = true;
    if (!intake_claim(in) || !intake_admit(in, BUCKET_ERROR) || !intake_body(in))
        return;
    minidump_form_init(&c.form, in->arena);
    minidump_form_add(&c.form, TEXT("sentry[logger]"), TEXT("unreal"));
    minidump_form_add(&c.form, TEXT("sentry[message]"), TEXT("Unreal crash"));
    user = form_get(in->query, "UserID", in->arena);
    if (user.len)
        minidump_form_add(&c.form, TEXT("sentry[user][id]"), user);
    c.file[c.files++] =
        (struct attachment){TEXT("unreal_crash"), TEXT_NONE, TEXT("unreal.container"), in->body};
    keep(in, &c);
}
