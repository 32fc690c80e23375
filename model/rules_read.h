/* rules_read.h -- reading rule text: the words that both grammars share.
 * Errors     the first one counts: rules_fail() notes line, column and reason, and every reader
 *            answers false from then on. */
#ifndef QUERN_MODEL_RULES_READ_H
#define QUERN_MODEL_RULES_READ_H

#include "model/rules.h"

struct rules_reader {
    struct text text; /* all of it */
    size_t at, end;   /* where we are; end of this line, blanks behind it left out */
    size_t line_at;
    uint32_t line;
    struct arena *arena;
    struct categories *categories;
    struct group_rules_error *error;
    const char *which;
    bool failed;
};

bool rules_fail(struct rules_reader *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The next line that is neither empty nor a comment. False: the end. */
bool rules_next_line(struct rules_reader *r);
void rules_blanks(struct rules_reader *r);
bool rules_at_end(struct rules_reader *r); /* of the line, behind blanks */
bool rules_peek(const struct rules_reader *r, char c);
bool rules_take(struct rules_reader *r, char c);
/* Letters, digits, "_", ".", "-"; empty when there are none. */
struct text rules_word(struct rules_reader *r);
/* What stands between quotes; `escapes`: a backslash before a quote or a backslash goes. */
bool rules_quoted(struct rules_reader *r, bool escapes, struct text *out);

/* Number of a category, new if need be. */
bool rules_category(struct rules_reader *r, struct text name, uint32_t *out);
/* [!]name:argument. `bracketed`: a "]" ends the argument. `finger`: fingerprint rules' names. */
bool rules_matcher(struct rules_reader *r, bool finger, bool bracketed, struct matcher *out);

#endif
