/* The fingerprint index in one process. (shm-index-kill.c: several, under kills.) */
#include "shm/index.h"

#include <errno.h>
#include <stddef.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

static struct index_key key_of(uint32_t project, uint64_t n)
{
    uint64_t hash[2] = {n, n * 3};

    return index_key(project, (const uint8_t *)hash);
}

static struct index *open_index(uint64_t slots, bool *fresh)
{
    struct index *x = NULL;
    int rc = index_open(dir, slots, &x, fresh);

    if (rc != 0) {
        printf("Bail out! index_open: %d\n", rc);
        exit(1);
    }
    return x;
}

static void clear_folder(void)
{
    char name[32];

    unlinkat(dir, "index", 0);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "index.%d", i);
        unlinkat(dir, name, 0);
    }
}

static int tables(void)
{
    int n = 0;
    char name[32];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "index.%d", i);
        n += file_size(dir, name) >= 0;
    }
    return n;
}

static void keys(void)
{
    uint8_t zero[16] = {0};
    struct index_key a = key_of(1, 5), b = key_of(2, 5), z = index_key(0, zero);

    ok(a.lo != b.lo && a.hi != b.hi, "one hash in two projects is two keys");
    ok(z.lo && z.hi, "no word of a key is 0");
}

static void claims(void)
{
    bool fresh;
    struct index *x = open_index(1024, &fresh);
    uint32_t issue = 0, other = 77;

    ok(fresh, "a new index is fresh");
    ok(!index_find(x, key_of(1, 1), &issue), "an unknown key is not found");
    is_int(index_claim(x, key_of(1, 1), 3, 9, &issue), INDEX_CLAIMED, "and can be claimed");
    is_int(issue, 1, "with the first number");
    is_int(index_claim(x, key_of(1, 1), 4, 9, &other), INDEX_KNOWN, "the second comer learns");
    is_int(other, 1, "the same number, not his own");
    ok(index_find(x, key_of(1, 1), &other) && other == 1, "it is found");
    ok(!index_find_live(x, key_of(1, 1), &other), "but not live");
    is_int(index_load(x).claims, 1, "one claim");

    is_int(index_set(x, key_of(1, 1), 1), 0, "the writer makes it live");
    ok(index_find_live(x, key_of(1, 1), &other) && other == 1, "now it is");
    is_int(index_load(x).claims, 0, "no claim any more");
    is_int(index_set(x, key_of(1, 1), 50), 0, "the writer points it elsewhere");
    ok(index_find(x, key_of(1, 1), &other) && other == 50, "and has the last word");

    other = 50;
    is_int(index_claim(x, key_of(1, 2), 3, 9, &other), INDEX_CLAIMED, "a second key of one issue");
    is_int(other, 50, "is proposed with its number");

    index_forget(x, key_of(1, 1));
    ok(!index_find(x, key_of(1, 1), &other), "a forgotten key is unknown");
    other = 0;
    is_int(index_claim(x, key_of(1, 1), 3, 9, &other), INDEX_CLAIMED, "and may be claimed anew");
    is_int(other, 2, "with a new number");
    index_forget(x, key_of(1, 999));

    index_reserve(x, 1000);
    is_int(index_next_issue(x), 1001, "numbers go on behind what the writer reserved");
    index_reserve(x, 5);
    is_int(index_next_issue(x), 1002, "never back");
    index_close(x);

    x = open_index(1024, &fresh);
    ok(!fresh, "opened again it is not fresh");
    ok(index_find(x, key_of(1, 2), &other) && other == 50, "and knows what it knew");
    is_int(index_next_issue(x), 1003, "the numbers too");
    index_close(x);
}

static void sweeps(void)
{
    bool fresh;
    struct index *x;
    uint32_t issue;
    int wrong = 0;

    clear_folder();
    x = open_index(1024, &fresh);
    for (uint64_t n = 0; n < 300; n++) {
        issue = 0;
        index_claim(x, key_of(1, n), n % 3, 7 + n % 2, &issue);
        if (n % 5 == 0)
            index_set(x, key_of(1, n), issue);
    }
    is_int(index_sweep(x, 1, 7), 40, "a sweep takes the claims of one slot and generation");
    for (uint64_t n = 0; n < 300; n++) {
        bool swept = n % 3 == 1 && n % 2 == 0 && n % 5 != 0;

        wrong += index_find(x, key_of(1, n), &issue) == swept;
    }
    is_int(wrong, 0, "and nobody else's, and nothing live");
    is_int(index_sweep(x, 1, 7), 0, "once");
    is_int(index_sweep(x, 1, 7 + (1 << 22)), 0, "generations are compared in 22 bits");
    index_close(x);
}

static void growth(void)
{
    bool fresh;
    struct index *x, *reader;
    uint32_t issue;
    int wrong = 0, grew = 0;

    clear_folder();
    x = open_index(1024, &fresh);
    reader = open_index(1024, &fresh);
    for (uint64_t n = 1; n <= 5000; n++) {
        while (index_wants_growth(x) || index_set(x, key_of(9, n), (uint32_t)n) != 0)
            grew += index_grow(x) == 0;
    }
    is_int(grew, 4, "it grows by doubling");
    is_int(index_load(x).slots, 16384, "to what it holds at 60 %%");
    is_int(index_load(x).used, 5000, "with all keys");
    is_int(tables(), 1, "and one table file");
    ok(!index_find(reader, key_of(9, 5000), &issue), "who has not refreshed has the old table");
    ok(index_refresh(reader), "refreshed");
    for (uint64_t n = 1; n <= 5000; n++)
        wrong += !index_find_live(reader, key_of(9, n), &issue) || issue != n;
    is_int(wrong, 0, "he finds all");
    issue = 123456;
    is_int(index_claim(reader, key_of(9, 9999), 1, 1, &issue), INDEX_CLAIMED, "a claim");
    index_grow(x);
    index_refresh(reader);
    ok(!index_find(reader, key_of(9, 9999), &issue), "is not carried over: it is proposed again");

    index_clear(x);
    ok(index_find(reader, key_of(9, 1), &issue), "a clear is a new table as well");
    index_refresh(reader);
    ok(!index_find(reader, key_of(9, 1), &issue), "an empty one");
    is_int(index_load(reader).slots, 32768, "of the same size");
    is_int(tables(), 1, "and one table file");
    index_close(reader);
    index_close(x);
}

static void full(void)
{
    bool fresh;
    struct index *x;
    uint32_t issue;
    int known = 0, first_full = 0;

    clear_folder();
    x = open_index(1024, &fresh);
    for (int n = 1; n <= 1100; n++) {
        issue = (uint32_t)n;
        if (index_claim(x, key_of(1, (uint64_t)n), 1, 1, &issue) == INDEX_FULL && !first_full)
            first_full = n;
        known += issue == (uint32_t)n;
    }
    ok(first_full > 700, "no slot near enough after %d keys of 1024", first_full);
    is_int(known, 1100, "with INDEX_FULL one goes on with one's own number");
    issue = 0;
    is_int(index_claim(x, key_of(2, 1), 1, 1, &issue), INDEX_FULL, "full for everybody");
    ok(issue != 0, "a fresh number is given nevertheless");
    is_int(index_set(x, key_of(2, 1), issue), -ENOSPC, "the writer is told to grow");
    is_int(index_grow(x), 0, "it grows");
    is_int(index_set(x, key_of(2, 1), issue), 0, "and there is room");
    index_close(x);
}

static void damage(void)
{
    bool fresh;
    struct index *x;
    uint64_t state = 424242;
    int crashed = 0, wrong = 0, lost = 0, refused = 0, flips = 0, said;
    uint32_t issue;

    clear_folder();
    x = open_index(1024, &fresh);
    for (uint64_t n = 1; n <= 500; n++)
        index_set(x, key_of(1, n), (uint32_t)n);
    said_begin();
    for (int round = 0; round < 3000; round++) {
        off_t at = 128 + (off_t)(dice(&state) % (1024 * 32));
        uint8_t bit = (uint8_t)(1 << dice(&state) % 8);
        uint64_t n = 1 + dice(&state) % 500;

        if (at % 32 >= 24) /* the unused word */
            continue;
        file_flip(dir, "index.1", at, bit);
        flips++;
        for (uint64_t k = n; k <= 500 && k < n + 50; k++) {
            if (!index_find(x, key_of(1, k), &issue))
                lost++;
            else
                wrong += issue != k;
        }
        file_flip(dir, "index.1", at, bit);
    }
    /* The value of every entry, each of its bits: found right or not at all. */
    for (uint64_t slot = 0; slot < 1024; slot++) {
        uint64_t value;
        off_t at = 128 + (off_t)slot * 32 + 16;

        file_read(dir, "index.1", at, &value, 8);
        for (int bit = 0; value && bit < 64; bit++) {
            file_flip(dir, "index.1", at + bit / 8, (uint8_t)(1 << bit % 8));
            if (index_find_live(x, key_of(1, (uint32_t)value), &issue))
                wrong++;
            file_flip(dir, "index.1", at + bit / 8, (uint8_t)(1 << bit % 8));
        }
    }
    said = said_count("index.damaged");
    is_int(wrong, 0, "no flipped bit gives a key another's number");
    ok(lost > 0 && lost < flips * 4, "%d look-ups of %d flips missed", lost, flips);
    ok(said > 0, "and log lines say so");

    /* A damaged entry is claimed and set anew. */
    for (uint64_t slot = 0; slot < 1024; slot++)
        file_flip(dir, "index.1", 128 + (off_t)slot * 32 + 16, 1);
    said_begin();
    for (uint64_t n = 1; n <= 500; n++) {
        issue = (uint32_t)n;
        refused += index_claim(x, key_of(1, n), 1, 1, &issue) != INDEX_CLAIMED || issue != n;
        index_set(x, key_of(1, n), (uint32_t)n);
        refused += !index_find_live(x, key_of(1, n), &issue);
    }
    said_ignore();
    is_int(refused, 0, "damaged entries heal");
    index_close(x);

    /* Random words all over: no crash, no endless probe. */
    for (int round = 0; round < 200; round++) {
        uint64_t junk[16];

        for (int i = 0; i < 16; i++)
            junk[i] = dice(&state);
        file_write(dir, "index.1", 64 + (off_t)(dice(&state) % (1024 * 32 - 128)), junk,
                   sizeof(junk));
    }
    said_begin();
    x = open_index(1024, &fresh);
    ok(!fresh, "junk in the slots is not seen from outside");
    for (uint64_t n = 1; n <= 1000; n++) {
        index_find(x, key_of(1, n), &issue);
        issue = (uint32_t)n;
        index_claim(x, key_of(3, n), 1, 1, &issue);
        crashed += index_set(x, key_of(3, n), (uint32_t)n) == -ENOSPC && index_grow(x) != 0;
    }
    index_sweep(x, 1, 1);
    index_load(x);
    index_clear(x);
    said_ignore();
    is_int(crashed, 0, "and junk wedges nobody");
    index_close(x);
}

static void damaged_files(void)
{
    bool fresh;
    struct index *x, *other;
    uint64_t word;
    uint32_t issue;
    char name[32];

    clear_folder();
    x = open_index(1024, &fresh);
    index_set(x, key_of(1, 1), 5);
    file_read(dir, "index", 64, &word, 8);
    snprintf(name, sizeof(name), "index.%llu", (unsigned long long)(word >> 8));

    for (int byte = 0; byte < 8;
         byte++) { /* the word that names the table, under a running process */
        file_flip(dir, "index", 64 + byte, 0x15);
        said_begin();
        if (index_refresh(x) || said_count("index.refresh") != 1)
            ok(false, "byte %d of the control word damaged: refused", byte);
        file_flip(dir, "index", 64 + byte, 0x15);
    }
    ok(index_refresh(x) && index_find(x, key_of(1, 1), &issue) && issue == 5,
       "a damaged control word: the mapped table stays in use");

    file_flip(dir, name, 2, 1);
    said_begin();
    other = open_index(1024, &fresh);
    ok(fresh, "a damaged table: the index is fresh, for the writer to fill");
    is_int(said_count("index.lost"), 1, "one log line");
    ok(index_refresh(x) && !index_find(x, key_of(1, 1), &issue), "and everybody follows");
    index_close(other);
    index_close(x);

    file_flip(dir, "index", 1, 1);
    said_begin();
    x = open_index(1024, &fresh);
    ok(fresh && !index_find(x, key_of(1, 1), &issue), "a damaged control file likewise");
    is_int(said_count("region.damaged"), 1, "one log line");
    is_int(tables(), 1, "old tables are cleared away");
    index_close(x);
}

int main(void)
{
    dir = scratch();
    keys();
    claims();
    sweeps();
    growth();
    full();
    damage();
    damaged_files();
    return done_testing();
}
