/* issue_drive.c -- which term of a search is so rare that its few issues are looked up and sorted, instead
 * of walking the list until enough of them fit. */
#include "worker/issue_search.h"

/* How many issues have this tag value, counted up to one more than would still be few. */
static uint32_t rarity(struct api_call *c, struct text key, struct text value)
{
    struct db_stmt *q = api_query(c, "api_tag_rarity");

    if (!q)
        return UINT32_MAX;
    api_bind(q, "key", key);
    api_bind(q, "value", value);
    db_int(q, "limit", SEARCH_CANDIDATES + 1);
    return api_row(c, q) ? (uint32_t)db_col_int(q, 0) : UINT32_MAX;
}

static uint32_t term_rarity(struct api_call *c, const struct search_term *t, struct text key)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < t->count; i++) {
        if (t->values[i].wild || text_empty(t->values[i].text))
            return UINT32_MAX;
        sum += rarity(c, key, t->values[i].text);
        if (sum > SEARCH_CANDIDATES)
            return UINT32_MAX;
    }
    return sum;
}

static void drive_by_tag(struct issue_search *s, const struct search_term *t, struct text key)
{
    struct buf *b = &s->drive;

    buf_str(b, "SELECT DISTINCT d.issue_id AS id FROM issue_tag d WHERE d.key = ");
    issue_bind_text(s, b, key);
    buf_str(b, " AND d.value IN (");
    for (uint32_t i = 0; i < t->count; i++) {
        buf_str(b, i ? "," : "");
        issue_bind_text(s, b, t->values[i].text);
    }
    buf_str(b, ")");
}

static bool is_tag(const struct search_term *t)
{
    return !t->negated && (t->key == SEARCH_TAG || t->key == SEARCH_USER) && t->count;
}

static struct text tag_key(const struct search_term *t)
{
    return t->key == SEARCH_USER ? TEXT("user") : t->name;
}

/* "assigned:me", "is:assigned": the conditions stand in `where`; all that is assigned to anybody is
 * mostly little. */
static bool asks_assigned(const struct search_term *t)
{
    if (t->negated)
        return t->key == SEARCH_IS && t->word == SEARCH_IS_UNASSIGNED;
    if (t->key == SEARCH_IS)
        return t->word == SEARCH_IS_ASSIGNED;
    if (t->key != SEARCH_ASSIGNED)
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        if (text_empty(t->values[i].text) || text_is(t->values[i].text, "none"))
            return false;
    return true;
}

static uint32_t assigned_rarity(struct api_call *c)
{
    struct db_stmt *q = api_query(c, "api_assigned_rarity");

    if (!q)
        return UINT32_MAX;
    db_int(q, "limit", SEARCH_CANDIDATES + 1);
    return api_row(c, q) ? (uint32_t)db_col_int(q, 0) : UINT32_MAX;
}

static bool names_issues(const struct search_term *t)
{
    return !t->negated &&
           (t->key == SEARCH_ISSUE || t->key == SEARCH_EVENT || t->key == SEARCH_TRACE);
}

void issue_drive(struct api_call *c, struct issue_search *s)
{
    const struct search_term *best = NULL;
    uint32_t fewest = SEARCH_CANDIDATES + 1;

    if (s->only) {
        buf_str(&s->drive, "SELECT value AS id FROM json_each(");
        struct buf ids = api_buf(c);

        for (uint32_t i = 0; i < s->only_count; i++)
            buf_printf(&ids, "%s%lld", i ? "," : "[", (long long)s->only[i]);
        buf_str(&ids, s->only_count ? "]" : "[]");
        issue_bind_text(s, &s->drive, buf_result(&ids));
        buf_str(&s->drive, ")");
        return;
    }
    for (uint32_t i = 0; i < s->terms->count; i++) {
        const struct search_term *t = &s->terms->terms[i];
        uint32_t n = is_tag(t)          ? term_rarity(c, t, tag_key(t))
                     : asks_assigned(t) ? assigned_rarity(c)
                                        : UINT32_MAX;

        if (names_issues(t)) { /* its ids stand in `where` already; the primary key finds them */
            s->by_id = true;
            return;
        }
        if (n < fewest) {
            fewest = n;
            best = t;
        }
    }
    if (best && is_tag(best))
        drive_by_tag(s, best, tag_key(best));
    else if (best)
        buf_str(&s->drive, "SELECT a.id FROM issue a INDEXED BY issue_by_assignee"
                           " WHERE a.assignee IS NOT NULL");
}
