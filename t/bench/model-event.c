/* model-event.c -- nanoseconds per stage on the way of one event, from body to normalised payload.
 *   build/bench/model-event FILE…        each file is the JSON of one event
 * Of each stage the median of all rounds: others may be using the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/scrub.h"
#include "model/title.h"
#include "proto/event.h"

enum { JSON, TREE, SCRUB, FILL, TITLE, WRITE, STAGES, ROUNDS = 20000 };

static const char *const names[STAGES] = {"json", "tree", "scrub", "fill", "title", "write"};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void lap(double *since, double *ns)
{
    double now = now_ns();

    *ns = now - *since;
    *since = now;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void one_round(struct text body, struct arena *a, double *ns)
{
    struct event_context ctx = {.received_us = 1772359201000000,
                                .client_ip = TEXT("198.51.100.7"),
                                .sentry_client = TEXT("sentry.python/2.1.0")};
    struct scrub_conf conf = {.enabled = true, .defaults = true};
    struct title title;
    struct event e;
    struct json *root;
    struct buf out;
    double since = now_ns();

    arena_reset(a);
    if (json_read(body, a, &root, NULL) != JSON_OK)
        exit(1);
    lap(&since, &ns[JSON]);
    if (event_from_tree(root, &ctx, a, &e) != EVENT_OK)
        exit(1);
    lap(&since, &ns[TREE]);
    scrub_event(&e, &conf, a);
    lap(&since, &ns[SCRUB]);
    event_fill(&e, a);
    lap(&since, &ns[FILL]);
    title_make(&e, a, &title);
    lap(&since, &ns[TITLE]);
    buf_init(&out, a, body.len + body.len / 4 + 512, 4 * MIB);
    event_write(&e, &out);
    lap(&since, &ns[WRITE]);
}

static void measure(const char *path)
{
    static char body[2 * MIB];
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(body, 1, sizeof body, file) : 0;
    static double ns[STAGES][ROUNDS];
    double round[STAGES], sum = 0;
    struct arena arena;

    if (file)
        fclose(file);
    arena_init(&arena, REQUEST_ARENA_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        one_round((struct text){body, len}, &arena, round);
        for (int stage = 0; stage < STAGES; stage++)
            ns[stage][i] = round[stage];
    }
    printf("%s: %zu bytes", path, len);
    for (int i = 0; i < STAGES; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], by_value);
        printf("  %s %.0f", names[i], ns[i][ROUNDS / 2]);
        sum += ns[i][ROUNDS / 2];
    }
    printf("  = %.0f ns, arena %zu bytes\n", sum, arena.taken - (size_t)(arena.end - arena.at));
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        measure(argv[i]);
    return argc < 2;
}
