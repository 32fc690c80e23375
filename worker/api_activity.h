/* api_activity.h -- what happened to an issue, as details and lists show it. Query thread. */
#ifndef QUERN_WORKER_API_ACTIVITY_H
#define QUERN_WORKER_API_ACTIVITY_H

#include "worker/issue_view.h"

#define ACTIVITY_SHOWN 100

/* "activity":[…] into an open object: newest first, closed by "first_seen" when nothing is cut off. */
void activity_write(struct api_call *c, const struct issue_row *r, uint32_t limit);
/* One element, from the columns id, user_id, type, data, created_ms of the statement's row. */
void activity_write_row(struct api_call *c, struct db_stmt *s);

#endif
