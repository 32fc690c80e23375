/* api_user.h -- users as other resources show them. Query thread. */
#ifndef QUERN_WORKER_API_USER_H
#define QUERN_WORKER_API_USER_H

#include "worker/api_call.h"

enum user_form { USER_BRIEF, USER_FULL };

/* The user object under `key`; null when there is none. */
void user_write(struct api_call *c, const char *key, int64_t user, enum user_form form);
/* A user's row id from "7" or a login name; 0: none. */
int64_t user_named(struct api_call *c, struct text name);

#endif
