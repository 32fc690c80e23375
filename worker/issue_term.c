/* issue_term.c -- one search term as a condition on an issue's row or on its aggregates. */
#include <stdio.h>
#include <string.h>

#include "proto/event.h"
#include "shm/issue.h"
#include "worker/api_resources.h"
#include "worker/issue_search.h"
#include "worker/issue_view.h"
#include "worker/stored.h"

/* ---- placeholders ---- */

static struct issue_bind *bind_new(struct issue_search *s, struct buf *b)
{
    if (s->bind_count == ISSUE_BINDS_MAX) {
        s->nothing = true;
        buf_str(b, "NULL");
        return &s->spare;
    }
    buf_printf(b, ":b%u", s->bind_count);
    return &s->binds[s->bind_count++];
}

void issue_bind_int(struct issue_search *s, struct buf *b, int64_t v)
{
    *bind_new(s, b) = (struct issue_bind){.kind = ISSUE_BIND_INT, .integer = v};
}

void issue_bind_real(struct issue_search *s, struct buf *b, double v)
{
    *bind_new(s, b) = (struct issue_bind){.kind = ISSUE_BIND_REAL, .real = v};
}

void issue_bind_text(struct issue_search *s, struct buf *b, struct text v)
{
    *bind_new(s, b) = (struct issue_bind){.kind = ISSUE_BIND_TEXT, .text = v};
}

/* ---- conditions ---- */

/* " AND (" or " AND NOT (": then alternatives, then ")". COALESCE, since NOT of an unknown is
 * unknown, and an issue without the value is one that does not have it. */
static void term_open(struct buf *b, const struct search_term *t)
{
    buf_str(b, t->negated ? " AND NOT COALESCE((" : " AND COALESCE((");
}

static void term_close(struct buf *b)
{
    buf_str(b, "), 0)");
}

static void one_value(struct api_call *c, struct issue_search *s, struct buf *b, const char *column,
                      const struct search_value *v)
{
    if (text_empty(v->text)) {
        buf_printf(b, "COALESCE(%s, '') = ''", column);
        return;
    }
    buf_str(b, column);
    if (v->wild) {
        buf_str(b, " LIKE ");
        issue_bind_text(s, b, search_like(v->text, c->arena));
        buf_str(b, " ESCAPE '\\'");
    } else {
        buf_str(b, " = ");
        issue_bind_text(s, b, v->text);
    }
}

static void column_term(struct api_call *c, struct issue_search *s, const struct search_term *t,
                        const char *column)
{
    term_open(&s->where, t);
    for (uint32_t i = 0; i < t->count; i++) {
        buf_str(&s->where, i ? " OR " : "");
        one_value(c, s, &s->where, column, &t->values[i]);
    }
    term_close(&s->where);
}

static void within(struct issue_search *s, struct buf *b, const char *column, struct text pattern)
{
    buf_str(b, column);
    buf_str(b, " LIKE ");
    issue_bind_text(s, b, pattern);
    buf_str(b, " ESCAPE '\\'");
}

/* Title and culprit first; the exception's value only where its text could be at all. */
static void message_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    struct buf *b = &s->where;

    term_open(b, t);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct search_value *v = &t->values[i];
        struct text pattern =
            v->wild ? search_like(v->text, c->arena) : search_like_within(v->text, c->arena);

        buf_str(b, i ? " OR " : "");
        within(s, b, "i.title", pattern);
        buf_str(b, " OR ");
        within(s, b, "i.culprit", pattern);
        buf_str(b, " OR (");
        within(s, b, "i.metadata", v->wild ? TEXT("%") : pattern);
        buf_str(b, " AND ");
        within(s, b, "json_extract(i.metadata, '$.value')", pattern);
        buf_str(b, ")");
    }
    term_close(b);
}

/* Words that stand for numbers in the row: level, type. */
static void coded_term(struct issue_search *s, const struct search_term *t, const char *column,
                       int codes, const char *(*word)(int))
{
    const char *comma = "";

    term_open(&s->where, t);
    buf_printf(&s->where, "%s IN (", column);
    for (int code = 0; code < codes; code++) {
        for (uint32_t i = 0; i < t->count; i++) {
            const struct search_value *v = &t->values[i];
            struct text have = text_of(word(code));

            if (v->wild ? search_glob(v->text, have) : text_eq(v->text, have)) {
                buf_printf(&s->where, "%s%d", comma, code);
                comma = ",";
                break;
            }
        }
    }
    buf_str(&s->where, ")");
    term_close(&s->where);
}

static const char *level_word(int code)
{
    return level_name((enum level)code);
}

static const char *type_word(int code)
{
    return event_type_name((enum event_type)code);
}

static const char *category_word(int code)
{
    return code == EVENT_FEEDBACK ? "feedback" : "error";
}

static void window_term(struct issue_search *s, const struct search_term *t,
                        const char *from_column, const char *to_column)
{
    term_open(&s->where, t);
    buf_printf(&s->where, "%s >= ", from_column);
    issue_bind_int(s, &s->where, t->from_ms);
    buf_printf(&s->where, " AND %s < ", to_column);
    issue_bind_int(s, &s->where, t->to_ms);
    term_close(&s->where);
}

static void number_term(struct issue_search *s, const struct search_term *t, const char *column)
{
    static const char *const SIGNS[] = {[SEARCH_EQ] = "=",
                                        [SEARCH_LT] = "<",
                                        [SEARCH_LE] = "<=",
                                        [SEARCH_GT] = ">",
                                        [SEARCH_GE] = ">="};

    term_open(&s->where, t);
    buf_printf(&s->where, "%s %s ", column, SIGNS[t->op]);
    issue_bind_real(s, &s->where, t->number);
    term_close(&s->where);
}

/* ---- state ---- */

static void status_term(struct issue_search *s, const struct search_term *t, unsigned bits)
{
    s->statuses &= t->negated ? ~bits : bits;
}

static void is_term(struct issue_search *s, const struct search_term *t)
{
    struct buf *b = &s->where;

    switch (t->word) {
    case SEARCH_IS_UNRESOLVED:
        status_term(s, t, 1u << ISSUE_UNRESOLVED);
        return;
    case SEARCH_IS_RESOLVED:
        status_term(s, t, 1u << ISSUE_RESOLVED);
        return;
    case SEARCH_IS_IGNORED:
        status_term(s, t, 1u << ISSUE_IGNORED);
        return;
    case SEARCH_IS_ASSIGNED:
    case SEARCH_IS_UNASSIGNED:
        buf_str(b, (t->word == SEARCH_IS_ASSIGNED) == t->negated ? " AND i.assignee IS NULL"
                                                                 : " AND i.assignee IS NOT NULL");
        return;
    case SEARCH_IS_LINKED: /* there are no trackers to be linked to */
    case SEARCH_IS_UNLINKED:
        s->nothing |= (t->word == SEARCH_IS_LINKED) != t->negated;
        return;
    case SEARCH_IS_FOR_REVIEW:
        term_open(b, t);
        buf_str(b, "i.status = 1 AND i.substatus IN ('new', 'regressed', 'escalating')");
        term_close(b);
        return;
    case SEARCH_IS_SUBSTATUS:
        term_open(b, t);
        buf_str(b, "i.substatus = ");
        issue_bind_text(s, b, t->name);
        term_close(b);
        return;
    }
}

static int64_t assignee_named(struct api_call *c, struct text name)
{
    struct db_stmt *q;

    if (text_is(name, "me"))
        return c->caller.user ? c->caller.user : -1;
    if (!(q = api_query(c, "api_user_by_email")))
        return -1;
    api_bind(q, "email", name);
    return api_row(c, q) ? db_col_int(q, 0) : -1;
}

static void assigned_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    struct buf *b = &s->where;

    term_open(b, t);
    for (uint32_t i = 0; i < t->count; i++) {
        struct text v = t->values[i].text;

        buf_str(b, i ? " OR " : "");
        if (text_empty(v) || text_is(v, "none"))
            buf_str(b, "i.assignee IS NULL");
        else {
            buf_str(b, "i.assignee = ");
            issue_bind_text(s, b,
                            arena_printf(c->arena, "user:%lld", (long long)assignee_named(c, v)));
        }
    }
    term_close(b);
}

static void issue_ids_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    const char *comma = "";
    int64_t id;

    term_open(&s->where, t);
    buf_str(&s->where, "i.id IN (");
    for (uint32_t i = 0; i < t->count; i++) {
        if (issue_find(c, t->values[i].text, &id)) {
            buf_printf(&s->where, "%s%lld", comma, (long long)id);
            comma = ",";
        }
    }
    buf_str(&s->where, ")");
    term_close(&s->where);
}

/* ---- releases and environments ---- */

static void environments(struct issue_search *s, struct buf *b, const char *column)
{
    buf_printf(b, " AND %s IN (", column);
    for (uint32_t i = 0; i < s->environment_count; i++) {
        buf_str(b, i ? "," : "");
        issue_bind_text(s, b, s->environments[i]);
    }
    buf_str(b, ")");
}

static bool asks_absence(const struct search_term *t)
{
    return t->count == 1 && text_empty(t->values[0].text);
}

static void release_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    struct buf *b = &s->where;

    term_open(b, t);
    buf_str(b, "EXISTS (SELECT 1 FROM issue_release r WHERE r.issue_id = i.id AND ");
    if (asks_absence(t)) {
        buf_str(b, "r.release_id = 0");
    } else {
        buf_str(b, "r.release_id IN (SELECT value FROM json_each(");
        issue_bind_text(s, b, issue_release_ids(c, t));
        buf_str(b, "))");
    }
    if (s->environment_count) /* "this release in production" is one row of the table */
        environments(s, b, "r.environment");
    buf_str(b, ")");
    term_close(b);
}

static void first_release_term(struct api_call *c, struct issue_search *s,
                               const struct search_term *t)
{
    term_open(&s->where, t);
    if (asks_absence(t)) {
        buf_str(&s->where, "i.first_release IS NULL");
    } else {
        buf_str(&s->where, "i.first_release IN (SELECT value FROM json_each(");
        issue_bind_text(s, &s->where, issue_release_ids(c, t));
        buf_str(&s->where, "))");
    }
    term_close(&s->where);
}

static void environment_term(struct api_call *c, struct issue_search *s,
                             const struct search_term *t)
{
    term_open(&s->where, t);
    buf_str(&s->where, "EXISTS (SELECT 1 FROM issue_release r WHERE r.issue_id = i.id AND (");
    for (uint32_t i = 0; i < t->count; i++) {
        buf_str(&s->where, i ? " OR " : "");
        one_value(c, s, &s->where, "r.environment", &t->values[i]);
    }
    buf_str(&s->where, "))");
    term_close(&s->where);
}

/* ---- tags ---- */

static void has_term(struct issue_search *s, const struct search_term *t)
{
    term_open(&s->where, t);
    buf_str(&s->where,
            "EXISTS (SELECT 1 FROM issue_tag_key k WHERE k.issue_id = i.id AND k.key = ");
    issue_bind_text(s, &s->where, t->name);
    buf_str(&s->where, ")");
    term_close(&s->where);
}

static void tag_term(struct api_call *c, struct issue_search *s, const struct search_term *t,
                     struct text key)
{
    struct buf *b = &s->where;

    term_open(b, t);
    if (asks_absence(t)) {
        buf_str(b,
                "NOT EXISTS (SELECT 1 FROM issue_tag_key k WHERE k.issue_id = i.id AND k.key = ");
        issue_bind_text(s, b, key);
    } else {
        buf_str(b, "EXISTS (SELECT 1 FROM issue_tag t WHERE t.issue_id = i.id AND t.key = ");
        issue_bind_text(s, b, key);
        buf_str(b, " AND (");
        for (uint32_t i = 0; i < t->count; i++) {
            buf_str(b, i ? " OR " : "");
            one_value(c, s, b, "t.value", &t->values[i]);
        }
        buf_str(b, ")");
    }
    buf_str(b, ")");
    term_close(b);
}

/* ---- events ---- */

static void event_ids_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    const char *comma = "";
    struct stored_event e;
    uint8_t id[16];

    term_open(&s->where, t);
    buf_str(&s->where, "i.id IN (");
    for (uint32_t i = 0; i < t->count; i++) {
        if (!api_event_id(t->values[i].text, id))
            continue;
        if (t->key == SEARCH_EVENT && stored_by_id(c, NULL, id, &e)) {
            buf_printf(&s->where, "%s%lld", comma, (long long)stored_issue(c, &e));
            comma = ",";
        } else if (t->key == SEARCH_TRACE) {
            int64_t issues[64];
            uint32_t n = stored_issues_of_trace(c, id, issues, 64);

            for (uint32_t k = 0; k < n; k++, comma = ",")
                buf_printf(&s->where, "%s%lld", comma, (long long)issues[k]);
        }
    }
    buf_str(&s->where, ")");
    term_close(&s->where);
}

/* ---- the table of terms ---- */

bool issue_term(struct api_call *c, struct issue_search *s, const struct search_term *t)
{
    switch (t->key) {
    case SEARCH_IS:
        is_term(s, t);
        break;
    case SEARCH_MESSAGE:
        message_term(c, s, t);
        break;
    case SEARCH_TITLE:
        column_term(c, s, t, "i.title");
        break;
    case SEARCH_CULPRIT:
        column_term(c, s, t, "i.culprit");
        break;
    case SEARCH_LEVEL:
        coded_term(s, t, "i.level", LEVEL_FATAL + 1, level_word);
        break;
    case SEARCH_PLATFORM:
        column_term(c, s, t, "i.platform");
        break;
    case SEARCH_TYPE:
        coded_term(s, t, "i.type", EVENT_NEL + 1, type_word);
        break;
    case SEARCH_CATEGORY:
        coded_term(s, t, "i.type", EVENT_NEL + 1, category_word);
        break;
    case SEARCH_PRIORITY:
        column_term(c, s, t, "i.priority");
        break;
    case SEARCH_ISSUE:
        issue_ids_term(c, s, t);
        break;
    case SEARCH_ASSIGNED:
        assigned_term(c, s, t);
        break;
    case SEARCH_BOOKMARKS:
        buf_str(&s->where, t->negated ? " AND i.bookmarked = 0" : " AND i.bookmarked = 1");
        break;
    case SEARCH_FIRST_SEEN:
        window_term(s, t, "i.first_ms", "i.first_ms");
        break;
    case SEARCH_LAST_SEEN:
        window_term(s, t, "i.last_ms", "i.last_ms");
        break;
    case SEARCH_TIMESTAMP:
        window_term(s, t, "i.last_ms", "i.first_ms");
        break;
    case SEARCH_TIMES_SEEN:
        number_term(s, t, "i.events");
        break;
    case SEARCH_USERS_SEEN:
        number_term(s, t, "i.users");
        break;
    case SEARCH_RELEASE:
    case SEARCH_RELEASE_VERSION:
    case SEARCH_RELEASE_PACKAGE:
    case SEARCH_RELEASE_BUILD:
        release_term(c, s, t);
        break;
    case SEARCH_FIRST_RELEASE:
        first_release_term(c, s, t);
        break;
    case SEARCH_ENVIRONMENT:
        environment_term(c, s, t);
        break;
    case SEARCH_ERROR_TYPE:
        column_term(c, s, t, "json_extract(i.metadata, '$.type')");
        break;
    case SEARCH_ERROR_VALUE:
        column_term(c, s, t, "json_extract(i.metadata, '$.value')");
        break;
    case SEARCH_UNHANDLED:
        buf_str(&s->where,
                t->flag != t->negated ? " AND i.unhandled != 0" : " AND i.unhandled = 0");
        break;
    case SEARCH_FILENAME:
        column_term(c, s, t, "json_extract(i.metadata, '$.filename')");
        break;
    case SEARCH_FUNCTION:
        column_term(c, s, t, "json_extract(i.metadata, '$.function')");
        break;
    case SEARCH_USER:
        tag_term(c, s, t, TEXT("user"));
        break;
    case SEARCH_TRACE:
    case SEARCH_EVENT:
        event_ids_term(c, s, t);
        break;
    case SEARCH_HAS:
        has_term(s, t);
        break;
    case SEARCH_TAG:
        tag_term(c, s, t, t->name);
        break;
    }
    return !c->refused;
}
