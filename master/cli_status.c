/* cli_status.c -- what the running server is doing, on one screen. */
#include <stdio.h>
#include <string.h>

#include "master/reach.h"

static int64_t number(const struct json *object, const char *key)
{
    double v = 0;

    json_double(json_get(object, key), &v);
    return (int64_t)v;
}

static const char *size_of(int64_t bytes, char out[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)bytes;
    int unit = 0;

    while (v >= 1024 && unit < 4) {
        v /= 1024;
        unit++;
    }
    snprintf(out, 32, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
    return out;
}

static const char *time_of(int64_t seconds, char out[32])
{
    if (seconds >= 86400)
        snprintf(out, 32, "%lldd %lldh", (long long)seconds / 86400,
                 (long long)seconds / 3600 % 24);
    else if (seconds >= 3600)
        snprintf(out, 32, "%lldh %lldm", (long long)seconds / 3600, (long long)seconds / 60 % 60);
    else
        snprintf(out, 32, "%lldm %llds", (long long)seconds / 60, (long long)seconds % 60);
    return out;
}

static void print_process(struct reach *r, const struct json *p)
{
    char name[32], up[32], memory[32], lag[64] = "";
    const char *role = reach_str(r, p, "role");

    if (strcmp(role, "worker") == 0)
        snprintf(name, sizeof(name), "worker/%lld", (long long)number(p, "slot"));
    else
        snprintf(name, sizeof(name), "%s", role);
    if (json_get(p, "ringLagBytes"))
        snprintf(lag, sizeof(lag), "%.1f %%",
                 100.0 * (double)number(p, "ringLagBytes") /
                     (double)(number(p, "ringBytes") > 0 ? number(p, "ringBytes") : 1));
    printf("  %-10s %8lld  %-9s %10lld %10s %9lld %12s  %s\n", name, (long long)number(p, "pid"),
           reach_str(r, p, "state"), (long long)number(p, "generation"),
           time_of(number(p, "uptimeSeconds"), up), (long long)number(p, "restarts"),
           size_of(number(p, "memoryPssKiB") * 1024, memory), lag);
}

static void print_rates(const struct json *rates, const char *key, const char *label)
{
    const struct json *of = json_get(rates, key);

    printf("  %-14s %12lld %12lld %12lld\n", label, (long long)number(of, "1s"),
           (long long)number(of, "10s"), (long long)number(of, "60s"));
}

static void print_store(const struct json *status)
{
    const struct json *commits = json_get(status, "commits");
    const struct json *storage = json_get(status, "storage");
    const struct json *index = json_get(status, "index");
    char a[32], b[32], c[32];

    printf("\ncommits    %lld, mean %lld us of %lld records, last %lld us, longest %lld us\n",
           (long long)number(commits, "count"), (long long)number(commits, "meanMicroseconds"),
           (long long)number(commits, "meanRecords"),
           (long long)number(commits, "lastMicroseconds"),
           (long long)number(commits, "maxMicroseconds"));
    printf("aggregates %lld events behind\n",
           (long long)(number(commits, "committedSeq") - number(commits, "flushedSeq")));
    printf("index      %lld of %lld slots\n", (long long)number(index, "used"),
           (long long)number(index, "slots"));
    printf("storage    %lld segments of %s, catalogue %s, free %s%s\n",
           (long long)number(storage, "segments"), size_of(number(storage, "segmentBytes"), a),
           size_of(number(storage, "catalogueBytes"), b), size_of(number(storage, "freeBytes"), c),
           json_is(json_get(storage, "diskFull"), JSON_TRUE) ? "  (full: new data is refused)"
                                                             : "");
}

static void print_outcomes(struct reach *r, const struct json *status)
{
    const struct json *list = json_get(status, "outcomes24h");

    if (!list || !list->child)
        return;
    printf("\nlast 24 hours\n");
    for (const struct json *row = list->child; row; row = row->next)
        printf("  %-16s %-14s %-32s %12lld\n", reach_str(r, row, "category"),
               reach_str(r, row, "outcome"), reach_str(r, row, "reason"),
               (long long)number(row, "quantity"));
}

static void print_status(struct reach *r, const struct json *status)
{
    const struct json *list = json_get(status, "processes");
    const struct json *rates = json_get(status, "rates");
    char memory[32];

    printf("quern %s at %s, data in %s, generation %lld, memory %s\n\n",
           reach_str(r, status, "version"), r->url, r->folder.path,
           (long long)number(status, "generation"),
           size_of(number(status, "memoryPssKiB") * 1024, memory));
    printf("  %-10s %8s  %-9s %10s %10s %9s %12s  %s\n", "process", "pid", "state", "generation",
           "up", "restarts", "memory", "ring");
    for (const struct json *p = list ? list->child : NULL; p; p = p->next)
        print_process(r, p);
    printf("\n  %-14s %12s %12s %12s\n", "per second over", "1 s", "10 s", "60 s");
    print_rates(rates, "eventsPerSecond", "events");
    print_rates(rates, "requestsPerSecond", "requests");
    print_rates(rates, "bytesPerSecond", "bytes");
    print_store(status);
    print_outcomes(r, status);
}

int cli_status(const struct cli *cli)
{
    struct json *status = NULL;
    struct text body;
    struct reach r;
    int rc = reach_running(cli, &r);

    if (rc == 0)
        rc = reach_get(&r, "/api/0/quern/status/", &body);
    if (rc == 0 && cli->json)
        printf("%.*s\n", TEXT_ARG(body));
    else if (rc == 0 && json_read(body, &r.arena, &status, NULL) == JSON_OK)
        print_status(&r, status);
    reach_close(&r);
    return rc;
}
