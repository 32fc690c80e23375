/* timestamp.h -- moments as clients write them, in microseconds since 1970. Pure: no clock, no
 * locale, no time zone database.
 * Forms      RFC 3339, with a blank for the T, any number of fraction digits, no zone meaning UTC;
 *            seconds since 1970 as a number, fraction allowed. Fractions are rounded, not cut.
 * Bounds     anything that an int64 of microseconds holds is read, so that milliseconds sent as
 *            seconds are a moment in the far future, which the caller sees and corrects. */
#ifndef QUERN_PROTO_TIMESTAMP_H
#define QUERN_PROTO_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/json.h"
#include "proto/text.h"

#define TIMESTAMP_TEXT_MAX 28                 /* "2026-03-01T10:00:00.123456Z" and a NUL */
#define TIMESTAMP_MAX_US 253402300799999999LL /* the last microsecond of the year 9999 */

bool timestamp_read(struct text t, int64_t *us);
bool timestamp_json(const struct json *v, int64_t *us);
/* RFC 3339 in UTC; the fraction is left out when it is 0. Returns the length without the NUL; 0 for
 * moments outside the years 0 to 9999. */
size_t timestamp_write(int64_t us, char out[TIMESTAMP_TEXT_MAX]);
struct text timestamp_text(int64_t us, struct arena *a);

#endif
