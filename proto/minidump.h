/* minidump.h -- crash dumps of native clients: the dump itself, and the event around it.
 * Ownership  texts point into what was given or into `buf`; trees live in the arena.
 * Source     Relay's minidump endpoint; MINIDUMP_HEADER of minidumpapiset.h for the magic. */
#ifndef QUERN_PROTO_MINIDUMP_H
#define QUERN_PROTO_MINIDUMP_H

#include <stdbool.h>

#include "proto/arena.h"
#include "proto/inflate.h"
#include "proto/json.h"
#include "proto/text.h"

enum minidump_rc {
    MINIDUMP_OK,
    MINIDUMP_MISSING, /* no such field, or nothing in it */
    MINIDUMP_BAD,     /* not the magic of one */
    MINIDUMP_PACKED,  /* with xz or bzip2, which are not read */
    MINIDUMP_TOO_LARGE
};
const char *minidump_rc_text(enum minidump_rc rc); /* as Relay says it */

/* The dump in a field or body: unpacked when it is gzip or zstd, taken out of a multipart body that
 * old Electron nests in the field. */
enum minidump_rc minidump_read(struct text field, size_t max_out, struct arena *a,
                               struct inflate_buf *buf, struct text *out);
/* Without the suffix of the compression. */
struct text minidump_filename(struct text name);

/* The text fields of the form become an event: `sentry` is its JSON, `sentry__1`, `sentry__2` …
 * pieces of that, `sentry[a][b]` one value of it, everything else goes to `extra`. */
struct minidump_form {
    struct arena *arena;
    struct buf json;      /* `sentry`, or its pieces in order */
    struct json *members; /* sentry[a][b] */
    struct json *extra;
};
void minidump_form_init(struct minidump_form *f, struct arena *a);
void minidump_form_add(struct minidump_form *f, struct text name, struct text value);
/* The event tree: what the form says, platform native, level fatal, and an exception that stands
 * for the dump. NULL: the arena is spent. */
struct json *minidump_event(struct minidump_form *f);

#endif
