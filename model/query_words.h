/* query_words.h -- the words people type to find spans and log records, as conditions.
 * Grammar    words "key:value", "!key:value", "key:>10ms", "key:[a,b]", "has:key"; quotes; '*' in a
 *            value stands for any run; AND, OR, parentheses; what has no key is looked for in names and
 *            texts. An unknown key is an attribute.
 * Errors     false and a sentence.
 * Source     getsentry/sentry, api/event_search.py, search/eap/spans/attributes.py. Pure. */
#ifndef QUERN_MODEL_QUERY_WORDS_H
#define QUERN_MODEL_QUERY_WORDS_H

#include "model/span_query.h"

bool query_words(struct text t, int64_t now_ms, struct arena *a, struct span_query *q,
                 uint32_t *root, struct text *error);
/* The field behind a column or key: "span.op", "tags[cart.size,number]" … */
struct query_term query_column(struct text name, struct arena *a);

#endif
