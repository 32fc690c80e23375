/* How fast is the writer alone? Real-shaped events over 500 issues, four rings kept full; figures for
 * people, and a check that every event was stored. WRITER_SPEED_SECONDS sets how long (default 1). */
#include <sys/time.h>

#include "t/lib/writer_kit.h"

#define ISSUES 500
#define SLOTS 4

static uint64_t state = 88172645463325252ULL;

static uint64_t dice(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* A stack of frames that is the same for all events of an issue, with variables that are not. */
static size_t make_payload(char *out, size_t size, unsigned issue)
{
    static const char *const words[] = {"cart",   "order",   "user",    "session", "billing",
                                        "queue",  "cache",   "index",   "render",  "fetch",
                                        "submit", "handler", "request", "model"};
    uint64_t seed = issue * 2654435761u + 1;
    size_t n = 0;

    while (n + 400 < size) {
        const char *a = words[seed % 14], *b = words[seed / 14 % 14], *c = words[seed / 196 % 14];

        n += (size_t)snprintf(
            out + n, size - n,
            "{\"filename\":\"app/%s/%s.py\",\"module\":\"app.%s.%s\",\"function\":\"%s_%s\","
            "\"lineno\":%u,\"in_app\":true,\"context_line\":\"    return self.%s(%s, %s)\","
            "\"vars\":{\"self\":\"<%s object at 0x7f%010llx>\",\"id\":%llu,\"ok\":true}},",
            a, b, a, b, b, c, (unsigned)(seed % 900), b, a, c, a,
            (unsigned long long)(dice() & 0xffffffffff), (unsigned long long)(dice() % 1000000));
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    }
    return n;
}

static double cpu_of(pid_t pid)
{
    char path[64], line[512];
    unsigned long user = 0, system = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if ((f = fopen(path, "r"))) {
        if (!fgets(line, sizeof(line), f) ||
            sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                   &user, &system) != 2)
            user = system = 0;
        fclose(f);
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long pss_of(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    if ((f = fopen(path, "r"))) {
        while (fgets(line, sizeof(line), f))
            if (sscanf(line, "Pss: %ld", &kib) == 1)
                break;
        fclose(f);
    }
    return kib;
}

/* Records made beforehand, so that making them is not measured: the ids are changed in place. */
struct ready {
    struct text body;
    size_t id_at;
};

static struct ready make_ready(struct arena *a, size_t size, unsigned n)
{
    static const char *const browsers[] = {"Firefox 140", "Chrome 138", "Safari 18", "Edge 138"};
    static char payload[64 * 1024];
    struct record_tag tags[12];
    struct record_event r = kit_event(0, 0);
    struct ready out;
    struct buf b;
    uint8_t mark[16];

    memset(mark, 0xa7, sizeof(mark));
    memcpy(r.id, mark, 16);
    memset(r.hashes[0], 0, 16);
    memcpy(r.hashes[0], &n, 4);
    r.hashes[0][15] = 1;
    n %= ISSUES;
    memcpy(r.hashes[0], &n, 4);
    for (int i = 0; i < 12; i++) {
        tags[i].key = arena_printf(a, "tag%d", i);
        tags[i].value =
            arena_printf(a, "value %llu", (unsigned long long)(dice() % (i < 9 ? 3 : 40)));
    }
    tags[0].value = text_of(browsers[dice() % 4]);
    r.tags = tags;
    r.tag_count = 12;
    r.user = arena_printf(a, "id:%llu", (unsigned long long)(dice() % 5000));
    r.release = arena_printf(a, "shop@1.%llu.0", (unsigned long long)(dice() % 4));
    r.payload = (struct text){payload, make_payload(payload, size - 700, n)};
    buf_init(&b, a, size + 1024, RECORD_MAX);
    record_event_write(&b, &r);
    out.body = buf_result(&b);
    out.id_at = text_find(out.body, (struct text){(char *)mark, 16});
    return out;
}

#define READY 2048

static void measure(size_t size, bool power, int seconds)
{
    static struct ready ready[READY];
    struct arena a;
    struct kit k;
    uint64_t put = 0;
    int64_t began, until, took;
    double cpu;

    kit_open(&k, getenv("WRITER_SPEED_DIR") ? getenv("WRITER_SPEED_DIR") : "/tmp");
    k.conf.durability_power = power;
    k.conf.seal_idle_s = 0;
    if (!ok(kit_start(&k), "a writer"))
        return;
    arena_init(&a, 512 * MIB); /* after the fork: its pages are not the writer's */
    for (unsigned i = 0; i < READY; i++)
        ready[i] = make_ready(&a, size, i);
    cpu = cpu_of(k.pid);
    began = world_ticks_us();
    until = began + seconds * 1000000;
    while (world_ticks_us() < until) {
        struct ready *r = &ready[put % READY];

        put++;
        memcpy((char *)(uintptr_t)r->body.at + r->id_at, &put, sizeof(put));
        kit_put(&k, (uint32_t)(put % SLOTS), RECORD_EVENT, r->body);
    }
    ok(kit_settled(&k), "all durable");
    took = world_ticks_us() - began;
    cpu = cpu_of(k.pid) - cpu;
    note("%zu byte records, durability=%s: %.0f events/s, %.1f us of CPU each, commit %.2f ms mean "
         "with %.0f "
         "records, %.2f ms at most, flush %.1f ms mean of %llu, writer PSS %ld KiB",
         ready[0].body.len, power ? "power" : "process", (double)put * 1e6 / (double)took,
         cpu * 1e6 / (double)put,
         (double)counter_sum(k.world.counters, COUNTER_commit_us) / 1000.0 /
             (double)counter_sum(k.world.counters, COUNTER_commits),
         (double)counter_sum(k.world.counters, COUNTER_commit_records) /
             (double)counter_sum(k.world.counters, COUNTER_commits),
         (double)atomic_load(&k.world.board->commit_max_us) / 1000.0,
         (double)counter_sum(k.world.counters, COUNTER_flush_us) / 1000.0 /
             (double)counter_sum(k.world.counters, COUNTER_flushes),
         (unsigned long long)counter_sum(k.world.counters, COUNTER_flushes), pss_of(k.pid));
    ok(kit_counted(&k), "and counted");
    is_int(kit_number(&k, "SELECT sum(events) FROM issue"), (long long)put, "each of them once");
    if (getenv("WRITER_SPEED_WAIT"))
        sleep((unsigned)atoi(getenv("WRITER_SPEED_WAIT")));
    is_int(kit_stop(&k), 0, "the writer leaves");
    arena_free(&a);
    kit_close(&k);
}

int main(void)
{
    int seconds = getenv("WRITER_SPEED_SECONDS") ? atoi(getenv("WRITER_SPEED_SECONDS")) : 1;

    measure(3000, true, seconds);
    measure(13000, true, seconds);
    measure(3000, false, seconds);
    return done_testing();
}
