/* command.c -- taking commands out of the rings, running them, answering. The commands themselves are
 * in command_*.c, by noun. */
#include "writer/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "schema/applied.h"
#include "shm/log.h"
#include "writer/active.h"
#include "writer/command_parts.h"
#include "writer/decide.h"
#include "writer/flush.h"
#include "writer/listed.h"
#include "writer/projects.h"
#include "writer/recover.h"
#include "writer/state.h"
#include "writer/tally.h"

static const struct {
    const char *name;
    command_handler *run;
} commands[] = {
    {"project.add", command_project_add},
    {"project.update", command_project_update},
    {"project.delete", command_project_delete},
    {"project.list", command_project_list},
    {"key.add", command_key_add},
    {"key.update", command_key_update},
    {"key.delete", command_key_delete},
    {"key.list", command_key_list},
    {"user.add", command_user_add},
    {"user.update", command_user_update},
    {"user.login", command_user_login},
    {"user.list", command_user_list},
    {"token.add", command_token_add},
    {"token.delete", command_token_delete},
    {"token.used", command_token_used},
    {"issue.update", command_issue_update},
    {"issue.delete", command_issue_delete},
    {"issue.merge", command_issue_merge},
    {"issue.unmerge", command_issue_unmerge},
    {"issue.learn", command_issue_learn},
    {"comment.add", command_comment_add},
    {"comment.update", command_comment_update},
    {"comment.delete", command_comment_delete},
    {"release.add", command_release_add},
    {"release.update", command_release_update},
    {"release.delete", command_release_delete},
    {"deploy.add", command_deploy_add},
    {"feedback.add", command_feedback_add},
    {"environment.update", command_environment_update},
};

/* ---- effects ---- */

static bool grow(void **at, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room ? 2 * *room : 16;
    void *grown;

    if (count < *room)
        return true;
    if (!(grown = realloc(*at, more * size)))
        return false;
    *at = grown;
    *room = more;
    return true;
}

static void note_issue(struct command *c, uint32_t issue)
{
    struct effects *e = &c->w->effects;

    if (grow((void **)&e->issues, e->issue_count, &e->issue_room, sizeof(*e->issues)))
        e->issues[e->issue_count++] = issue;
    else
        e->failed = true;
}

void command_touch(struct command *c, uint32_t issue)
{
    note_issue(c, issue);
}

void command_gone(struct command *c, uint32_t issue)
{
    note_issue(c, issue | ISSUE_GONE);
}

void command_hash(struct command *c, uint32_t project, const void *hash, uint32_t issue)
{
    struct effects *e = &c->w->effects;

    if (grow((void **)&e->hashes, e->hash_count, &e->hash_room, sizeof(*e->hashes))) {
        struct effect_hash *h = &e->hashes[e->hash_count++];

        h->project = project;
        h->issue = issue;
        memcpy(h->hash, hash, sizeof(h->hash));
    } else {
        e->failed = true;
    }
}

void command_forget(struct writer *w)
{
    struct effects *e = &w->effects;

    e->projects = e->roll = e->failed = false;
    e->issue_count = e->hash_count = 0;
}

void command_settle(struct writer *w)
{
    struct effects *e = &w->effects;

    for (uint32_t i = 0; i < e->hash_count; i++) {
        const struct effect_hash *h = &e->hashes[i];

        if (h->issue)
            decide_point(w, h->project, h->hash, h->issue);
        else
            index_forget(w->world->index, index_key(h->project, h->hash));
    }
    for (uint32_t i = 0; i < e->issue_count; i++) {
        if (e->issues[i] & ISSUE_GONE)
            decide_delete(w, e->issues[i] & ~ISSUE_GONE);
        else
            recover_issue(w, e->issues[i]);
    }
    if (e->issue_count)
        listed_clear(w->tally->listed);
    if (e->projects)
        projects_publish(w);
    if (e->roll)
        active_roll(w);
    states_clear(w->states);
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
    command_forget(w);
}

/* ---- answers ---- */

static void restart(struct buf *b)
{
    b->len = 0;
    b->comma = false;
}

uint16_t command_empty(struct command *c, uint16_t status)
{
    restart(c->answer);
    json_open(c->answer, NULL, '{');
    json_close(c->answer, '}');
    return status;
}

uint16_t command_id(struct command *c, uint16_t status, int64_t id)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)id);
    restart(c->answer);
    json_open(c->answer, NULL, '{');
    json_str(c->answer, "id", text);
    json_close(c->answer, '}');
    return status;
}

uint16_t command_refuse(struct command *c, uint16_t status, const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    restart(c->answer);
    json_open(c->answer, NULL, '{');
    json_str(c->answer, "detail", text);
    json_close(c->answer, '}');
    return status;
}

static uint16_t wrong(struct command *c, const char *outer, const char *field, const char *format,
                      va_list ap)
{
    char text[512];

    vsnprintf(text, sizeof(text), format, ap);
    restart(c->answer);
    json_open(c->answer, NULL, '{');
    if (outer)
        json_open(c->answer, outer, '{');
    json_open(c->answer, field, '[');
    json_str(c->answer, NULL, text);
    json_close(c->answer, ']');
    if (outer)
        json_close(c->answer, '}');
    json_close(c->answer, '}');
    return 400;
}

uint16_t command_wrong(struct command *c, const char *field, const char *format, ...)
{
    uint16_t status;
    va_list ap;

    va_start(ap, format);
    status = wrong(c, NULL, field, format, ap);
    va_end(ap);
    return status;
}

uint16_t command_wrong_in(struct command *c, const char *outer, const char *field,
                          const char *format, ...)
{
    uint16_t status;
    va_list ap;

    va_start(ap, format);
    status = wrong(c, outer, field, format, ap);
    va_end(ap);
    return status;
}

uint16_t command_missing(struct command *c)
{
    return command_refuse(c, 404, "The requested resource does not exist");
}

uint16_t command_broken(struct command *c, int rc)
{
    if (c->broken == DB_OK)
        c->broken = rc < 0 ? rc : DB_FAIL;
    return command_refuse(c, 500, "Internal Error");
}

/* ---- arguments and rows ---- */

struct text command_text(struct command *c, const char *key)
{
    struct text t = json_as_text(json_get(c->args, key), c->arena);

    return t.at ? text_trim(t) : t;
}

bool command_int(struct command *c, const char *key, int64_t *out)
{
    return json_int64(json_get(c->args, key), out);
}

int64_t command_offset(struct command *c)
{
    int64_t offset = 0;

    return command_int(c, "offset", &offset) && offset > 0 ? offset : 0;
}

struct db_stmt *command_query(struct command *c, const char *name)
{
    struct db_stmt *q = db_query(c->db, name);

    if (!q)
        command_broken(c, DB_FAIL);
    return q;
}

void command_bind(struct db_stmt *q, int at, struct text t)
{
    db_str_at(q, at, t.at, t.len);
}

void command_bind_name(struct db_stmt *q, const char *name, struct text t)
{
    db_str(q, name, t.at, t.len);
}

bool command_do(struct command *c, struct db_stmt *q)
{
    int rc = q ? db_run(q) : DB_FAIL;

    if (rc != DB_OK)
        command_broken(c, rc);
    return rc == DB_OK;
}

bool command_row(struct command *c, struct db_stmt *q)
{
    int rc = q ? db_step(q) : DB_FAIL;

    if (rc < 0)
        command_broken(c, rc);
    return rc == 1;
}

int64_t command_number(struct command *c, struct db_stmt *q, int64_t otherwise)
{
    int64_t v = command_row(c, q) ? db_col_int(q, 0) : otherwise;

    if (q)
        db_reset(q);
    return v;
}

uint16_t command_stamp(struct command *c, const char *name, int64_t every_ms)
{
    struct db_stmt *q = command_query(c, name);
    int64_t id, ms = c->now_ms;

    if (!command_int(c, "id", &id))
        return command_wrong(c, "id", "This field is required.");
    command_int(c, "time_ms", &ms);
    if (!q)
        return 500;
    db_int_at(q, 1, id);
    db_int_at(q, 2, ms);
    db_int_at(q, 3, ms - every_ms);
    return command_do(c, q) ? command_empty(c, 200) : 500;
}

struct text command_column(struct command *c, struct db_stmt *q, int column)
{
    size_t len;
    const char *at = db_col_str(q, column, &len);

    return at ? arena_text(c->arena, (struct text){at, len}) : TEXT_NONE;
}

/* ---- running ---- */

uint16_t command_run(struct writer *w, const struct record_command *r, struct buf *answer)
{
    struct command c = {.w = w,
                        .db = w->catalogue,
                        .arena = &w->command_arena,
                        .actor = r->actor,
                        .now_ms = r->time_ms > 0 ? r->time_ms : world_now_ms(),
                        .answer = answer};
    struct json *args = NULL;
    uint16_t status = 0;

    command_forget(w);
    if (json_read(r->args, c.arena, &args, NULL) != JSON_OK || !json_is(args, JSON_OBJECT))
        return command_refuse(&c, 400, "The arguments are no JSON object");
    c.args = args;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands) && !status; i++)
        if (text_is(r->name, commands[i].name))
            status = commands[i].run(&c);
    if (!status)
        return command_refuse(&c, 404, "There is no such command");
    if (c.broken == DB_OK && w->effects.failed)
        c.broken = DB_FAIL;
    if (c.broken != DB_OK) {
        writer_complain(w->catalogue, "command", c.broken);
        status = c.broken == DB_FULL || c.broken == DB_BUSY ? 507 : 500;
        command_refuse(&c, status, status == 507 ? "The disk is full" : "Internal Error");
    }
    return answer->failed ? 500 : status;
}

/* Run it, with the ring position behind it in the same transaction. What a refused command has changed
 * is undone, its position is not. */
static int run_at(struct writer *w, uint32_t slot, uint64_t end, const struct record_command *r,
                  struct buf *answer, uint16_t *status)
{
    int rc;

    if ((rc = db_set_sync(w->catalogue, w->conf->durability_power)) != DB_OK ||
        (rc = db_begin(w->catalogue)) != DB_OK ||
        (rc = db_exec(w->catalogue, "SAVEPOINT c")) != DB_OK)
        goto out;
    *status = command_run(w, r, answer);
    if (*status == 507) {
        rc = DB_FULL;
        goto out;
    }
    if (*status >= 400) {
        command_forget(w);
        if ((rc = db_exec(w->catalogue, "ROLLBACK TO c")) != DB_OK)
            goto out;
    }
    if ((rc = db_exec(w->catalogue, "RELEASE c")) == DB_OK &&
        (rc = applied_set(w->catalogue, slot, ring_incarnation(w->world->ring[slot]), end)) ==
            DB_OK)
        rc = db_commit(w->catalogue);
out:
    if (rc != DB_OK) {
        command_forget(w);
        db_rollback(w->catalogue);
    }
    return rc;
}

static void answer_to(struct writer *w, uint32_t slot, const struct record_command *r,
                      uint16_t status, struct buf *answer)
{
    struct text body = buf_result(answer);

    if (!body.at)
        body = TEXT("{\"detail\":\"Internal Error\"}");
    if (!mailbox_put(w->world->mailbox[slot], r->id, status, body.at, body.len))
        log_warn("mailbox.full", "slot=%u", slot); /* the worker answers 503 after a while */
}

/* DB_OK, or nothing has happened. */
static int serve_one(struct writer *w, uint32_t slot)
{
    struct slot *s = &w->slots[slot];
    struct ring *ring = w->world->ring[slot];
    uint64_t before = s->cursor;
    struct record_command r;
    struct ring_record rec;
    struct buf answer;
    uint16_t status = 400;
    int rc;

    if (ring_next(ring, &s->cursor, &rec) != RING_OK || rec.kind != RECORD_COMMAND) {
        s->cursor = before; /* damaged since we looked: drain skips it */
        s->command = false;
        return DB_OK;
    }
    arena_reset(&w->command_arena);
    buf_init(&answer, &w->command_arena, 512, MAIL_MAX);
    if (!record_command_read((struct text){rec.body, rec.len}, &r)) {
        log_error("record.unreadable", "kind=command bytes=%zu", rec.len);
        r = (struct record_command){.name = TEXT("?"), .args = TEXT("{}")};
    }
    rc = run_at(w, slot, rec.end, &r, &answer, &status);
    if (rc != DB_OK) {
        s->cursor = before;
        return rc;
    }
    s->command = false;
    command_settle(w);
    answer_to(w, slot, &r, status, &answer);
    ring_release(ring, s->cursor);
    world_ring_worker(w->world, slot);
    return DB_OK;
}

int command_serve(struct writer *w)
{
    int rc = flush_all(w); /* commands see everything that was committed before them */

    for (uint32_t slot = 0; rc == DB_OK && slot < WORLD_SLOTS; slot++)
        if (w->slots[slot].command)
            rc = serve_one(w, slot);
    if (rc == DB_OK)
        return 0;
    if (!w->stalled)
        log_error("command", "error=\"%s\"", db_error(w->catalogue));
    w->stalled = true;
    if (rc == DB_FULL)
        atomic_store_explicit(&w->world->board->disk_full, 1, memory_order_relaxed);
    return rc == DB_CORRUPT ? EX_IOERR : 0;
}
