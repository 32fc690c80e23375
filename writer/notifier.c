#include "writer/notifier.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/json.h"
#include "proto/limits.h"
#include "shm/log.h"

#define SECOND_US INT64_C(1000000)
#define ANSWER_MAX (64 * KIB) /* of an answer nobody reads */
#define LEAVE_S 5             /* so long after TERM for what is on its way */

struct delivery {
    struct delivery *next;
    CURL *curl; /* NULL: waiting */
    struct curl_slist *headers;
    char *url, *body;
    size_t body_len, answered;
    unsigned tries;
    int64_t due_us;
};

struct notifier {
    const struct notifier_conf *conf;
    struct ring *ring;
    uint64_t cursor;
    CURLM *multi;
    struct delivery *all; /* waiting and under way */
    unsigned count, under_way;
    bool stopping;
    int64_t leave_us, beat_us;
};

/* ---- deliveries ---- */

static void drop(struct notifier *n, struct delivery *d)
{
    struct delivery **at = &n->all;

    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    n->count--;
    curl_slist_free_all(d->headers);
    free(d->url);
    free(d->body);
    free(d);
}

static void add(struct notifier *n, struct text url, struct text body)
{
    struct delivery *d = calloc(1, sizeof(*d));

    if (!d)
        return;
    d->url = strndup(url.at, url.len);
    d->body = malloc(body.len + 1);
    d->next = n->all;
    n->all = d;
    n->count++;
    if (!d->url || !d->body) {
        drop(n, d);
        return;
    }
    memcpy(d->body, body.at, body.len);
    d->body_len = body.len;
}

/* The answer is not read, only bounded: an endless one ends the connection. */
static size_t swallow(char *bytes, size_t size, size_t count, void *own)
{
    struct delivery *d = own;

    (void)bytes;
    d->answered += size * count;
    return d->answered > ANSWER_MAX ? 0 : size * count;
}

static void begin(struct notifier *n, struct delivery *d)
{
    CURL *c = curl_easy_init();

    if (!c) {
        d->due_us = world_ticks_us() + SECOND_US;
        return;
    }
    d->tries++;
    d->answered = 0;
    if (!d->headers)
        d->headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(c, CURLOPT_URL, d->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, d->body);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)d->body_len);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, d->headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "quern/" QUERN_VERSION);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)NOTIFIER_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L); /* an address is where it was meant to go */
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(c, CURLOPT_PRIVATE, d);
    d->curl = c;
    n->under_way++;
    curl_multi_add_handle(n->multi, c);
}

static void count(struct notifier *n, enum counter which)
{
    counter_add(n->conf->world->counters, COUNTER_SLOT_NOTIFIER, which, 1);
}

static void end(struct notifier *n, struct delivery *d, CURLcode rc)
{
    char shown[256];
    long status = 0;

    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(n->multi, d->curl);
    curl_easy_cleanup(d->curl);
    d->curl = NULL;
    n->under_way--;
    if (status >= 200 && status < 300) {
        count(n, COUNTER_webhooks_sent);
        drop(n, d);
        return;
    }
    if (d->tries < NOTIFIER_TRIES && !n->stopping) {
        d->due_us = world_ticks_us() + (SECOND_US << 2 * (d->tries - 1)); /* 1, 4, 16, 64 s */
        return;
    }
    log_warn("webhook.failed", "url=%s status=%ld error=\"%s\"",
             log_escape(shown, sizeof(shown), d->url, strlen(d->url)), status,
             rc == CURLE_OK ? "" : curl_easy_strerror(rc));
    count(n, COUNTER_webhooks_failed);
    drop(n, d);
}

static void run_due(struct notifier *n)
{
    int64_t now = world_ticks_us();

    for (struct delivery *d = n->all; d && n->under_way < NOTIFIER_AT_ONCE; d = d->next)
        if (!d->curl && d->due_us <= now)
            begin(n, d);
}

static void collect(struct notifier *n)
{
    struct delivery *d;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(n->multi, &left))) {
        CURLcode rc = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&d);
        end(n, d, rc);
    }
}

/* ---- notices ---- */

/* {"action",…,"urls":[…]}: the body is all of it but the addresses. */
static void take(struct notifier *n, struct text notice)
{
    struct json *root, *urls;
    struct arena a;
    struct buf body;

    arena_init(&a, 4 * MIB);
    if (json_read(notice, &a, &root, NULL) == JSON_OK && (urls = json_take(root, "urls"))) {
        buf_init(&body, &a, notice.len, 1 * MIB);
        json_write(&body, root);
        for (struct json *u = urls->child; u && !body.failed; u = u->next)
            add(n, json_string(u, &a), buf_result(&body));
    }
    arena_free(&a);
}

static void take_all(struct notifier *n)
{
    struct ring_record rec;
    enum ring_rc rc;

    while (n->count < NOTIFIER_WAITING &&
           (rc = ring_next(n->ring, &n->cursor, &rec)) != RING_EMPTY) {
        if (rc == RING_OK)
            take(n, (struct text){rec.body, rec.len});
        ring_release(n->ring, n->cursor);
    }
}

/* ---- the loop ---- */

static int timeout_of(const struct notifier *n)
{
    int64_t now = world_ticks_us(), soon = n->beat_us + SECOND_US;

    for (const struct delivery *d = n->all; d && !n->stopping; d = d->next)
        if (!d->curl && d->due_us < soon && n->under_way < NOTIFIER_AT_ONCE)
            soon = d->due_us;
    return soon > now ? (int)((soon - now + 999) / 1000) : 0;
}

static void look_around(struct notifier *n)
{
    struct curl_waitfd fds[] = {{.fd = n->conf->world->notifier_bell, .events = CURL_WAIT_POLLIN},
                                {.fd = n->conf->stop_signal_fd, .events = CURL_WAIT_POLLIN},
                                {.fd = n->conf->channel, .events = CURL_WAIT_POLLIN}};
    uint64_t rings;
    char byte;

    curl_multi_poll(n->multi, fds, n->stopping ? 1 : 3, timeout_of(n), NULL);
    if (fds[0].revents && read(fds[0].fd, &rings, sizeof(rings)) == -1)
        rings = 0;
    if (n->stopping)
        return;
    n->stopping = fds[1].revents || (fds[2].revents && read(fds[2].fd, &byte, 1) <= 0);
    n->leave_us = world_ticks_us() + LEAVE_S * SECOND_US;
}

static void beat(struct notifier *n)
{
    struct board_row *row = &n->conf->world->board->row[BOARD_NOTIFIER];
    int64_t now = world_ticks_us();

    if (now - n->beat_us < SECOND_US)
        return;
    n->beat_us = now;
    atomic_store_explicit(&row->beat_ms, world_now_ms(), memory_order_relaxed);
}

static void run(struct notifier *n)
{
    int running;

    while (!n->stopping || (n->under_way && world_ticks_us() < n->leave_us)) {
        beat(n);
        if (!n->stopping) {
            take_all(n);
            run_due(n);
        }
        curl_multi_perform(n->multi, &running);
        collect(n);
        look_around(n);
    }
}

int notifier_main(const struct notifier_conf *conf)
{
    struct notifier n = {.conf = conf, .ring = conf->world->notices};
    struct board_row *row = &conf->world->board->row[BOARD_NOTIFIER];

    signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(n.multi = curl_multi_init())) {
        log_error("notifier.curl", "libcurl does not start");
        return EX_SOFTWARE;
    }
    curl_multi_setopt(n.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)NOTIFIER_AT_ONCE);
    n.cursor = ring_released(n.ring);
    atomic_store_explicit(&row->state, BOARD_READY, memory_order_release);
    if (conf->channel >= 0 && write(conf->channel, "R", 1) != 1)
        log_warn("notifier.channel", "errno=%d", errno);
    run(&n);
    atomic_store_explicit(&row->state, BOARD_DRAINING, memory_order_release);
    while (n.all) {
        if (n.all->curl)
            end(&n, n.all, CURLE_OPERATION_TIMEDOUT);
        else
            drop(&n, n.all);
    }
    curl_multi_cleanup(n.multi);
    curl_global_cleanup();
    return 0;
}
