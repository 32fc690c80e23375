/* multipart.h -- multipart/form-data (RFC 7578, RFC 2046 §5.1), cut into its parts.
 * Ownership  parts point into the body; decoded names live in the arena.
 * Bounds     MULTIPART_PARTS_MAX parts, MULTIPART_HEAD_MAX bytes of headers each; one pass. */
#ifndef QUERN_PROTO_MULTIPART_H
#define QUERN_PROTO_MULTIPART_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

struct multipart {
    struct text rest;
    struct text boundary; /* without the leading dashes */
    uint32_t parts;
    bool begun;
};

struct multipart_part {
    struct text name, filename; /* absent when not stated */
    struct text content_type;
    struct text data;
};

enum multipart_rc {
    MULTIPART_PART,     /* here is one */
    MULTIPART_END,      /* the closing boundary was met */
    MULTIPART_BAD,      /* no boundary where one must be, headers without end, cut short */
    MULTIPART_TOO_MANY, /* parts */
    MULTIPART_SPENT
};
const char *multipart_rc_text(enum multipart_rc rc);

/* The boundary parameter of a Content-Type header. False: not multipart/form-data, or none. */
bool multipart_boundary(struct text content_type, struct text *boundary);
/* Old Electron nests a whole body in a field: its first line is the boundary. */
bool multipart_sniff(struct text body, struct text *boundary);

struct multipart multipart_start(struct text body, struct text boundary);
enum multipart_rc multipart_next(struct multipart *m, struct arena *a, struct multipart_part *out);

#endif
