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
#include "proto/event.h"

#define GROUP_VERSION 1 /* goes into every hash; a new one starts a transition period */

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

#endif
