/* region.h -- a mapped, stamped file: the common ground of all shared structures.
 * A region file starts with a 64-byte stamp (magic, layout version, layout word derived from sizes,
 * bytes). A file that is short, foreign, or of another layout is refused, never trusted.
 * Space is allocated (posix_fallocate) before it is touched, so that a full disk is an error code
 * here and not a SIGBUS later. */
#ifndef QUERN_SHM_REGION_H
#define QUERN_SHM_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
    void *at;     /* NULL: closed */
    size_t bytes; /* mapped length, stamp included; private copy */
};

struct region_stamp { /* first 64 bytes of every region file */
    uint32_t magic;
    uint32_t version;
    uint64_t layout; /* word derived from struct sizes and offsets */
    uint64_t bytes;
    uint64_t created_ns; /* incarnation: differs each time the file is made anew */
    uint8_t reserved[32];
};
_Static_assert(sizeof(struct region_stamp) == 64, "region stamp v1");

/* Open an existing file. 0, or a negative errno; -ESTALE: foreign, torn or other layout. */
int region_open(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                size_t bytes, struct region *out);
/* Make the file anew (replacing any old one by rename) with `bytes` allocated and zero. */
int region_create(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out);
/* Open; on -ENOENT or -ESTALE create. *fresh says which. */
int region_ensure(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out, bool *fresh);
void region_close(struct region *r);
uint64_t region_incarnation(const struct region *r);
/* CRC-32C (Castagnoli), hardware where there is one. */
uint32_t crc32c(uint32_t seed, const void *bytes, size_t len);

#endif
