/* take_minidump.c -- crashes of native programs: minidumps and what Unreal sends.
 * Their uploaders retry at once on 429 and are therefore answered with 200 (Relay); the id in the
 * answer has dashes. */
#include "worker/take_minidump.h"

#include <string.h>

#include "proto/form.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/msgpack.h"
#include "proto/multipart.h"
#include "worker/context.h"
#include "worker/take.h"
#include "worker/take_attachments.h"

#define DUMP_FIELD "upload_file_minidump"

bool minidump_note(struct minidump_notes *n, struct text name, struct text attachment_type,
                   struct text data)
{
    if (text_is(name, "__sentry-event") || text_is(attachment_type, "event.payload"))
        n->event = data;
    else if (text_starts(name, "__sentry-breadcrumb") ||
             text_is(attachment_type, "event.breadcrumbs"))
        n->crumbs[n->crumbs[0].at != NULL] = data;
    else
        return false;
    return true;
}

/* The event as JSON, so that it counts as the form's `sentry` field. */
static void add_event(struct minidump_form *form, struct text packed, struct arena *a)
{
    struct json *root = msgpack_next(&packed, a);
    struct buf out;

    if (!json_is(root, JSON_OBJECT))
        return;
    buf_init(&out, a, 4096, ITEM_EVENT_MAX);
    json_write(&out, root);
    if (!out.failed)
        minidump_form_add(form, TEXT("sentry"), buf_result(&out));
}

static void add_crumbs(struct json *list, struct text packed, struct arena *a)
{
    struct json *crumb;

    while ((crumb = msgpack_next(&packed, a)) != NULL)
        json_push(list, crumb);
}

static struct text first_time(struct text packed, struct arena *a)
{
    return json_as_text(json_get(msgpack_next(&packed, a), "timestamp"), a);
}

/* The SDK fills two files in turn: the one that begins earlier comes first. */
static struct json *breadcrumbs(const struct minidump_notes *n, struct arena *a)
{
    struct text zero = first_time(n->crumbs[0], a), one = first_time(n->crumbs[1], a);
    size_t len = zero.len < one.len ? zero.len : one.len;
    bool swap = one.len && (!zero.len || memcmp(one.at, zero.at, len) < 0);
    struct json *list = json_new(a, JSON_ARRAY);

    if (list) {
        add_crumbs(list, n->crumbs[swap], a);
        add_crumbs(list, n->crumbs[!swap], a);
    }
    return list;
}

enum event_fate take_minidump_event(struct intake *in, struct minidump_form *form,
                                    const struct minidump_notes *notes,
                                    const struct event_context *ctx, struct event *e,
                                    enum event_rc *why)
{
    struct minidump_form empty;
    struct json *root;

    if (!form) {
        minidump_form_init(&empty, in->arena);
        form = &empty;
    }
    if (notes->event.at)
        add_event(form, notes->event, in->arena);
    if (!(root = minidump_event(form))) {
        *why = EVENT_SPENT;
        return EVENT_INVALID;
    }
    if (notes->crumbs[0].at)
        json_set(in->arena, root, "breadcrumbs", breadcrumbs(notes, in->arena));
    return take_event_tree(in, root, ctx, e, why);
}

/* What a crash upload is made of. */
struct crash {
    struct minidump_form form;
    struct minidump_notes notes;
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
    if (minidump_note(&c->notes, part->name, TEXT_NONE, part->data))
        return;
    if (text_is(part->filename, "view-hierarchy.json"))
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
    for (m = multipart_start(in->body, boundary);
         rc == MULTIPART_END && multipart_next(&m, in->arena, &part) == MULTIPART_PART;)
        /* The SDK's own file knows more than what the crash handler repeats of it. */
        if (!part.filename.at && !text_is(part.name, DUMP_FIELD) &&
            !(c->notes.event.at && text_starts(part.name, "sentry")))
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
    enum event_fate fate = take_minidump_event(in, &c->form, &c->notes, &ctx, &e, &why);

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
