/* api_release.h -- releases as other resources show them. Query thread. */
#ifndef QUERN_WORKER_API_RELEASE_H
#define QUERN_WORKER_API_RELEASE_H

#include "worker/api_call.h"

/* The release object under `key`, or null when there is none of that row. */
void release_write_short(struct api_call *c, const char *key, int64_t release);
/* The same for a version of the call's organisation; unknown: {"version":…} alone. */
void release_write_named(struct api_call *c, const char *key, struct text version);
/* The one that the path names; 0: there is none, told. */
int64_t release_of_path(struct api_call *c);

/* api_deploy.c: how often a release was deployed; the members deployCount and lastDeploy (null: never). */
int64_t deploy_count(struct api_call *c, int64_t release);
void deploy_write_members(struct api_call *c, int64_t release);

#endif
