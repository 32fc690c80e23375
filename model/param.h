/* param.h -- the variable parts of a message, replaced by their kind: "order 18 failed after 250ms"
 * becomes "order <int> failed after <duration>".
 * For        grouping by message or exception value, `{{ message }}` in fingerprints.
 * Purity     no state, no locale; the same text gives the same answer for ever within one
 *            GROUP_VERSION.
 * Ownership  the answer lives in the arena, or is the text itself when nothing was replaced.
 * Cost       one pass over the bytes, linear whatever they hold: no regular expressions, no
 *            backtracking. Text behind PARAM_MAX bytes is cut off.
 * Source     the kinds, their order and their borders are those of Sentry's parameterisation of
 *            2026; where users complained about it we differ on purpose, see docs/grouping.md. */
#ifndef QUERN_MODEL_PARAM_H
#define QUERN_MODEL_PARAM_H

#include "proto/arena.h"
#include "proto/text.h"

#define PARAM_MAX 8192 /* bytes of one text that are looked at; Sentry leaves longer ones alone */

/* TEXT_NONE for an absent text, or when the arena is spent. */
struct text param_text(struct text t, struct arena *a);

/* The same for a message as it is grouped: its first two lines that are not blank, without a stack
 * trace that somebody pasted behind them. */
struct text param_message(struct text t, struct arena *a);

#endif
