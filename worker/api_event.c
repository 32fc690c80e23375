/* api_event.c -- events: lists of an issue or a project, one by id, its raw document. */
#include <string.h>

#include "worker/api_page.h"
#include "worker/api_resources.h"
#include "worker/event_view.h"
#include "worker/issue_list.h"
#include "worker/stored.h"

/* Events looked at for one page of a filtered list; the page's cursor goes on from there, so that a
 * rare match costs the client another request instead of holding this thread. */
#define EVENTS_LOOKED_AT 1000

/* ---- lists ---- */

struct list {
    struct api_page page;
    struct search_any terms;
    struct api_range range;
    bool full;
    uint32_t shown;
    struct api_page_key first, last;
};

static bool list_read(struct api_call *c, struct list *l)
{
    struct text query = api_param(c, "query");

    *l = (struct list){.full = api_flag(c, "full")};
    return page_read(c, &l->page) && range_read(c, 0, &l->range) &&
           event_list_parse(c, query.at ? query : TEXT(""), &l->terms);
}

static bool fits(struct api_call *c, const struct list *l, const struct record_event *r)
{
    if (l->range.given && (r->timestamp_ms < l->range.from_ms || r->timestamp_ms >= l->range.to_ms))
        return false;
    return api_of_environment(c, r->environment) &&
           search_event_any(&l->terms, r, query_scratch(c->q));
}

/* Show one if it fits. */
static void list_add(struct api_call *c, struct list *l, int64_t issue,
                     const struct stored_event *e)
{
    struct record_event r;

    if (!stored_read(c, e, &r) || !fits(c, l, &r))
        return;
    if (l->full)
        event_write_detail(c, issue, e, &r, false);
    else
        event_write_row(c, issue, e, &r);
    if (l->shown++ == 0)
        l->first = (struct api_page_key){0, (int64_t)e->seq};
}

/* The way back: the `limit` events that follow the cursor's, found by walking towards the present. */
static uint64_t list_start(struct api_call *c, struct list *l, int64_t issue)
{
    struct stored_event e;
    uint64_t at = (uint64_t)l->page.offset;
    uint32_t n = 0;

    if (!l->page.given)
        return UINT64_MAX;
    if (!l->page.prev)
        return at;
    while (issue && n < l->page.limit && stored_after(c, issue, at, &e)) {
        at = e.seq;
        n++;
    }
    if (n == l->page.limit)
        return at + 1;
    l->page.given = false; /* that is the first page */
    return UINT64_MAX;
}

static void list_write(struct api_call *c, struct list *l, int64_t issue, struct stored_walk *w)
{
    struct stored_event e;
    uint32_t looked = 0;
    bool any = false;

    json_open(&c->out, NULL, '[');
    while (l->shown < l->page.limit && looked < EVENTS_LOOKED_AT &&
           (any = stored_walk_next(w, &e))) {
        looked++;
        list_add(c, l, issue ? issue : stored_issue(c, &e), &e);
        l->last = (struct api_page_key){0, (int64_t)e.seq};
        if (c->out.failed)
            break;
    }
    json_close(&c->out, ']');
    if (any)
        any = stored_walk_next(w, &e);
    if (!l->shown)
        l->first = l->last;
    l->page.prev = false; /* rows go down from where list_start put them */
    page_link(c, &l->page, looked, any, l->first, l->last);
    api_done(c, 200);
}

void event_list_issue(struct api_call *c)
{
    struct stored_walk w;
    struct list l;

    if (list_read(c, &l) && stored_walk_issue(c, c->issue, list_start(c, &l, c->issue), &w))
        list_write(c, &l, c->issue, &w);
}

void event_list_project(struct api_call *c)
{
    struct stored_walk w;
    struct list l;

    if (!list_read(c, &l))
        return;
    stored_walk_project(c, c->project->id, list_start(c, &l, 0), &w);
    list_write(c, &l, 0, &w);
}

/* ---- one ---- */

static void no_event(struct api_call *c)
{
    api_detail(c, 404, "No matching event");
}

static void write_one(struct api_call *c, int64_t issue, const struct stored_event *e)
{
    struct record_event r;

    if (!stored_read(c, e, &r)) {
        api_detail(c, 404, "The event is stored, but its block is damaged");
        return;
    }
    event_write_detail(c, issue, e, &r, true);
    api_done(c, 200);
}

/* "latest", "oldest", "recommended" (the latest), or an id. */
static bool find_in_issue(struct api_call *c, struct text name, struct stored_event *e)
{
    uint8_t id[16];

    if (text_is(name, "latest") || text_is(name, "recommended"))
        return stored_before(c, c->issue, UINT64_MAX, e);
    if (text_is(name, "oldest"))
        return stored_after(c, c->issue, 0, e);
    return api_event_id(name, id) && stored_by_id(c, NULL, id, e) && stored_issue(c, e) == c->issue;
}

void event_get_issue(struct api_call *c)
{
    struct stored_event e;

    if (find_in_issue(c, c->arg[0], &e))
        write_one(c, c->issue, &e);
    else
        no_event(c);
}

bool api_event_find(struct api_call *c, struct text name, struct stored_event *e)
{
    uint8_t id[16];

    if (c->issue)
        return find_in_issue(c, name, e);
    return api_event_id(name, id) && stored_by_id(c, c->project, id, e) && stored_issue(c, e);
}

void event_get_project(struct api_call *c)
{
    struct stored_event e;

    if (api_event_find(c, c->arg[0], &e))
        write_one(c, stored_issue(c, &e), &e);
    else
        no_event(c);
}

/* The stored document, as it is. */
void event_json(struct api_call *c)
{
    struct stored_event e;
    struct record_event r;

    if (!api_event_find(c, c->arg[0], &e) || !stored_read(c, &e, &r)) {
        no_event(c);
        return;
    }
    buf_text(&c->out, r.payload);
    api_done(c, 200);
}

/* /organizations/{o}/eventids/{e}/ */
void issue_event_id(struct api_call *c)
{
    const struct api_project *p;
    struct stored_event e;
    struct record_event r;
    struct buf *b = &c->out;
    int64_t issue;

    if (!api_event_find(c, c->arg[0], &e) || !(issue = stored_issue(c, &e)) ||
        !stored_read(c, &e, &r)) {
        no_event(c);
        return;
    }
    p = api_project_by_id(c, e.project);
    json_open(b, NULL, '{');
    json_text(b, "organizationSlug", c->org_slug);
    json_text(b, "projectSlug", p ? p->slug : TEXT(""));
    api_id(b, "groupId", issue);
    json_hex(b, "eventId", e.id, 16);
    json_key(b, TEXT("event"));
    event_write_detail(c, issue, &e, &r, true);
    json_close(b, '}');
    api_done(c, 200);
}
