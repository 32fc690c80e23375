/* group_parts.h -- what an event is made of, as grouping sees it: the parts of frames, stack traces
 * and exceptions, each with its value, whether it takes part, and why not. Private to model/group_*
 * and model/rules_*.
 * A part is made once and serves every variant; what differs between variants stands in the views.
 */
#ifndef QUERN_MODEL_GROUP_PARTS_H
#define QUERN_MODEL_GROUP_PARTS_H

#include "model/group.h"
#include "model/rules.h"

enum { GROUP_FRAMES_MAX = 250 }; /* per stack trace: the oldest and the newest half are kept */

enum platform {
    PLATFORM_OTHER,
    PLATFORM_JAVASCRIPT,
    PLATFORM_NODE,
    PLATFORM_PYTHON,
    PLATFORM_JVM,
    PLATFORM_GO,
    PLATFORM_RUBY,
    PLATFORM_PHP,
    PLATFORM_CSHARP,
    PLATFORM_NATIVE,
    PLATFORM_COCOA, /* Swift, Objective-C */
    PLATFORM_DART,
    PLATFORM_ELIXIR
};
enum platform group_platform(struct text name);
enum family group_family(enum platform p);

struct part {
    struct text value; /* TEXT_NONE: there is no such part */
    const char *hint;  /* why it does not take part, or what was done to it; NULL: nothing to say */
    bool on;
};
void part_set(struct part *p, struct text value);
void part_change(struct part *p, struct text value, const char *hint);
void part_off(struct part *p, const char *hint);

/* ---- frames ---- */

struct digest {
    uint8_t bytes[16];
};

struct frame_parts {
    const struct frame *frame;
    struct part module, filename, function, line;
    struct part bare;       /* function, even where the line stands for it */
    const char *hint;       /* why the whole frame does not count */
    bool on;                /* some part does */
    bool telling;           /* function or line do */
    struct digest id;       /* of the parts that are on */
    struct digest loose_id; /* of module or file, and function; without the line */
};

/* Function name as rules see it: trimmed, "<unknown>" when there is none. */
struct text group_function(const struct frame *f, struct text event_platform, struct arena *a);
/* Signatures, template arguments, hashes of compilers off. */
struct text group_trim_native(struct text function, bool swift, struct arena *a);
void group_frame_parts(const struct frame *f, enum platform p, struct arena *a,
                       struct frame_parts *out);

/* Normalisers of one name each; they answer the text itself when there is nothing to do. */
struct text group_clean_basename(struct text name, struct arena *a);
struct text group_clean_path_module(struct text module, bool script, struct arena *a);
void group_module_part(const struct frame *f, enum platform p, struct text function,
                       struct arena *a, struct part *out);
void group_filename_part(const struct frame *f, enum platform p, struct arena *a, struct part *out);
void group_function_part(const struct frame *f, enum platform p, struct arena *a, struct part *out);
bool group_is_url(struct text path, enum family family, bool file_counts);

/* ---- stack traces ---- */

enum view_kind { VIEW_APP, VIEW_FULL, VIEWS };

struct stack_view {
    bool on[GROUP_FRAMES_MAX];
    const char *hint[GROUP_FRAMES_MAX];
    const struct stack_rule *rule[GROUP_FRAMES_MAX]; /* that had the last word on a frame */
    uint32_t count;                                  /* frames that are on */
    bool contributes;
    const char *why; /* why not */
};

struct stack_parts {
    struct frame_parts *frames;
    struct rule_frame *rules;
    uint32_t count, dropped; /* dropped: frames beyond GROUP_FRAMES_MAX, from the middle */
    struct stack_view view[VIEWS];
    const struct frame_parts *callee; /* the library call that failed; only for the app view */
    struct digest callee_id;
    bool exhausted; /* deep recursion until the stack was used up: only the cycle counts */
};

/* The thread that stands for the event: the crashed, the current, the only one. */
const struct thread *group_thread(const struct event *e);
/* Mark in_app and category, and write in_app back to frames and tree. */
bool group_classify(struct event *e, struct stack *s, const struct rule_owner *owner,
                    const struct group_rules *rules, struct arena *a, struct stack_parts **out);
/* Parts and views; after group_classify. `type`: of the exception, may be absent. */
bool group_stack_views(const struct event *e, struct stack_parts *s, const struct rule_owner *owner,
                       struct arena *a);

#endif
