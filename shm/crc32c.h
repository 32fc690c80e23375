/* crc32c.h -- CRC-32C (Castagnoli), as iSCSI has it: RFC 3720 §B.4, appendix of RFC 3385.
 * The seed is the result for the bytes before, 0 for none: crc(ab) = crc(crc(a), b). */
#ifndef QUERN_SHM_CRC32C_H
#define QUERN_SHM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* By the processor's own instruction where there is one. */
uint32_t crc32c(uint32_t seed, const void *bytes, size_t len);
/* The same by table, on any machine; here so that a test can compare the two. */
uint32_t crc32c_portable(uint32_t seed, const void *bytes, size_t len);

#endif
