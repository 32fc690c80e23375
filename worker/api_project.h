/* api_project.h -- projects as other resources show them. Query thread. */
#ifndef QUERN_WORKER_API_PROJECT_H
#define QUERN_WORKER_API_PROJECT_H

#include "worker/api_call.h"
#include "worker/api_page.h"

/* The call's projects under `key`; a page of them when `page` is given (then the Link header is
 * set). */
void project_write_list(struct api_call *c, const char *key, const struct api_page *page);

#endif
