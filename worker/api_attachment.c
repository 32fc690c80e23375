/* api_attachment.c -- attachments: listed with their event, handed out so that they can do no harm.
 * A browser must never take a stranger's file for a page of ours: it is always a download of an
 * opaque type, not to be sniffed, and, should it be shown all the same, in a sandbox without an
 * origin. */
#include <string.h>

#include "worker/api_page.h"
#include "worker/api_resources.h"
#include "worker/stored.h"

/* Attachments come with their event, or soon after: segments begun later than this are not asked. */
#define LATER_MS 86400000LL

/* "12-345": the segment's id and the row's. */
static struct text public_id(struct api_call *c, const struct query_segment *g, int64_t row)
{
    return arena_printf(c->arena, "%lld-%lld", (long long)g->id, (long long)row);
}

static struct text either(struct text t, struct text otherwise)
{
    return text_empty(t) ? otherwise : t;
}

/* Columns id, name, content_type, type, size, sha1, created_ms, file. */
static void write_attachment(struct api_call *c, const struct query_segment *g,
                             const struct stored_event *e, struct db_stmt *s)
{
    struct buf *b = &c->out;
    struct text mime = either(api_col(s, 2), TEXT("application/octet-stream"));
    size_t len;
    const void *sha1 = db_col_blob(s, 5, &len);

    json_open(b, NULL, '{');
    json_text(b, "id", public_id(c, g, db_col_int(s, 0)));
    json_hex(b, "event_id", e->id, sizeof e->id);
    json_text(b, "type", either(api_col(s, 3), TEXT("event.attachment")));
    json_text(b, "name", api_col(s, 1));
    json_text(b, "mimetype", mime);
    json_int(b, "size", db_col_int(s, 4));
    json_open(b, "headers", '{');
    json_text(b, "Content-Type", mime);
    json_close(b, '}');
    if (sha1)
        json_hex(b, "sha1", sha1, len);
    else
        json_null(b, "sha1");
    api_time(b, "dateCreated", db_col_int(s, 6));
    json_close(b, '}');
}

/* Segments that may hold attachments of an event: its own, and those begun within a day of it. */
static bool may_hold(const struct query_segment *g, const struct stored_event *e)
{
    if (g->last_seq < e->seq)
        return false;
    return g->first_seq <= e->seq || g->begun_ms <= e->timestamp_ms + LATER_MS ||
           g->begun_ms <= e->segment->begun_ms + LATER_MS;
}

static uint32_t write_of_event(struct api_call *c, const struct stored_event *e, uint32_t most)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list), n = 0;

    for (uint32_t i = count; i-- > 0 && n < most;) { /* oldest first: in the order they came */
        struct db *d = may_hold(&list[i], e) ? query_segment_db(c->q, &list[i]) : NULL;
        struct db_stmt *s = d ? api_segment_query(c, d, "api_attachments") : NULL;

        if (!s)
            continue;
        db_blob(s, "event", e->id, sizeof e->id);
        while (n < most && db_step(s) == 1) {
            if (db_col_int(s, 8) != e->project)
                continue;
            write_attachment(c, &list[i], e, s);
            n++;
        }
        db_reset(s);
    }
    return n;
}

void attachment_list_event(struct api_call *c)
{
    struct stored_event e;
    struct api_page p;

    if (!page_read(c, &p))
        return;
    if (!api_event_find(c, c->arg[0], &e)) {
        api_detail(c, 404, "Event not found");
        return;
    }
    json_open(&c->out, NULL, '[');
    write_of_event(c, &e, 1000);
    json_close(&c->out, ']');
    page_link_offset(c, &p, false);
    api_done(c, 200);
}

/* Of the newest events of an issue. */
void attachment_list_issue(struct api_call *c)
{
    struct stored_walk w;
    struct stored_event e;
    struct api_page p;
    uint32_t n = 0, looked = 0;

    if (!page_read(c, &p) || !stored_walk_issue(c, c->issue, UINT64_MAX, &w))
        return;
    json_open(&c->out, NULL, '[');
    while (n < p.limit && looked++ < 200 && stored_walk_next(&w, &e))
        n += write_of_event(c, &e, p.limit - n);
    json_close(&c->out, ']');
    page_link_offset(c, &p, false);
    api_done(c, 200);
}

/* ---- one ---- */

static struct query_segment *segment_named(struct api_call *c, struct text name, int64_t *row)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);
    size_t dash = text_find_byte(name, '-');
    unsigned long long segment, id;

    if (!text_u64(text_cut(name, 0, dash), &segment) ||
        !text_u64(text_cut(name, dash + 1, name.len), &id))
        return NULL;
    *row = (int64_t)id;
    for (uint32_t i = 0; i < count; i++)
        if (list[i].id == (int64_t)segment)
            return &list[i];
    return NULL;
}

/* A name that can stand in a header's quotes. */
static struct text safe_name(struct api_call *c, struct text name)
{
    char *out = arena_dup(c->arena, name.at ? name.at : "", name.len);

    for (size_t i = 0; out && i < name.len; i++)
        if ((unsigned char)out[i] < ' ' || (unsigned char)out[i] > '~' || out[i] == '"' ||
            out[i] == '\\' || out[i] == '/')
            out[i] = '_';
    return out && name.len ? (struct text){out, name.len} : TEXT("attachment");
}

static void hand_out(struct api_call *c, struct db_stmt *s)
{
    struct text file = api_col(s, 7), data;

    data.at = db_col_blob(s, 9, &data.len);
    api_header(c, "Content-Disposition",
               arena_printf(c->arena, "attachment; filename=\"%.*s\"",
                            TEXT_ARG(safe_name(c, api_col(s, 1)))));
    api_header(c, "X-Content-Type-Options", TEXT("nosniff"));
    api_header(c, "Content-Security-Policy", TEXT("sandbox; default-src 'none'"));
    api_header(c, "Cross-Origin-Resource-Policy", TEXT("same-origin"));
    c->content_type = "application/octet-stream";
    if (file.len && text_find_byte(file, '/') == file.len)
        c->file = arena_printf(c->arena, "attachments/%.*s", TEXT_ARG(file));
    else
        buf_add(&c->out, data.at ? data.at : "", data.len);
    api_done(c, 200);
}

void attachment_get(struct api_call *c)
{
    int64_t row;
    struct query_segment *g = segment_named(c, c->arg[1], &row);
    struct db *d = g ? query_segment_db(c->q, g) : NULL;
    struct db_stmt *s = d ? api_segment_query(c, d, "api_attachment") : NULL;
    struct stored_event e = {0};
    size_t len;
    const void *event;

    if (s)
        db_int(s, "id", row);
    if (!s || db_step(s) != 1 || db_col_int(s, 8) != c->project->id) {
        api_missing(c);
        return;
    }
    event = db_col_blob(s, 10, &len);
    if (!api_event_id(c->arg[0], e.id) || len != sizeof e.id || memcmp(event, e.id, len) != 0) {
        api_missing(c);
        return;
    }
    memcpy(e.id, event, len);
    e.project = c->project->id;
    if (api_param(c, "download").at) /* with whatever value, as in Sentry */
        hand_out(c, s);
    else {
        write_attachment(c, g, &e, s);
        api_done(c, 200);
    }
}
