/* reload.c -- HUP: build the new world whole, then let go of the old.
 * 1. Read and check the configuration, open the sockets it adds. Any mistake ends here.
 * 2. Start a generation of workers with it, beside the old one, in slots of their own.
 * 3. When all of them serve: the configuration is the present one, the old workers drain, sockets
 *    that it no longer names are closed, and the writer starts anew if it is concerned. Requests
 *    that come in the meantime wait for it; their records are in the rings. */
#include "master/master.h"

#include <string.h>

#include "master/systemd.h"
#include "proto/limits.h"
#include "shm/log.h"

static void ready_again(const struct master *m)
{
    char status[128];

    snprintf(status, sizeof(status), "serving, generation %u", m->generation);
    systemd_ready(status);
}

static void refuse(struct master *m, const struct conf_errors *errors)
{
    for (uint32_t i = 0; i < errors->count && i < CONF_ERRORS_MAX; i++)
        log_error("reload.refused", "file=\"%s\" line=%d key=%s reason=\"%s\"",
                  m->args->file ? m->args->file : "", errors->at[i].line, errors->at[i].key,
                  errors->at[i].reason);
    ready_again(m);
}

static void open_new_world(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;
    struct conf_errors errors;
    char why[256];

    systemd_reloading();
    if (!conf_read(m->args, &r->conf, &errors) || !conf_may_follow(&m->conf, &r->conf, &errors)) {
        refuse(m, &errors);
        return;
    }
    if (!listen_build(&r->listen, &m->listen, &r->conf, m->folder.path, why, sizeof(why))) {
        log_error("reload.no_socket", "reason=\"%s\"", why);
        ready_again(m);
        return;
    }
    r->step = RELOAD_WORKERS;
    r->began_us = now_us;
    r->generation = ++m->last_generation;
    log_notice("reload.begin", "generation=%u workers=%u", r->generation, conf_workers(&r->conf));
    crew_start_workers(m, r->generation, conf_workers(&r->conf), now_us);
}

void reload_begin(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;

    /* One at a time; several HUPs while one is under way are one more. */
    r->wanted = true;
    if (m->phase != PHASE_SERVING || m->takeover.heir || r->step != RELOAD_NONE)
        return;
    /* Generations that still drain hold slots. Their deadline bounds the wait. */
    if (crew_free_slots(m) < WORKERS_MAX)
        return;
    r->wanted = false;
    open_new_world(m, now_us);
}

static void give_up(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;

    /* Those that serve already drain like any other: they may have taken requests in. */
    crew_retire(m, r->generation, false, now_us);
    listen_release(&r->listen, &m->listen);
    r->step = RELOAD_NONE;
    ready_again(m);
}

void reload_failed(struct master *m, const struct child *c, int64_t now_us)
{
    log_error("reload.failed",
              "generation=%u slot=%u reason=\"a worker could not start with the "
              "new configuration; the old one stays\"",
              m->reload.generation, c->slot);
    give_up(m, now_us);
}

static void hand_over(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;
    struct listen_set old = m->listen;
    bool writer = conf_changes_writer(&m->conf, &r->conf);

    m->conf = r->conf;
    m->listen = r->listen;
    m->generation = r->generation;
    r->step = RELOAD_WRITER;
    atomic_store_explicit(&m->world.board->generation, m->generation, memory_order_relaxed);
    log_set_level((enum log_level)m->conf.log_level);
    start_name_url(m);
    folder_sign(&m->folder, m->url);
    crew_retire(m, m->generation, true, now_us);
    listen_release(&old, &m->listen);
    if (writer && child_alive(&m->writer))
        child_stop(&m->writer, now_us); /* it comes back with the new configuration */
}

static void finish(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;

    r->step = RELOAD_NONE;
    log_notice("reload.done", "generation=%u workers=%u took_ms=%lld", m->generation,
               conf_workers(&m->conf), (long long)((now_us - r->began_us) / 1000));
    ready_again(m);
}

void reload_advance(struct master *m, int64_t now_us)
{
    struct reload *r = &m->reload;

    if (r->step == RELOAD_WORKERS && crew_serves(m, r->generation))
        hand_over(m, now_us);
    if (r->step == RELOAD_WRITER && m->writer.state == CHILD_READY)
        finish(m, now_us);
    if (r->step == RELOAD_NONE && r->wanted)
        reload_begin(m, now_us);
}
