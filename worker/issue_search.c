/* issue_search.c -- pages of issues: index walks per project and status, merged; or a few
 * candidates, sorted. */
#include "worker/issue_search.h"

#include <stdio.h>
#include <string.h>

#include "shm/issue.h"
#include "worker/issue_view.h"

/* Tombstones never are. */
#define STATUSES_SHOWN (1u << ISSUE_UNRESOLVED | 1u << ISSUE_RESOLVED | 1u << ISSUE_IGNORED)

static const struct {
    const char *column, *index;
} SORTS[] = {
    [ISSUE_BY_LAST] = {"i.last_ms", "issue_by_last"},
    [ISSUE_BY_FIRST] = {"i.first_ms", "issue_by_first"},
    [ISSUE_BY_EVENTS] = {"i.events", "issue_by_events"},
    [ISSUE_BY_USERS] = {"i.users", "issue_by_users"},
};

/* ---- compiling ---- */

static void add_range(struct issue_search *s)
{
    if (!s->range.given)
        return;
    buf_str(&s->where, " AND i.last_ms >= ");
    issue_bind_int(s, &s->where, s->range.from_ms);
    buf_str(&s->where, " AND i.first_ms < ");
    issue_bind_int(s, &s->where, s->range.to_ms);
}

static void add_environments(struct issue_search *s)
{
    if (!s->environment_count)
        return;
    buf_str(&s->where, " AND EXISTS (SELECT 1 FROM issue_release e WHERE e.issue_id = i.id"
                       " AND e.environment IN (");
    for (uint32_t i = 0; i < s->environment_count; i++) {
        buf_str(&s->where, i ? "," : "");
        issue_bind_text(s, &s->where, s->environments[i]);
    }
    buf_str(&s->where, "))");
}

bool issue_search_compile(struct api_call *c, struct issue_search *s)
{
    s->statuses = STATUSES_SHOWN;
    s->bind_count = 0;
    s->nothing = s->project_count == 0;
    buf_init(&s->where, c->arena, 1024, 256 * KIB);
    buf_init(&s->drive, c->arena, 256, 64 * KIB);
    if (!(s->binds = arena_alloc(c->arena, ISSUE_BINDS_MAX * sizeof *s->binds))) {
        api_detail(c, 400, "Error parsing search query: the query is too large");
        return false;
    }
    add_range(s);
    add_environments(s);
    for (uint32_t i = 0; i < s->terms->count; i++)
        if (!issue_term(c, s, &s->terms->terms[i]))
            return false;
    issue_drive(c, s);
    s->nothing |= s->statuses == 0;
    if (s->where.failed || s->drive.failed || s->bind_count == ISSUE_BINDS_MAX)
        api_detail(c, 400, "Error parsing search query: the query is too large");
    return !c->refused;
}

/* ---- statements ---- */

static bool is_driven(const struct issue_search *s)
{
    return s->drive.len || s->by_id;
}

static struct text ints_json(struct api_call *c, const int64_t *list, uint32_t count)
{
    struct buf b = api_buf(c);

    buf_str(&b, "[");
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b, "%s%lld", i ? "," : "", (long long)list[i]);
    buf_str(&b, "]");
    return buf_result(&b);
}

/* FROM and WHERE of a walk (:project, :status) or of a driven search (:projects). */
static void write_from(struct issue_search *s, struct buf *sql, const char *index)
{
    if (!is_driven(s)) {
        buf_printf(sql, " FROM issue i INDEXED BY %s WHERE i.project_id = :project", index);
        buf_str(sql, " AND i.status = :status AND i.merged_into IS NULL");
        buf_text(sql, buf_result(&s->where));
        return;
    }
    if (s->drive.len) { /* CROSS: the candidates outside, whatever the planner thinks of them */
        buf_str(sql, " FROM (");
        buf_text(sql, buf_result(&s->drive));
        buf_str(sql, ") c CROSS JOIN issue i ON i.id = c.id");
    } else {
        buf_str(sql, " FROM issue i");
    }
    buf_str(sql,
            " WHERE +i.project_id IN (SELECT value FROM json_each(:projects)) AND +i.status IN (0");
    for (int status = 0; status < 8; status++)
        if (s->statuses & (1u << status))
            buf_printf(sql, ",%d", status);
    buf_str(sql, ") AND i.merged_into IS NULL");
    buf_text(sql, buf_result(&s->where));
}

static struct db_stmt *prepare(struct api_call *c, struct buf *sql)
{
    buf_byte(sql, 0);
    return sql->failed ? NULL : api_adhoc(c, sql->at);
}

static void bind_all(struct api_call *c, const struct issue_search *s, struct db_stmt *q)
{
    char name[16];

    for (uint32_t i = 0; i < s->bind_count; i++) {
        const struct issue_bind *b = &s->binds[i];

        snprintf(name, sizeof name, "b%u", i);
        if (b->kind == ISSUE_BIND_INT)
            db_int(q, name, b->integer);
        else if (b->kind == ISSUE_BIND_REAL)
            db_real(q, name, b->real);
        else
            db_str(q, name, b->text.at ? b->text.at : "", b->text.len);
    }
    if (is_driven(s))
        api_bind(q, "projects", ints_json(c, s->projects, s->project_count));
}

/* ---- the best so far ---- */

struct top {
    struct issue_hit *hits; /* best first */
    uint32_t count, room;
    bool ascending;
};

static bool before(const struct top *t, struct issue_hit a, struct issue_hit b)
{
    if (t->ascending) { /* strictly either way: a hit is not before itself */
        struct issue_hit swap = a;

        a = b;
        b = swap;
    }
    return a.value > b.value || (a.value == b.value && a.id > b.id);
}

/* False: full, and this one is worse than all: what follows in the same order is, too. */
static bool top_add(struct top *t, struct issue_hit h)
{
    uint32_t at;

    if (t->count == t->room && !before(t, h, t->hits[t->count - 1]))
        return false;
    if (t->count == t->room)
        t->count--;
    for (at = t->count; at > 0 && before(t, h, t->hits[at - 1]); at--)
        t->hits[at] = t->hits[at - 1];
    t->hits[at] = h;
    t->count++;
    return true;
}

/* ---- walking ---- */

static struct db_stmt *page_statement(struct api_call *c, struct issue_search *s,
                                      const struct api_page *p)
{
    const char *column = SORTS[s->sort].column, *way = p->prev ? "ASC" : "DESC";
    struct buf sql = api_buf(c);

    buf_printf(&sql, "SELECT i.id, %s", column);
    write_from(s, &sql, SORTS[s->sort].index);
    if (p->given)
        buf_printf(&sql, " AND (%s, i.id) %s (:value, :id)", column, p->prev ? ">" : "<");
    buf_printf(&sql, " ORDER BY %s %s, i.id %s", column, way, way);
    return prepare(c, &sql);
}

static void run_page(struct api_call *c, struct issue_search *s, const struct api_page *p,
                     struct db_stmt *q, struct top *top)
{
    bind_all(c, s, q);
    if (p->given) {
        db_int(q, "value", p->value);
        db_int(q, "id", p->offset);
    }
    while (api_row(c, q))
        if (!top_add(top, (struct issue_hit){.id = db_col_int(q, 0), .value = db_col_int(q, 1)}))
            break;
    db_reset(q);
}

/* Events within the range, most first. What an issue had in its whole life bounds what it had in
 * the range, so walking down the lifetime order can stop as soon as the page is better than that
 * bound (Fagin's threshold algorithm): exact, and few rows of hours are read. */
static void run_ranged(struct api_call *c, struct issue_search *s, const struct api_page *p,
                       struct db_stmt *q, struct top *top)
{
    bind_all(c, s, q);
    while (api_row(c, q)) {
        struct issue_row r = {.id = db_col_int(q, 0),
                              .events = db_col_int(q, 1),
                              .first_ms = db_col_int(q, 2),
                              .last_ms = db_col_int(q, 3)};
        struct issue_hit hit = {.id = r.id}, cursor = {p->value, p->offset};

        if (top->ascending ? r.events < p->value
                           : top->count == top->room && r.events < top->hits[top->count - 1].value)
            break;
        hit.value = issue_events_in(c, &r, &s->range);
        if (hit.value > 0 && (!p->given || before(top, cursor, hit)))
            top_add(top, hit);
    }
    db_reset(q);
}

static struct db_stmt *ranged_statement(struct api_call *c, struct issue_search *s)
{
    struct buf sql = api_buf(c);

    buf_str(&sql, "SELECT i.id, i.events, i.first_ms, i.last_ms");
    write_from(s, &sql, SORTS[ISSUE_BY_EVENTS].index);
    buf_str(&sql, " ORDER BY i.events DESC, i.id DESC");
    return prepare(c, &sql);
}

static void run(struct api_call *c, struct issue_search *s, const struct api_page *p,
                struct db_stmt *q, bool ranged, struct top *top)
{
    if (ranged)
        run_ranged(c, s, p, q, top);
    else
        run_page(c, s, p, q, top);
}

static void run_arms(struct api_call *c, struct issue_search *s, const struct api_page *p,
                     struct db_stmt *q, bool ranged, struct top *top)
{
    for (uint32_t i = 0; i < s->project_count && !c->refused; i++) {
        for (int status = 0; status < 8; status++) {
            if (!(s->statuses & (1u << status)))
                continue;
            db_reset(q);
            db_int(q, "project", s->projects[i]);
            db_int(q, "status", status);
            run(c, s, p, q, ranged, top);
        }
    }
}

bool issue_search_page(struct api_call *c, struct issue_search *s, const struct api_page *p,
                       struct issue_hit *hits, uint32_t *count, bool *more)
{
    bool ranged = s->sort == ISSUE_BY_EVENTS && s->range.given;
    struct top top = {.room = p->limit + 1, .ascending = p->prev};
    struct db_stmt *q;

    *count = 0;
    *more = false;
    if (s->nothing)
        return true;
    if (!(top.hits = arena_alloc(c->arena, top.room * sizeof *top.hits)) ||
        !(q = ranged ? ranged_statement(c, s) : page_statement(c, s, p)))
        return false;
    if (is_driven(s))
        run(c, s, p, q, ranged, &top);
    else
        run_arms(c, s, p, q, ranged, &top);
    *more = top.count > p->limit;
    *count = *more ? p->limit : top.count;
    for (uint32_t i = 0; i < *count; i++)
        hits[i] = top.hits[p->prev ? *count - 1 - i : i];
    return !c->refused;
}

/* ---- counting ---- */

uint32_t issue_search_count(struct api_call *c, struct issue_search *s, uint32_t max)
{
    struct buf sql = api_buf(c);
    struct db_stmt *q;
    uint32_t n = 0;

    if (s->nothing)
        return 0;
    buf_str(&sql, "SELECT count(*) FROM (SELECT 1");
    write_from(s, &sql, SORTS[ISSUE_BY_LAST].index);
    buf_str(&sql, " LIMIT :max)");
    if (!(q = prepare(c, &sql)))
        return 0;
    for (uint32_t i = 0; i < (is_driven(s) ? 1 : s->project_count) && n < max; i++) {
        for (int status = 0; status < 8 && n < max && !c->refused; status++) {
            if (is_driven(s) ? status > 0 : !(s->statuses & (1u << status)))
                continue;
            db_reset(q);
            bind_all(c, s, q);
            db_int(q, "max", max - n);
            if (!is_driven(s)) {
                db_int(q, "project", s->projects[i]);
                db_int(q, "status", status);
            }
            if (api_row(c, q))
                n += (uint32_t)db_col_int(q, 0);
        }
    }
    return n;
}
