/* rules.h -- what grouping rules look like once they are compiled. Only the files of model/rules_*
 * and model/group_* read this; everybody else has struct group_rules of group.h, opaque.
 * Source     the two grammars are those of Sentry's fingerprint rules and stack trace rules
 *            (docs.sentry.io, "Fingerprint Rules", "Stack Trace Rules"); thread.* is ours. */
#ifndef QUERN_MODEL_RULES_H
#define QUERN_MODEL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/group.h"
#include "model/rules_glob.h"

#define RULES_BUILT_IN_VERSION "2026-01-20"

enum {
    RULES_MAX = 1000,            /* of one kind, per project */
    RULES_TEXT_MAX = 256 * 1024, /* bytes of one rule text */
    RULE_MATCHERS_MAX = 32,
    RULE_ACTIONS_MAX = 16,
    RULE_VALUES_MAX = 64,
    CATEGORIES_MAX = 64
};

/* Platforms that behave alike. */
enum family { FAMILY_OTHER, FAMILY_NATIVE, FAMILY_JAVASCRIPT, FAMILIES };

enum rule_field {
    /* of a frame, as text: these can be looked up in the index */
    FIELD_MODULE,
    FIELD_FUNCTION,
    FIELD_PATH,
    FIELD_PACKAGE,
    INDEXED_FIELDS,
    /* of a frame */
    FIELD_CATEGORY = INDEXED_FIELDS,
    FIELD_APP,
    FIELD_FAMILY,
    /* of the exception and the thread that own the stack trace; of an event */
    FIELD_ERROR_TYPE,
    FIELD_ERROR_VALUE,
    FIELD_ERROR_MECHANISM,
    FIELD_THREAD_NAME,
    FIELD_THREAD_ID,
    FIELD_THREAD_CRASHED,
    FIELD_THREAD_CURRENT,
    /* of an event only */
    FIELD_MESSAGE,
    FIELD_LOGGER,
    FIELD_LEVEL,
    FIELD_TAG,
    FIELD_RELEASE,
    FIELD_SDK
};

struct matcher {
    uint8_t field;
    bool negated;
    int8_t truth;         /* app, thread.crashed, …: enum tri; unknown never matches */
    uint8_t families;     /* bits of enum family; "all" is all of them */
    struct text name;     /* tag */
    struct text argument; /* sdk: the comma list */
    uint64_t categories;  /* bits of the categories that the pattern fits */
    struct glob glob;
};

/* ---- stack trace rules ---- */

enum action_kind {
    ACTION_APP,
    ACTION_GROUP,
    ACTION_CATEGORY,
    ACTION_MAX_FRAMES,
    ACTION_MIN_FRAMES,
    ACTION_NONE
};
enum action_range { RANGE_FRAME, RANGE_UP, RANGE_DOWN }; /* up: towards the crash */

struct action {
    uint8_t kind, range;
    bool on;
    uint32_t value; /* a number, or a category */
};

enum { WAY_NONE = UINT16_MAX };

struct stack_rule {
    struct text text; /* as written, for explanations */
    uint32_t line;
    uint16_t frame_count, owner_count, action_count;
    bool built_in, classifies, contributes, never;
    uint8_t families;      /* frames of other families never match */
    uint16_t way;          /* the frame matcher by which the index finds it, or WAY_NONE */
    bool decided;          /* the index answers it in full */
    struct matcher *frame; /* must hold for one frame */
    struct matcher *owner; /* must hold for the exception or thread */
    struct matcher *caller, *callee; /* NULL: not asked */
    uint64_t needs[3];               /* each: one of these categories must be about; 0: no matter */
    struct action *actions;
};

/* Which rules may match a frame, told by the first bytes of its fields, so that a frame meets a
 * handful of the three hundred built-in ones. */
struct rule_gate {
    uint64_t bytes[2], mask[2]; /* the first 16 bytes that must stand there, as two words */
    uint16_t rule;
};
struct rule_bucket {
    uint16_t from, count; /* in gates */
};
struct rule_search {
    uint16_t rule;
    uint8_t field;
    char byte, other;    /* the literal's rarest byte, in both cases */
    uint16_t at;         /* where in the literal it stands */
    uint64_t letters;    /* bits: bytes of the literal, see rules_letters */
    struct text literal; /* occurs in whatever matches */
};
struct rule_index {
    struct rule_bucket starts[INDEXED_FIELDS][256]; /* by the first byte of the value */
    struct rule_bucket dirs[2][256];                /* path, package: by the byte behind any "/" */
    bool has_dirs[2];
    struct rule_gate *gates;
    struct rule_search *searches;             /* by field: … */
    uint32_t search_from[INDEXED_FIELDS + 1]; /* … where each one's begin */
    uint16_t *everywhere;                     /* must be tried on every frame */
    uint32_t everywhere_count;
};

struct stack_rules {
    struct stack_rule *rules;
    uint32_t count;
    uint64_t *dynamic; /* bits: rules that hang on categories and the like alone */
    uint64_t *pass[2]; /* bits: rules that classify; rules that contribute */
    struct rule_index index[FAMILIES];
};

/* ---- fingerprint rules ---- */

struct finger_rule {
    struct text text;
    uint32_t line;
    bool built_in;
    uint16_t matcher_count, value_count;
    struct matcher *matchers;
    struct text *values;
    struct text title; /* TEXT_NONE: none */
};

struct finger_rules {
    struct finger_rule *rules;
    uint32_t count;
};

struct categories {
    struct text names[CATEGORIES_MAX];
    uint32_t count;
};

struct group_rules {
    struct stack_rules stack;
    struct finger_rules finger;
    struct categories categories; /* the built-in ones first */
};

/* The rules that hold for everybody; compiled once per process. */
const struct group_rules *rules_built_in(void);

/* ---- parsing (rules_parse.c, rules_compile.c) ---- */

bool rules_parse_stack(struct text text, struct arena *a, struct group_rules *out,
                       struct group_rules_error *error);
bool rules_parse_finger(struct text text, struct arena *a, struct group_rules *out,
                        struct group_rules_error *error);
bool rules_index(struct stack_rules *rules, const struct categories *known, struct arena *a);
/* A bit for each byte that occurs, folded as the field is: what lacks one holds no such literal. */
uint64_t rules_letters(unsigned field, struct text t);

/* ---- evaluating ---- */

/* One frame as rules see it. */
struct rule_frame {
    struct text field[INDEXED_FIELDS]; /* absent never matches; no function is "<unknown>" */
    uint8_t family;
    uint8_t category; /* 0: none, else 1 + its number */
    int8_t in_app;    /* enum tri */
    int8_t group;     /* after the second pass: TRI_YES +group, TRI_NO -group */
    /* which rule said so, for explanations */
    const struct stack_rule *app_rule, *group_rule;
};

/* What owns a stack trace. */
struct rule_owner {
    struct text type, value, mechanism; /* absent: "<unknown>" */
    const struct thread *thread;        /* may be NULL */
};

struct rule_limits {
    uint32_t max_frames, min_frames; /* 0: none */
    const struct stack_rule *max_rule, *min_rule;
};

/* Both passes over one stack trace of at most 256 frames: in_app and category, then group flags and
 * limits. `project` may be NULL. False: the arena is spent. */
bool rules_run_stack(const struct group_rules *project, struct rule_frame *frames, uint32_t count,
                     const struct rule_owner *owner, struct arena *a, struct rule_limits *limits);

/* The first fingerprint rule that matches, project's before built-in ones; NULL: none. */
const struct finger_rule *rules_match_finger(const struct group_rules *project,
                                             const struct event *e, struct arena *a);

#endif
