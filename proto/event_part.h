/* event_part.h -- what the parts of event reading share: the walk over one document and its rules.
 * Private to proto/event*.c. Each interface of an event (exception, frame, user, request …) is a
 * table of fields; event_fields() walks an object once along its table: unknown members leave, null
 * leaves, and every other member meets its check, which mends it, cuts it, or nulls it with a note.
 */
#ifndef QUERN_PROTO_EVENT_PART_H
#define QUERN_PROTO_EVENT_PART_H

#include "proto/event.h"

#define EVENT_PATH_MAX 12
#define EVENT_ORDER_MAX 24

/* An SDK writes the members of all its frames in the same order: which field the member at each place was
 * the last time. */
struct event_order {
    struct {
        struct text key;
        uint32_t field;
    } at[EVENT_ORDER_MAX];
    uint32_t count;
};

/* One document on its way through event_from_tree(). */
struct event_work {
    struct event *e;
    struct arena *a;
    const struct event_context *ctx;
    int64_t shift_us;               /* added to every timestamp: the client's clock is wrong */
    struct text tagged_environment; /* a tag of that name, in case there is no attribute */
    struct json *notes;             /* not in the tree while that is being walked; NULL: none yet */
    struct {
        struct text name; /* absent: an index */
        uint32_t index;
    } path[EVENT_PATH_MAX];
    uint32_t depth;
    struct event_order *frames, *breadcrumbs;
};

struct event_field;
typedef void event_check(struct event_work *w, struct json *v, const struct event_field *f);

struct event_field {
    const char *key;
    uint32_t len;
    event_check *check;
    uint32_t max;  /* text: characters; bag: bytes of JSON */
    uint16_t more; /* text: tolerated beyond max before it is cut; bag: depth */
};
/* Key, check, and as far as the check reads them `max` and `more`. */
#define EVENT_FIELD(key_, check_, ...)                                           \
    {                                                                            \
        .key = (key_), .len = sizeof(key_) - 1, .check = (check_), ##__VA_ARGS__ \
    }
#define EVENT_FIELDS(table) ((uint32_t)(sizeof(table) / sizeof *(table)))

enum event_other {
    OTHER_DROP, /* unknown members leave without a word */
    OTHER_NOTE, /* … with a note */
    OTHER_KEEP  /* … stay */
};

/* Walk `object` along `fields`. found[i], when given, becomes the member of fields[i] or NULL. */
void event_fields(struct event_work *w, struct json *object, const struct event_field *fields,
                  uint32_t count, enum event_other other, struct json **found);
/* Only look: found[i] as above, nothing is changed. */
void event_find(const struct json *object, const struct event_field *fields, uint32_t count,
                struct json **found);
/* The same for objects that come in numbers; order->count begins at 0. */
void event_fields_in_order(struct event_work *w, struct event_order *order, struct json *object,
                           const struct event_field *fields, uint32_t count, enum event_other other,
                           struct json **found);
void event_find_in_order(struct event_order *order, const struct json *object,
                         const struct event_field *fields, uint32_t count, struct json **found);

/* Note a fault of the value at the current path, then null it. */
void event_refuse(struct event_work *w, struct json *v);
void event_note_here(struct event_work *w, const char *type, const struct json *value);
void event_enter(struct event_work *w, struct text name);
void event_enter_index(struct event_work *w, uint32_t index);
void event_leave(struct event_work *w);

/* Checks for tables. */
event_check event_keep;         /* anything */
event_check event_text;         /* a string of at most max (+ more) characters */
event_check event_text_trimmed; /* … without blanks around it; empty: absent */
event_check event_text_of_any;  /* numbers and booleans become text; containers are refused */
event_check event_scalar_text;  /* … containers leave without a word */
event_check event_bool;
event_check event_uint; /* 1 …; 0 and below: unknown, absent */
event_check event_int;  /* any integer */
event_check event_time; /* becomes RFC 3339 text, shifted */
event_check event_list;
event_check event_bag;     /* an object: depth `more`, `max` bytes of JSON */
event_check event_any_bag; /* anything, cut like a bag */
event_check event_address; /* "0x1e240", "123456" or a number: becomes "0x…" */

/* Interfaces, each in its file. */
event_check event_exception, event_threads, event_stacktrace, event_breadcrumbs;
event_check event_logentry, event_tags, event_request, event_user, event_contexts, event_sdk,
    event_debug_meta, event_level, event_release, event_environment, event_dist, event_fingerprint,
    event_logger, event_platform;

/* `exception`, `threads`, `breadcrumbs` come as {"values":[…]}, as a list, as one bare object. Make
 * it
 * {"values":[objects]}, the last `max` of those that `check` keeps, or null. */
void event_values(struct event_work *w, struct json *v, uint32_t max,
                  bool (*check)(struct event_work *w, struct json *element));
/* Replace a string, a cut one ends in "...". */
void event_cut_text(struct event_work *w, struct json *v, size_t max, size_t more);
void event_set_text(struct event_work *w, struct json *v, struct text decoded);
/* A number or truth value becomes the text that Relay makes of it: 4.5 is "4", true is "True". Other values,
 * and numbers beyond 2^53, stay as they are. */
void event_as_text(struct event_work *w, struct json *v);
/* Cut a tree down to `depth` levels and `bytes` of JSON. */
void event_cut_bag(struct event_work *w, struct json *v, uint32_t depth, size_t bytes);
/* Objects stay, an empty list becomes an empty object, all else is refused: false. */
bool event_is_object(struct event_work *w, struct json *v);
/* Add a tag unless there is one of that name. The tree's tags are a list of pairs. */
void event_add_tag(struct event_work *w, struct text key, struct text value);
/* The value of a pair in a list of pairs, key folded to lower case or not. */
struct json *event_pair(const struct json *pairs, struct text key, bool nocase);
struct json *event_new_pair(struct arena *a, struct text key, struct json *value);
/* A new note, for members of one's own; NULL: enough of them. */
struct json *event_new_note(struct event_work *w, const char *type, struct text name);
/* Notes into the document's `errors`, behind those that the client sent. */
void event_attach_notes(struct event_work *w);
/* User and sender addresses, after request, user and sdk have been checked. */
void event_infer_ip(struct event_work *w);
void event_default_sdk(struct event_work *w);
/* Contexts from the User-Agent header, where there are none. */
void event_agent(struct event_work *w);

/* After scrubbing: tree → struct. */
struct stack *event_fill_stack(const struct json *stacktrace, struct arena *a);
/* Frames of which nobody said whether they are the application's. */
void event_fill_in_app(struct event *e, struct arena *a);
bool event_fill_exceptions(struct event *e, struct arena *a);
bool event_fill_threads(struct event *e, struct arena *a);
bool event_fill_fingerprint(struct event *e, struct arena *a);
void event_fill_user(struct event *e, struct arena *a);
bool event_fill_tags(struct event *e, struct arena *a); /* last: they are made of the others */
bool event_level_of(const struct json *v, enum level *out);

#endif
