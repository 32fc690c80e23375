/* offline.c -- one command on a folder whose server is stopped. */
#include <stdio.h>
#include <string.h>

#include "shm/log.h"
#include "writer/command.h"
#include "writer/context.h"
#include "writer/drain.h"
#include "writer/flush.h"
#include "writer/open.h"

static int refuse(char *answer, size_t room, const char *why)
{
    snprintf(answer, room, "{\"detail\":\"%s\"}", why);
    return 500;
}

static int run(struct writer *w, const struct record_command *c, char *answer, size_t room)
{
    struct text body;
    struct buf b;
    uint16_t status;

    arena_reset(&w->command_arena);
    buf_init(&b, &w->command_arena, 4096, room - 1);
    if (db_set_sync(w->catalogue, true) != DB_OK || db_begin(w->catalogue) != DB_OK)
        return refuse(answer, room, "The catalogue cannot be written");
    status = command_run(w, c, &b);
    if (status >= 400)
        db_rollback(w->catalogue);
    else if (db_commit(w->catalogue) != DB_OK)
        return refuse(answer, room, "The catalogue cannot be written");
    else
        command_settle(w);
    body = buf_result(&b);
    if (!body.at || body.len >= room)
        return refuse(answer, room, "The answer is too long");
    memcpy(answer, body.at, body.len);
    answer[body.len] = 0;
    return status;
}

int writer_command_offline(const struct writer_conf *conf, const char *name, const char *args_json,
                           char *answer, size_t room)
{
    struct record_command c = {
        .time_ms = world_now_ms(), .name = text_of(name), .args = text_of(args_json)};
    struct writer *w;
    int status;

    /* Records that a stopped server left in the rings stay there: the next start takes them, after
     * this command. */
    if (writer_open(conf, &w) != 0)
        status = refuse(answer, room, "The data folder cannot be opened; see the log line above");
    else
        status = run(w, &c, answer, room);
    writer_close(w);
    return status;
}
