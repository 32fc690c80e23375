#include "writer/decide.h"

#include <errno.h>
#include <string.h>

#include "shm/limits.h"
#include "shm/log.h"
#include "writer/context.h"
#include "writer/tally.h"

/* Only this process stores the entries, so it reads its own stores back: relaxed everywhere. Readers
 * take the words one by one and want no order among them. */
#define get(word) atomic_load_explicit(&(word), memory_order_relaxed)
#define set(word, v) atomic_store_explicit(&(word), (v), memory_order_relaxed)

static bool number_is_free(const struct writer *w, uint32_t issue)
{
    const struct issue_entry *e;

    /* Below the floor lie numbers whose issues may have been deleted; their events lie around. */
    if (issue <= w->issue_floor || issue >= ISSUES_MAX)
        return false;
    e = issue_at(w->world->issues, issue);
    return !e || (!get(e->project) && !(get(e->flags) & DECIDE_GONE));
}

static bool known(const struct writer *w, const struct record_event *r, uint32_t *issue)
{
    for (uint32_t i = 0; i < r->hash_count; i++)
        if (index_find_live(w->world->index, index_key(r->project, r->hashes[i]), issue))
            return true;
    return false;
}

/* Hashes of new errors leave some places to those of known ones, and probes short. */
static bool index_is_full(const struct writer *w)
{
    struct index_load load = index_size(w->world->index);

    return load.slots >= INDEX_SLOTS_MAX && load.used > load.slots / 16 * 15;
}

enum decision decide_issue(struct writer *w, const struct record_event *r, uint32_t *issue)
{
    const struct project *p = writer_project(w, r->project);
    const struct issue_entry *e;
    uint64_t seq;

    if (!p || !p->active)
        return DECIDE_NO_PROJECT;
    if (recent_find(w->world->recent, r->project, r->id, &seq))
        return DECIDE_DUPLICATE;
    if (known(w, r, issue)) {
        e = issue_at(w->world->issues, *issue);
        return e && get(e->status) == ISSUE_DISCARDED ? DECIDE_DISCARDED : DECIDE_STORE;
    }
    if (index_is_full(w))
        return DECIDE_TOO_MANY;
    *issue = number_is_free(w, r->issue) ? r->issue : index_next_issue(w->world->index);
    while (*issue < ISSUES_MAX && !number_is_free(w, *issue))
        *issue = index_next_issue(w->world->index);
    return *issue < ISSUES_MAX ? DECIDE_STORE : DECIDE_TOO_MANY;
}

bool decide_point(struct writer *w, uint32_t project, const uint8_t hash[16], uint32_t issue)
{
    struct index_key key = index_key(project, hash);
    int rc = index_set(w->world->index, key, issue);

    if (rc == -ENOSPC) {
        if ((rc = index_grow(w->world->index)) == 0)
            rc = index_set(w->world->index, key, issue);
        else
            log_warn("index.grow", "errno=%d", -rc);
    }
    return rc == 0 || rc == -EFBIG;
}

/* The first hash that is live keeps its issue; the others come along unless they belong elsewhere. */
static bool learn(struct writer *w, const struct record_event *r, uint32_t issue)
{
    uint32_t owner;

    for (uint32_t i = 0; i < r->hash_count; i++) {
        if (index_find_live(w->world->index, index_key(r->project, r->hashes[i]), &owner))
            continue;
        if (!decide_point(w, r->project, r->hashes[i], issue))
            return false;
        tally_hash(w, r, i, issue);
    }
    return true;
}

static void begin_issue(struct writer *w, uint32_t issue, struct issue_entry *e,
                        const struct record_event *r)
{
    if (issue > w->issue_high)
        w->issue_high = issue;
    set(e->status, ISSUE_UNRESOLVED);
    set(e->flags, 0);
    set(e->events, 0);
    set(e->users, 0);
    set(e->release, 0);
    set(e->last_seq, 0);
    set(e->first_ms, r->timestamp_ms);
    set(e->last_ms, r->timestamp_ms);
    set(e->project, r->project);
}

bool decide_apply(struct writer *w, const struct record_event *r, uint64_t seq, uint32_t issue)
{
    struct issue_entry *e = writer_issue(w, issue);
    bool created;

    if (!e || !learn(w, r, issue))
        return false;
    created = get(e->project) == 0;
    if (created) {
        begin_issue(w, issue, e, r);
        writer_count(w, COUNTER_issues_new, 1);
    } else if (get(e->status) == ISSUE_RESOLVED || get(e->status) == ISSUE_IGNORED) {
        enum state_change change = state_on_event(w, issue, r);

        if (change != STATE_SAME) {
            set(e->status, ISSUE_UNRESOLVED);
            set(e->release, 0);
            tally_change(w, issue, change, r);
            if (change == STATE_REGRESSED)
                writer_count(w, COUNTER_issues_regressed, 1);
        }
    }
    set(e->events, get(e->events) + 1);
    set(e->last_seq, seq);
    if (r->timestamp_ms < get(e->first_ms))
        set(e->first_ms, r->timestamp_ms);
    if (r->timestamp_ms > get(e->last_ms))
        set(e->last_ms, r->timestamp_ms);
    tally_event(w, r, seq, issue, created);
    return true;
}

uint64_t decide_prev_seq(const struct writer *w, uint32_t issue)
{
    const struct issue_entry *e = issue_at(w->world->issues, issue);

    return e ? get(e->last_seq) : 0;
}

void decide_delete(struct writer *w, uint32_t issue)
{
    struct issue_entry *e = writer_issue(w, issue);

    if (!e)
        return;
    set(e->project, 0);
    set(e->status, ISSUE_NONE);
    set(e->flags, DECIDE_GONE);
    set(e->events, 0);
    set(e->users, 0);
    set(e->last_seq, 0);
}
