/* scrub_rules.h -- what a secret looks like: words in keys and values, patterns in text. Private to
 * scrub.c. Every function looks at each byte a bounded number of times.
 *
 * scrub_look() is one cheap pass that almost every text ends at: it says which rules could find
 * something, by how their words and numbers begin. */
#ifndef QUERN_MODEL_SCRUB_RULES_H
#define QUERN_MODEL_SCRUB_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

#define SCRUB_FILTERED "[Filtered]"

struct scrub_signs {
    uint64_t seen; /* ends of the beginnings that occur */
};
struct scrub_signs scrub_look(struct text t);

/* "password", "authorization", "x-api-key", "otp", … */
bool scrub_secret_key(struct text key, struct scrub_signs signs);
/* The same words inside a value; of tokens only "token:" and "token=". */
bool scrub_secret_value(struct text value, struct scrub_signs signs);
/* A cookie that carries a session or guards a form. */
bool scrub_secret_cookie(struct text name);
/* One in a Cookie or Set-Cookie header. */
bool scrub_secret_cookies(struct text header);

enum scrub_style {
    SCRUB_FILTER,  /* "[Filtered]" where the match stood */
    SCRUB_READABLE /* "[email]", "[creditcard]", "[iban]", "[usssn]" … */
};
struct scrub_patterns {
    enum scrub_style style;
    bool secrets; /* cards, IBANs, SSNs, keys, passwords in URLs, users in paths, bearer tokens */
    bool ip;      /* addresses → "[ip]" */
};
/* The text with what matches replaced; the text itself when nothing does. */
struct text scrub_replace(struct text t, struct scrub_signs signs, struct scrub_patterns which,
                          struct arena *a);

/* Words of a project's own, all at once, each byte once (Shift-And over bit vectors). */
struct scrub_words;
struct scrub_words *scrub_words_new(const struct text *words, uint32_t count, struct arena *a);
bool scrub_words_in(const struct scrub_words *w, struct text t); /* w may be NULL */

#endif
