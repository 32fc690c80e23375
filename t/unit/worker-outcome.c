/* worker-outcome.c -- counts of what was not stored: nothing is lost in merging. */
#include "t/lib/tap.h"

#include "proto/limits.h"
#include "worker/outcome.h"

static struct record_outcome one(const char *category, const char *reason)
{
    return (struct record_outcome){.project = 1,
                                   .quantity = 1,
                                   .time_ms = 5,
                                   .outcome = OUTCOME_CLIENT_DISCARD,
                                   .category = text_of(category),
                                   .reason = text_of(reason)};
}

/* Entries and the sum of their quantities. */
static uint32_t read_back(struct text body, uint64_t *sum)
{
    struct record_outcome got;
    uint32_t n = 0;

    for (*sum = 0; record_outcome_next(&body, &got); n++)
        *sum += got.quantity;
    return n;
}

int main(void)
{
    struct arena a;
    struct outcome_list list = {0};
    struct outcome_tally *tally = outcome_tally_new();
    struct record_outcome what = one("error", "queue_overflow");
    char name[16], longer[200];
    uint64_t sum;

    arena_init(&a, 8 << 20);
    ok(!outcome_body(&list, &a).at, "an empty list has no record");
    outcome_add(&list, &a, &what);
    outcome_add(&list, &a, &what);
    what.outcome = OUTCOME_INVALID;
    outcome_add(&list, &a, &what);
    what.quantity = 0;
    outcome_add(&list, &a, &what);
    is_int(read_back(outcome_body(&list, &a), &sum), 2, "equal ones are merged, others are not");
    is_int(sum, 3, "and the sum is right");
    memset(longer, 'x', sizeof longer);
    what = one("error", "");
    what.reason = (struct text){longer, sizeof longer};
    outcome_add(&list, &a, &what);
    outcome_add(&list, &a, &what);
    is_int(list.count, 3, "two long reasons that are cut alike are merged");
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "r%d", i);
        what = one("error", arena_dup(&a, name, strlen(name)));
        outcome_add(&list, &a, &what);
    }
    is_int(list.count, OUTCOMES_PER_REQUEST_MAX, "a list is bounded");
    read_back(outcome_body(&list, &a), &sum);
    is_int(sum, 1005, "and no count is lost");

    ok(!outcome_tally_body(tally, &a).at, "an empty tally has no record");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "r%d", i % 1000);
        what = one("error", name);
        outcome_tally_add(tally, &what);
    }
    is_int(read_back(outcome_tally_body(tally, &a), &sum), OUTCOME_TALLY_MAX, "a tally is bounded");
    is_int(sum, 3000, "and no count is lost");
    outcome_tally_clear(tally);
    ok(!outcome_tally_body(tally, &a).at, "once flushed it is empty");
    outcome_tally_free(tally);
    arena_free(&a);
    return done_testing();
}
