/* title.h -- what an issue is called: title, culprit, location, metadata.
 * Source     Sentry's eventtypes and culprit. Pure; results live in the arena. */
#ifndef QUERN_MODEL_TITLE_H
#define QUERN_MODEL_TITLE_H

#include "proto/arena.h"
#include "proto/event.h"

struct title {
    struct text title;    /* at most EVENT_TITLE_MAX characters, one line, never empty */
    struct text culprit;  /* may be empty */
    struct text location; /* may be empty */
    struct text metadata; /* JSON object */
};

bool title_make(const struct event *e, struct arena *a, struct title *out);

#endif
