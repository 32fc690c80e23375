/* rules_glob.h -- the patterns of grouping rules, compiled once and matched often.
 * For        fingerprint rules and stack trace rules.
 * Styles     plain: "*" any run, "?" one character, "[a-z]" "[!x]" a class, "{a,b}" alternatives,
 *            backslash escapes. Path: without case, "\" is "/" in pattern and value, "*" and "?"
 *            stop at "/", "**" does not, "**" + "/" may be nothing; a value that does not begin
 *            with "/" is tried with one as well.
 * Cost       the common forms are a comparison or a search; the rest is a state machine over
 *            pattern × value. Nothing backtracks.
 * Errors     a pattern that is broken never matches, as in Sentry. */
#ifndef QUERN_MODEL_RULES_GLOB_H
#define QUERN_MODEL_RULES_GLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

enum glob_style { GLOB_PLAIN, GLOB_NOCASE, GLOB_PATH };
enum glob_shape {
    GLOB_NEVER,
    GLOB_ANY,
    GLOB_EXACT,    /* literal */
    GLOB_PREFIX,   /* literal and anything */
    GLOB_SUFFIX,   /* anything and literal */
    GLOB_CONTAINS, /* anything, literal, anything */
    GLOB_GENERAL
};

struct glob_step;

struct glob {
    uint8_t style, shape;
    bool from_start; /* GENERAL: the literal stands at the start of every match */
    bool rootless;   /* path whose match may begin before the value: try "/" + value too */
    uint16_t step_count;
    struct text
        literal; /* folded as the style wants; GENERAL: occurs in every match, may be empty */
    struct glob_step *steps;
    struct glob *other; /* the next alternative */
};

/* How a style sees one byte. */
extern const uint8_t glob_folded[3][256];
static inline unsigned char glob_fold(enum glob_style style, unsigned char byte)
{
    return glob_folded[style][byte];
}
/* False: the arena is spent. */
bool glob_compile(struct text pattern, enum glob_style style, struct arena *a, struct glob *out);
bool glob_match(const struct glob *g, struct text value);

#endif
