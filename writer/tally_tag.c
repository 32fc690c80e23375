#include <assert.h>

#include "proto/limits.h"
#include "writer/listed.h"
#include "writer/tally_row.h"

struct value { /* of a tag */
    struct text key, value;
    uint64_t key_hash, hash; /* of the key; of both */
};

static struct tally_key key_of(enum tally_table table, uint32_t id, const struct value *v)
{
    return (struct tally_key){table,  id,       0,
                              v->key, v->value, tally_key_hash(table, id, 0, v->hash)};
}

static struct tally_key key_of_unlisted(enum tally_table table, uint32_t id, const struct value *v)
{
    return (struct tally_key){
        table,  id,        TALLY_UNLISTED,
        v->key, TEXT_NONE, tally_key_hash(table, id, TALLY_UNLISTED, v->key_hash)};
}

static bool is_unlisted(const struct tally *t, const struct tally_key *k, const struct value *v)
{
    return listed_excludes(t->listed, listed_key(k->table, k->id, v->key_hash), v->hash);
}

static struct tally_row *add_to_project(struct tally *t, struct tally_generation *g,
                                        uint32_t project, const struct value *v, uint32_t n,
                                        int64_t ms, uint32_t text)
{
    struct tally_key k = key_of(TALLY_PROJECT_TAG, project, v);

    if (is_unlisted(t, &k, v))
        k = key_of_unlisted(TALLY_PROJECT_TAG, project, v);
    return tally_row_add(g, &k, n, ms, text);
}

static void add_to_issue(struct tally *t, struct tally_generation *g, uint32_t issue,
                         uint32_t project, const struct value *v, int64_t ms)
{
    struct tally_key k = key_of(TALLY_ISSUE_TAG, issue, v);
    struct tally_row *row = tally_row_find(g, &k);

    if (row) {
        tally_row_see(row, 1, ms);
    } else if (g->issue_only || !is_unlisted(t, &k, v)) {
        row = tally_row_add(g, &k, 1, ms, 0);
        if (!g->issue_only) /* a place for the sum */
            add_to_project(t, g, project, v, 0, ms, row->text);
    } else {
        /* What the issue does not carry to the flush the project has to; the key's text is shared. */
        row = add_to_project(t, g, project, v, 1, ms, 0);
        k = key_of_unlisted(TALLY_ISSUE_TAG, issue, v);
        tally_row_add(g, &k, 1, ms, row->text);
    }
}

void tally_tags(struct tally *t, struct tally_generation *g, const struct record_event *r,
                uint32_t issue)
{
    for (uint32_t i = 0; i < r->tag_count; i++) {
        struct text key = text_clip(r->tags[i].key, TAG_KEY_MAX * 4);
        struct text value = text_clip(r->tags[i].value, TAG_VALUE_MAX * 4);
        uint64_t key_hash = tally_text_hash(key, TEXT_NONE);
        struct value v = {key, value, key_hash, tally_text_hash_and(key_hash, value)};

        add_to_issue(t, g, issue, r->project, &v, r->timestamp_ms);
    }
}

static void sum_one(struct tally_generation *g, const struct tally_row *r, uint32_t project)
{
    struct text key = tally_row_a(g, r), value = tally_row_b(g, r);
    struct tally_row *sum = tally_find(g, TALLY_PROJECT_TAG, project, 0, key, value);

    if (!sum)
        sum = tally_find(g, TALLY_PROJECT_TAG, project, TALLY_UNLISTED, key, TEXT_NONE);
    assert(sum); /* add_to_issue() made it */
    tally_row_see(sum, r->n, r->first_ms);
    tally_row_see(sum, 0, r->last_ms);
}

bool tally_sum(struct tally_generation *g)
{
    const struct tally_row *r = &g->rows[g->summed];

    if (g->summed == g->row_count)
        return false;
    if (!g->issue_only && r->table == TALLY_ISSUE_TAG && r->id2 == 0)
        sum_one(g, r, tally_project_of(g, r->id));
    g->summed++;
    return true;
}
