/* record.h -- what a ring carries and a block stores: typed, self-contained, versioned byte runs.
 * For        the way from a worker to the writer, and from the writer into blocks and back.
 * Ownership  record_*_write appends to a buf; record_*_read gives texts that point into the bytes.
 * Errors     read functions answer false for anything malformed, whatever the bytes are.
 * Layout     little-endian, fixed header, then length-prefixed texts (u32 length, bytes). The kind
 *            travels in the ring frame and in the block directory, not in the body. */
#ifndef QUERN_PROTO_RECORD_H
#define QUERN_PROTO_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/buf.h"
#include "proto/limits.h"
#include "proto/text.h"

enum record_kind {
    RECORD_EVENT = 1,
    RECORD_ATTACHMENT = 2,
    RECORD_FEEDBACK = 3, /* user_report and feedback items */
    RECORD_OUTCOMES = 4, /* counts of what was not stored, and what SDKs dropped */
    RECORD_COMMAND = 5,  /* a change asked for by the API */
    RECORD_SPANS = 6,    /* a batch of spans of one project */
    RECORD_LOGS = 7,     /* a batch of log records of one project */
    RECORD_PROFILE = 8
};

#define RECORD_TAGS_MAX 255

struct record_tag {
    struct text key, value;
};

/* One stored event: what the writer needs without looking into the payload, then the payload. */
struct record_event {
    uint32_t project;
    uint32_t issue; /* found in or claimed in the index; the writer has the last word */
    uint8_t id[16];
    int64_t timestamp_ms; /* the event's own time */
    int64_t received_ms;
    uint8_t level;      /* enum level */
    uint8_t type;       /* enum event_type */
    uint8_t flags;      /* RECORD_EVENT_* */
    uint8_t hash_count; /* 1 … GROUP_HASHES_MAX */
    uint8_t hashes[GROUP_HASHES_MAX][16];
    uint8_t trace_id[16]; /* zero: none */
    uint8_t span_id[8];
    struct text platform, logger, title, culprit, transaction;
    struct text metadata; /* JSON object: type, value, filename, function … */
    struct text release, dist, environment;
    struct text user;        /* identity: "id:9" …; empty: none */
    struct text reason;      /* how it was grouped, in words, from model/group */
    struct record_tag *tags; /* tag_count of them; in the reader's arena */
    uint32_t tag_count;
    struct text payload; /* the normalised, scrubbed JSON document */
};
#define RECORD_EVENT_HANDLED 0x01   /* mechanism.handled was stated true */
#define RECORD_EVENT_UNHANDLED 0x02 /* … or false */

struct record_attachment {
    uint32_t project;
    uint8_t event_id[16];
    int64_t received_ms;
    struct text name, content_type, type;
    uint64_t size;
    struct text file; /* base name below DATA/attachments; empty: the bytes are in `data` */
    struct text data;
};

struct record_feedback {
    uint32_t project;
    uint8_t event_id[16]; /* the event it speaks of; zero: none */
    uint8_t id[16];       /* its own id; zero for user_report */
    int64_t received_ms;
    struct text name, email, comments, url, source;
    struct text payload; /* feedback item: its normalised event; else empty */
};

/* A list of these is one RECORD_OUTCOMES. */
struct record_outcome {
    uint32_t project;
    uint32_t quantity;
    int64_t time_ms;
    uint8_t outcome; /* enum outcome */
    struct text category, reason;
};
enum outcome {
    OUTCOME_ACCEPTED,
    OUTCOME_FILTERED,
    OUTCOME_RATE_LIMITED,
    OUTCOME_INVALID,
    OUTCOME_ABUSE,
    OUTCOME_CLIENT_DISCARD,
    OUTCOME_DUPLICATE,
    OUTCOME_UNPROCESSED, /* accepted, but quern does not process that kind (yet) */
    OUTCOME_UNKNOWN,     /* unknown kind of item */
    OUTCOMES
};
const char *outcome_name(enum outcome outcome); /* "accepted" … */

struct record_command {
    uint64_t id;    /* answered under this id in the mailbox of the worker */
    uint32_t actor; /* user id; 0: the operator (unix socket or offline) */
    int64_t time_ms;
    struct text name; /* "issue.update", "project.add" … see writer/command.h */
    struct text args; /* JSON object */
};

void record_event_write(struct buf *out, const struct record_event *r);
bool record_event_read(struct text body, struct arena *a, struct record_event *out);
/* Without tags, hence without an arena: for walking blocks quickly. */
bool record_event_peek(struct text body, struct record_event *out);
void record_attachment_write(struct buf *out, const struct record_attachment *r);
bool record_attachment_read(struct text body, struct record_attachment *out);
void record_feedback_write(struct buf *out, const struct record_feedback *r);
bool record_feedback_read(struct text body, struct record_feedback *out);
void record_outcome_write(struct buf *out, const struct record_outcome *r); /* append one */
/* Read the next of the list from *body and cut it off; false at the end or when malformed. */
bool record_outcome_next(struct text *body, struct record_outcome *out);
void record_command_write(struct buf *out, const struct record_command *r);
bool record_command_read(struct text body, struct record_command *out);

#endif
