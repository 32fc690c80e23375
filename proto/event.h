/* event.h -- one error event, as an SDK sent it: JSON in, struct and normalised JSON out.
 * For        everything that follows: scrubbing, grouping, titles, the record for the ring.
 * Ownership  all of it lives in the arena or points into the body.
 * Errors     one bad field never fails an event: it becomes null, and a note says so
 *            (`errors` of the stored document). event_read fails only for what is no JSON object.
 * Source     Relay's normalisation and its order; Sentry's event payload documentation.
 *
 * Order of work: event_read (tree, legacy names, schema, trimming) → scrub_event (model/scrub.h,
 * edits the tree) → event_fill (tree → struct) → grouping, title → event_write (tree → payload). */
#ifndef QUERN_PROTO_EVENT_H
#define QUERN_PROTO_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "proto/text.h"

enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVEL_FATAL };
const char *level_name(enum level level); /* "debug" … "fatal" */

enum event_type {
    EVENT_DEFAULT,
    EVENT_ERROR,
    EVENT_CSP,
    EVENT_HPKP,
    EVENT_EXPECTCT,
    EVENT_EXPECTSTAPLE,
    EVENT_TRANSACTION,
    EVENT_FEEDBACK,
    EVENT_NEL
};
const char *event_type_name(enum event_type type); /* "default", "error", … as Sentry spells it */

enum tri { TRI_UNKNOWN = -1, TRI_NO = 0, TRI_YES = 1 };

struct frame {
    struct text filename, abs_path, function, raw_function, symbol, module, package, platform;
    struct text context_line;
    struct json *pre_context, *post_context, *vars; /* NULL when absent */
    struct json *data;                              /* what processing said of it, or NULL */
    struct text instruction_addr;                   /* "0x…" */
    uint32_t lineno, colno;                         /* 0: unknown */
    int8_t in_app;            /* enum tri, as sent; after event_fill: never unknown */
    struct json *node;        /* the frame in the tree … */
    struct json *in_app_node; /* … and what it says there, which may be rewritten */
};

struct stack {
    struct frame *frames; /* oldest call first, crash last */
    uint32_t count;       /* never 0 in a stack that is there */
};

struct exception {
    struct text type, value, module, thread_id;
    struct stack *stack;     /* NULL: none */
    struct stack *raw_stack; /* before symbolication */
    struct {
        bool present;
        struct text type, source; /* source: "cause", "exceptions[0]", "__context__" … */
        int8_t handled;           /* enum tri */
        bool synthetic, is_group;
        int64_t exception_id, parent_id; /* -1: absent */
        struct json *meta;
        struct text ns_error_domain, signal_name, mach_exception_name;
        int64_t ns_error_code, signal_number, mach_exception; /* INT64_MIN: absent */
    } mechanism;
    struct json *node;
};

struct thread {
    struct text id, name;
    bool crashed, current;
    int8_t main; /* enum tri */
    struct stack *stack;
    struct json *node;
};

struct tag {
    struct text key, value;
};

struct event {
    struct json *root; /* the normalised document */

    uint8_t id[16];
    bool has_id;
    enum event_type type;
    enum level level;
    struct text platform; /* never absent: "other" */
    int64_t timestamp_us, received_us;

    struct text logger, transaction, culprit_sent, server_name;
    struct text release, dist, environment;
    struct text message_template; /* logentry.message: unformatted */
    struct text message;          /* logentry.formatted */
    struct json *logentry, *request, *user, *contexts, *extra, *sdk, *debug_meta;
    struct text sdk_name, sdk_version;

    struct exception *exceptions; /* oldest cause first, thrown last */
    uint32_t exception_count;
    int64_t main_exception_id; /* -1: absent */
    struct thread *threads;
    uint32_t thread_count;
    struct stack *stacktrace; /* top-level, legacy */

    struct text *fingerprint; /* client's parts, as text; count 0: absent */
    uint32_t fingerprint_count;

    struct tag *tags; /* client's and derived ones */
    uint32_t tag_count;

    struct text user_id, user_email, user_username, user_ip;
    struct text user_key; /* "id:…", "username:…", "email:…", "ip:…"; none: no identity */
    struct text request_url, request_method;

    uint8_t trace_id[16], span_id[8];
    bool has_trace, has_span;

    /* security reports */
    struct {
        struct text directive;   /* effective directive, its first word */
        struct text blocked_uri; /* as sent; "self" when missing */
        struct text host;        /* blocked URI reduced to host[:port]; hostname of the others */
        struct text message;     /* "Blocked 'script' from 'evil.example'" */
    } security;

    /* template interface (Django) */
    struct text template_filename, template_abs_path, template_context_line;
};

/* What the door knows that the payload does not. */
struct event_context {
    struct text envelope_event_id; /* from the envelope header, wins over the payload */
    struct text sent_at;           /* for clock drift; may be absent */
    int64_t received_us;
    struct text client_ip;           /* peer or forwarded address, text form */
    struct text sentry_client;       /* "name/version" of the auth header */
    const struct json *envelope_sdk; /* fallback for `sdk` */
    bool strict_id;                  /* store endpoint: a malformed event_id is an error */
};

enum event_rc {
    EVENT_OK,
    EVENT_NOT_JSON,
    EVENT_NOT_OBJECT,
    EVENT_BAD_ID, /* strict_id only */
    EVENT_SPENT   /* arena budget used up */
};
const char *event_rc_text(enum event_rc rc);

/* Parse, rename, check, normalise, trim. `e` is cleared first. */
enum event_rc event_read(struct text body, const struct event_context *ctx, struct arena *a,
                         struct event *e);
/* The same from a tree that is already there (security reports, minidumps). */
enum event_rc event_from_tree(struct json *root, const struct event_context *ctx, struct arena *a,
                              struct event *e);
/* Give the event its id, in the struct and in the tree; for events that came without (has_id
 * false). */
void event_set_id(struct event *e, struct arena *a, const uint8_t id[16]);
/* After scrubbing: fill every text, exception, frame, tag of `e` from its tree. */
enum event_rc event_fill(struct event *e, struct arena *a);
/* The document to store. */
void event_write(const struct event *e, struct buf *out);

/* The exception that titles and culprits speak of: main_exception_id, else the last; NULL: none. */
const struct exception *event_main_exception(const struct event *e);
/* The stack trace of the crash: last exception's, its thread's, the crashed or single thread's, the
 * top-level one; NULL: none. */
const struct stack *event_crash_stack(const struct event *e);

#endif
