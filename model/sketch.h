/* sketch.h -- how many different ones? A HyperLogLog of 1,024 registers: 1 KiB, standard error 3.3
 * %.
 * Source     Flajolet, Fusy, Gandouet, Meunier: HyperLogLog (2007), with linear counting while
 *            small.
 * Form       plain bytes, one per register: stored as they are, merged by maximum. All zero: empty.
 *            Pure; total. */
#ifndef QUERN_MODEL_SKETCH_H
#define QUERN_MODEL_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKETCH_BYTES 1024

/* A well mixed 64-bit word for some bytes; the same in every build, since sketches are stored. */
uint64_t sketch_hash(const void *bytes, size_t len);
/* True: the sketch changed. */
bool sketch_add(uint8_t sketch[SKETCH_BYTES], uint64_t hash);
bool sketch_merge(uint8_t into[SKETCH_BYTES], const uint8_t from[SKETCH_BYTES]);
uint64_t sketch_count(const uint8_t sketch[SKETCH_BYTES]);

#endif
