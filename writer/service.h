/* service.h -- services and operations by name, as the writer meets them: numbers in the active segment,
 * and in the catalogue once a flush has asked. Environments by name, once each.
 * Bounds     SERVICES_MAX, SERVICE_OPERATIONS_MAX, OPERATIONS_MAX, ENVIRONMENTS_MAX: what comes then is
 *            counted under "(other)", so that names with ids in them cost neither memory nor rows.
 * Ownership  entries stay where they are for the writer's life. */
#ifndef QUERN_WRITER_SERVICE_H
#define QUERN_WRITER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/bundle.h"
#include "proto/text.h"

struct service {
    uint32_t project;
    struct text name;
    int64_t id;          /* in the catalogue; 0: not asked yet */
    uint32_t operations; /* known of it */
    struct operation *other;
    struct operation *all;
};

#define OPERATION_ALL 2 /* no operation of a service, but all that start a unit of work, together */

struct operation {
    struct service *service;
    struct text name;
    uint8_t kind;           /* enum span_kind */
    uint8_t entry;          /* 1: starts a unit of work in its service; OPERATION_ALL */
    int64_t id;             /* in the catalogue; 0: not asked yet */
    uint32_t epoch, number; /* in the segment of that epoch; another epoch: none yet */
};

struct services;
struct services *services_new(void);
void services_free(struct services *s);
/* NULL: no memory. */
struct service *services_find(struct services *s, uint32_t project, struct text name);
struct operation *services_operation(struct services *s, struct service *of, struct text name,
                                     uint8_t kind, bool entry);
/* What all units of work of a service are counted under, so that lists of services need not add up
 * their operations. */
struct operation *services_all(struct services *s, struct service *of);
/* The same text for the same name, for the writer's life; "" for none. */
struct text services_environment(struct services *s, struct text name);
/* Both, for each resource of a bundle; arrays in the arena. False: no memory. */
bool services_of_bundle(struct services *s, uint32_t project, const struct bundle_view *v,
                        struct arena *a, struct service ***services, struct text **environments);
/* The catalogue was made anew, or a project deleted: numbers must be asked for again. */
void services_forget(struct services *s);

#endif
