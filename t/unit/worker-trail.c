/* worker-trail: the index that a query thread keeps of the segment in use: several numbers to a hash, growth,
 * the bound, rows by number. */
#include "t/lib/tap.h"
#include "worker/trail.h"

static void test_table(void)
{
    struct trail t = {.segment = 0};
    uint32_t at = 0, n = 0, sum = 0, number, bad = 0;

    trail_begin(&t, 7, 100);
    ok(t.segment == 7 && t.seq == 99, "begun");
    is_int(trail_next(&t.spans, 5, &at), 0, "an empty one has nothing");
    for (uint32_t i = 1; i <= 100000; i++)
        bad += !trail_add(&t.spans, i % 5000 * 65536, i); /* hashes that differ in few bits */
    is_int(bad, 0, "100,000 numbers under 5,000 hashes");
    at = 0;
    while ((number = trail_next(&t.spans, 77 * 65536, &at))) {
        n++;
        sum += number % 5000 == 77;
    }
    ok(n == 20 && sum == 20, "twenty of one hash, each its own");
    at = 0;
    is_int(trail_next(&t.spans, 77 * 65536 + 1, &at), 0, "none of another");
    trail_begin(&t, 8, 1);
    at = 0;
    is_int(trail_next(&t.spans, 77 * 65536, &at), 0, "another segment begins with none");
    trail_free(&t);
}

static void test_bound(void)
{
    struct trail t = {.segment = 0};
    uint32_t n = 0;

    trail_begin(&t, 1, 1);
    while (n < 2 * TRAIL_MAX && trail_add(&t.events, n * 2654435761u, n + 1))
        n++;
    is_int(n, TRAIL_MAX, "it takes as many as it may");
    trail_free(&t);
}

static void test_rows(void)
{
    struct trail t = {.segment = 0};
    struct trail_row row = {.us = 5, .there = true};

    trail_begin(&t, 1, 1);
    ok(trail_add_row(&t, 1, &row) && trail_add_row(&t, 5000, &row), "rows with a gap");
    ok(t.row_count == 5000 && t.rows[0].there && t.rows[4999].there && !t.rows[2500].there,
       "the gap is one");
    ok(!trail_add_row(&t, TRAIL_MAX + 1, &row), "numbers are bounded");
    trail_free(&t);
    is_int(t.row_count, 0, "all given back");
}

int main(void)
{
    test_table();
    test_bound();
    test_rows();
    return done_testing();
}
