/* api_project.h -- projects as other resources show them. Query thread. */
#ifndef QUERN_WORKER_API_PROJECT_H
#define QUERN_WORKER_API_PROJECT_H

#include "worker/api_call.h"
#include "worker/api_page.h"

struct group_rules;

/* The call's projects under `key`; a page of them when `page` is given (then the Link header is
 * set). */
void project_write_list(struct api_call *c, const char *key, const struct api_page *page);

/* The grouping rules that the body brings; *rules is NULL when it brings none. False: refused, with
 * the line and the reason. */
bool project_rules(struct api_call *c, const struct group_rules **rules);

#endif
