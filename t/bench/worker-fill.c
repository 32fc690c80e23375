/* worker-fill.c -- a data folder with as much in it as a month of traffic leaves, for t/bench/lists.pl.
 *
 *   worker-fill DIR [SPANS [DAYS [SERVICES]]]
 *
 * The front door takes no spans of last month for new ones, and packs no day that is not over. So the writer
 * itself is run over the folder, as in the unit tests, by a clock of our own (world_now_ms is wrapped when this
 * is linked) that goes from DAYS ago until now as fast as the writer follows: days end, are sealed and packed,
 * minutes are pruned, all as they would be. Decoding, packing and storing are what the server does. A tenth as
 * many log records come along, and some errors. Stops when it is said to, or when the disk has less than 4 GB. */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include "t/lib/span_kit.h"
#include "t/lib/span_town.h"

#define TRACES 24 /* of a request */
#define SPANS_EACH 9
#define LOGS 20         /* of a request */
#define EVENTS_EVERY 10 /* requests */
#define NS_DAY 86400000000000ULL

/* ---- the clock ---- */

static _Atomic int64_t *clock_ms; /* shared with the writer's process; 0: the true one */

int64_t __real_world_now_ms(void);
int64_t __wrap_world_now_ms(void);
int64_t __wrap_world_now_ms(void)
{
    int64_t ms = clock_ms ? atomic_load_explicit(clock_ms, memory_order_relaxed) : 0;

    return ms ? ms : __real_world_now_ms();
}

/* ---- one request of each kind ---- */

static void put(void *own, struct text record)
{
    kit_put(own, 0, RECORD_SPANS, record);
}

static void put_spans(struct kit *k, struct town *t)
{
    struct text body;

    arena_reset(&k->arena);
    body = town_batch(t, TRACES, &k->arena);
    atomic_store(clock_ms, (int64_t)(t->maker.now_ns / 1000000) + 100);
    span_kit_pack(body, world_now_ms(), &k->arena, put, k);
}

static void make_log(struct town *t, uint32_t i, struct logrec *l, struct attr *attr,
                     char room[2][96])
{
    static const char *const bodies[] = {"cart is empty", "payment took %u ms", "user %u signed in",
                                         "stock of %u is low", "cache missed for item-%u"};
    static const uint8_t severities[] = {9, 9, 9, 9, 9, 5, 5, 13, 13, 17};
    struct span_maker *m = &t->maker;

    snprintf(room[0], sizeof room[0], bodies[maker_below(m, 5)], (unsigned)maker_below(m, 100000));
    snprintf(room[1], sizeof room[1], "req-%u", (unsigned)maker_below(m, 1000000));
    *attr = (struct attr){.key = TEXT("request.id"), .text = text_of(room[1]), .kind = ATTR_STRING};
    *l = (struct logrec){.time_ns = m->now_ns + i * 1000,
                         .severity = severities[maker_below(m, 10)],
                         .body = {.kind = ATTR_STRING, .text = text_of(room[0])},
                         .attrs = {.at = attr, .count = 1}};
    if (i % 2)
        memcpy(l->trace_id, t->last, 16);
}

static void put_logs(struct kit *k, struct town *t, struct log_packer *p)
{
    char service[32], release[32], room[LOGS][2][96];
    uint32_t number = (uint32_t)maker_below(&t->maker, t->maker.services);
    struct resource r = {.environment =
                             text_of(town_environment(maker_below(&t->maker, 12) ? 0 : 1))};
    struct attr attrs[LOGS];
    struct buf out;

    arena_reset(&k->arena);
    snprintf(service, sizeof service, "shop-%u", number);
    town_release(t, number, release);
    r.service = text_of(service);
    r.release = arena_printf(&k->arena, "%s@%s", service, release);
    log_packer_open(p, 1, world_now_ms(), NULL);
    for (uint32_t i = 0; i < LOGS; i++) {
        struct logrec l;

        make_log(t, i, &l, &attrs[i], room[i]);
        l.resource = &r;
        log_packer_add(p, &l);
    }
    buf_init(&out, &k->arena, 1024, RECORD_MAX);
    log_packer_finish(p, &out);
    kit_put(k, 0, RECORD_LOGS, buf_result(&out));
}

static void put_event(struct kit *k, struct town *t, uint64_t id)
{
    struct record_event e = kit_event(id, (uint8_t)maker_below(&t->maker, 250));

    memcpy(e.trace_id, t->last, 16);
    kit_put_event(k, 0, &e);
}

/* ---- the month ---- */

static bool has_room(const char *dir)
{
    struct statvfs v;

    return statvfs(dir, &v) == 0 && v.f_bavail * v.f_frsize > 4 * 1024ULL * MIB;
}

static bool fill(struct kit *k, struct town *t, uint64_t spans, uint64_t days)
{
    uint64_t until = (uint64_t)__real_world_now_ms() * 1000000, begin = until - days * NS_DAY;
    uint64_t requests = spans / (TRACES * SPANS_EACH) + 1, day = 0;
    struct log_packer *logs = log_packer_new();

    for (uint64_t i = 0; i < requests; i++) {
        t->maker.now_ns = begin + (uint64_t)((double)days * NS_DAY * (double)i / (double)requests);
        if (t->maker.now_ns / NS_DAY != day) { /* what is of a day lies in its file */
            if (!kit_counted(k) || !has_room(k->dir))
                return false;
            day = t->maker.now_ns / NS_DAY;
            fprintf(stderr, "  %llu spans\n", (unsigned long long)t->spans);
        }
        put_spans(k, t);
        put_logs(k, t, logs);
        if (i % EVENTS_EVERY == 0)
            put_event(k, t, i + 1);
    }
    log_packer_free(logs);
    return kit_counted(k);
}

int main(int argc, char **argv)
{
    uint64_t spans = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    uint64_t days = argc > 3 ? strtoull(argv[3], NULL, 10) : 30;
    static struct town t = {.maker = {.seed = 21}};
    struct kit k;
    bool done;

    t.maker.services = argc > 4 ? (uint32_t)atoi(argv[4]) : 60;
    if (argc < 2 || !spans || !days || !t.maker.services) {
        fprintf(stderr, "usage: worker-fill DIR [SPANS [DAYS [SERVICES]]]\n");
        return 64;
    }
    clock_ms =
        mmap(NULL, sizeof *clock_ms, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (clock_ms == MAP_FAILED)
        return 1;
    atomic_store(clock_ms, __real_world_now_ms() - (int64_t)days * 86400000);
    kit_open_at(&k, argv[1]);
    k.conf.durability_power = false;
    k.conf.seal_idle_s = 0;
    if (!kit_start(&k))
        return 1;
    done = fill(&k, &t, spans, days);
    atomic_store(clock_ms, 0);
    done &= kit_wait(&k, "SELECT count(*) FROM segment WHERE state IN ('sealing', 'sealed')", 0,
                     600) == 0;
    printf("{\"spans\":%llu,\"segments\":%lld,\"bytes\":%lld}\n", (unsigned long long)t.spans,
           (long long)kit_number(&k, "SELECT count(*) FROM segment"),
           (long long)kit_number(&k, "SELECT sum(bytes) FROM segment"));
    return kit_stop(&k) == 0 && done ? 0 : 1;
}
