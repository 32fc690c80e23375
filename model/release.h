/* release.h -- which release is newer?
 * A release is called "package@version" or just "version"; versions are read as Sentry's release
 * parser reads them (getsentry/relay, relay-event-schema and sentry-release-parser): up to four
 * numbers, then semver's pre-release and build ("shop@1.4.1-rc.2+77", "2.0", "1.2.3.4").
 * Texts point into the version given. Pure; linear. */
#ifndef QUERN_MODEL_RELEASE_H
#define QUERN_MODEL_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

struct release_name {
    struct text package; /* before the last '@'; absent when there is none */
    struct text version; /* the rest */
    bool semver;         /* what follows is filled in */
    uint64_t number[4];  /* major, minor, patch, revision */
    uint32_t components; /* how many of them were written */
    struct text pre;     /* without the '-'; absent when there is none */
    struct text build;   /* without the '+' */
};

void release_parse(struct text name, struct release_name *out);
/* The name is 12 to 40 hex digits, a commit, not a version. */
bool release_is_hash(struct text version);
/* True: both are versions of one package, and *order is <0, 0 or >0 as a is older than b, the same,
 * or newer. False: names do not tell, dates must. */
bool release_compare(struct text a, struct text b, int *order);
/* Whether a release may be called that: 1 to 200 bytes, no blanks but spaces inside, no '/' or '\',
 * not ".", ".." or "latest". */
bool release_valid(struct text name);

#endif
