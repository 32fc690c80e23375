/* region.h -- a mapped, stamped file: the common ground of all shared structures.
 * A region file starts with a 64-byte stamp (magic, layout version, layout word derived from sizes,
 * bytes, boot). A file that is short, foreign, of another layout, or whose stamp is damaged is
 * refused, never trusted.
 * A power cut leaves any mixture of old and new pages in a mapped file. So what can be rebuilt is
 * made anew after a reboot (region_ensure); a ring, which can not, checks each record.
 * Space is allocated (posix_fallocate) before it is touched, so that a full disk is an error code
 * here and not a SIGBUS later. */
#ifndef QUERN_SHM_REGION_H
#define QUERN_SHM_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/crc32c.h"

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
    uint64_t boot;       /* region_boot() of the machine when it was made */
    uint32_t crc;        /* CRC-32C of the fields above */
    uint8_t reserved[20];
};
_Static_assert(sizeof(struct region_stamp) == 64, "region stamp v1");

/* Open an existing file. 0, or a negative errno; -ESTALE: foreign, torn or other layout. */
int region_open(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                size_t bytes, struct region *out);
/* Make the file anew (replacing any old one by rename) with `bytes` allocated and zero. */
int region_create(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out);
/* Open; on -ENOENT or -ESTALE, or when the machine was booted since, create. *fresh says which. */
int region_ensure(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out, bool *fresh);
/* The same for a large file of which only the first `allocated` bytes get room when it is made. */
int region_ensure_sparse(int dir_fd, const char *name, uint32_t magic, uint32_t version,
                         uint64_t layout, size_t bytes, size_t allocated, struct region *out,
                         bool *fresh);
/* Room for more of a sparse file, before it is touched. 0 or a negative errno. */
int region_allocate(int dir_fd, const char *name, size_t from, size_t len);
void region_close(struct region *r);
uint64_t region_incarnation(const struct region *r);
/* Names this boot of the machine; 0 where the kernel does not tell. */
uint64_t region_boot(void);
/* The layout word of the given sizes and offsets: changes when any of them does. */
#define REGION_LAYOUT(...)                       \
    region_layout((const size_t[]){__VA_ARGS__}, \
                  sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))
uint64_t region_layout(const size_t *sizes, size_t count);

#endif
