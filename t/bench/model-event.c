/* model-event.c -- nanoseconds per stage on the way of one event inside the worker: from the body of a
 * request, decompressed, to the record that goes into the ring.
 *   build/bench/model-event [-n ROUNDS] FILE…    each file is an envelope (load --print) or an event
 * Of each stage the median of all rounds: others may be using the machine.
 * Instructions per event: valgrind --tool=callgrind --toggle-collect=one_round … -n 100 FILE, divided by
 * the rounds; each stage is a function of that name, so callgrind_annotate --inclusive=yes tells them
 * apart. The digest of the record tells whether a change changed what is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/group.h"
#include "model/scrub.h"
#include "model/title.h"
#include "proto/envelope.h"
#include "proto/event.h"
#include "proto/record.h"

/* As the server has it, only that each stage stays a function. */
#define STAGE __attribute__((noinline, noclone)) static void

/* What the stages leave for each other. */
struct round {
    struct arena *arena;
    struct text body, item, payload;
    struct json *root;
    struct event e;
    struct group_result groups;
    struct title title;
    struct buf record;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "model-event: %s\n", what);
    exit(1);
}

/* A body of one line is the event itself. */
STAGE stage_envelope(struct round *r)
{
    struct envelope env;

    r->item = r->body;
    if (text_find_byte(r->body, '\n') + 1 >= r->body.len)
        return;
    must(envelope_read(r->body, r->arena, &env) == ENVELOPE_OK && env.count, "no envelope");
    r->item = env.items[0].payload;
}

STAGE stage_json(struct round *r)
{
    must(json_read(r->item, r->arena, &r->root, NULL) == JSON_OK, "not JSON");
}

STAGE stage_tree(struct round *r)
{
    struct event_context ctx = {.received_us = 1772359201000000,
                                .client_ip = TEXT("198.51.100.7"),
                                .sentry_client = TEXT("sentry.python/2.1.0")};

    must(event_from_tree(r->root, &ctx, r->arena, &r->e) == EVENT_OK, "no event");
}

STAGE stage_scrub(struct round *r)
{
    struct scrub_conf conf = {.enabled = true, .defaults = true};

    must(scrub_event(&r->e, &conf, r->arena), "scrubbing");
}

STAGE stage_fill(struct round *r)
{
    must(event_fill(&r->e, r->arena) == EVENT_OK, "filling");
}

STAGE stage_group(struct round *r)
{
    must(group_event(&r->e, NULL, r->arena, &r->groups), "grouping");
}

STAGE stage_title(struct round *r)
{
    must(title_make(&r->e, r->arena, &r->title), "title");
}

STAGE stage_write(struct round *r)
{
    struct buf payload;

    buf_init(&payload, r->arena, r->body.len + 1024, RECORD_MAX);
    event_write(&r->e, &payload);
    r->payload = buf_result(&payload);
    must(r->payload.at, "writing");
}

STAGE stage_record(struct round *r)
{
    struct record_event out = {.project = 1,
                               .issue = 1,
                               .hash_count = (uint8_t)r->groups.count,
                               .platform = r->e.platform,
                               .logger = r->e.logger,
                               .title = r->title.title,
                               .culprit = r->title.culprit,
                               .metadata = r->title.metadata,
                               .release = r->e.release,
                               .environment = r->e.environment,
                               .user = r->e.user_key,
                               .payload = r->payload};

    for (uint32_t i = 0; i < r->groups.count; i++)
        memcpy(out.hashes[i], r->groups.hashes[i].bytes, sizeof out.hashes[i]);
    buf_init(&r->record, r->arena, r->payload.len + 2048, RECORD_MAX);
    record_event_write(&r->record, &out);
    must(!r->record.failed, "the record");
}

static const struct {
    const char *name;
    void (*run)(struct round *);
} stages[] = {
    {"envelope", stage_envelope}, {"json", stage_json},   {"tree", stage_tree},
    {"scrub", stage_scrub},       {"fill", stage_fill},   {"group", stage_group},
    {"title", stage_title},       {"write", stage_write}, {"record", stage_record},
};
enum { STAGES = sizeof stages / sizeof *stages };

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

__attribute__((noinline)) static void one_round(struct round *r, double *ns)
{
    double since = now_ns();

    arena_reset(r->arena);
    for (int i = 0; i < STAGES; i++) {
        double now;

        stages[i].run(r);
        now = now_ns();
        ns[i] = now - since;
        since = now;
    }
}

/* FNV-1a, to see at a glance that a change changed nothing. */
static uint64_t digest(struct text t)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.at[i]) * 0x100000001b3;
    return h;
}

/* The built-in rules are compiled once per process, when they are first asked for. */
static void compile_rules(void)
{
    struct group_rules_error error;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    must(group_rules_compile(TEXT_NONE, TEXT_NONE, &a, &error), "rules");
    arena_free(&a);
}

static void measure(const char *path, int rounds)
{
    static char body[2 * MIB];
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(body, 1, sizeof body, file) : 0;
    double *ns = calloc((size_t)rounds * STAGES, sizeof *ns), one[STAGES], sum = 0;
    struct arena arena;
    struct round r = {.arena = &arena, .body = {body, len}};

    must(len && ns, path);
    fclose(file);
    arena_init(&arena, REQUEST_ARENA_MAX);
    for (int i = 0; i < rounds; i++) {
        one_round(&r, one);
        for (int stage = 0; stage < STAGES; stage++)
            ns[stage * rounds + i] = one[stage];
    }
    printf("%s: %zu bytes", path, len);
    for (int i = 0; i < STAGES; i++) {
        double *of = ns + i * rounds;

        qsort(of, (size_t)rounds, sizeof *of, by_value);
        printf("  %s %.0f", stages[i].name, of[rounds / 2]);
        sum += of[rounds / 2];
    }
    printf("  = %.0f ns, arena %zu bytes, record %016llx\n", sum,
           arena.taken - (size_t)(arena.end - arena.at),
           (unsigned long long)digest(buf_result(&r.record)));
    arena_free(&arena);
    free(ns);
}

int main(int argc, char **argv)
{
    int rounds = 20000, at = 1;

    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        rounds = atoi(argv[2]);
        at = 3;
    }
    must(rounds > 0 && at < argc, "usage: model-event [-n ROUNDS] FILE…");
    compile_rules();
    for (; at < argc; at++)
        measure(argv[at], rounds);
    return 0;
}
