/* api_root.c -- who am I, is anybody there. */
#include "shm/board.h"
#include "worker/api_caller.h"
#include "worker/api_resources.h"
#include "worker/api_user.h"

/* {"version":"0","auth":…,"user":…}: the first call of every command line tool. */
void root_get(struct api_call *c)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_str(b, "version", "0");
    if (c->caller.by == API_NOBODY) {
        json_null(b, "auth");
    } else {
        json_open(b, "auth", '{');
        scope_write(b, "scopes", c->caller.scopes);
        json_close(b, '}');
    }
    user_write(c, "user", c->caller.user, USER_BRIEF);
    json_close(b, '}');
    api_done(c, 200);
}

void root_auth(struct api_call *c)
{
    if (!c->caller.user) {
        api_detail(c, 400, "This token belongs to no user");
        return;
    }
    user_write(c, NULL, c->caller.user, USER_FULL);
    api_done(c, 200);
}

void root_regions(struct api_call *c)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_open(b, "regions", '[');
    json_open(b, NULL, '{');
    json_str(b, "name", "main");
    json_text(b, "url", c->req.base_url);
    json_close(b, '}');
    json_close(b, ']');
    json_close(b, '}');
    api_done(c, 200);
}

static void text_answer(struct api_call *c, uint16_t status, const char *text)
{
    c->content_type = "text/plain; charset=utf-8";
    buf_str(&c->out, text);
    api_done(c, status);
}

/* This process answers, and can read the catalogue. */
void root_health_text(struct api_call *c)
{
    text_answer(c, 200, "ok\n");
}

/* New data would be stored: the writer is up, and there is room on the disk. */
void root_ready(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;

    if (atomic_load_explicit(&board->row[BOARD_WRITER].state, memory_order_acquire) != BOARD_READY)
        text_answer(c, 503, "the writer is not ready\n");
    else if (atomic_load_explicit(&board->disk_full, memory_order_relaxed))
        text_answer(c, 503, "the disk is full\n");
    else
        text_answer(c, 200, "ok\n");
}

void root_health(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;
    bool full = atomic_load_explicit(&board->disk_full, memory_order_relaxed);
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_open(b, "problems", '[');
    if (full) {
        json_open(b, NULL, '{');
        json_str(b, "id", "disk-full");
        json_str(b, "message", "There is too little room on the disk; new data is refused.");
        json_str(b, "severity", "critical");
        json_close(b, '}');
    }
    json_close(b, ']');
    json_open(b, "healthy", '{');
    json_bool(b, "DiskCheck", !full);
    json_close(b, '}');
    json_close(b, '}');
    api_done(c, 200);
}
