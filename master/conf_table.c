/* conf_table.c -- see conf_table.h. Adding a key: a field in struct conf, a line here, and its use
 * in conf_worker() or conf_writer(); then `quern config --file > etc/quern.conf`. */
#include "master/conf_table.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/limits.h"

#define AT(field) offsetof(struct conf, field)
#define EVER (INT64_C(1) << 53) /* what JSON and people can still write down exactly */

const struct conf_key conf_keys[] = {
    {"data", CONF_TEXT, AT(data), .fallback = "/var/lib/quern", .unit = "path",
     .sentence = "Folder of everything quern keeps: database, segments, shared memory, control "
                 "socket. Made if it is missing; one server at a time may use it."},
    {"listen", CONF_LISTEN, AT(listen), .fallback = "127.0.0.1:9000", .unit = "address",
     .hup = true,
     .sentence =
         "Where to serve: ADDR:PORT, [ADDR6]:PORT or unix:PATH, with the word tls behind it "
         "for HTTPS; may be repeated, and every address serves everything. 4318 is where "
         "OpenTelemetry exporters send by default."},
    {"workers", CONF_WORKERS, AT(workers), .min = 1, .max = WORKERS_MAX, .fallback = "auto",
     .unit = "processes", .hup = true,
     .sentence = "Processes that answer requests; auto is one for each core."},
    {"durability", CONF_CHOICE, AT(durability), .words = "power|process", .fallback = "power",
     .unit = "", .hup = true, .writer = true,
     .sentence =
         "What a 2xx promises. power: the data is on disk and survives a power cut. process: "
         "it survives the death of any or all of quern's processes, but a power cut may take "
         "the last moments; for slow disks."},
    {"retention_days", CONF_NUMBER, AT(retention_days), .min = 0, .max = 36500, .fallback = "90",
     .unit = "days", .hup = true, .writer = true,
     .sentence = "Events older than this are deleted, a whole segment file at a time; 0 keeps them "
                 "for ever."},
    {"retention_bytes", CONF_BYTES, AT(retention_bytes), .min = 0, .max = EVER, .fallback = "0",
     .unit = "bytes", .hup = true, .writer = true,
     .sentence =
         "The oldest segments are deleted when all of them together pass this size; 0 is no "
         "such limit."},
    {"min_free_bytes", CONF_BYTES, AT(min_free_bytes), .min = 0, .max = EVER, .fallback = "512M",
     .unit = "bytes", .hup = true, .writer = true,
     .sentence =
         "When the disk has less than this left, new data is refused with 503 until there is "
         "more, so that what is stored stays whole."},
    {"segment_rows", CONF_NUMBER, AT(segment_rows), .min = 64, .max = SEGMENT_ROWS_MAX,
     .fallback = "131072", .unit = "events", .hup = true, .writer = true,
     .sentence =
         "A segment file is closed and indexed after this many events, or at the end of its "
         "day."},
    {"seal_idle", CONF_NUMBER, AT(seal_idle), .min = 1, .max = 86400, .fallback = "60",
     .unit = "seconds", .hup = true, .writer = true,
     .sentence = "Closed segments are packed more tightly once nothing has come in for this long."},
    {"base_url", CONF_URL, AT(base_url), .fallback = "", .unit = "url", .hup = true, .writer = true,
     .sentence = "The URL under which clients and browsers reach this server, for DSNs and links; "
                 "without it, what the request's Host header says."},
    {"proxy_hops", CONF_NUMBER, AT(proxy_hops), .min = 0, .max = 16, .fallback = "0",
     .unit = "proxies", .hup = true,
     .sentence = "How many proxies of your own stand in front: the client's address is taken that "
                 "many entries from the right of X-Forwarded-For."},
    {"idle_timeout", CONF_NUMBER, AT(idle_timeout), .min = 5, .max = 86400, .fallback = "75",
     .unit = "seconds", .hup = true,
     .sentence = "A connection that has been silent this long is closed."},
    {"body_max", CONF_BYTES, AT(body_max), .min = 64 * (int64_t)KIB, .max = BODY_MAX,
     .fallback = "20M", .unit = "bytes", .hup = true,
     .sentence = "The largest request body that is taken in, as it arrives."},
    {"attachment_max", CONF_BYTES, AT(attachment_max), .min = 0, .max = ITEM_ATTACHMENT_MAX,
     .fallback = "50M", .unit = "bytes", .hup = true,
     .sentence = "The largest attachment that is kept, after decompression."},
    {"tls_cert", CONF_TEXT, AT(tls_cert), .fallback = "", .unit = "path", .hup = true,
     .sentence = "PEM file with the certificate and its chain, for listen lines that end in tls."},
    {"tls_key", CONF_TEXT, AT(tls_key), .fallback = "", .unit = "path", .hup = true,
     .sentence = "PEM file with the private key that belongs to tls_cert."},
    {"http2", CONF_CHOICE, AT(http2), .words = "off|on", .fallback = "off", .unit = "", .hup = true,
     .sentence = "HTTP/2 for clients. Off by default: the packaged h2o predates the fix for rapid "
                 "resets (CVE-2023-44487), so leave it to the proxy in front unless you trust your "
                 "clients."},
    {"log_level", CONF_CHOICE, AT(log_level), .words = "debug|notice|warn|error",
     .fallback = "notice", .unit = "", .hup = true, .writer = true,
     .sentence = "The least important lines that are still logged (standard error)."},
    {"local_project", CONF_TEXT, AT(local_project), .fallback = "", .unit = "slug", .hup = true,
     .sentence = "Project that OTLP data without a key goes to when it comes from this machine; "
                 "without it, such data is refused."},
};
const uint32_t conf_key_count = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct conf_key *conf_key_find(const char *name)
{
    for (uint32_t i = 0; i < conf_key_count; i++)
        if (strcmp(conf_keys[i].name, name) == 0)
            return &conf_keys[i];
    return NULL;
}

static int64_t *number_of(const struct conf_key *key, const struct conf *c)
{
    return (int64_t *)((char *)c + key->at);
}

static char *text_of_field(const struct conf_key *key, const struct conf *c)
{
    return (char *)c + key->at;
}

/* 1024 to the power that a suffix stands for; 0: no such suffix. */
static int64_t suffix_factor(const char *suffix)
{
    static const char letters[] = "KMGT";
    int64_t factor = 1024;

    if (suffix[0] == '\0')
        return 1;
    if (suffix[1] != '\0' && strcmp(suffix + 1, "iB") != 0 && strcmp(suffix + 1, "B") != 0)
        return 0;
    for (const char *l = letters; *l; l++, factor *= 1024)
        if (suffix[0] == *l || suffix[0] == *l - 'A' + 'a')
            return factor;
    return 0;
}

static const char *set_number(const struct conf_key *key, int64_t *out, const char *value,
                              char *why, size_t room)
{
    char range[96];
    char *end;
    int64_t factor = 1, n;

    errno = 0;
    n = strtoll(value, &end, 10);
    if (key->type == CONF_BYTES)
        factor = suffix_factor(end);
    else if (*end)
        factor = 0;
    if (end == value || errno || factor == 0) {
        snprintf(why, room, "not a number%s; %s",
                 key->type == CONF_BYTES ? " with K, M, G or T" : "",
                 conf_key_range(key, range, sizeof(range)));
        return why;
    }
    if (n < 0 || n > EVER / factor || n * factor < key->min || n * factor > key->max) {
        snprintf(why, room, "out of range; %s", conf_key_range(key, range, sizeof(range)));
        return why;
    }
    *out = n * factor;
    return NULL;
}

static const char *set_choice(const struct conf_key *key, int64_t *out, const char *value,
                              char *why, size_t room)
{
    size_t len = strlen(value);
    int64_t index = 0;

    /* Switches are spelled in several ways everywhere else; take them all. */
    if (strcmp(key->words, "off|on") == 0) {
        if (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
            value = "on", len = 2;
        if (strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
            value = "off", len = 3;
    }
    for (const char *word = key->words; word; index++) {
        const char *bar = strchr(word, '|');
        size_t word_len = bar ? (size_t)(bar - word) : strlen(word);

        if (word_len == len && memcmp(word, value, len) == 0) {
            *out = index;
            return NULL;
        }
        word = bar ? bar + 1 : NULL;
    }
    snprintf(why, room, "must be one of %s", key->words);
    return why;
}

static const char *set_text(char *out, const char *value, char *why, size_t room)
{
    if (strlen(value) >= CONF_TEXT_MAX) {
        snprintf(why, room, "longer than %d bytes", CONF_TEXT_MAX - 1);
        return why;
    }
    strcpy(out, value);
    return NULL;
}

static const char *set_url(char *out, const char *value, char *why, size_t room)
{
    const char *host = strstr(value, "://");
    size_t len = strlen(value);

    if (!*value)
        return set_text(out, value, why, room);
    if ((strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0) || !host ||
        !host[3] || host[3] == '/' || strpbrk(value, " \t\"'<>?#@\\")) {
        snprintf(why, room, "must look like https://errors.example.com");
        return why;
    }
    if (set_text(out, value, why, room))
        return why;
    while (len > 0 && out[len - 1] == '/')
        out[--len] = '\0';
    return NULL;
}

static bool port_of(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return *text >= '0' && *text <= '9' && !*end && port <= 65535;
}

/* Numeric addresses only: a name server must not decide whether the server starts. */
static bool is_numeric(const char *host, size_t len, int family)
{
    struct addrinfo hints = {.ai_family = family, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    char text[CONF_ADDRESS_MAX];

    snprintf(text, sizeof(text), "%.*s", (int)len, host);
    if (family == AF_INET && strcmp(text, "localhost") == 0)
        return true;
    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

/* "ADDR:PORT", "[ADDR6]:PORT" or "unix:PATH"; whether it is one of this machine's is for listen.c. */
static bool address_shape(const char *address)
{
    const char *colon = strrchr(address, ':');

    if (strncmp(address, "unix:", 5) == 0)
        return address[5] == '/';
    if (!colon || colon == address || !port_of(colon + 1))
        return false;
    if (address[0] == '[')
        return colon[-1] == ']' && is_numeric(address + 1, (size_t)(colon - address) - 2, AF_INET6);
    return is_numeric(address, (size_t)(colon - address), AF_INET);
}

static const char *set_listen(struct conf *c, const char *value, char *why, size_t room)
{
    struct conf_listen *line = &c->listen[c->listen_count];
    size_t len = strcspn(value, " \t");
    const char *rest = value + len + strspn(value + len, " \t");

    if (c->listen_count == CONF_LISTEN_MAX) {
        snprintf(why, room, "at most %d addresses", CONF_LISTEN_MAX);
        return why;
    }
    if (len >= sizeof(line->address)) {
        snprintf(why, room, "longer than %zu bytes", sizeof(line->address) - 1);
        return why;
    }
    *line = (struct conf_listen){.tls = strcmp(rest, "tls") == 0};
    memcpy(line->address, value, len);
    if ((*rest && !line->tls) || !address_shape(line->address)) {
        snprintf(why, room,
                 "must be ADDR:PORT, [ADDR6]:PORT or unix:/PATH, addresses in figures, with tls "
                 "behind it or nothing");
        return why;
    }
    if (strcmp(strrchr(line->address, ':'), ":0") == 0)
        goto take; /* any free port: two of them are two */
    for (uint32_t i = 0; i < c->listen_count; i++)
        if (strcmp(c->listen[i].address, line->address) == 0) {
            snprintf(why, room, "this address is there already");
            return why;
        }
take:
    c->listen_count++;
    return NULL;
}

const char *conf_key_set(const struct conf_key *key, struct conf *c, const char *value, char *why,
                         size_t room)
{
    switch (key->type) {
    case CONF_TEXT:
        return set_text(text_of_field(key, c), value, why, room);
    case CONF_URL:
        return set_url(text_of_field(key, c), value, why, room);
    case CONF_LISTEN:
        return set_listen(c, value, why, room);
    case CONF_WORKERS:
        if (strcmp(value, "auto") == 0) {
            *number_of(key, c) = 0;
            return NULL;
        }
        return set_number(key, number_of(key, c), value, why, room);
    case CONF_NUMBER:
    case CONF_BYTES:
        return set_number(key, number_of(key, c), value, why, room);
    case CONF_CHOICE:
        return set_choice(key, number_of(key, c), value, why, room);
    }
    return "unknown type";
}

static const char *bytes_text(int64_t n, char *out, size_t room)
{
    static const char letters[] = "KMGT";
    int at = -1;

    while (n > 0 && n % 1024 == 0 && at < 3) {
        n /= 1024;
        at++;
    }
    if (at < 0)
        snprintf(out, room, "%lld", (long long)n);
    else
        snprintf(out, room, "%lld%c", (long long)n, letters[at]);
    return out;
}

static const char *choice_text(const char *words, int64_t index, char *out, size_t room)
{
    while (index-- > 0 && words)
        words = strchr(words, '|') ? strchr(words, '|') + 1 : NULL;
    snprintf(out, room, "%.*s", words ? (int)strcspn(words, "|") : 0, words ? words : "");
    return out;
}

const char *conf_key_text(const struct conf_key *key, const struct conf *c, uint32_t nth, char *out,
                          size_t room)
{
    int64_t n = 0;

    if (key->type != CONF_TEXT && key->type != CONF_URL && key->type != CONF_LISTEN)
        n = *number_of(key, c);
    switch (key->type) {
    case CONF_TEXT:
    case CONF_URL:
        snprintf(out, room, "%s", text_of_field(key, c));
        break;
    case CONF_LISTEN:
        snprintf(out, room, "%s%s", nth < c->listen_count ? c->listen[nth].address : "",
                 nth < c->listen_count && c->listen[nth].tls ? " tls" : "");
        break;
    case CONF_WORKERS:
        snprintf(out, room, n ? "%lld" : "auto", (long long)n);
        break;
    case CONF_NUMBER:
        snprintf(out, room, "%lld", (long long)n);
        break;
    case CONF_BYTES:
        return bytes_text(n, out, room);
    case CONF_CHOICE:
        return choice_text(key->words, n, out, room);
    }
    return out;
}

const char *conf_key_range(const struct conf_key *key, char *out, size_t room)
{
    char low[32], high[32];

    switch (key->type) {
    case CONF_LISTEN:
        snprintf(out, room, "address, repeatable");
        break;
    case CONF_TEXT:
    case CONF_URL:
        snprintf(out, room, "%s", key->unit);
        break;
    case CONF_WORKERS:
        snprintf(out, room, "auto, or %lld to %lld %s", (long long)key->min, (long long)key->max,
                 key->unit);
        break;
    case CONF_NUMBER:
        snprintf(out, room, "%lld to %lld %s", (long long)key->min, (long long)key->max, key->unit);
        break;
    case CONF_BYTES:
        if (key->max == EVER)
            snprintf(out, room, "bytes, with K, M, G or T");
        else
            snprintf(out, room, "%s to %s bytes", bytes_text(key->min, low, sizeof(low)),
                     bytes_text(key->max, high, sizeof(high)));
        break;
    case CONF_CHOICE:
        snprintf(out, room, "%s", key->words);
        break;
    }
    return out;
}

bool conf_key_same(const struct conf_key *key, const struct conf *a, const struct conf *b)
{
    switch (key->type) {
    case CONF_TEXT:
    case CONF_URL:
        return strcmp(text_of_field(key, a), text_of_field(key, b)) == 0;
    case CONF_LISTEN:
        if (a->listen_count != b->listen_count)
            return false;
        for (uint32_t i = 0; i < a->listen_count; i++)
            if (strcmp(a->listen[i].address, b->listen[i].address) != 0 ||
                a->listen[i].tls != b->listen[i].tls)
                return false;
        return true;
    case CONF_WORKERS:
    case CONF_NUMBER:
    case CONF_BYTES:
    case CONF_CHOICE:
        return *number_of(key, a) == *number_of(key, b);
    }
    return false;
}
