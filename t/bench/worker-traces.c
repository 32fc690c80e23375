/* worker-traces.c -- what reading traces costs when many spans are stored: fills a data folder through the
 * writer, then asks for lists and traces as a worker's query thread does, and prints CPU time per request
 * (the machine may be shared; the clock is not).
 *   worker-traces SPANS [DIR [TRACES [SEGMENTS]]]     TRACES of a request; in so many SEGMENTS at least */
#include <sys/stat.h>
#include <time.h>

#include "t/lib/read_kit.h"
#include "worker/api_resources.h"
#include "worker/span_store.h"

#define ROUNDS 40
#define BATCH 64 /* traces of a request, unless said otherwise */
#define SMALL 8  /* fewer: each request is committed by itself, as on a quiet server */

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- filling ---- */

static uint8_t some[1024][16]; /* ids of traces from all over */
static uint32_t some_count;
static uint64_t records;

static void put(void *own, struct text record)
{
    uint32_t spans;
    size_t at = 0;

    if (records++ % 16 == 0) {
        uint32_t place =
            some_count < 1024 ? some_count++ : (uint32_t)(records * 2654435761u >> 8) % 1024;

        span_bundle_trace(record, &at, some[place], &spans);
    }
    kit_put(own, 0, RECORD_SPANS, record);
}

static void fill(struct kit *k, uint64_t spans, uint32_t batch)
{
    static struct span_maker m = {.seed = 3, .services = 6};
    uint64_t now_ns = (uint64_t)world_now_ms() * 1000000;

    m.now_ns =
        now_ns - spans / 8 * 2000000; /* two milliseconds between traces: it ends about now */
    for (uint64_t made = 0; made < spans;) {
        arena_reset(&k->arena);
        made += span_kit_pack(maker_batch(&m, batch, &k->arena), (int64_t)(m.now_ns / 1000000),
                              &k->arena, put, k);
        if (batch < SMALL)
            kit_settled(k);
    }
    kit_settled(k);
    kit_counted(k);
}

/* Enough events to end a segment of fifty. */
static void roll(struct kit *k)
{
    for (uint64_t i = 0; i < 60; i++) {
        struct record_event e = kit_event(i + 1 + (uint64_t)world_ticks_us(), 1);

        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
}

/* ---- asking ---- */

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void tell(const char *what, double *times, int count, size_t bytes, const char *more)
{
    qsort(times, (size_t)count, sizeof *times, by_time);
    printf("%-52s p50 %7.2f  p95 %7.2f  max %7.2f ms  %6zu B%s\n", what, times[count / 2],
           times[count * 95 / 100], times[count - 1], bytes, more);
}

static size_t rows_of(const struct api_call *c)
{
    size_t n = 0;

    for (size_t i = 0; i + 10 < c->out.len; i++)
        n += memcmp(c->out.at + i, "\"traceId\":", 10) == 0;
    return n;
}

static void ask_list(struct reader *r, const char *what, const char *query)
{
    double times[ROUNDS];
    struct api_call *c = NULL;
    char more[64];

    for (int i = 0; i < ROUNDS; i++) {
        double begun;

        c = reader_call(r, query);
        begun = cpu_ms();
        trace_list(c);
        times[i] = cpu_ms() - begun;
        if (c->status != 200)
            printf("%s: %u %.*s\n", query, c->status, (int)c->out.len, c->out.at);
    }
    snprintf(more, sizeof more, "  %zu rows%s", rows_of(c),
             c->header_count &&
                     text_find(c->headers[0].value, TEXT("rel=\"next\"; results=\"true\"")) <
                         c->headers[0].value.len
                 ? " …"
                 : "");
    tell(what, times, ROUNDS, c->out.len, more);
}

/* Page after page. */
static void ask_pages(struct reader *r, const char *what, const char *query)
{
    double times[ROUNDS];
    char cursor[128] = "", asked[512];
    struct api_call *c = NULL;
    int pages = 0;

    while (pages < ROUNDS) {
        struct text link;
        size_t at;
        double begun;

        snprintf(asked, sizeof asked, "%s%s", query, cursor);
        c = reader_call(r, asked);
        begun = cpu_ms();
        trace_list(c);
        times[pages++] = cpu_ms() - begun;
        if (!c->header_count)
            break;
        link = c->headers[0].value;
        at = text_find(link, TEXT("rel=\"next\"; results=\"true\"; cursor=\""));
        if (at == link.len)
            break;
        link = text_cut(link, at + 36, link.len);
        link = text_cut(link, 0, text_find_byte(link, '"'));
        snprintf(cursor, sizeof cursor, "&cursor=%.*s", TEXT_ARG(link));
    }
    tell(what, times, pages, c->out.len, "");
}

static void ask_traces(struct reader *r)
{
    double times[ROUNDS];
    size_t bytes = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct api_call *c = reader_call(r, "");
        char id[33];
        double begun = cpu_ms();

        for (int k = 0; k < 16; k++)
            snprintf(id + 2 * k, 3, "%02x", some[(i * 25) % (int)some_count][k]);
        c->arg[0] = text_of(id);
        c->arg_count = 1;
        trace_table(c);
        times[i] = cpu_ms() - begun;
        bytes = c->out.len;
    }
    tell("a trace's table", times, ROUNDS, bytes, "");
}

int main(int argc, char **argv)
{
    uint64_t spans = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct reader r;
    struct kit k;
    uint32_t batch = argc > 3 ? (uint32_t)atoi(argv[3]) : BATCH;
    uint32_t segments = argc > 4 ? (uint32_t)atoi(argv[4]) : 1;
    double begun;

    kit_open(&k, argc > 2 ? argv[2] : "/tmp");
    if (segments > 1)
        k.conf.segment_rows = 50;
    if (!kit_start(&k) || !reader_open(&r, &k))
        return 1;
    begun = (double)world_now_ms();
    for (uint32_t i = 0; i < segments; i++) {
        fill(&k, spans / segments, batch);
        if (segments > 1)
            roll(&k);
    }
    printf("%llu spans in %.1f s, %lld segments, %lld MB\n", (unsigned long long)spans,
           ((double)world_now_ms() - begun) / 1e3,
           (long long)kit_number(&k, "SELECT count(*) FROM segment"),
           (long long)kit_number(&k, "SELECT sum(bytes) FROM segment") >> 20);
    kit_wait(&k, "SELECT count(*) FROM segment WHERE state = 'sealing'", 0, 60);
    ask_list(&r, "first list: the trail is laid", "per_page=25");
    ask_traces(&r);
    ask_list(&r, "newest", "per_page=25");
    ask_list(&r, "newest, 100", "per_page=100");
    ask_pages(&r, "newest, page by page", "per_page=25");
    ask_list(&r, "of five minutes", "per_page=25&statsPeriod=5m");
    ask_list(&r, "service", "per_page=25&service=shop-3");
    ask_list(&r, "operation", "per_page=25&service=shop-3&operation=UPDATE+carts");
    ask_pages(&r, "operation, page by page", "per_page=25&service=shop-3&operation=UPDATE+carts");
    ask_list(&r, "no such service", "per_page=25&service=nobody");
    ask_list(&r, "errors", "per_page=25&query=error:true");
    ask_pages(&r, "errors, page by page", "per_page=25&query=error:true");
    ask_list(&r, "status code 500", "per_page=25&query=http.response.status_code:500");
    ask_list(&r, "a path that is rare", "per_page=25&query=url.path:/api/v1/items/4711");
    ask_list(&r, "an attribute that nobody has", "per_page=25&query=cart.id:4711");
    ask_list(&r, "duration over 60 ms", "per_page=25&query=span.duration:%3E60ms");
    ask_list(&r, "duration over 1 s: none", "per_page=25&query=span.duration:%3E1s");
    ask_list(&r, "a word in names: none", "per_page=25&query=checkout");
    ask_list(&r, "TraceQL, one set",
             "per_page=25&query=%7Bspan.http.response.status_code%3D500%7D");
    ask_list(&r, "TraceQL, below one another",
             "per_page=25&query=%7Bspan.http.route%3D%22/api/v1/items/"
             ":id%22%7D%3E%3E%7Bname%3D%22render%22%7D");
    ask_list(&r, "longest", "per_page=25&sort=-duration");
    ask_pages(&r, "longest, page by page", "per_page=25&sort=-duration");
    ask_list(&r, "longest of a service", "per_page=25&sort=-duration&service=shop-3");
    ask_list(&r, "longest of five minutes", "per_page=25&sort=-duration&statsPeriod=5m");
    ask_list(&r, "longest with an error", "per_page=25&sort=-duration&query=error:true");
    ask_list(&r, "shortest", "per_page=25&sort=duration");
    ask_list(&r, "most spans", "per_page=25&sort=-spans");
    reader_close(&r);
    kit_stop(&k);
    kit_close(&k);
    return 0;
}
