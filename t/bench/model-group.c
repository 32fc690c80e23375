/* model-group.c -- what grouping one event costs: the median and the best time of many rounds.
 *   build/bench/model-group [-n ROUNDS] [-s STACK_RULES] FILE…   each file is the JSON of one event
 * Instructions per event: valgrind --tool=callgrind --toggle-collect=group_event … -n 100 FILE,
 * divided by the rounds; t/bench/group.pl does both over its own events, and t/50-grouping-cost.t
 * over hostile ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/group.h"
#include "model/scrub.h"
#include "proto/event.h"

/* Through a pointer, so that it stays a function when linked like the program. */
static bool (*volatile group)(struct event *, const struct group_rules *, struct arena *,
                              struct group_result *) = group_event;

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct text read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(ITEM_EVENT_MAX);
    size_t len = f && bytes ? fread(bytes, 1, ITEM_EVENT_MAX, f) : 0;

    if (!len) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return (struct text){bytes, len};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Everything up to grouping is done anew each time, since grouping writes into the event. */
static double one_round(struct text body, const struct group_rules *rules, struct arena *a,
                        struct group_result *out)
{
    struct event_context ctx = {.received_us = 1772359201000000};
    struct scrub_conf conf = {.enabled = true, .defaults = true};
    struct event e;

    arena_reset(a);
    if (event_read(body, &ctx, a, &e) != EVENT_OK || !scrub_event(&e, &conf, a) ||
        event_fill(&e, a) != EVENT_OK)
        exit(1);
    double since = now_ns();
    if (!group(&e, rules, a, out))
        exit(1);
    return now_ns() - since;
}

/* Also without rules of a file: the built-in ones are compiled on the way, and that is not measured. */
static const struct group_rules *compile(const char *path, struct arena *a)
{
    struct text stack = path ? read_file(path) : TEXT_NONE;
    struct group_rules_error error;
    const struct group_rules *rules = group_rules_compile(TEXT_NONE, stack, a, &error);

    if (!rules) {
        fprintf(stderr, "%s: line %u, column %u\n", path, error.line, error.column);
        exit(2);
    }
    return path ? rules : NULL;
}

int main(int argc, char **argv)
{
    const char *rules_file = NULL;
    const struct group_rules *rules;
    int rounds = 20000, at = 1;
    struct group_result result;
    struct arena a, kept;

    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "-n") == 0)
            rounds = atoi(argv[at + 1]);
        else if (strcmp(argv[at], "-s") == 0)
            rules_file = argv[at + 1];
    }
    double *ns = rounds > 0 ? malloc((size_t)rounds * sizeof *ns) : NULL;
    if (!ns || at >= argc) {
        fputs("usage: model-group [-n ROUNDS] [-s STACK_RULES] FILE…\n", stderr);
        return 2;
    }
    arena_init(&a, REQUEST_ARENA_MAX);
    arena_init(&kept, REQUEST_ARENA_MAX);
    rules = compile(rules_file, &kept);
    for (; at < argc; at++) {
        struct text body = read_file(argv[at]);

        for (int i = 0; i < rounds; i++)
            ns[i] = one_round(body, rules, &a, &result);
        qsort(ns, (size_t)rounds, sizeof *ns, by_value);
        printf("{\"file\":\"%s\",\"bytes\":%zu,\"keys\":%u,\"median_ns\":%.0f,\"best_ns\":%.0f,"
               "\"p99_ns\":%.0f}\n",
               argv[at], body.len, result.count, ns[rounds / 2], ns[0], ns[rounds / 100 * 99]);
        free((void *)body.at);
    }
    arena_free(&a);
    arena_free(&kept);
    free(ns);
    return 0;
}
