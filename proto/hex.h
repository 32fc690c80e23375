/* hex.h -- identifiers written in hexadecimal: event ids, trace ids, span ids. Pure. */
#ifndef QUERN_PROTO_HEX_H
#define QUERN_PROTO_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/text.h"

/* Exactly 2 × `bytes` digits, any case. */
bool hex_read(struct text t, uint8_t *out, size_t bytes);
/* The same, but all zero is no identifier. */
bool hex_read_id(struct text t, uint8_t *out, size_t bytes);
/* A UUID: 32 digits, or 36 characters with dashes in the usual places; any case. */
bool uuid_read(struct text t, uint8_t out[16]);
/* 2 × `bytes` lower-case digits, no NUL. */
void hex_write(const uint8_t *in, size_t bytes, char *out);
/* 36 characters, no NUL. */
void uuid_write(const uint8_t id[16], char out[36]);

#endif
