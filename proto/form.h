/* form.h -- application/x-www-form-urlencoded: query strings and the bodies of plain HTML forms.
 * Pure. Malformed escapes stay as they are: nothing is refused. */
#ifndef QUERN_PROTO_FORM_H
#define QUERN_PROTO_FORM_H

#include <stdbool.h>

#include "proto/arena.h"
#include "proto/text.h"

struct form_pair {
    struct text key, value; /* decoded; value absent: there was no '=' */
};

/* The next pair of *rest, which is cut off. False: no more (or the arena is spent). Empty pieces
 * between two '&' are stepped over. */
bool form_next(struct text *rest, struct arena *a, struct form_pair *out);
/* %XX and '+' replaced; the text itself when there are none. */
struct text form_decode(struct text t, struct arena *a);
/* The value of the first pair of that name; TEXT_NONE: none. */
struct text form_get(struct text form, const char *key, struct arena *a);

#endif
