/* span_name.h -- what a span is called and what became of it, in Sentry's words, whichever SDK sent it.
 * Purity     no I/O; results point into the span or the arena.
 * Source     Relay: relay-spans (op, description, status codes), relay-event-normalization
 *            (transaction names). */
#ifndef QUERN_MODEL_SPAN_NAME_H
#define QUERN_MODEL_SPAN_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/span.h"

/* "http.server", "db" …: Sentry's own, else what the attributes say, else "default". */
struct text span_op(const struct span *s);
/* "GET /cart", the query, else the name. */
struct text span_description(const struct span *s, struct arena *a);
/* Sentry's own status, else from code, HTTP and gRPC status; never STATUS_NONE. */
uint8_t span_status_word(const struct span *s);
/* The name to count it under: "(unnamed)" for none. */
struct text span_operation(const struct span *s);
struct text span_shown_name(struct text name);

/* Is the name of that source (sentry.source) likely to hold ids? Without a source, names with a
 * slash are, unless an SDK put together method and route. */
bool span_name_is_raw(struct text source, struct text name);
/* "/user/8231" → "/user/" and a star: segments of a path that hold a UUID, a hash, a date, a number
 * of two digits or more become a star. The text itself when there are none. */
struct text span_name_sanitise(struct text name, struct arena *a);

#endif
