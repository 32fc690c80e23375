/* The ring in one process: order, room, damage, reboots. (shm-ring-kill.c: under kills.) */
#include "shm/ring.h"

#include <errno.h>
#include <stddef.h>

#include "shm/region.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define BYTES 4096
#define AREA 4096 /* where records begin in the file */
#define AT_TAIL 64
#define AT_HEAD 128
#define AT_BOOT 136

static int dir;

static struct ring *open_ring(const char *name)
{
    struct ring *r = NULL;

    if (ring_open(dir, name, BYTES, &r) != 0) {
        printf("Bail out! ring_open\n");
        exit(1);
    }
    return r;
}

static enum ring_rc put(struct ring *r, uint16_t kind, const char *text, uint64_t *end)
{
    size_t half = strlen(text) / 2;
    struct iovec parts[] = {
        {(void *)text, half}, {NULL, 0}, {(void *)(text + half), strlen(text) - half}};

    return ring_put(r, kind, parts, 3, end);
}

static bool next_is(struct ring *r, uint64_t *cursor, uint16_t kind, const char *text)
{
    struct ring_record rec;

    return ring_next(r, cursor, &rec) == RING_OK && rec.kind == kind && rec.len == strlen(text) &&
           memcmp(rec.body, text, rec.len) == 0 && rec.end == *cursor;
}

static void order(void)
{
    struct ring *r = open_ring("order");
    struct ring_record rec;
    uint64_t cursor = 0, end, first;

    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "a new ring is empty");
    is_int(put(r, 1, "first", &first), RING_OK, "a record goes in");
    is_int(put(r, 2, "", &end), RING_OK, "an empty one too");
    is_int(put(r, 0xfffe, "third", &end), RING_OK, "any kind but that of pads");
    ok(ring_tail(r) == end, "the last end is the tail");
    ok(next_is(r, &cursor, 1, "first") && cursor == first, "the first comes first");
    ok(next_is(r, &cursor, 2, ""), "then the second");
    ok(next_is(r, &cursor, 0xfffe, "third") && cursor == end, "then the third");
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "no more");
    ok(ring_released(r) == 0, "lent is not released");
    ring_release(r, first);
    ok(ring_released(r) == first, "released up to the first");
    ring_release(r, 0);
    ok(ring_released(r) == first, "never back");
    ring_close(r);

    r = open_ring("order");
    cursor = first;
    ok(next_is(r, &cursor, 2, ""), "a later process begins where the database is");
    ring_close(r);
    r = open_ring("order");
    cursor = 0;
    ok(next_is(r, &cursor, 2, ""), "or, if that knows nothing, where the ring is");
    cursor = 0;
    ok(next_is(r, &cursor, 2, ""), "a reader who steps back gets no farther than the head");
    ring_close(r);
}

static void sizes(void)
{
    struct ring *r = open_ring("sizes");
    static char big[BYTES + 1];
    uint64_t cursor = 0, end, before;
    struct ring_record rec;
    int fitted = 0, wrong = 0;

    memset(big, 'b', BYTES);
    is_int(put(r, 1, big, &end), RING_TOO_LONG, "a record of the whole ring is too long");
    big[BYTES / 2 - 24 + 1] = '\0';
    is_int(put(r, 1, big, &end), RING_TOO_LONG, "one byte above half a ring is");
    big[BYTES / 2 - 24] = '\0';
    is_int(put(r, 1, big, &end), RING_OK, "half a ring is not");
    is_int(put(r, 1, big, &end), RING_OK, "the other half");
    is_int(ring_room(r), 0, "no room");
    before = ring_tail(r);
    is_int(put(r, 1, "", &end), RING_FULL, "full, even for nothing");
    ok(ring_tail(r) == before, "and nothing was written");
    ok(next_is(r, &cursor, 1, big) && next_is(r, &cursor, 1, big), "both come out whole");
    is_int(put(r, 1, "", &end), RING_FULL, "what is read but not released is still there");
    ring_release(r, cursor);
    ok(ring_room(r) > 0, "released, there is room");

    /* Every length at every place: what ring_room promises is so, and not a byte more. */
    for (size_t len = 0; len < 1500; len++) {
        size_t room = ring_room(r);

        memset(big, 'a' + len % 26, len);
        big[len] = '\0';
        if ((put(r, 7, big, &end) == RING_OK) != (len <= room))
            wrong++;
        else if (len <= room)
            fitted += next_is(r, &cursor, 7, big);
        if (len % 3)
            ring_release(r, cursor);
    }
    is_int(wrong, 0, "ring_room tells what fits");
    ok(fitted > 1000, "%d records of all lengths came round whole", fitted);
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "none too many");
    ring_idle(r);
    ok(put(r, 1, "after idling", &end) == RING_OK && next_is(r, &cursor, 1, "after idling"),
       "idling loses nothing");
    ring_close(r);
}

static void sequences_go_on(void)
{
    struct ring *r = open_ring("sequence");
    struct ring_record rec;
    uint64_t cursor = 0, end, want = 1;
    int wrong = 0;

    for (int i = 0; i < 500; i++) {
        put(r, 1, "some record or other, of a length that does not divide the ring", &end);
        if (i % 50 == 49) { /* another process */
            ring_close(r);
            r = open_ring("sequence");
        }
        wrong += ring_next(r, &cursor, &rec) != RING_OK || rec.sequence != want++;
        ring_release(r, cursor);
    }
    is_int(wrong, 0, "sequences rise by one, through all laps and processes");
    ring_close(r);
}

/* Flip every byte of the second of three records. */
static void flips_cost_one_record(void)
{
    int crashed = 0, others = 0, torn = 0, rounds = 0;
    uint64_t first, second, third;
    char *said;

    said_begin();
    for (int at = 0; at < 24 + 16; at++) {
        struct ring *r;
        struct ring_record rec;
        uint64_t cursor = 0;

        unlinkat(dir, "flips", 0);
        r = open_ring("flips");
        put(r, 1, "before", &first);
        put(r, 2, "the one damaged!", &second);
        put(r, 3, "behind", &third);
        file_flip(dir, "flips", AREA + (off_t)first + at, 0x41);
        rounds++;
        others += next_is(r, &cursor, 1, "before");
        torn += ring_next(r, &cursor, &rec) == RING_TORN && rec.skipped == second - first;
        others += next_is(r, &cursor, 3, "behind") && cursor == third;
        crashed += ring_next(r, &cursor, &rec) != RING_EMPTY;
        ring_close(r);
    }
    said = said_end();
    is_int(torn, rounds, "a flip in any of its bytes tears a record, and skips exactly that");
    is_int(others, 2 * rounds, "those before and behind come out");
    is_int(crashed, 0, "nothing else does");
    ok(strstr(said, "ring.torn position=32 skipped_bytes=40") != NULL, "and a log line says so");
    free(said);
}

static void torn_at_the_end(void)
{
    struct ring *r = open_ring("end");
    struct ring_record rec;
    uint64_t cursor = 0, first, second, third;

    put(r, 1, "whole", &first);
    put(r, 2, "torn", &second);
    file_flip(dir, "end", AREA + (off_t)first + 26, 1);
    said_begin();
    ok(next_is(r, &cursor, 1, "whole"), "the whole one");
    is_int(ring_next(r, &cursor, &rec), RING_TORN, "the torn one");
    is_int(said_count("ring.torn"), 1, "one log line");
    ok(cursor == second, "skipped up to the tail");
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "then empty");
    put(r, 3, "new", &third);
    ok(next_is(r, &cursor, 3, "new"), "and service goes on");
    ring_close(r);
}

/* A client sends what looks like frames, and then the frame in front of them is damaged. */
static void bodies_cannot_pose_as_frames(void)
{
    struct ring *r = open_ring("pose");
    struct ring_record rec;
    uint64_t cursor = 0, first, second;
    uint8_t body[240];
    struct iovec part = {body, sizeof(body)};

    put(r, 1, "an honest record", &first);
    for (int i = 0; i < 10; i++) /* copies of a true frame, as it lies in the file */
        file_read(dir, "pose", AREA, body + i * 24, 24);
    ring_put(r, 2, &part, 1, &second);
    file_flip(dir, "pose", AREA + (off_t)first, 1);
    said_begin();
    ok(next_is(r, &cursor, 1, "an honest record"), "the honest record");
    is_int(ring_next(r, &cursor, &rec), RING_TORN, "the damaged one");
    is_int(rec.skipped, second - first, "is skipped whole: nothing inside it is a record");
    said_ignore();
    ring_close(r);
}

static void random_damage(void)
{
    uint64_t state = 20260131;
    int rounds = 300, stuck = 0, foreign = 0, lent = 0, put_again = 0;

    said_begin();
    for (int round = 0; round < rounds; round++) {
        struct ring *r;
        struct ring_record rec;
        enum ring_rc rc;
        uint64_t cursor = 0, end;
        char text[200];
        int steps = 0;

        unlinkat(dir, "random", 0);
        r = open_ring("random");
        for (int i = 0; i < 60; i++) {
            memset(text, 'A' + i % 26, sizeof(text) - 1);
            text[dice(&state) % (sizeof(text) - 1)] = '\0';
            while (put(r, 5, text, &end) == RING_FULL) {
                ring_next(r, &cursor, &rec);
                ring_release(r, cursor);
            }
            text[strlen(text)] = 'x';
        }
        ring_close(r);
        /* Anywhere behind the stamp: control words, frames, bodies. */
        for (int flips = 1 + (int)(dice(&state) % 8); flips; flips--) {
            bool words = dice(&state) % 4 == 0;
            off_t at =
                words ? 64 + (off_t)(dice(&state) % 128) : AREA + (off_t)(dice(&state) % BYTES);
            file_flip(dir, "random", at, (uint8_t)(1 << dice(&state) % 8));
        }
        r = open_ring("random");
        while ((rc = ring_next(r, &cursor, &rec)) != RING_EMPTY && steps++ < 10000) {
            if (rc != RING_OK)
                continue;
            lent++;
            for (size_t i = 1; i < rec.len; i++)
                foreign += ((const char *)rec.body)[i] != ((const char *)rec.body)[0];
        }
        stuck += steps >= 10000;
        ring_release(r, cursor);
        if (put(r, 6, "and on it goes", &end) == RING_OK)
            while ((rc = ring_next(r, &cursor, &rec)) != RING_EMPTY)
                put_again += rc == RING_OK && rec.kind == 6 && rec.end == end;
        ring_close(r);
    }
    said_ignore();
    is_int(stuck, 0, "random flips wedge nobody");
    is_int(foreign, 0, "no damaged record is lent as whole");
    is_int(put_again, rounds, "the ring takes and gives records again after any damage");
    ok(lent > rounds, "%d whole records were saved", lent);
}

/* The worker was killed when the frame was written, and the tail not yet. */
static void killed_before_publishing(void)
{
    struct ring *r = open_ring("publish");
    struct ring_record rec;
    uint64_t cursor = 0, first, second, third, sequence;

    put(r, 1, "published", &first);
    file_read(dir, "publish", AT_TAIL + 8, &sequence, 8);
    put(r, 2, "written", &second);
    file_write(dir, "publish", AT_TAIL, &first, 8);
    file_write(dir, "publish", AT_TAIL + 8, &sequence, 8);
    ring_close(r);
    r = open_ring("publish");
    ok(next_is(r, &cursor, 1, "published"), "what was published is there");
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "what was not is not");
    put(r, 3, "the next process's", &third);
    ok(next_is(r, &cursor, 2, "written"), "but its bytes are whole, and the next process keeps it");
    ok(ring_next(r, &cursor, &rec) == RING_OK && rec.sequence == 3 && rec.end == third,
       "and goes on behind it");
    ring_close(r);
}

static void damaged_words(void)
{
    static const struct {
        const char *what;
        off_t at;
        uint64_t value;
    } cases[] = {
        {"the tail far ahead", AT_TAIL, UINT64_C(1) << 40},
        {"the tail behind the head", AT_TAIL, 8},
        {"the tail between two words", AT_TAIL, 3003},
        {"the head far ahead", AT_HEAD, UINT64_C(1) << 40},
        {"the head at the beginning", AT_HEAD, 0},
        {"the head between two words", AT_HEAD, 77},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring *r;
        uint64_t cursor = 0, applied, end;
        char text[900];

        unlinkat(dir, "words", 0);
        r = open_ring("words");
        for (int n = 0; n < 10; n++) { /* so that positions are beyond the first lap */
            memset(text, 'a' + n, sizeof(text) - 1);
            text[sizeof(text) - 1] = '\0';
            put(r, 1, text, &end);
            next_is(r, &cursor, 1, text);
            ring_release(r, cursor);
        }
        applied = cursor;
        put(r, 2, "first undrained", &end);
        put(r, 2, "second undrained", &end);
        ring_close(r);
        file_write(dir, "words", cases[i].at, &cases[i].value, 8);
        said_begin();
        r = open_ring("words");
        cursor = applied;
        ok(next_is(r, &cursor, 2, "first undrained") &&
               next_is(r, &cursor, 2, "second undrained") && cursor == end,
           "%s: what the database does not have yet is found", cases[i].what);
        ok(ring_released(r) == applied, "and the head is where the database is");
        ok(put(r, 3, "goes on", &end) == RING_OK && next_is(r, &cursor, 3, "goes on"),
           "and service goes on");
        ring_close(r);
        said_ignore();
    }
}

/* The same while both sides live: each side's own copy is what counts. */
static void damaged_words_in_use(void)
{
    struct ring *r = open_ring("use");
    struct ring_record rec;
    uint64_t cursor = 0, first, end, wild = 0x123456789abcdef0;
    int lost = 0;

    for (int i = 0; i < 200; i++) {
        char text[64];

        snprintf(text, sizeof(text), "record %d", i);
        if (i % 7 == 3)
            file_write(dir, "use", AT_TAIL, &wild, 8);
        if (i % 7 == 5)
            file_write(dir, "use", AT_HEAD, &wild, 8);
        if (i % 7 == 6)
            file_write(dir, "use", AT_BOOT, &wild, 8);
        if (put(r, 1, text, &end) == RING_FULL) {
            said_begin();
            ring_next(r, &cursor, &rec);
            said_ignore();
            put(r, 1, text, &end);
        }
        lost += !next_is(r, &cursor, 1, text);
        ring_release(r, cursor);
    }
    is_int(lost, 0, "words overwritten under two living processes cost no record");

    put(r, 1, "read, not committed", &first);
    put(r, 1, "not read", &end);
    ring_next(r, &cursor, &rec);
    file_write(dir, "use", AT_TAIL, &wild, 8);
    said_begin();
    ok(next_is(r, &cursor, 1, "not read"), "the ring's end is found again");
    said_ignore();
    ok(ring_released(r) < first, "and nothing is called durable by that");
    put(r, 1, "", &end);
    file_write(dir, "use", AT_HEAD, &wild, 8);
    is_int(put(r, 1, "", &end), RING_FULL, "with a wild head nothing is overwritten");
    ring_next(r, &cursor, &rec);
    is_int(put(r, 1, "", &end), RING_OK, "until the consumer has put it right");
    ring_close(r);
}

static void set_boot(const char *name, uint64_t boot)
{
    file_write(dir, name, AT_BOOT, &boot, 8);
}

static void reboots(void)
{
    struct ring *r = open_ring("boot");
    struct ring_record rec;
    uint64_t cursor = 0, first, second, end, zero = 0;

    put(r, 1, "before the reboot", &first);
    put(r, 1, "undrained", &second);
    ring_close(r);
    set_boot("boot", 12345);
    r = open_ring("boot");
    is_int(put(r, 2, "too early", &end), RING_FULL,
           "after a reboot nothing goes in until the writer has taken over");
    cursor = first;
    ok(next_is(r, &cursor, 1, "undrained"), "the writer finds what was undrained");
    is_int(put(r, 2, "now", &end), RING_OK, "and then records go in");
    ok(next_is(r, &cursor, 2, "now"), "and out");
    ring_release(r, cursor);
    ring_close(r);

    /* A power cut lost the page with the words: the database is ahead of the file. */
    set_boot("boot", 12345);
    file_write(dir, "boot", AT_TAIL, &zero, 8);
    file_write(dir, "boot", AT_HEAD, &zero, 8);
    said_begin();
    r = open_ring("boot");
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "what the database has is not given again");
    is_int(said_count("ring.mended"), 1, "a log line says that words were put right");
    is_int(put(r, 2, "new", &second), RING_OK, "a record goes in");
    ok(second > end, "behind all that was applied");
    ok(next_is(r, &cursor, 2, "new"), "and comes out");
    ring_close(r);
}

static void another_database(void)
{
    struct ring *r = open_ring("backup");
    struct ring_record rec;
    char text[1000];
    uint64_t cursor = 0, end, last, early = 0;

    memset(text, 't', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        put(r, 1, text, &end);
        ring_next(r, &cursor, &rec);
        ring_release(r, cursor);
        if (i == 2)
            early = cursor;
    }
    put(r, 1, "undrained", &end);
    ring_close(r);
    r = open_ring("backup");
    last = cursor - 1024;
    ok(next_is(r, &last, 1, text) && ring_released(r) == cursor - 1024,
       "a database that is a little behind gets what it lacks, and keeps it from being "
       "overwritten");
    ring_release(r, cursor);
    ring_close(r);
    r = open_ring("backup");
    said_begin();
    ok(next_is(r, &early, 1, "undrained"), "a database laps behind begins where the ring does");
    is_int(said_count("ring.older"), 1, "and a log line says so");
    ring_close(r);
}

static void foreign_files(void)
{
    struct ring *r = open_ring("foreign");
    uint64_t was = ring_incarnation(r), end, cursor = 0;
    struct ring_record rec;

    put(r, 1, "lost", &end);
    ring_close(r);
    file_flip(dir, "foreign", 3, 1);
    said_begin();
    r = open_ring("foreign");
    is_int(said_count("ring.damaged"), 1, "a damaged stamp: one log line");
    ok(ring_incarnation(r) != was, "and another incarnation");
    is_int(ring_next(r, &cursor, &rec), RING_EMPTY, "empty");
    is_int(ring_bytes(r), BYTES, "of the size asked for");
    ring_close(r);
    is_int(ring_open(-1, "nowhere", BYTES, &r), -EBADF, "no folder: an error code");
}

int main(void)
{
    dir = scratch();
    order();
    sizes();
    sequences_go_on();
    flips_cost_one_record();
    torn_at_the_end();
    bodies_cannot_pose_as_frames();
    random_damage();
    killed_before_publishing();
    damaged_words();
    damaged_words_in_use();
    reboots();
    another_database();
    foreign_files();
    return done_testing();
}
