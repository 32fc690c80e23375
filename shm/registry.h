/* registry.h -- projects, keys, limits, filters, scrub rules: written by the writer, read by all.
 * For        authenticating and configuring a request without a database.
 * Form       one JSON-free snapshot of fixed structs and a string heap, published as a whole into
 *            the inactive half of a double buffer. A reader holds a *private copy* of the snapshot
 *            (registry_view) and renews it when the version moved: no torn reads, plain pointers. */
#ifndef QUERN_SHM_REGISTRY_H
#define QUERN_SHM_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTRY_BYTES (4u << 20) /* each half; only what is used is touched */

/* A string or list in the heap: offset and length into registry_view.heap. Lists of strings are
 * newline separated. */
struct reg_text {
    uint32_t at, len;
};

struct reg_project {
    uint32_t id, org;
    uint8_t active, scrub_data, scrub_defaults, scrub_ip;
    uint32_t rate_count, rate_window_s; /* project quota over all keys; 0: none */
    uint32_t filters;                   /* REG_FILTER_* */
    struct reg_text slug, name, platform;
    struct reg_text allowed_domains; /* empty or "*": all */
    struct reg_text sensitive_fields, safe_fields;
    struct reg_text fingerprint_rules, stack_rules; /* source text, checked when saved */
    struct reg_text filter_errors, filter_releases; /* inbound filters: globs */
    uint32_t rules_version;
};
#define REG_FILTER_LOCALHOST 0x1
#define REG_FILTER_EXTENSIONS 0x2
#define REG_FILTER_CRAWLERS 0x4

struct reg_key {
    char public_key[33]; /* 32 lower-case hex, NUL */
    uint8_t active, pad[2];
    uint32_t project;                   /* id */
    uint32_t bucket;                    /* index of its rate limit buckets */
    uint32_t rate_count, rate_window_s; /* 0: none */
};

/* ---- writer ---- */
struct registry;
/* *fresh: nothing readable is in it; the writer publishes before anybody is served. */
int registry_open(int dir_fd, struct registry **out, bool *fresh);
void registry_close(struct registry *g);
/* A snapshot in the making. A pointer to a project or key is valid until the next of its kind. */
struct registry_draft {
    struct reg_project *projects;
    uint32_t project_count;
    struct reg_key *keys; /* in any order */
    uint32_t key_count;
    char *heap;
    uint32_t heap_len, heap_room;
    bool failed;
};
void registry_draft_init(struct registry_draft *d);
void registry_draft_free(struct registry_draft *d);
struct reg_project *registry_draft_project(struct registry_draft *d); /* cleared; NULL: failed */
struct reg_key *registry_draft_key(struct registry_draft *d);
struct reg_text registry_draft_text(struct registry_draft *d, const char *bytes, uint32_t len);
/* 0, or -ENOSPC when it does not fit REGISTRY_BYTES. */
int registry_publish(struct registry *g, const struct registry_draft *d);

/* ---- readers ---- */
struct registry_view {
    uint64_t version;                   /* 0: nothing published yet */
    const struct reg_project *projects; /* sorted by id */
    uint32_t project_count;
    const struct reg_key *keys; /* sorted by public_key */
    uint32_t key_count;
    const char *heap;
    void *own; /* the private copy */
    uint32_t own_bytes;
};
/* Bring the view up to date; cheap when nothing changed. False: nothing published or unreadable,
 * the old copy stays. */
bool registry_refresh(const struct registry *g, struct registry_view *v);
void registry_view_free(struct registry_view *v);
const struct reg_key *registry_key(const struct registry_view *v, const char *key, uint32_t len);
const struct reg_project *registry_project(const struct registry_view *v, uint32_t id);
uint64_t registry_version(const struct registry *g);

#endif
