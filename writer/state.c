#include "writer/state.h"

#include <stdlib.h>
#include <string.h>

#include "model/release.h"
#include "model/sketch.h"
#include "proto/limits.h"
#include "writer/context.h"

/* Issues that are not open and still get events; of more than these, counts within windows are lost. */
#define WATCHES 512
#define WAYS 8 /* places that an issue may have, by its number */

struct watch {      /* what the catalogue says about one such issue */
    uint32_t issue; /* 0: empty */
    bool stale;     /* a command has run: to be read again */
    uint64_t used;  /* which event it was asked for last */
    uint8_t status;
    /* resolved */
    bool in_release, next;
    char version[EVENT_RELEASE_MAX * 4 + 1];
    int64_t release_ms;
    uint64_t asked; /* hash of the release last compared … */
    bool newer;     /* … and the answer: an old release in the field sends thousands of events */
    /* ignored; 0: no such condition */
    int64_t until_ms, at_events, at_users, count, window_ms, hour_limit;
    int64_t window_from_ms, in_window;
    int64_t hour, in_hour;
};

struct states {
    struct watch watch[WATCHES];
    uint64_t clock;
};

struct states *states_new(void)
{
    return calloc(1, sizeof(struct states));
}

void states_free(struct states *s)
{
    free(s);
}

static void forget(struct watch *c)
{
    c->issue = 0;
    c->used = 0;
}

void states_clear(struct states *s)
{
    for (int i = 0; i < WATCHES; i++)
        s->watch[i].stale = true;
}

/* What the catalogue does not have, of the same condition. */
static void keep_window(struct watch *c, const struct watch *was)
{
    if (was->issue == c->issue && was->count == c->count && was->window_ms == c->window_ms) {
        c->window_from_ms = was->window_from_ms;
        c->in_window = was->in_window;
    }
}

static bool load(struct writer *w, struct watch *c, uint32_t issue)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_state");
    struct watch was = *c;
    const char *version;
    size_t len;
    int rc;

    if (!q)
        return false;
    memset(c, 0, sizeof(*c));
    db_int_at(q, 1, issue);
    if ((rc = db_step(q)) == 1) {
        c->issue = issue;
        c->status = (uint8_t)db_col_int(q, 0);
        c->next = db_col_int(q, 1) != 0;
        version = db_col_str(q, 2, &len);
        if (version && len < sizeof(c->version)) {
            memcpy(c->version, version, len);
            c->in_release = true;
        }
        c->release_ms = db_col_int(q, 3);
        c->until_ms = db_col_int(q, 4);
        c->at_events = db_col_int(q, 5);
        c->at_users = db_col_int(q, 6);
        c->count = db_col_int(q, 7);
        c->window_ms = db_col_int(q, 8);
        c->hour_limit = db_col_int(q, 9);
        c->hour = -1;
        keep_window(c, &was);
    }
    db_reset(q);
    if (rc < 0)
        writer_complain(w->catalogue, "issue_state", rc);
    return rc == 1;
}

/* ---- resolved ---- */

/* The date of a release that names do not order; one that was never seen is as new as its event. */
static int64_t release_date(struct writer *w, uint32_t project, struct text version, int64_t now_ms)
{
    const struct project *p = writer_project(w, project);
    struct db_stmt *q = p ? db_query(w->catalogue, "release_find") : NULL;
    int64_t date = now_ms;

    if (!q)
        return date;
    db_int_at(q, 1, p->org);
    db_str_at(q, 2, version.at, version.len);
    if (db_step(q) == 1)
        date = db_col_int(q, 1);
    db_reset(q);
    return date;
}

/* Is the event from a release that was meant to have the fix? As Sentry's GroupResolution decides:
 * fixed "in" a release means from that one on, "in the next" means later than the one current then. */
static bool has_fix(struct writer *w, const struct watch *c, const struct record_event *r)
{
    struct text fixed = text_of(c->version);
    int order;

    if (!r->release.len) /* no release named: an installation from before releases were */
        return false;
    if (text_eq(r->release, fixed))
        return !c->next;
    if (release_compare(r->release, fixed, &order) && order != 0)
        return order > 0;
    return release_date(w, r->project, r->release, r->received_ms) > c->release_ms;
}

static enum state_change on_resolved(struct writer *w, struct watch *c,
                                     const struct record_event *r)
{
    uint64_t asked = sketch_hash(r->release.at ? r->release.at : "", r->release.len);

    if (!c->in_release)
        return STATE_REGRESSED;
    if (c->asked != asked) {
        c->newer = has_fix(w, c, r);
        c->asked = asked;
    }
    return c->newer ? STATE_REGRESSED : STATE_SAME;
}

/* ---- ignored ---- */

static bool window_is_over(struct watch *c, int64_t now_ms)
{
    if (now_ms - c->window_from_ms >=
        c->window_ms) { /* windows follow one another, they do not slide */
        c->window_from_ms = now_ms;
        c->in_window = 0;
    }
    return ++c->in_window >= c->count;
}

static bool escalates(struct writer *w, struct watch *c, const struct record_event *r)
{
    int64_t hour = r->received_ms / HOUR_MS;

    if (c->hour != hour) {
        struct db_stmt *q = db_query(w->catalogue, "issue_hour_of");

        c->hour = hour;
        c->in_hour = 0;
        if (q) {
            db_int_at(q, 1, c->issue);
            db_int_at(q, 2, hour);
            if (db_step(q) == 1)
                c->in_hour = db_col_int(q, 0);
            db_reset(q);
        }
    }
    return ++c->in_hour > c->hour_limit;
}

static enum state_change on_ignored(struct writer *w, struct watch *c, const struct record_event *r)
{
    const struct issue_entry *e = issue_at(w->world->issues, c->issue);
    /* the one at hand is not counted yet */
    int64_t events = e ? (int64_t)atomic_load_explicit(&e->events, memory_order_relaxed) + 1 : 0;
    int64_t users = e ? atomic_load_explicit(&e->users, memory_order_relaxed) : 0;

    if ((c->until_ms && r->received_ms >= c->until_ms) ||
        (c->at_events && events >= c->at_events) || (c->at_users && users >= c->at_users) ||
        (c->count && c->window_ms && window_is_over(c, r->received_ms)))
        return STATE_UNIGNORED;
    if (c->hour_limit && escalates(w, c, r))
        return STATE_ESCALATING;
    return STATE_SAME;
}

/* Where it is, or the place of whom nobody asked for longest. */
static struct watch *place_of(struct states *s, uint32_t issue)
{
    struct watch *set = &s->watch[issue % (WATCHES / WAYS) * WAYS], *oldest = set;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].issue == issue)
            return &set[i];
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    return oldest;
}

enum state_change state_on_event(struct writer *w, uint32_t issue, const struct record_event *r)
{
    struct watch *c = place_of(w->states, issue);
    enum state_change change = STATE_SAME;

    if ((c->issue != issue || c->stale) && !load(w, c, issue))
        return STATE_SAME;
    c->used = ++w->states->clock;
    if (c->status == ISSUE_RESOLVED)
        change = on_resolved(w, c, r);
    else if (c->status == ISSUE_IGNORED)
        change = on_ignored(w, c, r);
    if (change != STATE_SAME)
        forget(c);
    return change;
}
