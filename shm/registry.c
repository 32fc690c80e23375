#include "shm/registry.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shm/limits.h"
#include "shm/log.h"
#include "shm/region.h"

#define REGISTRY_MAGIC 0x49474552 /* "REGI" */
#define REGISTRY_VERSION 1
#define READ_TRIES 8 /* publications that may overtake one copy; they are seconds apart */

struct half_head { /* in front of each half's bytes: projects, keys, heap, in this order */
    uint64_t version;
    uint32_t project_count, key_count, heap_len;
    uint32_t crc; /* CRC-32C of the fields above and the bytes */
};
_Static_assert(sizeof(struct half_head) == 24, "registry v1");

#define HALF_ROOM (REGISTRY_BYTES - sizeof(struct half_head))

struct half {
    struct half_head head;
    uint8_t bytes[HALF_ROOM];
};

struct file {
    struct region_stamp stamp;
    _Alignas(64) _Atomic uint64_t version; /* writer: last published; its low bit names the half */
    _Alignas(4096) struct half half[2];
};

struct registry {
    struct region region;
    struct file *file;
};

/* Version n + 2 overwrites the half of version n while a slow reader may still copy it; he finds
 * out by the version afterwards. Word by word through atomics, so that this race has a defined
 * meaning. */
static void copy_out(void *to, const void *from, size_t len)
{
    uint64_t *out = to;
    const uint64_t *in = from;

    for (size_t i = 0; i < (len + 7) / 8; i++)
        out[i] = __atomic_load_n(&in[i], __ATOMIC_RELAXED);
}

static void copy_in(void *to, const void *from, size_t len)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    for (; len >= 8; len -= 8, out += 8, in += 8) {
        uint64_t word;

        memcpy(&word, in, 8);
        __atomic_store_n((uint64_t *)out, word, __ATOMIC_RELAXED);
    }
    for (; len; len--, out++, in++)
        __atomic_store_n(out, *in, __ATOMIC_RELAXED);
}

/* Bytes behind a head; UINT64_MAX when they would not fit a half. */
static uint64_t bytes_of(const struct half_head *h)
{
    uint64_t projects = (uint64_t)h->project_count * sizeof(struct reg_project);
    uint64_t keys = (uint64_t)h->key_count * sizeof(struct reg_key);
    uint64_t sum = projects + keys + h->heap_len; /* 32-bit counts: no overflow */

    return sum <= HALF_ROOM ? sum : UINT64_MAX;
}

static uint32_t crc_of(const struct half_head *h, const void *bytes, size_t len)
{
    return crc32c(crc32c(0, h, offsetof(struct half_head, crc)), bytes, len);
}

uint64_t registry_version(const struct registry *g)
{
    /* Acquire, pairs with the release in registry_publish: the half is filled. */
    return atomic_load_explicit(&g->file->version, memory_order_acquire);
}

/* ---- writer ---- */

int registry_open(int dir_fd, struct registry **out, bool *fresh)
{
    struct registry *g = calloc(1, sizeof(*g));
    struct registry_view probe = {0};
    int rc;

    if (!g)
        return -ENOMEM;
    rc = region_ensure(dir_fd, "registry", REGISTRY_MAGIC, REGISTRY_VERSION,
                       REGION_LAYOUT(sizeof(struct file), sizeof(struct reg_project),
                                     sizeof(struct reg_key), offsetof(struct reg_project, slug)),
                       sizeof(struct file), &g->region, fresh);
    if (rc != 0) {
        free(g);
        return rc;
    }
    g->file = g->region.at;
    if (!*fresh) { /* damaged inside counts as fresh */
        *fresh = !registry_refresh(g, &probe);
        registry_view_free(&probe);
    }
    *out = g;
    return 0;
}

void registry_close(struct registry *g)
{
    if (!g)
        return;
    region_close(&g->region);
    free(g);
}

void registry_draft_init(struct registry_draft *d)
{
    *d = (struct registry_draft){0};
}

void registry_draft_free(struct registry_draft *d)
{
    free(d->projects);
    free(d->keys);
    free(d->heap);
    *d = (struct registry_draft){0};
}

/* One more cleared element of an array that grows by doubling; NULL: too many, or no memory. */
static void *one_more(struct registry_draft *d, void **array, uint32_t *count, size_t size,
                      uint32_t most)
{
    bool grow = *count == 0 || (*count >= 16 && (*count & (*count - 1)) == 0);
    void *at;

    if (d->failed || *count >= most) {
        d->failed = true;
        return NULL;
    }
    if (grow) {
        at = realloc(*array, (*count ? 2 * (size_t)*count : 16) * size);
        if (!at) {
            d->failed = true;
            return NULL;
        }
        *array = at;
    }
    at = (uint8_t *)*array + size * (*count)++;
    return memset(at, 0, size);
}

struct reg_project *registry_draft_project(struct registry_draft *d)
{
    void *array = d->projects;
    struct reg_project *p =
        one_more(d, &array, &d->project_count, sizeof(struct reg_project), PROJECTS_MAX);

    d->projects = array;
    return p;
}

struct reg_key *registry_draft_key(struct registry_draft *d)
{
    void *array = d->keys;
    struct reg_key *k = one_more(d, &array, &d->key_count, sizeof(struct reg_key), KEYS_MAX);

    d->keys = array;
    return k;
}

struct reg_text registry_draft_text(struct registry_draft *d, const char *bytes, uint32_t len)
{
    struct reg_text t = {.at = d->heap_len, .len = len};

    if (!len)
        return (struct reg_text){0};
    if (d->failed || len > REGISTRY_BYTES - d->heap_len) {
        d->failed = true;
        return (struct reg_text){0};
    }
    if (d->heap_room - d->heap_len < len) {
        uint32_t room =
            d->heap_room * 2 > d->heap_len + len ? d->heap_room * 2 : d->heap_len + len + 4096;
        char *heap = realloc(d->heap, room);

        if (!heap) {
            d->failed = true;
            return (struct reg_text){0};
        }
        d->heap = heap;
        d->heap_room = room;
    }
    memcpy(d->heap + t.at, bytes, len);
    d->heap_len += len;
    return t;
}

static int by_id(const void *a, const void *b)
{
    const struct reg_project *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int by_key(const void *a, const void *b)
{
    const struct reg_key *x = a, *y = b;

    return memcmp(x->public_key, y->public_key, sizeof(x->public_key));
}

/* The bytes of a half, sorted: made in private memory, so that what goes out is final. */
static uint8_t *assemble(const struct registry_draft *d, const struct half_head *h)
{
    size_t projects = h->project_count * sizeof(struct reg_project);
    size_t keys = h->key_count * sizeof(struct reg_key);
    uint8_t *bytes = malloc(bytes_of(h) + 1);

    if (!bytes)
        return NULL;
    if (projects)
        memcpy(bytes, d->projects, projects);
    if (keys)
        memcpy(bytes + projects, d->keys, keys);
    if (d->heap_len)
        memcpy(bytes + projects + keys, d->heap, d->heap_len);
    qsort(bytes, h->project_count, sizeof(struct reg_project), by_id);
    qsort(bytes + projects, h->key_count, sizeof(struct reg_key), by_key);
    return bytes;
}

int registry_publish(struct registry *g, const struct registry_draft *d)
{
    uint64_t version = registry_version(g) + 1;
    struct half *half = &g->file->half[version & 1];
    struct half_head h = {.version = version,
                          .project_count = d->project_count,
                          .key_count = d->key_count,
                          .heap_len = d->heap_len};
    uint8_t *bytes;

    if (d->failed || bytes_of(&h) == UINT64_MAX)
        return -ENOSPC;
    if (!(bytes = assemble(d, &h)))
        return -ENOMEM;
    h.crc = crc_of(&h, bytes, bytes_of(&h));
    /* Pairs with the acquire fence in registry_refresh: whoever copies a word of the new half finds
     * a version afterwards that is not the one he began with. */
    atomic_thread_fence(memory_order_release);
    copy_in(&half->head, &h, sizeof(h));
    copy_in(half->bytes, bytes, bytes_of(&h));
    free(bytes);
    atomic_store_explicit(&g->file->version, version, memory_order_release);
    return 0;
}

/* ---- readers ---- */

static bool text_fits(struct reg_text t, uint32_t heap_len)
{
    return t.at <= heap_len && t.len <= heap_len - t.at;
}

/* The checksum says the bytes are as published; this, that following them leads nowhere else. */
static bool view_is_sound(const struct registry_view *v, uint32_t heap_len)
{
    for (uint32_t i = 0; i < v->project_count; i++) {
        const struct reg_project *p = &v->projects[i];
        const struct reg_text texts[] = {
            p->slug,
            p->name,
            p->platform,
            p->allowed_domains,
            p->sensitive_fields,
            p->safe_fields,
            p->fingerprint_rules,
            p->stack_rules,
            p->filter_errors,
            p->filter_releases,
        };

        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
            if (!text_fits(texts[j], heap_len))
                return false;
    }
    for (uint32_t i = 0; i < v->key_count; i++)
        if (v->keys[i].public_key[sizeof(v->keys[i].public_key) - 1])
            return false;
    return true;
}

/* A private copy of the half, checked. */
static bool copy_half(const struct half *half, uint64_t version, struct registry_view *out)
{
    struct half_head h;
    uint64_t len;
    uint8_t *own;

    copy_out(&h, &half->head, sizeof(h));
    len = bytes_of(&h);
    if (h.version != version || len == UINT64_MAX || !(own = malloc(len + 8)))
        return false;
    copy_out(own, half->bytes, len);
    *out = (struct registry_view){
        .version = version,
        .projects = (const struct reg_project *)own,
        .project_count = h.project_count,
        .keys = (const struct reg_key *)(own + h.project_count * sizeof(struct reg_project)),
        .key_count = h.key_count,
        .heap = (const char *)own + h.project_count * sizeof(struct reg_project) +
                h.key_count * sizeof(struct reg_key),
        .own = own,
        .own_bytes = (uint32_t)len};
    if (h.crc == crc_of(&h, own, len) && view_is_sound(out, h.heap_len))
        return true;
    free(own);
    return false;
}

bool registry_refresh(const struct registry *g, struct registry_view *v)
{
    uint64_t version = registry_version(g);

    if (version == v->version)
        return version != 0;
    for (int i = 0; i < READ_TRIES && version != 0; i++) {
        struct registry_view copy;
        bool whole = copy_half(&g->file->half[version & 1], version, &copy);
        uint64_t now;

        /* Pairs with the release fence in registry_publish. */
        atomic_thread_fence(memory_order_acquire);
        now = registry_version(g);
        if (whole) { /* the checksum held: it is one whole snapshot, be it the last or the one
                        before */
            registry_view_free(v);
            *v = copy;
            return true;
        }
        if (now == version) {
            log_error("registry.damaged", "version=%llu", (unsigned long long)version);
            return false;
        }
        version = now;
    }
    return false;
}

void registry_view_free(struct registry_view *v)
{
    free(v->own);
    *v = (struct registry_view){0};
}

const struct reg_key *registry_key(const struct registry_view *v, const char *key, uint32_t len)
{
    struct reg_key wanted = {0};

    if (len != sizeof(wanted.public_key) - 1 || !v->key_count)
        return NULL;
    memcpy(wanted.public_key, key, len);
    return bsearch(&wanted, v->keys, v->key_count, sizeof(wanted), by_key);
}

const struct reg_project *registry_project(const struct registry_view *v, uint32_t id)
{
    struct reg_project wanted = {.id = id};

    return v->project_count ? bsearch(&wanted, v->projects, v->project_count, sizeof(wanted), by_id)
                            : NULL;
}
