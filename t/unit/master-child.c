/* master-child -- one child's life by a clock that the test turns: readiness, rests, beats,
 * deadlines. */
#include "master/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/log.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define S 1000000LL

static struct world world;

/* What children of this test do: say a word, then wait for TERM or forever. */
struct act {
    const char *word;
    int status; /* leave with it at once; -1: stay */
    bool deaf;  /* TERM is not heard */
};

static void life(void *context, const struct child *c, int channel, int stop_fd)
{
    const struct act *act = context;
    struct pollfd stop[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = channel, .events = POLLIN}};

    (void)c;
    if (act->word && write(channel, act->word, strlen(act->word)) < 0)
        _exit(99);
    if (act->status >= 0)
        _exit(act->status);
    while (poll(act->deaf ? stop + 1 : stop, act->deaf ? 1 : 2, -1) < 1)
        ;
    _exit(0);
}

static void wait_word(struct child *c)
{
    struct pollfd p = {.fd = c->channel, .events = POLLIN};

    poll(&p, 1, 5000);
}

static void bury(struct child *c, int64_t now)
{
    int status;

    if (waitpid(c->pid, &status, 0) == c->pid)
        child_ended(c, &world, status, now);
}

static uint32_t board_state(const struct child *c)
{
    return atomic_load(&world.board->row[c->board_row].state);
}

static void a_good_life(void)
{
    struct act act = {.word = "R", .status = -1};
    struct child c;
    char name[24];

    child_init(&c, ROLE_WORKER, 3, 3);
    is_str(child_name(&c, name), "worker/3", "it has a name");
    ok(child_start(&c, &world, 7, 100 * S, life, &act), "it starts");
    is_int(c.state, CHILD_STARTING, "up is what it says, not what fork returned");
    is_int(atomic_load(&world.board->row[3].pid), c.pid, "its pid is on the board");
    is_int(atomic_load(&world.board->row[3].generation), 7, "and its generation");
    wait_word(&c);
    ok(child_heard(&c, &world, 101 * S), "it says that it serves");
    is_int(c.state, CHILD_READY, "ready");
    is_int(board_state(&c), BOARD_READY, "on the board, too");
    c.retired = true;
    child_stop(&c, 102 * S);
    is_int(c.state, CHILD_DRAINING, "told to leave");
    bury(&c, 103 * S);
    is_int(c.state, CHILD_VACANT, "its place is vacant");
    is_int(board_state(&c), BOARD_FREE, "and free for another generation");
    is_int(c.channel, -1, "its channel is closed");
}

static int64_t rest_after_death(struct child *c, struct act *act, int64_t now, int64_t lived)
{
    child_start(c, &world, 1, now, life, act);
    if (act->word) {
        wait_word(c);
        child_heard(c, &world, now);
    }
    if (act->status < 0)
        kill(c->pid, SIGKILL);
    bury(c, now + lived);
    return c->deadline_us - (now + lived);
}

static void rests(void)
{
    struct act quits = {.status = 1}, serves = {.word = "R", .status = -1};
    struct child c;
    int64_t last = 0, pause;
    bool grows = true;

    child_init(&c, ROLE_WRITER, 0, BOARD_WRITER);
    said_begin();
    for (int i = 0; i < 14; i++) {
        pause = rest_after_death(&c, &quits, 1000 * S * i, S / 100);
        grows = grows && pause >= last;
        last = pause;
    }
    is_int(said_count("child.crash_loop"), 10,
           "a crash loop is an error in the log, from the fifth on");
    ok(grows, "each failing start waits longer");
    is_int(last, CHILD_REST_MAX_US, "up to half a minute");
    is_int(c.state, CHILD_RESTING, "it rests");
    ok(!child_tick(&c, &world, c.deadline_us - 1), "not yet");
    ok(child_tick(&c, &world, c.deadline_us), "now it may start again");
    said_begin();
    pause = rest_after_death(&c, &serves, 100000 * S, 2 * CHILD_PROVEN_US);
    is_int(pause, CHILD_REST_MIN_US, "who has served starts again at once");
    pause = rest_after_death(&c, &serves, 100000 * S, CHILD_PROVEN_US / 2);
    is_int(pause, 2 * CHILD_REST_MIN_US, "who served for a moment only does not count as proven");
    said_ignore();
    is_int(board_state(&c), BOARD_DEAD, "the board says dead meanwhile");
    is_int(atomic_load(&world.board->row[BOARD_WRITER].restarts), 15, "and counts restarts");
}

static void told_to_make_room(void)
{
    struct act act = {.word = "R", .status = -1};
    struct child c;

    child_init(&c, ROLE_WRITER, 0, BOARD_WRITER);
    child_start(&c, &world, 1, 50 * S, life, &act);
    wait_word(&c);
    child_heard(&c, &world, 50 * S);
    child_stop(&c, 50 * S);
    bury(&c, 51 * S);
    ok(child_tick(&c, &world, 51 * S), "a writer that drained for a reload starts again at once");
    is_int(c.failures, 0, "and that was no failure");
}

static void beats(void)
{
    struct act act = {.word = "R", .status = -1};
    struct board_row *row = &world.board->row[5];
    struct child c;
    int64_t t = 200 * S;

    child_init(&c, ROLE_WORKER, 5, 5);
    child_start(&c, &world, 1, t, life, &act);
    wait_word(&c);
    child_heard(&c, &world, t);
    said_begin();
    for (int i = 0; i < 100; i++, t += S) {
        /* Backwards and in leaps: only that it moves is asked. */
        atomic_store(&row->beat_ms, i % 2 ? 1000000 - i : 5000000000 + i);
        child_tick(&c, &world, t);
    }
    is_int(said_count("child.kill"), 0, "a beat by whatever clock is a beat");
    ok(kill(c.pid, 0) == 0, "it lives");
    said_begin();
    child_tick(&c, &world, t + CHILD_BEAT_US - 2 * S);
    is_int(said_count("child.kill"), 0, "silent, but not for long enough");
    said_begin();
    child_tick(&c, &world, t + CHILD_BEAT_US + S);
    is_int(said_count("no heartbeat"), 1, "silent for half a minute: killed, and the log says why");
    said_begin();
    bury(&c, t + CHILD_BEAT_US + S);
    is_int(said_count("signal=9"), 1, "its obituary names the signal");
}

static void deadlines(void)
{
    struct act mute = {.status = -1}, deaf = {.word = "R", .status = -1, .deaf = true};
    struct child c;

    child_init(&c, ROLE_WORKER, 6, 6);
    child_start(&c, &world, 1, 0, life, &mute);
    said_begin();
    child_tick(&c, &world, CHILD_START_US - 1);
    is_int(said_count("child.kill"), 0, "a start may take its time");
    said_begin();
    child_tick(&c, &world, CHILD_START_US);
    is_int(said_count("not ready in time"), 1, "but not for ever");
    said_begin();
    bury(&c, CHILD_START_US);
    child_start(&c, &world, 1, 0, life, &deaf);
    wait_word(&c);
    child_heard(&c, &world, 0);
    child_stop(&c, 10 * S);
    child_tick(&c, &world, 10 * S + CHILD_DRAIN_US);
    is_int(said_count("did not drain in time"), 1, "nor may a drain");
    said_begin();
    bury(&c, 10 * S + CHILD_DRAIN_US);
    said_ignore();
}

static void nonsense(void)
{
    struct act act = {.word = "XR", .status = -1};
    struct child c;

    child_init(&c, ROLE_WORKER, 7, 7);
    child_start(&c, &world, 1, 0, life, &act);
    wait_word(&c);
    said_begin();
    ok(!child_heard(&c, &world, 0), "a word that there is none of");
    is_int(said_count("child.word"), 1, "is told and passed over");
    ok(child_heard(&c, &world, 0), "the next one counts");
    kill(c.pid, SIGKILL);
    said_begin();
    bury(&c, S);
    said_ignore();
}

/* A child whose master is gone reads an end of file. */
static void orphan(void)
{
    struct act act = {.word = "R", .status = -1};
    struct child c;
    int status;

    child_init(&c, ROLE_WORKER, 8, 8);
    child_start(&c, &world, 1, 0, life, &act);
    wait_word(&c);
    child_heard(&c, &world, 0);
    close(c.channel);
    c.channel = -1;
    ok(waitpid(c.pid, &status, 0) == c.pid && WIFEXITED(status), "leaves by itself");
}

int main(void)
{
    scratch();
    if (world_open(scratch_path, NULL, &world) != 0)
        return 1;
    log_set_level(LOG_LEVEL_NOTICE);
    said_begin();
    a_good_life();
    said_ignore();
    rests();
    told_to_make_room();
    beats();
    deadlines();
    nonsense();
    orphan();
    world_close(&world);
    return done_testing();
}
