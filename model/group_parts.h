/* group_parts.h -- what an event is made of, as grouping sees it: the parts of frames, stack traces
 * and exceptions, each with its value, whether it takes part, and why not. Private to model/group_*
 * and model/rules_*.
 * A part is made once and serves every variant; what differs between variants stands in the views.
 */
#ifndef QUERN_MODEL_GROUP_PARTS_H
#define QUERN_MODEL_GROUP_PARTS_H

#include "model/group.h"
#include "model/group_key.h"
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

/* text_starts for literals, whose length the compiler knows. */
static inline bool begins(struct text t, const char *literal)
{
    size_t n = strlen(literal);

    return t.len >= n && memcmp(t.at, literal, n) == 0;
}

struct part {
    struct text value; /* TEXT_NONE: there is no such part */
    const char *hint;  /* why it does not take part, or what was done to it; NULL: nothing to say */
    bool on;
};
void part_set(struct part *p, struct text value);
void part_change(struct part *p, struct text value, const char *hint);
void part_off(struct part *p, const char *hint);

/* ---- frames ---- */

struct frame_parts {
    const struct frame *frame;
    struct part module, filename, function, line;
    struct part bare;    /* function, even where the line stands for it, or that it has none */
    struct text written; /* of a proxy: the class that somebody wrote */
    const char *hint;    /* why the whole frame does not count */
    bool on;             /* the frame counts */
    bool any;            /* some part is on, were the frame to count */
    bool telling;        /* function or line do */
    bool nameless;       /* a lambda, a closure */
    bool minified;       /* its name is a minifier's, and there is no line */
    struct digest id;    /* of the parts that are on */
};

/* Function name as rules see it: trimmed, "<unknown>" when there is none. */
struct text group_function(const struct frame *f, enum platform p, struct arena *a);
/* The frame's own platform, else the event's. */
static inline enum platform group_frame_platform(const struct frame *f, enum platform event)
{
    return f->platform.len ? group_platform(f->platform) : event;
}
/* Signatures, template arguments, hashes of compilers off. */
struct text group_trim_native(struct text function, bool swift, struct arena *a);
/* com.acme.Pay$$SpringCGLIB$$0: com.acme.Pay; TEXT_NONE: it is no proxy. */
struct text group_written_class(struct text module);
/* Of Ruby: "block in pay", whatever is known of depth and class. */
struct text group_block_owner(struct text function, struct arena *a);
/* _ZN4shop4Cart3addEi: shop::Cart::add; what is more than names stays as it is. */
struct text group_demangle(struct text function, struct arena *a);
/* ?total@Cart@shop@@QEAAHXZ: shop::Cart::total */
struct text group_demangle_msvc(struct text function, struct arena *a);
/* Swift's mangled names stay so; what their compiler numbers goes. */
bool group_is_swift(struct text function);
struct text group_swift_name(struct text function, struct arena *a);
/* Of a script's TypeError: without the names that a minifier gave to variables. */
enum { EXPRESSION_MAX = 1024 };
struct text group_script_words(struct text value, struct arena *a);
/* `all`: also a file name that the module takes precedence over; it is there to be explained. */
void group_frame_parts(const struct frame *f, enum platform p, bool all, struct arena *a,
                       struct frame_parts *out);
/* Of a frame without any name: the file name of its image stands for it. */
void group_image_part(struct frame_parts *f, struct arena *a);
/* Of module or file, and function; without the line. */
struct digest group_loose_id(const struct frame_parts *f, struct arena *a);

/* Normalisers of one name each; they answer the text itself when there is nothing to do. */
struct text group_clean_basename(struct text name, struct arena *a);
struct text group_clean_path_module(struct text module, bool script, struct arena *a);
struct text group_clean_php_proxy(struct text t, struct arena *a);
struct text group_clean_javassist(struct text t, struct arena *a);
void group_module_part(const struct frame *f, enum platform p, struct text function,
                       struct arena *a, struct part *out);
void group_filename_part(const struct frame *f, enum platform p, struct arena *a, struct part *out);
void group_function_part(const struct frame *f, enum platform p, struct arena *a, struct part *out);
void group_native_function(struct arena *a, struct part *out);
void group_jvm_function(struct arena *a, struct part *out);
void group_go_function(struct arena *a, struct part *out);
bool group_is_url(struct text path, enum family family, bool file_counts);

/* ---- stack traces ---- */

enum view_kind { VIEW_APP, VIEW_FULL, VIEWS };

struct stack_view {
    /* each an element per frame */
    bool *on;
    const char **hint;              /* why not */
    const struct stack_rule **rule; /* that said so; NULL: none did */
    uint32_t count;                 /* frames that are on */
    bool contributes;
    bool weak;       /* few frames, all with a minifier's names: the next bug has the same */
    const char *why; /* not, or in which way */
    const struct stack_rule *why_rule;
    /* So many frames of those that are on, from the first, are a cycle that may have been entered
     * anywhere: hashed in an order that does not depend on where. */
    uint32_t cycle_len;
    /* Likewise in the loose key, which begins at the frame loose_from. */
    uint32_t loose_from, loose_cycle_len;
};

struct stack_parts {
    struct stack *stack;
    const struct frame **at; /* the frames looked at, oldest call first */
    uint32_t count;          /* of them; at most GROUP_FRAMES_MAX */
    struct rule_frame *rules;
    struct rule_limits limits;
    struct frame_parts *frames; /* NULL until group_stack_views */
    struct stack_view view[VIEWS];
    const struct frame_parts *callee; /* the library call that failed; counts in the app view */
    struct digest callee_id;
};

/* The thread that stands for the event: the crashed, the current, the only one; NULL: none. */
const struct thread *group_thread(const struct event *e);
/* Run the rules over a stack trace; in_app goes back to frames and tree. NULL: the arena is spent.
 */
struct stack_parts *group_classify(const struct event *e, struct stack *s,
                                   const struct rule_owner *owner, const struct group_rules *rules,
                                   struct arena *a);
/* Parts and views of a stack trace that has been classified. False: the arena is spent. */
bool group_stack_views(const struct event *e, struct stack_parts *s, const struct rule_owner *owner,
                       bool all, struct arena *a);
void view_off(struct stack_view *v, uint32_t i, const char *hint, const struct stack_rule *rule);
/* Leave one round of every recursion. */
void group_collapse(struct stack_parts *s, enum view_kind kind, const struct rule_owner *owner);
/* Feed the frames that are on. `loose`: without lines. */
void group_stack_key(struct key *k, const struct stack_parts *s, enum view_kind view, bool loose,
                     struct arena *a);
bool group_sends_lines(enum platform p);

/* ---- exceptions ---- */

struct exception_parts {
    const struct exception *x;
    struct part type, value, domain, code;
    bool type_minified;        /* a minifier named the class */
    struct stack_parts *stack; /* NULL: none */
    const char *dropped;       /* why the exception does not count at all; NULL: it does */
};

struct exception_list {
    struct exception_parts *all; /* as sent: cause first */
    uint32_t count;
    uint16_t *kept; /* indexes of those that count, in order */
    uint32_t kept_count;
};

/* Parts of all exceptions, their stacks classified and viewed; then choose which count. Sets the
 * main exception of the event, for its title. False: the arena is spent. */
bool group_exceptions(struct event *e, const struct group_rules *rules, bool all, struct arena *a,
                      struct exception_list *out);
/* What counts of one exception in a view. A link without stack is in the app view alone. */
bool exception_in(const struct exception_parts *x, enum view_kind view);
bool exception_stack_on(const struct exception_parts *x, enum view_kind view);
bool exception_value_on(const struct exception_parts *x, enum view_kind view);
/* Feed it; false: nothing of it was on. */
bool exception_key(struct key *k, const struct exception_parts *x, enum view_kind view, bool loose,
                   struct arena *a);

/* ---- the whole ---- */

enum strategy {
    STRATEGY_EXCEPTION,
    STRATEGY_THREADS,
    STRATEGY_STACKTRACE,
    STRATEGY_TEMPLATE,
    STRATEGY_CSP,
    STRATEGY_HPKP,
    STRATEGY_EXPECT_STAPLE,
    STRATEGY_EXPECT_CT,
    STRATEGY_MESSAGE,
    STRATEGIES,
    STRATEGY_NONE = STRATEGIES
};

enum fingerprint_kind { FINGERPRINT_DEFAULT, FINGERPRINT_HYBRID, FINGERPRINT_CUSTOM };

struct plain_parts { /* of what has no stack: at most two literals */
    const char *ids[2];
    struct part parts[2];
    uint32_t count;
};

struct grouping {
    struct event *e;
    struct arena *arena;
    const struct group_rules *rules;
    bool all; /* to be explained: also what cannot count any more */

    const struct finger_rule *rule; /* that replaced the client's fingerprint; NULL: none */
    enum fingerprint_kind fingerprint;
    const struct text *values; /* as written by client or rule */
    struct text *resolved;
    uint32_t value_count;
    struct text checksum; /* TEXT_NONE: none */

    struct exception_list exceptions;
    const struct thread *thread;
    struct stack_parts *thread_stack, *top_stack;
    struct plain_parts plain[STRATEGIES]; /* those without stacks */
    enum strategy winner;
    bool on[VIEWS]; /* of a strategy with stacks */
    bool stack_on[VIEWS];
    const char *why[VIEWS]; /* a view is not on */
    bool type_only;         /* module and transaction help an exception that is but a type */
};

/* Everything but the keys. */
bool group_make(struct grouping *g, struct event *e, const struct group_rules *rules,
                struct arena *a, bool all);
void group_keys(const struct grouping *g, struct group_result *out);
const char *strategy_name(enum strategy s);

/* group_finger.c */
bool group_fingerprint(struct grouping *g);
bool group_is_default(struct text entry);
/* A title with its {{ variables }} filled in. */
struct text group_title(const struct grouping *g, struct text title);

/* group_plain.c */
void group_plain(struct grouping *g, enum strategy s);

#endif
