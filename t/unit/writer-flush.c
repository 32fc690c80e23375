/* A flush in slices: records are taken between any two of them, a command comes in the middle, a reader
 * wants its own writes, the writer is killed: the figures are those of the events, each counted once. */
#include "t/lib/span_kit.h"
#include "writer/command.h"
#include "writer/context.h"
#include "writer/drain.h"
#include "writer/flush.h"
#include "writer/open.h"
#include "writer/pack.h"
#include "writer/tally.h"

#define HASHES 40
#define TAGS 12
#define PORTION 40 /* events: some 50 slices */

static struct {
    struct kit k;
    struct span_maker maker;
    uint64_t events, spans, comments;
    int up[2], down[2]; /* a child asks for records, the parent has put them */
} t = {.maker = {.seed = 7, .services = 5}};

/* ---- the parent: what workers put ---- */

/* With tag values of its own, so that a flush has many rows to write. */
static void put_event(uint64_t id)
{
    char keys[TAGS][8], values[TAGS][24], release[16], user[16];
    struct record_tag tags[TAGS];
    struct record_event r = kit_event(id, (uint8_t)(1 + id % HASHES));

    for (int i = 0; i < TAGS; i++) {
        int key = snprintf(keys[i], sizeof(keys[i]), "key%d", i);
        int value = snprintf(values[i], sizeof(values[i]), "v%llu",
                             (unsigned long long)(id / (uint64_t)(i + 1) % 199));

        tags[i].key = (struct text){keys[i], (size_t)key};
        tags[i].value = (struct text){values[i], (size_t)value};
    }
    r.release =
        (struct text){release, (size_t)snprintf(release, sizeof(release), "app@%d", (int)(id % 5))};
    r.user = (struct text){user, (size_t)snprintf(user, sizeof(user), "id:%d", (int)(id % 23))};
    r.tags = tags;
    r.tag_count = TAGS;
    kit_put_event(&t.k, 0, &r);
}

static void put_comment(void)
{
    struct record_command c = {.time_ms = world_now_ms(),
                               .name = TEXT("comment.add"),
                               .args = TEXT("{\"issue\":1,\"text\":\"seen\"}")};
    struct buf b;

    arena_reset(&t.k.arena);
    buf_init(&b, &t.k.arena, 256, COMMAND_MAX);
    record_command_write(&b, &c);
    kit_put(&t.k, 0, RECORD_COMMAND, buf_result(&b));
    t.comments++;
}

static void put(char what)
{
    if (what == 'c') {
        put_comment();
        return;
    }
    for (int i = 0; i < PORTION; i++)
        put_event(++t.events);
    t.spans += kit_put_traces(&t.k, &t.maker, 3);
}

/* A writer's life in a child; what it returned. 'e' and 'c' bytes of it are events and commands wanted. */
static int live(int (*life)(struct writer *w, int n), int n)
{
    struct writer *w;
    int status = -1;
    pid_t pid;
    char what;

    if (pipe(t.up) != 0 || pipe(t.down) != 0)
        bail_out("no pipes");
    fflush(stdout);
    if ((pid = fork()) == 0) {
        close(t.up[0]);
        close(t.down[1]);
        self_set(ROLE_WRITER, 0, 1);
        _exit(writer_open(&t.k.conf, &w) == 0 ? life(w, n) : 99);
    }
    close(t.up[1]);
    close(t.down[0]);
    while (read(t.up[0], &what, 1) == 1) {
        put(what);
        if (write(t.down[1], &what, 1) != 1)
            break;
    }
    waitpid(pid, &status, 0);
    close(t.up[0]);
    close(t.down[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the child: lives ---- */

static void more(char what)
{
    if (write(t.up[1], &what, 1) != 1 || read(t.down[0], &what, 1) != 1)
        _exit(98);
}

/* Everything up to the next command into the segment. */
static enum drained take(struct writer *w)
{
    enum drained drained;

    drain_find_rings(w);
    while ((drained = drain_rings(w)) != DRAIN_EMPTY && !batch_empty(&w->batch)) {
        batch_close(w);
        if (batch_commit(w) != DB_OK)
            _exit(97);
        if (drained == DRAIN_COMMAND)
            break;
    }
    return drained;
}

static bool slices(struct writer *w, int n)
{
    enum flushed how = FLUSH_MORE;

    while (n-- > 0 && how == FLUSH_MORE)
        how = flush_step(w, 0, 0);
    return how == FLUSH_DONE;
}

static int64_t number(struct writer *w, const char *sql)
{
    struct db_stmt *q = db_adhoc(w->catalogue, sql);
    int64_t v = q && db_step(q) == 1 ? db_col_int(q, 0) : -1;

    if (q)
        db_reset(q);
    return v;
}

static uint64_t word(const _Atomic uint64_t *at)
{
    return atomic_load(at);
}

/* Killed after n slices, with records taken between them. 1: the flush had ended. */
static int life_killed(struct writer *w, int n)
{
    bool ended;

    if (flush_all(w) != DB_OK)
        return 96;
    more('e');
    take(w);
    flush_begin(w);
    ended = slices(w, n / 2);
    more('e');
    take(w);
    return ended || slices(w, n - n / 2);
}

/* A command sees what was committed before it, of this generation and the next, and ends the flush. */
static int life_commanded(struct writer *w, int n)
{
    const char *sum = "SELECT sum(events) FROM issue";
    uint64_t before;

    more('e');
    take(w);
    flush_begin(w);
    if (slices(w, n))
        return 2;
    more('e');
    more('c');
    if (take(w) != DRAIN_COMMAND || !flush_is_open(w))
        return 3;
    before = w->next_seq - 1;
    if (command_serve(w) != 0 || flush_is_open(w))
        return 4;
    if (number(w, sum) != (int64_t)before || word(&w->world->board->flushed_seq) != before)
        return 5;
    more('e');
    take(w);
    flush_begin(w);
    return slices(w, n) ? 6 : 0;
}

/* What a reader is told is counted is what is in the catalogue. */
static int life_read(struct writer *w, int n)
{
    struct board *board = w->world->board;
    uint64_t frozen;

    more('e');
    take(w);
    frozen = word(&board->committed_seq);
    flush_begin(w);
    if (slices(w, n))
        return 2;
    more('e');
    take(w);
    if (word(&board->flushed_seq) >= frozen)
        return 3;
    if (!slices(w, 1000000) || word(&board->flushed_seq) != frozen)
        return 4;
    if (number(w, "SELECT sum(events) FROM issue") != (int64_t)frozen)
        return 5;
    flush_begin(w);
    if (!slices(w, 1000000))
        return 6;
    return word(&board->flushed_seq) != word(&board->committed_seq) ? 7 : 0;
}

/* A flush that fails on the way is written again, and nothing in it twice. */
static int life_failed(struct writer *w, int n)
{
    more('e');
    take(w);
    flush_begin(w);
    if (slices(w, n))
        return 2;
    if (db_exec(w->catalogue, "CREATE TEMP TRIGGER no BEFORE INSERT ON tallied "
                              "BEGIN SELECT raise(FAIL, 'no'); END") != DB_OK)
        return 3;
    more('e');
    take(w);
    if (flush_step(w, INT64_MAX, INT64_MAX) != FLUSH_FAILED || !flush_is_open(w))
        return 4;
    if (flush_all(w) != DB_OK) /* the trigger has gone with the transaction */
        return 5;
    return number(w, "SELECT sum(events) FROM issue") == (int64_t)w->next_seq - 1 ? 0 : 6;
}

/* ---- what is there in the end ---- */

static void compare(struct kit *k)
{
    int64_t events = (int64_t)t.events;

    ok(kit_start(k), "a writer counts what is left");
    ok(kit_counted(k), "all of it");
    is_int(kit_stop(k), 0, "and leaves");
    is_int(kit_sum(k, "SELECT count(DISTINCT id) FROM event"), events, "each event is stored");
    is_int(kit_sum(k, "SELECT count(*) FROM event"), events, "once");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), events, "issues");
    is_int(kit_number(k, "SELECT count(*) FROM issue"), HASHES, "one per hash");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_hour"), events, "hours");
    is_int(kit_number(k, "SELECT sum(events) FROM project_hour"), events, "the project's hours");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag_key"), TAGS * events, "tag keys");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag WHERE key = 'key9'"), events,
           "tag values");
    is_int(kit_number(k, "SELECT sum(events) FROM project_tag_key"), TAGS * events,
           "the project's tag keys");
    is_int(kit_number(k, "SELECT sum(events) FROM release_project"), events, "releases");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_release"), events, "issues by release");
    is_int(kit_number(k, "SELECT min(users) * 100 + max(users) FROM issue"), 2323, "users");
    is_int(
        kit_number(k, "SELECT sum(quantity) FROM outcome WHERE outcome = 0 AND category = 'error'"),
        events, "accepted");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), (int64_t)t.spans, "spans per minute");
    is_int(kit_number(k, "SELECT count(*) FROM activity WHERE type = 'note'"), (int64_t)t.comments,
           "comments");
}

/* Under load a reader gets to see its writes about within the time that it waits for them: this machine may
 * be doing other things, too. */
static void test_reader(struct kit *k)
{
    struct board *board = k->world.board;
    int64_t longest_us = 0, began_us;

    ok(kit_start(k), "a writer under load");
    for (int i = 0; i < 10; i++) {
        uint64_t wanted;

        for (int n = 0; n < 500; n++)
            put_event(++t.events);
        if (!kit_settled(k))
            break;
        wanted = word(&board->committed_seq);
        began_us = world_ticks_us();
        atomic_fetch_add(&board->flush_wanted, 1);
        world_ring_writer(&k->world);
        while (word(&board->flushed_seq) < wanted) {
            put_event(++t.events);
            kit_lives(k);
        }
        if (world_ticks_us() - began_us > longest_us)
            longest_us = world_ticks_us() - began_us;
    }
    ok(longest_us > 0 && longest_us < (int64_t)FLUSH_WAIT_MS * 3000 * slow(),
       "counts what a reader asks for in time (%lld ms at most)", (long long)longest_us / 1000);
    is_int(kit_stop(k), 0, "and leaves");
}

int main(void)
{
    struct kit *k = &t.k;
    int n = 0, status;

    kit_open(k, "/tmp");
    t.maker.now_ns = (uint64_t)world_now_ms() * 1000000;
    ok(kit_start(k), "a first writer");
    is_int(kit_stop(k), 0, "makes the data folder");
    while ((status = live(life_killed, n)) == 0)
        n++;
    is_int(status, 1, "killed between any two of %d slices", n);
    ok(n > 20, "of which there are many");
    for (int i = 1; i < n / 2; i += n / 10) {
        is_int(live(life_commanded, i), 0, "a command after %d slices", i);
        is_int(live(life_read, i), 0, "a reader after %d slices", i);
        is_int(live(life_failed, i), 0, "a failure after %d slices", i);
    }
    test_reader(k);
    compare(k);
    kit_close(k);
    return done_testing();
}
