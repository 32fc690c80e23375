/* expression.h -- regular expressions of queries, matched against the whole of a text.
 * Purity     no state, no locale; texts and classes are bytes.
 * Cost       of a match: the bytes of the text times the places of the expression at most, whatever
 *            either holds, and no memory. The C library's expressions have neither bound: an "x+" in
 *            another doubles what it holds, ".*a" before twenty dots takes seconds of 64 KB.
 * Source     RE2's syntax, as Tempo has it: | ( ) (?: ) * + ? . ^ $, classes in brackets with [:names:],
 *            \d \w \s and their opposites. Counts in braces, back references and flags are refused. */
#ifndef QUERN_MODEL_EXPRESSION_H
#define QUERN_MODEL_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

#define EXPRESSION_MAX 256                        /* bytes of an expression */
#define EXPRESSION_WORDS (EXPRESSION_MAX / 64)    /* a bit for each of its places */
enum { SYMBOL_BEGIN = 256, SYMBOL_END, SYMBOLS }; /* beside the bytes, what ^ and $ take */

/* A set of places: bytes, dots and classes of the expression. */
struct expression_set {
    uint64_t bits[EXPRESSION_WORDS];
};

/* Glushkov's automaton: after a place, any of `follow` that takes the next symbol. */
struct expression {
    struct expression_set first, last;
    struct expression_set follow[EXPRESSION_WORDS * 64];
    struct expression_set takes[SYMBOLS];
    uint32_t count;
    bool empty; /* it matches the text without a byte */
};

/* False: it is too long, or not understood. */
bool expression_read(struct text source, struct expression *out);
bool expression_matches(const struct expression *e, struct text t);

#endif
