/* api_user.h -- users as other resources show them. Query thread. */
#ifndef QUERN_WORKER_API_USER_H
#define QUERN_WORKER_API_USER_H

#include "worker/api_call.h"

enum user_form { USER_BRIEF, USER_FULL };

/* The user object under `key`; null when there is none. */
void user_write(struct api_call *c, const char *key, int64_t user, enum user_form form);
/* A user's row id from "7" or a login name; 0: none. */
int64_t user_named(struct api_call *c, struct text name);
/* May a password be tried? Each try costs one from the caller's address and one from the account, right or
 * wrong: else whoever holds a right password could be told from the answer's speed. False: 429 was answered.
 * In api_login.c. */
bool login_may_try(struct api_call *c, struct text email);

#endif
