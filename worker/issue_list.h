/* issue_list.h -- what changes of many issues share with the list of them: the same parameters name
 * the same issues. Query thread. */
#ifndef QUERN_WORKER_ISSUE_LIST_H
#define QUERN_WORKER_ISSUE_LIST_H

#include "worker/issue_search.h"

/* Projects, environments, and the issues that the parameter `ids` names. False: refused. */
bool issue_list_scope(struct api_call *c, const char *ids, struct issue_search *s);
/* False: refused with 400. */
bool issue_list_parse(struct api_call *c, struct text query, struct search *out);
/* The same for events, where OR is understood. */
bool event_list_parse(struct api_call *c, struct text query, struct search_any *out);
/* The issues that a bulk change is for: those of `id` parameters that there are, or, with by_query
 * and without ids, the result of `query` and `status`. At most API_IDS_MAX into `ids`. */
uint32_t issue_list_targets(struct api_call *c, int64_t *ids, bool by_query);

#endif
