/* utf8.h -- bytes that claim to be text: check them, mend them. Pure; RFC 3629 §4. */
#ifndef QUERN_PROTO_UTF8_H
#define QUERN_PROTO_UTF8_H

#include <stdbool.h>

#include "proto/arena.h"
#include "proto/text.h"

bool utf8_valid(struct text t);
/* The same text when it is valid, else a copy with U+FFFD for each byte that fits nowhere. The text
 * itself when the arena is spent. */
struct text utf8_mend(struct text t, struct arena *a);

#endif
