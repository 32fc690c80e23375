/* start.c -- what master has to have before its first fork: configuration, folder, sockets, shared
 * memory. Each step says in the log why it failed and gives the exit status for it. */
#include "master/master.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "master/bootstrap.h"
#include "shm/log.h"

#define LOCK_WAIT_S 60 /* what a killed server left drains within its own deadlines */

void start_name_url(struct master *m)
{
    if (*m->conf.base_url)
        snprintf(m->url, sizeof(m->url), "%s", m->conf.base_url);
    else
        listen_url(&m->listen, m->url, sizeof(m->url));
}

/* Every connection is a descriptor; the soft limit is low for the sake of select(2), not used here.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int read_conf(struct master *m)
{
    struct conf_errors errors;

    if (conf_read(m->args, &m->conf, &errors)) {
        log_set_level((enum log_level)m->conf.log_level);
        return 0;
    }
    for (uint32_t i = 0; i < errors.count && i < CONF_ERRORS_MAX; i++)
        log_error("conf.wrong", "file=\"%s\" line=%d key=%s reason=\"%s\"",
                  m->args->file ? m->args->file : "", errors.at[i].line, errors.at[i].key,
                  errors.at[i].reason);
    return EX_CONFIG;
}

static int open_folder(struct master *m)
{
    int inherited_lock = m->folder.lock_fd;
    char why[4400];

    if (folder_find(m->conf.data, true, &m->folder, why, sizeof(why)) != 0) {
        log_error("folder.unusable", "reason=\"%s\"", why);
        return EX_CANTCREAT;
    }
    m->folder.lock_fd = inherited_lock;
    if (inherited_lock == -1 && folder_lock(&m->folder, LOCK_WAIT_S, why, sizeof(why)) != 0) {
        log_error("folder.locked", "reason=\"%s\"", why);
        return EX_TEMPFAIL;
    }
    m->first_start = !bootstrap_exists(m->folder.path);
    return 0;
}

static int open_sockets(struct master *m)
{
    struct listen_set handed = m->listen;
    char why[512];

    if (!listen_given(&handed, why, sizeof(why)) ||
        !listen_build(&m->listen, &handed, &m->conf, m->folder.path, why, sizeof(why))) {
        log_error("listen.failed", "reason=\"%s\"", why);
        return EX_UNAVAILABLE;
    }
    for (uint32_t i = 0; i < m->listen.count; i++)
        log_notice("listen", "address=%s tls=%d", m->listen.at[i].bound, m->listen.at[i].tls);
    start_name_url(m);
    return 0;
}

/* Generations that a reload gave up are in the rows alone. */
static uint32_t newest_generation(const struct board *b)
{
    uint32_t newest = atomic_load_explicit(&b->generation, memory_order_relaxed);

    for (uint32_t i = 0; i < BOARD_ROWS; i++) {
        uint32_t g = atomic_load_explicit(&b->row[i].generation, memory_order_relaxed);

        newest = g > newest ? g : newest;
    }
    return newest;
}

static int open_world(struct master *m)
{
    int rc = world_open(m->folder.path, takeover_bells(m), &m->world);

    if (rc != 0) {
        log_error("world.unusable", "data=\"%s\" error=\"%s\"", m->folder.path, strerror(-rc));
        return rc == -ENOSPC ? EX_TEMPFAIL : EX_IOERR;
    }
    m->world_open = true;
    m->generation = m->last_generation = newest_generation(m->world.board) + 1;
    return 0;
}

void start_take_chair(struct master *m)
{
    struct board_row *row = &m->world.board->row[BOARD_MASTER];

    folder_sign(&m->folder, m->url);
    atomic_store_explicit(&row->pid, (uint32_t)getpid(), memory_order_relaxed);
    atomic_store_explicit(&row->state, BOARD_READY, memory_order_relaxed);
    atomic_store_explicit(&row->role, ROLE_MASTER, memory_order_relaxed);
    atomic_store_explicit(&row->started_ms, world_now_ms(), memory_order_relaxed);
    atomic_store_explicit(&m->world.board->master_started_ms, world_now_ms(), memory_order_relaxed);
    atomic_store_explicit(&m->world.board->generation, m->generation, memory_order_relaxed);
}

/* The old one drains and leaves first: we would not understand its records, nor it ours. */
static void await_ancestor(struct master *m)
{
    struct pollfd end = {.fd = m->takeover.ancestor_fd, .events = POLLIN};

    log_notice("takeover.serial", "reason=\"shared memory, records or schema differ\"");
    takeover_tell_ancestor(m);
    while (m->takeover.ancestor_fd != -1 && poll(&end, 1, -1) != 0)
        takeover_ancestor_gone(m);
}

int start_prepare(struct master *m)
{
    char why[256];
    int rc, handed;

    raise_descriptor_limit();
    handed = takeover_inherit(m, why, sizeof(why));

    if (handed < 0) {
        log_error("takeover.unusable", "reason=\"%s\"", why);
        return EX_PROTOCOL;
    }
    if ((rc = read_conf(m)) != 0 || (rc = open_folder(m)) != 0 || (rc = open_sockets(m)) != 0)
        return rc;
    if (m->takeover.serial)
        await_ancestor(m);
    if ((rc = open_world(m)) != 0)
        return rc;
    crew_init(m);
    if (m->takeover.ancestor_fd == -1) {
        crew_clear_board(m, true);
        start_take_chair(m);
    }
    return 0;
}
