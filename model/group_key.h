/* group_key.h -- grouping keys in the making: literals, each with its kind and its length, into 128
 * bits of SipHash. The lengths see to it that ("ab","c") and ("a","bc") differ, the kinds that a
 * message never equals an exception's type.
 * Not a secret and no defence: whoever may send events can also send the same event twice. */
#ifndef QUERN_MODEL_GROUP_KEY_H
#define QUERN_MODEL_GROUP_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/text.h"

struct digest {
    uint8_t bytes[16];
};

struct key {
    struct arena *arena; /* asked when `inside` is full */
    unsigned char *at;
    size_t len, room;
    bool failed;
    unsigned char inside[1000];
};

void key_begin(struct key *k, struct arena *a);
void key_text(struct key *k, char kind, struct text t);
/* A masked message: kinds of numbers and ids are one here, since which of them an id looks like is
 * chance ("1234567" is an <int>, "12345678" a <hex>, "1234a67" a <git_sha>); so are addresses
 * with brackets and without, sizes in bytes of any unit, one thing and many of it, and lists of any length. */
void key_masked(struct key *k, char kind, struct text t);
void key_digest(struct key *k, char kind, const struct digest *d);
struct digest key_end(struct key *k);
static inline bool digest_eq(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

#endif
