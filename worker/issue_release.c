/* issue_release.c -- release terms of a search: which releases do they mean? There are few releases
 * beside issues, so names, patterns and comparisons of versions become ids first. */
#include "model/release.h"
#include "worker/issue_search.h"

#define RELEASES_MATCHED_MAX 2000 /* releases that one pattern or comparison may stand for */

static bool build_fits(const struct search_value *v, struct text build)
{
    return v->wild ? search_glob(v->text, build) : text_eq(v->text, build);
}

/* ">=1.4.0" speaks of every package: the name's version alone is compared. */
static bool version_fits(const struct search_term *t, const struct search_value *v,
                         const struct release_name *name)
{
    int order;

    if (v->wild)
        return search_glob(v->text, name->version);
    if (!release_compare(name->version, v->text, &order))
        return t->op == SEARCH_EQ && text_eq(name->version, v->text);
    switch (t->op) {
    case SEARCH_LT:
        return order < 0;
    case SEARCH_LE:
        return order <= 0;
    case SEARCH_GT:
        return order > 0;
    case SEARCH_GE:
        return order >= 0;
    case SEARCH_EQ:
        break;
    }
    return order == 0;
}

static bool release_fits(const struct search_term *t, const struct search_value *v,
                         struct text version)
{
    struct release_name name;

    if (t->key == SEARCH_RELEASE || t->key == SEARCH_FIRST_RELEASE)
        return v->wild ? search_glob(v->text, version) : text_eq(v->text, version);
    release_parse(version, &name);
    if (t->key == SEARCH_RELEASE_PACKAGE)
        return build_fits(v, name.package);
    if (t->key == SEARCH_RELEASE_BUILD)
        return build_fits(v, name.build);
    return version_fits(t, v, &name);
}

static bool any_release_fits(const struct search_term *t, struct text version, bool newest)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct search_value *v = &t->values[i];

        if (text_is(v->text, "latest") && t->key <= SEARCH_FIRST_RELEASE) {
            if (newest)
                return true;
        } else if (release_fits(t, v, version)) {
            return true;
        }
    }
    return false;
}

/* "[1,2,3]": the releases a term stands for. An exact name is looked up; anything else goes through
 * the organisation's releases, newest first. */
struct text issue_release_ids(struct api_call *c, const struct search_term *t)
{
    struct buf ids = api_buf(c);
    struct db_stmt *q = api_query(c, "api_release_names");
    const char *comma = "";
    uint32_t found = 0;
    bool newest = true;

    buf_str(&ids, "[");
    if (q)
        db_int(q, "org", c->org);
    while (found < RELEASES_MATCHED_MAX && api_row(c, q)) {
        if (any_release_fits(t, api_col(q, 1), newest)) {
            buf_printf(&ids, "%s%lld", comma, (long long)db_col_int(q, 0));
            comma = ",";
            found++;
        }
        newest = false;
    }
    buf_str(&ids, "]");
    return buf_result(&ids);
}
