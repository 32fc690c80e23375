#include "writer/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/sketch.h"
#include "proto/event.h"
#include "writer/flush.h"
#include "writer/listed.h"
#include "writer/tally_row.h"

#define ISSUE_SLOTS (2 * TALLY_ISSUES)
#define ROWS_PER_EVENT 64 /* besides two per tag: 7, and what a batch says of dropped records */
#define USERS_FIRST 8     /* room of a list of users; it doubles up to ISSUE_USERS_EXACT */

/* ---- generations ---- */

static void *reserve(size_t size)
{
    /* mmap, not malloc: what is never touched costs nothing, and what was is given back after the flush */
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

static bool generation_init(struct tally_generation *g)
{
    g->rows = reserve(TALLY_ROWS * sizeof(*g->rows));
    g->row_slots = reserve(TALLY_ROW_SLOTS * sizeof(*g->row_slots));
    g->issues = reserve(TALLY_ISSUES * sizeof(*g->issues));
    g->issue_slots = reserve(ISSUE_SLOTS * sizeof(*g->issue_slots));
    g->bytes = reserve(TALLY_BYTES);
    tally_clear(g);
    return g->rows && g->row_slots && g->issues && g->issue_slots && g->bytes;
}

/* The pages go back and come again as zeros: with two generations in turn, one is mostly empty. */
static void give_back(void *at, size_t size)
{
    madvise(at, size, MADV_DONTNEED);
}

void tally_clear(struct tally_generation *g)
{
    if (g->row_count) {
        give_back(g->rows, g->row_count * sizeof(*g->rows));
        give_back(g->row_slots, TALLY_ROW_SLOTS * sizeof(*g->row_slots));
    }
    if (g->issue_count) {
        give_back(g->issues, g->issue_count * sizeof(*g->issues));
        give_back(g->issue_slots, ISSUE_SLOTS * sizeof(*g->issue_slots));
    }
    if (g->used)
        give_back(g->bytes, g->used);
    g->row_count = g->issue_count = g->mark_count = 0;
    g->used = 0;
    g->hashes = NULL;
    g->hashes_end = &g->hashes;
    g->feedback = NULL;
    g->feedback_end = &g->feedback;
    g->seq = 0;
    g->since_us = 0;
    g->empty = true;
    g->summed = 0;
    g->issue_only = false;
}

static void generation_free(struct tally_generation *g)
{
    if (g->rows)
        munmap(g->rows, TALLY_ROWS * sizeof(*g->rows));
    if (g->row_slots)
        munmap(g->row_slots, TALLY_ROW_SLOTS * sizeof(*g->row_slots));
    if (g->issues)
        munmap(g->issues, TALLY_ISSUES * sizeof(*g->issues));
    if (g->issue_slots)
        munmap(g->issue_slots, ISSUE_SLOTS * sizeof(*g->issue_slots));
    if (g->bytes)
        munmap(g->bytes, TALLY_BYTES);
}

struct tally *tally_new(void)
{
    struct tally *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->filling = &t->generation[0];
    if (!generation_init(&t->generation[0]) || !generation_init(&t->generation[1]) ||
        !(t->flush = flush_new()) || !(t->listed = listed_new())) {
        tally_free(t);
        return NULL;
    }
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    generation_free(&t->generation[0]);
    generation_free(&t->generation[1]);
    flush_free(t->flush);
    listed_free(t->listed);
    free(t);
}

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

void *tally_alloc(struct tally_generation *g, size_t size)
{
    void *at = g->bytes + g->used;

    assert(size <= TALLY_BYTES - g->used); /* tally_room() was asked */
    g->used += aligned(size);
    return at;
}

bool tally_room(const struct tally *t, size_t len, uint32_t tags)
{
    const struct tally_generation *g = t->filling;
    /* texts of the record, some of them twice (releases), alignment, a list of users, a sketch */
    size_t need = len + 16 * (2 * (size_t)tags + ROWS_PER_EVENT) + 16 * KIB;

    return g->row_count + 2 * tags + ROWS_PER_EVENT <= TALLY_ROWS &&
           g->issue_count < TALLY_ISSUES && g->used + need <= TALLY_BYTES &&
           g->mark_count + 1 < TALLY_MARKS;
}

bool tally_half_full(const struct tally *t)
{
    const struct tally_generation *g = t->filling;

    return g->row_count > TALLY_ROWS / 2 || g->issue_count > TALLY_ISSUES / 2 ||
           g->used > TALLY_BYTES / 2;
}

/* ---- issues ---- */

uint32_t tally_project_of(const struct tally_generation *g, uint32_t issue)
{
    uint32_t at = issue * 2654435761u & (ISSUE_SLOTS - 1);

    while (g->issue_slots[at] && g->issues[g->issue_slots[at] - 1].issue != issue)
        at = (at + 1) & (ISSUE_SLOTS - 1);
    return g->issue_slots[at] ? g->issues[g->issue_slots[at] - 1].project : 0;
}

static struct tally_issue *issue_of(struct tally_generation *g, uint32_t issue)
{
    uint32_t at = issue * 2654435761u & (ISSUE_SLOTS - 1);
    struct tally_issue *i;

    for (; g->issue_slots[at]; at = (at + 1) & (ISSUE_SLOTS - 1))
        if (g->issues[g->issue_slots[at] - 1].issue == issue)
            return &g->issues[g->issue_slots[at] - 1];
    assert(g->issue_count < TALLY_ISSUES);
    i = &g->issues[g->issue_count++];
    g->issue_slots[at] = g->issue_count;
    *i = (struct tally_issue){.issue = issue, .first_ms = INT64_MAX, .last_ms = INT64_MIN};
    return i;
}

static void set_text(struct tally_generation *g, struct tally_text *t, struct text v)
{
    if (v.len > t->room || !t->at) {
        t->room = (uint32_t)aligned(v.len + 1);
        t->at = tally_alloc(g, t->room);
    }
    if (v.len)
        memcpy(t->at, v.at, v.len);
    t->len = (uint32_t)v.len;
}

static void see_user(struct tally_generation *g, struct tally_issue *i, uint64_t user,
                     bool sketched)
{
    if (!i->sketch && (sketched || i->user_count == ISSUE_USERS_EXACT)) {
        i->sketch = tally_alloc(g, SKETCH_BYTES);
        memset(i->sketch, 0, SKETCH_BYTES);
        for (uint32_t u = 0; u < i->user_count; u++)
            sketch_add(i->sketch, i->users[u]);
        i->user_count = 0;
    }
    if (i->sketch) {
        sketch_add(i->sketch, user);
        return;
    }
    for (uint32_t u = 0; u < i->user_count; u++)
        if (i->users[u] == user)
            return;
    if (i->user_count == i->user_room) {
        uint32_t room = i->user_room ? 2 * i->user_room : USERS_FIRST;
        uint64_t *users = tally_alloc(g, room * sizeof(*users));

        if (i->user_count)
            memcpy(users, i->users, i->user_count * sizeof(*users));
        i->users = users;
        i->user_room = room;
    }
    i->users[i->user_count++] = user;
}

static void see_newest(struct tally_generation *g, struct tally_issue *i,
                       const struct record_event *r)
{
    i->level = r->level;
    i->type = r->type;
    set_text(g, &i->title, r->title);
    set_text(g, &i->culprit, r->culprit);
    set_text(g, &i->metadata, r->metadata);
    set_text(g, &i->platform, r->platform);
    set_text(g, &i->logger, r->logger);
    set_text(g, &i->release, r->release);
}

static void see_issue(struct writer *w, struct tally_generation *g, const struct record_event *r,
                      uint64_t seq, uint32_t issue, bool created)
{
    const struct issue_entry *e = issue_at(w->world->issues, issue);
    struct tally_issue *i = issue_of(g, issue);

    i->project = r->project;
    if (created) {
        i->created = true;
        set_text(g, &i->first_release, r->release);
    }
    if (!i->events)
        i->first_seq = seq;
    i->last_seq = seq;
    i->events++;
    if (r->timestamp_ms < i->first_ms)
        i->first_ms = r->timestamp_ms;
    if (r->timestamp_ms >= i->last_ms) {
        i->last_ms = r->timestamp_ms;
        see_newest(g, i, r);
    }
    i->unhandled |= (r->flags & RECORD_EVENT_UNHANDLED) != 0;
    if (r->user.len)
        see_user(g, i, sketch_hash(r->user.at, r->user.len),
                 e && atomic_load_explicit(&e->users, memory_order_relaxed) > ISSUE_USERS_EXACT);
}

/* ---- what the records say ---- */

static void add_number(struct tally_generation *g, enum tally_table table, uint32_t id, int64_t id2,
                       int64_t ms)
{
    struct tally_key k = {table,     id,        (uint32_t)id2,
                          TEXT_NONE, TEXT_NONE, tally_key_hash(table, id, (uint32_t)id2, 0)};

    tally_row_add(g, &k, 1, ms, 1); /* no texts: any offset will do */
}

static void add_texts(struct tally_generation *g, enum tally_table table, uint32_t id,
                      struct text a, struct text b, int64_t ms)
{
    struct tally_key k = {table, id, 0, a, b, tally_key_hash(table, id, 0, tally_text_hash(a, b))};

    tally_row_add(g, &k, 1, ms, 0);
}

static struct tally_generation *begin(struct writer *w)
{
    struct tally_generation *g = w->tally->filling;

    if (g->empty) {
        g->empty = false;
        g->since_us = world_ticks_us();
        g->used = 8; /* offset 0 means "not yet" */
    }
    return g;
}

const char *tally_category(uint8_t type)
{
    switch (type) {
    case EVENT_TRANSACTION:
        return "transaction";
    case EVENT_FEEDBACK:
        return "feedback";
    case EVENT_CSP:
    case EVENT_HPKP:
    case EVENT_EXPECTCT:
    case EVENT_EXPECTSTAPLE:
    case EVENT_NEL:
        return "security";
    default:
        return "error";
    }
}

static void add_outcome(struct tally_generation *g, uint32_t project, int64_t ms, uint8_t outcome,
                        struct text category, struct text reason, uint32_t quantity)
{
    char a[65];
    struct text key;
    struct tally_key k;

    category = text_clip(category, sizeof(a) - 1);
    reason = text_clip(reason, 200);
    a[0] = (char)outcome;
    if (category.len)
        memcpy(a + 1, category.at, category.len);
    key = (struct text){a, category.len + 1};
    k = (struct tally_key){TALLY_OUTCOME, project, (uint32_t)(ms / HOUR_MS), key, reason, 0};
    k.hash = tally_key_hash(k.table, k.id, k.id2, tally_text_hash(key, reason));
    tally_row_add(g, &k, quantity, ms, 0);
}

void tally_event(struct writer *w, const struct record_event *r, uint64_t seq, uint32_t issue,
                 bool created)
{
    struct tally_generation *g = begin(w);
    int64_t ms = r->timestamp_ms;
    struct text release = text_clip(r->release, EVENT_RELEASE_MAX * 4);
    struct text environment = text_clip(r->environment, EVENT_ENVIRONMENT_MAX * 4);

    see_issue(w, g, r, seq, issue, created);
    if (release.len)
        add_texts(g, TALLY_RELEASE_PROJECT, r->project, release, TEXT_NONE, ms);
    if (!g->issue_only) {
        if (environment.len)
            add_texts(g, TALLY_ENVIRONMENT, r->project, environment, TEXT_NONE, ms);
        add_number(g, TALLY_PROJECT_HOUR, r->project, ms / HOUR_MS, ms);
        add_outcome(g, r->project, r->received_ms, OUTCOME_ACCEPTED,
                    text_of(tally_category(r->type)), TEXT_NONE, 1);
    }
    add_number(g, TALLY_ISSUE_HOUR, issue, ms / HOUR_MS, ms);
    add_number(g, TALLY_ISSUE_DAY, issue, ms / DAY_MS, ms);
    add_texts(g, TALLY_ISSUE_RELEASE, issue, release, environment, ms);
    tally_tags(w->tally, g, r, issue);
    g->seq = seq;
}

void tally_change(struct writer *w, uint32_t issue, enum state_change change,
                  const struct record_event *r)
{
    struct tally_generation *g = begin(w);
    struct tally_issue *i = issue_of(g, issue);

    i->project = r->project;
    i->change = change;
    i->change_ms = r->received_ms;
    set_text(g, &i->change_release, r->release);
}

void tally_hash(struct writer *w, const struct record_event *r, uint32_t which, uint32_t issue)
{
    struct tally_generation *g = begin(w);
    struct tally_hash *h = tally_alloc(g, sizeof(*h));
    /* the record carries the reason of its first hash */
    struct text reason = which == 0 ? text_clip(r->reason, 255) : TEXT_NONE;

    *h = (struct tally_hash){
        .project = r->project, .issue = issue, .created_ms = r->received_ms, .reason = TEXT("")};
    memcpy(h->hash, r->hashes[which], sizeof(h->hash));
    if (reason.len) {
        char *at = tally_alloc(g, reason.len);

        memcpy(at, reason.at, reason.len);
        h->reason = (struct text){at, reason.len};
    }
    *g->hashes_end = h;
    g->hashes_end = &h->next;
}

void tally_outcome(struct writer *w, const struct record_outcome *r)
{
    if ((unsigned)r->outcome < OUTCOMES && r->quantity)
        add_outcome(begin(w), r->project, r->time_ms, r->outcome, r->category, r->reason,
                    r->quantity);
}

void tally_feedback(struct writer *w, const struct record_feedback *r)
{
    struct tally_generation *g = begin(w);
    struct tally_feedback *f = tally_alloc(g, sizeof(*f));
    struct text *texts[] = {&f->record.name, &f->record.email,  &f->record.comments,
                            &f->record.url,  &f->record.source, &f->record.payload};

    *f = (struct tally_feedback){.record = *r};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (texts[i]->at) {
            char *at = tally_alloc(g, texts[i]->len + 1);

            memcpy(at, texts[i]->at, texts[i]->len);
            texts[i]->at = at;
        }
    }
    *g->feedback_end = f;
    g->feedback_end = &f->next;
    add_outcome(g, r->project, r->received_ms, OUTCOME_ACCEPTED, TEXT("feedback"), TEXT_NONE, 1);
}

void tally_wake(struct writer *w)
{
    begin(w);
}

void tally_mark(struct writer *w, uint32_t segment, uint64_t block, uint64_t seq, bool whole)
{
    struct tally_generation *g = begin(w);
    struct tally_mark *m = NULL;

    for (uint32_t i = 0; i < g->mark_count && !m; i++)
        if (g->marks[i].segment == segment)
            m = &g->marks[i];
    if (!m) {
        assert(g->mark_count < TALLY_MARKS);
        m = &g->marks[g->mark_count++];
    }
    *m = (struct tally_mark){segment, block, seq, whole};
}
