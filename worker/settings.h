/* settings.h -- what the registry says of a project, in the form that decoding wants it.
 * For        every event: lists split, rules compiled, once per change and not once per event.
 * Ownership  the worker's; a pointer from settings_of is good until the next call with another
 *            registry version. */
#ifndef QUERN_WORKER_SETTINGS_H
#define QUERN_WORKER_SETTINGS_H

#include <stdint.h>

#include "model/filter.h"
#include "model/group.h"
#include "model/scrub.h"
#include "proto/text.h"
#include "shm/registry.h"

struct settings;

struct project_settings {
    struct scrub_conf scrub;
    struct filter_conf filter;
    const struct group_rules *rules; /* NULL: built-in ones only */
    struct text *domains;            /* allowed origins */
    uint32_t domain_count;           /* 0: all */
};

struct settings *settings_new(void);
void settings_free(struct settings *s);
/* Those of `project`, which is one of view->projects. NULL: no memory. */
const struct project_settings *settings_of(struct settings *s, const struct registry_view *view,
                                           const struct reg_project *project);

#endif
