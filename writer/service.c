#include "writer/service.h"

#include <stdlib.h>

#include "proto/limits.h"
#include "proto/span.h"

#define SERVICES_ALL (SERVICES_MAX + PROJECTS_MAX) /* with an "(other)" in each project */
#define SERVICE_SLOTS (2 * SERVICES_ALL)
#define OPERATION_SLOTS (2 * OPERATIONS_MAX)
/* Room for all services, each with two operations of its own, and environments. */
#define SERVICE_BYTES ((SERVICES_ALL + ENVIRONMENTS_MAX) * (ATTR_KEY_MAX + 256))
#define OPERATION_BYTES (18 * MIB) /* then they are "(other)" */
#define ENVIRONMENT_SLOTS (2 * ENVIRONMENTS_MAX)
#define OTHER TEXT("(other)")

struct services {
    struct arena arena; /* services, environments */
    struct arena names; /* operations */
    struct service *service[SERVICE_SLOTS];
    struct operation **operation; /* OPERATION_SLOTS of them, once the first comes */
    struct text environment[ENVIRONMENT_SLOTS];
    uint32_t service_count, operation_count, environment_count;
};

struct services *services_new(void)
{
    struct services *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    arena_init(&s->arena, SERVICE_BYTES);
    arena_init(&s->names, OPERATION_BYTES);
    return s;
}

void services_free(struct services *s)
{
    if (!s)
        return;
    arena_free(&s->arena);
    arena_free(&s->names);
    free(s->operation);
    free(s);
}

static uint32_t hash_of(struct text t, uint64_t h)
{
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.at[i]) * 0x100000001b3;
    h ^= h >> 32;
    return (uint32_t)(h * 0x9e3779b1u);
}

static struct text keep(struct arena *a, struct text t)
{
    char *copy = arena_dup(a, t.len ? t.at : "", t.len);

    return (struct text){copy, copy ? t.len : 0};
}

struct service *services_find(struct services *s, uint32_t project, struct text name)
{
    uint32_t at = hash_of(name, 0xcbf29ce484222325 + project) % SERVICE_SLOTS;
    struct service *found;

    for (; (found = s->service[at]); at = (at + 1) % SERVICE_SLOTS)
        if (found->project == project && text_eq(found->name, name))
            return found;
    if (s->service_count >= SERVICES_MAX && !text_eq(name, OTHER))
        return services_find(s, project, OTHER);
    if (s->service_count >= SERVICES_ALL || !(found = arena_zero(&s->arena, 1, sizeof *found)))
        return NULL;
    found->project = project;
    found->name = keep(&s->arena, name);
    if (!found->name.at)
        return NULL;
    s->service_count++;
    return s->service[at] = found;
}

static struct operation *make(struct arena *a, struct service *of, struct text name, uint8_t kind,
                              uint8_t entry)
{
    struct operation *o = arena_zero(a, 1, sizeof *o);

    if (!o)
        return NULL;
    *o = (struct operation){.service = of, .name = keep(a, name), .kind = kind, .entry = entry};
    return o->name.at ? o : NULL;
}

static struct operation *other(struct services *s, struct service *of)
{
    if (!of->other)
        of->other = make(&s->arena, of, OTHER, SPAN_UNSPECIFIED, false);
    return of->other;
}

struct operation *services_operation(struct services *s, struct service *of, struct text name,
                                     uint8_t kind, bool entry)
{
    uint32_t at = hash_of(name, (uintptr_t)of * 31 + kind * 2u + entry) % OPERATION_SLOTS;
    struct operation *o;

    if (!s->operation && !(s->operation = calloc(OPERATION_SLOTS, sizeof *s->operation)))
        return NULL;
    for (; (o = s->operation[at]); at = (at + 1) % OPERATION_SLOTS)
        if (o->service == of && o->kind == kind && o->entry == entry && text_eq(o->name, name))
            return o;
    if (of->operations >= SERVICE_OPERATIONS_MAX || s->operation_count >= OPERATIONS_MAX)
        return other(s, of);
    if (!(o = make(&s->names, of, name, kind, entry)))
        return other(s, of);
    of->operations++;
    s->operation_count++;
    return s->operation[at] = o;
}

struct operation *services_all(struct services *s, struct service *of)
{
    if (!of->all)
        of->all = make(&s->arena, of, TEXT(""), SPAN_UNSPECIFIED, OPERATION_ALL);
    return of->all;
}

struct text services_environment(struct services *s, struct text name)
{
    uint32_t at = hash_of(name, 0xcbf29ce484222325) % ENVIRONMENT_SLOTS;
    struct text made;

    if (text_empty(name))
        return TEXT("");
    for (; s->environment[at].at; at = (at + 1) % ENVIRONMENT_SLOTS)
        if (text_eq(s->environment[at], name))
            return s->environment[at];
    if (s->environment_count == ENVIRONMENTS_MAX)
        return OTHER;
    made = keep(&s->arena, name);
    if (!made.at)
        return OTHER;
    s->environment_count++;
    return s->environment[at] = made;
}

static void forget(struct operation *o)
{
    if (o)
        o->id = 0;
}

bool services_of_bundle(struct services *s, uint32_t project, const struct bundle_view *v,
                        struct arena *a, struct service ***services, struct text **environments)
{
    *services = arena_zero(a, v->resource_count, sizeof **services);
    *environments = arena_zero(a, v->resource_count, sizeof **environments);
    if (!*services || !*environments)
        return false;
    for (uint32_t i = 0; i < v->resource_count; i++) {
        (*services)[i] = services_find(s, project, v->resources[i].service);
        (*environments)[i] = services_environment(s, v->resources[i].environment);
        if (!(*services)[i])
            return false;
    }
    return true;
}

void services_forget(struct services *s)
{
    for (uint32_t i = 0; i < SERVICE_SLOTS; i++) {
        if (!s->service[i])
            continue;
        s->service[i]->id = 0;
        forget(s->service[i]->other);
        forget(s->service[i]->all);
    }
    for (uint32_t i = 0; s->operation && i < OPERATION_SLOTS; i++)
        forget(s->operation[i]);
}
