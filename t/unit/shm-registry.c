/* The registry: what is published is read whole, by however many, and damage is seen. */
#include "shm/registry.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

static struct reg_text text(struct registry_draft *d, const char *s)
{
    return registry_draft_text(d, s, (uint32_t)strlen(s));
}

static bool text_is(const struct registry_view *v, struct reg_text t, const char *s)
{
    return t.len == strlen(s) && memcmp(v->heap + t.at, s, t.len) == 0;
}

/* A registry in which all follows from `version`, so that a reader can tell a whole one. */
static int publish(struct registry *g, uint32_t version)
{
    struct registry_draft d;
    char name[64];
    int rc;

    registry_draft_init(&d);
    for (uint32_t i = 0; i < 20 + version % 7; i++) {
        uint32_t id = (i * 37) % 101 + 1; /* not in order */
        struct reg_project *p = registry_draft_project(&d);
        struct reg_key *k = registry_draft_key(&d);

        p->id = id;
        p->org = version;
        snprintf(name, sizeof(name), "project-%u-of-%u", id, version);
        p->slug = text(&d, name);
        p->rules_version = id + version;
        snprintf(k->public_key, sizeof(k->public_key), "%032x", id * 2654435761u);
        k->project = id;
        k->rate_count = version;
    }
    rc = registry_publish(g, &d);
    registry_draft_free(&d);
    return rc;
}

static bool is_whole(const struct registry_view *v)
{
    uint32_t version = v->project_count ? v->projects[0].org : 0;
    char name[64], key[40];

    if (v->project_count != 20 + version % 7 || v->key_count != v->project_count)
        return false;
    for (uint32_t i = 0; i < v->project_count; i++) {
        uint32_t id = (i * 37) % 101 + 1;
        const struct reg_project *p = registry_project(v, id);
        const struct reg_key *k;

        snprintf(name, sizeof(name), "project-%u-of-%u", id, version);
        snprintf(key, sizeof(key), "%032x", id * 2654435761u);
        k = registry_key(v, key, 32);
        if (!p || !k || p->org != version || !text_is(v, p->slug, name) || k->project != id ||
            p->rules_version != id + version || k->rate_count != version)
            return false;
    }
    return true;
}

static void life(void)
{
    struct registry *g;
    struct registry_view v = {0};
    uint64_t before;
    bool fresh;

    is_int(registry_open(dir, &g, &fresh), 0, "made");
    ok(fresh, "fresh");
    ok(!registry_refresh(g, &v), "nothing published yet");
    ok(!registry_key(&v, "0123456789abcdef0123456789abcdef", 32) && !registry_project(&v, 1),
       "and nothing found");
    is_int(publish(g, 1), 0, "published");
    ok(registry_refresh(g, &v) && is_whole(&v), "and read back");
    before = v.version;
    ok(registry_refresh(g, &v) && v.version == before, "nothing changed, nothing copied");
    ok(!registry_key(&v, "0123456789abcdef0123456789abcdef", 32), "an unknown key");
    ok(!registry_key(&v, "short", 5) && !registry_key(&v, "", 0), "a key of another length");
    ok(!registry_project(&v, 0) && !registry_project(&v, 99999), "an unknown project");
    for (uint32_t i = 2; i < 9; i++)
        publish(g, i);
    ok(is_whole(&v) && v.projects[0].org == 1, "a view stays as it is until renewed");
    ok(registry_refresh(g, &v) && is_whole(&v) && v.projects[0].org == 8, "renewed it is the last");
    registry_view_free(&v);
    registry_close(g);
    is_int(registry_open(dir, &g, &fresh), 0, "opened again");
    ok(!fresh && registry_refresh(g, &v) && is_whole(&v), "it is there");
    registry_view_free(&v);
    registry_close(g);
}

static void bounds(void)
{
    struct registry *g;
    struct registry_draft d;
    struct registry_view v = {0};
    static char big[1 << 20];
    bool fresh;
    uint32_t n;

    registry_open(dir, &g, &fresh);
    registry_draft_init(&d);
    is_int(registry_publish(g, &d), 0, "an empty registry can be published");
    ok(registry_refresh(g, &v) && v.project_count == 0 && !registry_project(&v, 1), "and read");
    for (n = 0; registry_draft_project(&d); n++)
        ;
    is_int(n, PROJECTS_MAX, "so many projects and no more");
    ok(registry_publish(g, &d) == -ENOSPC && !registry_draft_key(&d), "then the draft has failed");
    registry_draft_free(&d);

    registry_draft_init(&d);
    for (n = 0; n < PROJECTS_MAX; n++)
        registry_draft_project(&d)->id = n + 1;
    for (n = 0; n < KEYS_MAX; n++)
        snprintf(registry_draft_key(&d)->public_key, 33, "%032x", n);
    is_int(registry_publish(g, &d), 0, "all projects and keys that may be do fit");
    ok(registry_refresh(g, &v) && registry_project(&v, PROJECTS_MAX) &&
           registry_key(&v, "00000000000000000000000000003fff", 32),
       "and are found");
    for (n = 0; n < 3; n++)
        registry_draft_text(&d, big, sizeof(big));
    is_int(registry_publish(g, &d), -ENOSPC, "with texts beyond the half they do not");
    ok(registry_refresh(g, &v) && v.project_count == PROJECTS_MAX, "and what was published stays");
    registry_draft_text(&d, big, sizeof(big));
    registry_draft_text(&d, big, sizeof(big));
    ok(d.failed, "a heap has an end");
    registry_draft_free(&d);
    registry_view_free(&v);
    registry_close(g);
}

static void damage(void)
{
    struct registry *g;
    struct registry_view old = {0}, none = {0};
    uint64_t state = 31337;
    int wrong = 0, seen = 0, flips = 400;
    uint32_t version = 100;
    bool fresh;
    off_t half;

    registry_open(dir, &g, &fresh);
    publish(g, version);
    registry_refresh(g, &old);
    half = 4096 + (registry_version(g) & 1) * (off_t)REGISTRY_BYTES;
    said_begin();
    for (int i = 0; i < flips; i++) {
        struct registry_view v = {0};
        off_t at = i < 8 ? 64 + i : half + (off_t)(dice(&state) % (24 + old.own_bytes));
        uint8_t bit = (uint8_t)(1 << dice(&state) % 8);

        file_flip(dir, "registry", at, bit);
        if (registry_refresh(g, &v))
            wrong += !is_whole(&v); /* by the other half, when the version's low bit was hit */
        else
            seen++;
        registry_view_free(&v);
        file_flip(dir, "registry", at, bit);
    }
    ok(said_count("registry.damaged") > 0, "damage is logged");
    is_int(wrong, 0, "no damaged snapshot is taken for whole");
    is_int(seen, flips, "every flipped bit is seen");

    file_flip(dir, "registry", half + 30, 1);
    registry_close(g);
    said_begin();
    registry_open(dir, &g, &fresh);
    ok(fresh, "opened with damage inside it is fresh: the writer publishes anew");
    ok(!registry_refresh(g, &none) && none.version == 0, "until then nobody new reads it");
    said_ignore();
    ok(is_whole(&old), "and who has a view keeps it");
    publish(g, 101);
    ok(registry_refresh(g, &old) && is_whole(&old) && old.projects[0].org == 101, "then the new");
    registry_view_free(&old);
    registry_close(g);
}

struct shared {
    _Atomic uint64_t read, torn, failed, back;
    _Atomic int stop;
};

static void read_all_the_time(struct shared *s)
{
    struct registry *g;
    struct registry_view v = {0};
    uint32_t last = 0;
    bool fresh;

    if (registry_open(dir, &g, &fresh) != 0)
        _exit(1);
    while (!atomic_load(&s->stop)) {
        uint64_t before = v.version;

        if (!registry_refresh(g, &v)) {
            atomic_fetch_add(&s->failed, 1);
            continue;
        }
        if (v.version == before)
            continue;
        atomic_fetch_add(&s->read, 1);
        if (!is_whole(&v))
            atomic_fetch_add(&s->torn, 1);
        if (v.projects[0].org < last)
            atomic_fetch_add(&s->back, 1);
        last = v.projects[0].org;
    }
    _exit(0);
}

static void readers_beside_the_writer(void)
{
    struct shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct registry *g;
    pid_t pid[2];
    bool fresh;

    registry_open(dir, &g, &fresh);
    publish(g, 1000);
    for (int i = 0; i < 2; i++)
        if ((pid[i] = fork()) == 0)
            read_all_the_time(s);
    for (uint32_t n = 1001; n <= 20000; n++) {
        publish(g, n);
        if (n % 64 == 0)
            usleep(100);
    }
    atomic_store(&s->stop, 1);
    for (int i = 0; i < 2; i++)
        waitpid(pid[i], NULL, 0);
    is_int(atomic_load(&s->torn), 0, "no reader sees a mixture of two versions");
    is_int(atomic_load(&s->back), 0, "nor time run backwards");
    ok(atomic_load(&s->read) > 100, "%llu versions read, %llu given up, beside 19000 written",
       (unsigned long long)atomic_load(&s->read), (unsigned long long)atomic_load(&s->failed));
    registry_close(g);
}

int main(void)
{
    dir = scratch();
    life();
    bounds();
    damage();
    readers_beside_the_writer();
    return done_testing();
}
