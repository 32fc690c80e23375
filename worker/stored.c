/* stored.c -- finding events. */
#include "worker/stored.h"

#include <string.h>

#include "proto/block.h"
#include "shm/log.h"

/* ---- rows of a segment ---- */

struct db_stmt *stored_query(struct api_call *c, struct query_segment *g, const char *name)
{
    struct db *d = query_segment_db(c->q, g);

    return d ? api_segment_query(c, d, name) : NULL;
}

bool stored_row(struct query_segment *g, struct db_stmt *s)
{
    int rc = s ? db_step(s) : 0;

    if (rc < 0)
        log_warn("stored.damaged", "file=%s error=\"%s\"", g->file, db_error(g->db));
    return rc == 1;
}

void stored_event_row(struct db_stmt *s, struct query_segment *g, struct stored_event *e)
{
    size_t len;
    const void *id = db_col_blob(s, 1, &len);

    *e = (struct stored_event){
        .seq = (uint64_t)db_col_int(s, 0),
        .project = db_col_int(s, 2),
        .issue = db_col_int(s, 3),
        .prev = (uint64_t)db_col_int(s, 4),
        .timestamp_ms = db_col_int(s, 5),
        .block = db_col_int(s, 6),
        .slot = (uint32_t)db_col_int(s, 7),
        .segment = g,
    };
    if (id && len == sizeof e->id)
        memcpy(e->id, id, len);
}

static bool one_row(struct query_segment *g, struct db_stmt *s, struct stored_event *out)
{
    bool found = stored_row(g, s);

    if (found)
        stored_event_row(s, g, out);
    if (s)
        db_reset(s);
    return found;
}

/* The segment that a sequence lies in, as a place in the list (newest first); count: none. */
static uint32_t segment_of(struct query_segment *list, uint32_t count, uint64_t seq)
{
    uint32_t i = 0;

    while (i < count && list[i].first_seq > seq)
        i++;
    return i;
}

bool stored_by_seq(struct api_call *c, uint64_t seq, struct stored_event *out)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list), i = segment_of(list, count, seq);
    struct db_stmt *s;

    if (seq == 0 || i == count || !(s = stored_query(c, &list[i], "api_stored_by_seq")))
        return false;
    db_int(s, "seq", (int64_t)seq);
    return one_row(&list[i], s, out);
}

/* ---- by id ---- */

static bool by_recent(struct api_call *c, const struct api_project *p, const uint8_t id[16],
                      struct stored_event *out)
{
    uint64_t seq;

    return recent_find(query_world(c->q)->recent, (uint32_t)p->id, id, &seq) &&
           stored_by_seq(c, seq, out) && memcmp(out->id, id, 16) == 0;
}

static bool wanted(struct api_call *c, const struct api_project *project, int64_t id)
{
    return project ? project->id == id : api_project_by_id(c, id) != NULL;
}

static bool by_index(struct api_call *c, const struct api_project *project, const uint8_t id[16],
                     struct stored_event *out)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *s = list[i].indexed ? stored_query(c, &list[i], "api_stored_by_id") : NULL;

        if (!s)
            continue;
        db_blob(s, "id", id, 16);
        while (stored_row(&list[i], s)) {
            if (wanted(c, project, db_col_int(s, 2))) {
                stored_event_row(s, &list[i], out);
                db_reset(s);
                return true;
            }
        }
        db_reset(s);
    }
    return false;
}

bool stored_by_id(struct api_call *c, const struct api_project *project, const uint8_t id[16],
                  struct stored_event *out)
{
    uint32_t count = 1;
    const struct api_project *list = project ? project : api_projects(c, &count);

    for (uint32_t i = 0; i < count; i++)
        if (by_recent(c, &list[i], id, out))
            return true;
    return by_index(c, project, id, out);
}

int64_t stored_issue(struct api_call *c, const struct stored_event *e)
{
    struct db_stmt *s = api_query(c, "api_issue_parent");
    int64_t issue = 0;

    if (s) {
        db_int(s, "id", e->issue);
        if (api_row(c, s))
            issue = db_col_int(s, 0);
    }
    return issue;
}

uint32_t stored_issues_of_trace(struct api_call *c, const uint8_t trace[16], int64_t *issues,
                                uint32_t room)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list), n = 0;

    for (uint32_t i = 0; i < count && n < room; i++) {
        struct db_stmt *s = stored_query(c, &list[i], "api_stored_trace_issues");

        if (!s)
            continue;
        db_blob(s, "trace", trace, 16);
        while (n < room && stored_row(&list[i], s)) {
            struct stored_event e = {.issue = db_col_int(s, 0)};

            if ((issues[n] = stored_issue(c, &e)) != 0)
                n++;
        }
        db_reset(s);
    }
    return n;
}

/* ---- along one issue number ---- */

/* Its newest event below `before`, with no link to follow: segment by segment, from the one that
 * holds `before` downwards. */
static bool look_before(struct api_call *c, int64_t issue, uint64_t before,
                        struct stored_event *out)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = segment_of(list, count, before - 1); i < count; i++) {
        struct db_stmt *s = stored_query(c, &list[i], "api_stored_issue_before");

        if (!s)
            continue;
        db_int(s, "issue", issue);
        db_int(s, "before", before > INT64_MAX ? INT64_MAX : (int64_t)before);
        if (one_row(&list[i], s, out))
            return true;
    }
    return false;
}

/* Links are laid when events arrive. Where issues were parted again, events of several chains have
 * come together in the new one, and its links pass some of them by. */
static bool links_hold(struct api_call *c, int64_t issue)
{
    struct db_stmt *s = api_query(c, "api_issue_parted");
    bool parted;

    if (!s)
        return true;
    db_int(s, "issue", issue);
    parted = api_row(c, s);
    db_reset(s);
    return !parted;
}

/* Follow a link; one that leads to an event that was taken out of the issue is as good as the place. */
static bool follow(struct api_call *c, int64_t issue, uint64_t seq, struct stored_event *out)
{
    if (seq == 0 || !stored_by_seq(c, seq, out))
        return false; /* the first, or its segment has left with all that is older */
    return out->issue == issue || look_before(c, issue, seq, out);
}

/* The event before `e` in the same issue. */
static bool step_back(struct api_call *c, const struct stored_event *e, bool linked,
                      struct stored_event *out)
{
    int64_t issue = e->issue;

    return linked ? follow(c, issue, e->prev, out) : look_before(c, issue, e->seq, out);
}

static uint64_t last_of(struct api_call *c, int64_t issue, uint64_t *first)
{
    struct db_stmt *s = api_query(c, "api_issue_span");
    uint64_t last = 0;

    if (s) {
        db_int(s, "id", issue);
        if (api_row(c, s)) {
            *first = (uint64_t)db_col_int(s, 0);
            last = (uint64_t)db_col_int(s, 1);
        }
    }
    return last;
}

static bool member_before(struct api_call *c, int64_t issue, uint64_t before,
                          struct stored_event *out)
{
    uint64_t first = 0, last = last_of(c, issue, &first);
    struct stored_event at;

    if (last < before)
        return follow(c, issue, last, out);
    if (first >= before)
        return false;
    /* The event at `before` is most often one of this issue: a cursor, a neighbour. */
    if (stored_by_seq(c, before, &at) && at.issue == issue)
        return step_back(c, &at, links_hold(c, issue), out);
    return look_before(c, issue, before, out);
}

static bool member_after(struct api_call *c, int64_t issue, uint64_t after,
                         struct stored_event *out)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);
    uint64_t first = 0, last = last_of(c, issue, &first);
    uint32_t i;

    if (last <= after)
        return false;
    if (after < first)
        after = first - 1;
    if ((i = segment_of(list, count, after)) == count) /* the oldest segments have left */
        i = count ? count - 1 : 0;
    for (; i < count; i--) {
        struct db_stmt *s = stored_query(c, &list[i], "api_stored_issue_after");

        if (s) {
            db_int(s, "issue", issue);
            db_int(s, "after", (int64_t)after);
            if (one_row(&list[i], s, out))
                return true;
        }
        if (i == 0)
            break;
    }
    return false;
}

/* ---- an issue and its children ---- */

static bool members(struct api_call *c, int64_t issue, struct stored_walk *w)
{
    struct db_stmt *s = api_query(c, "api_issue_children");

    w->call = c;
    if (!(w->members = arena_zero(c->arena, STORED_MEMBERS_MAX, sizeof *w->members)))
        return false;
    w->members[w->count++].issue = issue;
    if (s)
        db_int(s, "parent", issue);
    while (w->count < STORED_MEMBERS_MAX && api_row(c, s))
        w->members[w->count++].issue = db_col_int(s, 0);
    if (s)
        db_reset(s);
    return true;
}

bool stored_before(struct api_call *c, int64_t issue, uint64_t seq, struct stored_event *out)
{
    struct stored_walk w = {0};
    struct stored_event e;
    bool found = false;

    if (!members(c, issue, &w))
        return false;
    for (uint32_t i = 0; i < w.count; i++) {
        if (member_before(c, w.members[i].issue, seq, &e) && (!found || e.seq > out->seq)) {
            *out = e;
            found = true;
        }
    }
    return found;
}

bool stored_after(struct api_call *c, int64_t issue, uint64_t seq, struct stored_event *out)
{
    struct stored_walk w = {0};
    struct stored_event e;
    bool found = false;

    if (!members(c, issue, &w))
        return false;
    for (uint32_t i = 0; i < w.count; i++) {
        if (member_after(c, w.members[i].issue, seq, &e) && (!found || e.seq < out->seq)) {
            *out = e;
            found = true;
        }
    }
    return found;
}

bool stored_walk_issue(struct api_call *c, int64_t issue, uint64_t before, struct stored_walk *out)
{
    *out = (struct stored_walk){.call = c, .at = before};
    if (!members(c, issue, out))
        return false;
    for (uint32_t i = 0; i < out->count; i++) {
        struct stored_member *m = &out->members[i];

        m->done = !member_before(c, m->issue, before, &m->head);
        m->linked = m->done || links_hold(c, m->issue);
    }
    return true;
}

void stored_walk_project(struct api_call *c, int64_t project, uint64_t before,
                         struct stored_walk *out)
{
    *out = (struct stored_walk){.call = c, .project = project, .at = before};
}

static bool project_next(struct stored_walk *w, struct stored_event *out)
{
    struct api_call *c = w->call;
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = segment_of(list, count, w->at - 1); i < count; i++) {
        struct db_stmt *s = stored_query(c, &list[i], "api_stored_project_before");

        if (!s)
            continue;
        db_int(s, "project", w->project);
        db_int(s, "before", w->at > INT64_MAX ? INT64_MAX : (int64_t)w->at);
        if (one_row(&list[i], s, out)) {
            w->at = out->seq;
            return true;
        }
    }
    return false;
}

bool stored_walk_next(struct stored_walk *w, struct stored_event *out)
{
    struct stored_member *best = NULL;

    if (w->project)
        return project_next(w, out);
    for (uint32_t i = 0; i < w->count; i++) {
        struct stored_member *m = &w->members[i];

        if (!m->done && (!best || m->head.seq > best->head.seq))
            best = m;
    }
    if (!best)
        return false;
    *out = best->head;
    w->at = out->seq;
    best->done = !step_back(w->call, out, best->linked, &best->head);
    return true;
}

/* ---- the record ---- */

bool stored_read(struct api_call *c, const struct stored_event *e, struct record_event *out)
{
    struct arena *scratch = query_scratch(c->q);
    struct db_stmt *s = stored_query(c, e->segment, "api_stored_block");
    struct text block = TEXT_NONE, body;
    bool whole;

    arena_reset(scratch);
    if (!s)
        return false;
    db_int(s, "id", e->block);
    if (stored_row(e->segment, s))
        block.at = db_col_blob(s, 0, &block.len);
    whole = block.at && block_read_one(block, e->slot, scratch, &body) &&
            record_event_read(body, scratch, out) && memcmp(out->id, e->id, sizeof e->id) == 0;
    db_reset(s);
    if (!whole)
        log_warn("stored.block", "file=%s block=%lld slot=%u", e->segment->file,
                 (long long)e->block, e->slot);
    return whole;
}
