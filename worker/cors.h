/* cors.h -- may a page of this origin send data to this project?
 * Pure. Source: getsentry/sentry, utils/http.py is_valid_origin (forms of allowed domains). */
#ifndef QUERN_WORKER_CORS_H
#define QUERN_WORKER_CORS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

/* `origin` is the Origin header, or the Referer where there is none; only scheme, host and port of
 * it are looked at. Absent: no page is behind it, allowed. Domains: "*", "example.com",
 * "*.example.com" (which is example.com too), each with scheme and port or without. */
bool cors_allows(const struct text *domains, uint32_t count, struct text origin);

#endif
