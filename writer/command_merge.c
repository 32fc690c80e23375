/* command_merge.c -- several issues become one; hashes leave for an issue of their own.
 * Merging moves hashes and figures; events keep the number they were stored under, and
 * issue.merged_into leads from there to the parent. Unmerging moves events (unmerge.c). */
#include <stdio.h>

#include "model/sketch.h"
#include "proto/event.h"
#include "proto/hex.h"
#include "writer/command_issue.h"
#include "writer/unmerge.h"

#define HASHES_MAX 100 /* of one unmerge */

static bool run_pair(struct command *c, const char *name, uint32_t child, uint32_t parent)
{
    struct db_stmt *q = command_query(c, name);

    if (!q)
        return false;
    db_int_at(q, 1, child);
    db_int_at(q, 2, parent);
    return command_do(c, q);
}

/* ---- users ---- */

struct crowd {
    uint8_t sketch[SKETCH_BYTES];
    bool sketched;
};

static bool crowd_of(struct command *c, uint32_t issue, struct crowd *out)
{
    struct db_stmt *q = command_query(c, "issue_users");
    const void *sketch;
    size_t len;

    *out = (struct crowd){0};
    if (!q)
        return false;
    db_int_at(q, 1, issue);
    if (command_row(c, q) && (sketch = db_col_blob(q, 1, &len)) && len == SKETCH_BYTES) {
        memcpy(out->sketch, sketch, SKETCH_BYTES);
        out->sketched = true;
    }
    db_reset(q);
    return c->broken == DB_OK;
}

static bool list_into(struct command *c, uint32_t issue, struct crowd *out)
{
    struct db_stmt *q = command_query(c, "issue_user_list");

    if (!q)
        return false;
    db_int_at(q, 1, issue);
    while (command_row(c, q))
        sketch_add(out->sketch, (uint64_t)db_col_int(q, 0));
    db_reset(q);
    return c->broken == DB_OK;
}

static bool set_users(struct command *c, uint32_t issue, uint64_t users, const struct crowd *crowd)
{
    struct db_stmt *q = command_query(c, "issue_users_set");

    if (!q)
        return false;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, (int64_t)users);
    if (crowd)
        db_blob_at(q, 3, crowd->sketch, SKETCH_BYTES);
    return command_do(c, q);
}

/* Exact while both are lists and few together. */
static bool merge_users(struct command *c, uint32_t child, uint32_t parent)
{
    struct crowd a, b;
    struct db_stmt *q;
    int64_t listed;

    if (!crowd_of(c, child, &a) || !crowd_of(c, parent, &b) ||
        !run_pair(c, "merge_user", child, parent) || !(q = command_query(c, "merge_user_count")))
        return false;
    db_int_at(q, 1, parent);
    listed = command_number(c, q, 0);
    if (!a.sketched && !b.sketched && listed <= ISSUE_USERS_EXACT)
        return set_users(c, parent, (uint64_t)listed, NULL);
    if (!list_into(c, parent, &b) || !(q = command_query(c, "issue_user_clear")))
        return false;
    sketch_merge(b.sketch, a.sketch);
    db_int_at(q, 1, parent);
    return command_do(c, q) && set_users(c, parent, sketch_count(b.sketch), &b);
}

/* ---- merging ---- */

static bool point_hashes(struct command *c, uint32_t child, uint32_t parent)
{
    struct db_stmt *q = command_query(c, "hash_of_issue");
    const void *hash;
    size_t len;

    if (!q)
        return false;
    db_int_at(q, 1, child);
    while (command_row(c, q)) {
        hash = db_col_blob(q, 1, &len);
        if (hash && len == 16)
            command_hash(c, (uint32_t)db_col_int(q, 0), hash, parent);
    }
    db_reset(q);
    return run_pair(c, "hash_move", child, parent);
}

static bool merge_one(struct command *c, uint32_t child, uint32_t parent)
{
    static const char *const add[] = {"merge_hour",    "merge_day",     "merge_release",
                                      "merge_tag",     "merge_tag_key", "merge_activity",
                                      "merge_feedback"};
    static const char *const drop[] = {"drop_issue_hour",    "drop_issue_day",
                                       "drop_issue_release", "drop_issue_tag",
                                       "drop_issue_tag_key", "drop_issue_user"};

    for (size_t i = 0; i < sizeof(add) / sizeof(*add); i++)
        if (!run_pair(c, add[i], child, parent))
            return false;
    if (!merge_users(c, child, parent) || !run_pair(c, "merge_row", child, parent) ||
        !point_hashes(c, child, parent))
        return false;
    for (size_t i = 0; i < sizeof(drop) / sizeof(*drop); i++) {
        struct db_stmt *q = command_query(c, drop[i]);

        if (!q)
            return false;
        db_int_at(q, 1, child);
        if (!command_do(c, q))
            return false;
    }
    command_touch(c, child);
    return run_pair(c, "merge_child", child, parent);
}

/* Most events, the higher number among equals, as Sentry chooses. */
static uint32_t choose_parent(const struct command_issue *issues, uint32_t count)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < count; i++)
        if (issues[i].events > issues[best].events ||
            (issues[i].events == issues[best].events && issues[i].id > issues[best].id))
            best = i;
    return best;
}

static uint16_t refuse_merge(struct command *c, const struct command_issue *issues, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (issues[i].project != issues[0].project)
            return command_refuse(c, 200, "Merging across multiple projects is not supported");
    for (uint32_t i = 0; i < count; i++)
        if (issues[i].type != EVENT_ERROR && issues[i].type != EVENT_DEFAULT)
            return command_refuse(c, 400, "Only error issues can be merged.");
    return 0;
}

static void write_merge(struct command *c, struct buf *b, const struct command_issue *issues,
                        uint32_t count, uint32_t parent)
{
    char id[16];

    json_open(b, NULL, '{');
    json_open(b, "merge", '{');
    snprintf(id, sizeof(id), "%u", issues[parent].id);
    json_str(b, "parent", id);
    json_open(b, "children", '[');
    for (uint32_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%u", issues[i].id);
        if (i != parent)
            json_str(b, NULL, id);
    }
    json_close(b, ']');
    json_close(b, '}');
    json_close(b, '}');
}

static struct text merge_data(struct command *c, const struct command_issue *issues, uint32_t count,
                              uint32_t parent)
{
    struct buf b;
    char id[16];

    buf_init(&b, c->arena, 256, 64 * KIB);
    json_open(&b, NULL, '{');
    json_open(&b, "issues", '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i == parent)
            continue;
        snprintf(id, sizeof(id), "%u", issues[i].id);
        json_open(&b, NULL, '{');
        json_str(&b, "id", id);
        json_close(&b, '}');
    }
    json_close(&b, ']');
    json_close(&b, '}');
    return buf_result(&b);
}

uint16_t command_issue_merge(struct command *c)
{
    struct command_issue *issues;
    uint32_t count, parent;
    uint16_t refused;

    if (!command_issues(c, &issues, &count))
        return c->broken ? 500 : 400;
    if (!count)
        return command_empty(c, 204);
    if ((refused = refuse_merge(c, issues, count)))
        return refused;
    parent = choose_parent(issues, count);
    for (uint32_t i = 0; i < count; i++)
        if (i != parent && !merge_one(c, issues[i].id, issues[parent].id))
            return 500;
    command_touch(c, issues[parent].id);
    if (count > 1 &&
        !command_activity(c, issues[parent].id, "merge", merge_data(c, issues, count, parent)))
        return 500;
    write_merge(c, c->answer, issues, count, parent);
    return 200;
}

/* ---- unmerging ---- */

/* The hashes named, each once and of this issue. */
static uint32_t read_hashes(struct command *c, const struct command_issue *i, uint8_t out[][16])
{
    const struct json *list = json_get(c->args, "hashes");
    uint32_t count = 0;

    for (const struct json *v = json_is(list, JSON_ARRAY) ? list->child : NULL;
         v && count < HASHES_MAX; v = v->next) {
        struct db_stmt *q;
        bool twice = false;

        if (!uuid_read(json_string(v, c->arena), out[count]))
            continue;
        for (uint32_t n = 0; n < count; n++)
            twice |= memcmp(out[n], out[count], 16) == 0;
        if (twice || !(q = command_query(c, "hash_owner")))
            continue;
        db_int_at(q, 1, i->project);
        db_blob_at(q, 2, out[count], 16);
        count += command_number(c, q, 0) == i->id;
    }
    return count;
}

static uint32_t fresh_number(struct command *c)
{
    uint32_t number = index_next_issue(c->w->world->index);

    while (number <= c->w->issue_high && number < ISSUES_MAX)
        number = index_next_issue(c->w->world->index);
    return number;
}

static bool make_issue(struct command *c, uint32_t from, uint32_t project, uint32_t to)
{
    struct db_stmt *q = command_query(c, "project_short");
    int64_t number;

    if (!q)
        return false;
    db_int_at(q, 1, project);
    number = command_number(c, q, to);
    if (!(q = command_query(c, "unmerge_issue")))
        return false;
    db_int_at(q, 1, from);
    db_int_at(q, 2, to);
    db_int_at(q, 3, number);
    db_int_at(q, 4, c->now_ms);
    return command_do(c, q);
}

static bool move_hashes(struct command *c, uint32_t project, uint8_t hashes[][16], uint32_t count,
                        uint32_t to)
{
    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *q = command_query(c, "hash_point");

        if (!q)
            return false;
        db_int_at(q, 1, project);
        db_blob_at(q, 2, hashes[i], 16);
        db_int_at(q, 3, to);
        if (!command_do(c, q))
            return false;
        command_hash(c, project, hashes[i], to);
    }
    return true;
}

static struct text unmerge_data(struct command *c, uint8_t hashes[][16], uint32_t count,
                                const char *where, uint32_t issue)
{
    struct buf b;
    char id[16];

    snprintf(id, sizeof(id), "%u", issue);
    buf_init(&b, c->arena, 256, 64 * KIB);
    json_open(&b, NULL, '{');
    json_open(&b, "fingerprints", '[');
    for (uint32_t i = 0; i < count; i++)
        json_hex(&b, NULL, hashes[i], 16);
    json_close(&b, ']');
    json_open(&b, where, '{');
    json_str(&b, "id", id);
    json_close(&b, '}');
    json_close(&b, '}');
    return buf_result(&b);
}

static bool note_job(struct command *c, uint32_t from, uint32_t to, uint8_t hashes[][16],
                     uint32_t count)
{
    struct db_stmt *q = command_query(c, "unmerge_insert");

    if (!q)
        return false;
    db_int_at(q, 1, from);
    db_int_at(q, 2, to);
    db_blob_at(q, 3, hashes, 16 * (size_t)count);
    db_int_at(q, 4, (int64_t)(c->w->next_seq - 1));
    return command_do(c, q);
}

uint16_t command_issue_unmerge(struct command *c)
{
    uint8_t hashes[HASHES_MAX + 1][16];
    struct command_issue i;
    struct db_stmt *q;
    uint32_t count, to;
    int64_t id = 0;

    command_int(c, "id", &id);
    if (!command_issue_get(c, id, &i))
        return command_missing(c);
    if (!(count = read_hashes(c, &i, hashes)))
        return command_refuse(c, 400, "None of these fingerprints belongs to this issue.");
    if (!(q = command_query(c, "hash_count")))
        return 500;
    db_int_at(q, 1, i.id);
    if (command_number(c, q, 0) == count)
        return command_refuse(c, 400, "An issue keeps at least one of its fingerprints.");
    if ((to = fresh_number(c)) >= ISSUES_MAX)
        return command_refuse(c, 400, "There are too many issues.");
    if (!make_issue(c, i.id, i.project, to) || !move_hashes(c, i.project, hashes, count, to) ||
        !note_job(c, i.id, to, hashes, count) ||
        !command_activity(c, i.id, "unmerge_source",
                          unmerge_data(c, hashes, count, "destination", to)) ||
        !command_activity(c, to, "unmerge_destination",
                          unmerge_data(c, hashes, count, "source", i.id)))
        return 500;
    command_touch(c, to);
    /* The events of before lie in sealed segments then, where the sealing thread may change them. */
    c->w->effects.roll = true;
    return command_id(c, 202, to);
}
