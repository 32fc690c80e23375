/* group.h -- event in, ordered list of grouping hashes out, with the reasons.
 * For        workers (which issue does this event belong to?), `quern group`, the explain endpoint.
 * Purity     no I/O, no clock, no locale, no randomness: the same event and rules give the same
 *            hashes in every process and for ever within one GROUP_VERSION.
 * Ownership  results live in the arena.
 * Cost       linear in the event; bounded by the limits of proto/limits.h. */
#ifndef QUERN_MODEL_GROUP_H
#define QUERN_MODEL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/event.h"

/* Goes into every hash: one more with every change that gives known events other hashes, of the
 * built-in rules too. The writer then lets issues learn the new ones (writer/relearn.h). */
#define GROUP_VERSION 1
#define GROUP_CONFIG_ID TEXT("quern:1")

/* Compiled rules of a project: fingerprint rules and stack trace rules in Sentry's grammar.
 * Built-in rules are not among them, they are always there. */
struct group_rules;

struct group_rules_error {
    const char *which;     /* "fingerprint rules" or "stack trace rules" */
    uint32_t line, column; /* from 1; 0: the memory was not enough */
    struct text reason;    /* in the arena */
};

/* NULL: a line is wrong, see *error. Either text may be absent. The texts must outlive the rules,
 * which live in the arena. */
struct group_rules *group_rules_compile(struct text fingerprint_rules, struct text stack_rules,
                                        struct arena *a, struct group_rules_error *error);

struct group_hash {
    uint8_t bytes[16];
    const char *variant; /* "custom", "app", "full", "loose", "value", "message", … */
    struct text reason;  /* one line for people: "exception type and 3 in-app frames" */
};

struct group_result {
    struct group_hash hashes[GROUP_HASHES_MAX]; /* in look-up order: the first known decides */
    uint32_t count;                             /* at least 1 */
    struct text title; /* custom title from a fingerprint rule; TEXT_NONE: none */
};

/* `rules` may be NULL (built-in rules only). May rewrite frames' in_app in `e` and in its tree,
 * since the marking decides title and culprit too. False: the arena is spent. */
bool group_event(struct event *e, const struct group_rules *rules, struct arena *a,
                 struct group_result *out);

/* The same, and why: {grouping_config, hashes, matchedRule, title, variants}, where each variant has
 * a tree of components {id, name, contributes, hint, values} as in Sentry's grouping-info. `stored`
 * are the keys that the event was stored with: variants whose key is not among them say so
 * (hashMismatch), since rules or version changed in between. stored_count 0: it was not stored. */
bool group_explain(struct event *e, const struct group_rules *rules, const uint8_t (*stored)[16],
                   uint32_t stored_count, struct arena *a, struct group_result *result,
                   struct buf *out);

/* An event that was stored after group_event() has what the rules said in its frames: put back what
 * the SDK said, so that the rules can be run again. After event_fill. */
void group_restore(struct event *e);

#endif
