/* Ring recovery: a ring with some records in it is damaged as the input says, then drained and used
 * on. Input: edits of four bytes, each an offset into the file behind the stamp and bytes to flip.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/log.h"
#include "shm/ring.h"

#define BYTES 4096
#define STAMP 64
#define FILE_BYTES (4096 + BYTES)
#define RECORDS 24

static int dir = -1;
static uint8_t whole[FILE_BYTES]; /* the file before damage */
static uint64_t applied;

static void fill(uint8_t *body, size_t len, uint64_t sequence)
{
    for (size_t i = 0; i < len; i++)
        body[i] = (uint8_t)(sequence * 31 + i);
}

static size_t length_of(uint64_t sequence)
{
    return sequence * 37 % 260;
}

static bool put(struct ring *r, uint64_t sequence, size_t len)
{
    uint8_t body[512];
    struct iovec part = {body, len};
    uint64_t end;

    fill(body, len, sequence);
    return ring_put(r, (uint16_t)sequence, &part, 1, &end) == RING_OK;
}

static void make_ring(void)
{
    char path[] = "/tmp/quern-fuzz-XXXXXX";
    struct ring *r;
    struct ring_record rec;
    int fd;

    dir = open(mkdtemp(path), O_RDONLY | O_DIRECTORY);
    log_set_level(LOG_LEVEL_ERROR);
    assert(dir != -1 && ring_open(dir, "ring", BYTES, &r) == 0);
    for (uint64_t n = 1; n <= RECORDS; n++) /* into the second lap */
        while (!put(r, n, length_of(n))) {
            assert(ring_next(r, &applied, &rec) == RING_OK);
            ring_release(r, applied);
        }
    ring_close(r);
    fd = openat(dir, "ring", O_RDONLY);
    assert(pread(fd, whole, sizeof(whole), 0) == (ssize_t)sizeof(whole));
    close(fd);
}

/* All that is lent must be one of the records that were put, unharmed. */
static void drain(struct ring *r, uint64_t *cursor)
{
    struct ring_record rec;
    uint8_t body[512];
    enum ring_rc rc;
    int steps = 0;

    while ((rc = ring_next(r, cursor, &rec)) != RING_EMPTY) {
        assert(++steps < BYTES);
        if (rc != RING_OK)
            continue;
        assert(rec.len <= sizeof(body));
        fill(body, rec.len, rec.kind);
        assert(memcmp(body, rec.body, rec.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t damaged[FILE_BYTES];
    struct ring *r;
    uint64_t cursor;
    int fd;

    if (dir == -1)
        make_ring();
    memcpy(damaged, whole, sizeof(damaged));
    for (; size >= 4; data += 4, size -= 4) {
        size_t at = STAMP + ((size_t)data[0] << 8 | data[1]) % (FILE_BYTES - STAMP - 1);

        damaged[at] ^= data[2];
        damaged[at + 1] ^= data[3];
    }
    fd = openat(dir, "ring", O_WRONLY);
    assert(pwrite(fd, damaged, sizeof(damaged), 0) == (ssize_t)sizeof(damaged));
    close(fd);

    assert(ring_open(dir, "ring", BYTES, &r) == 0);
    cursor = applied;
    drain(r, &cursor);
    ring_release(r, cursor);
    /* Whatever happened, service goes on. The first put may be refused: the producer can find whole
     * records behind a damaged tail, and then the ring is as full as it was. */
    if (!put(r, 1000, 200)) {
        drain(r, &cursor);
        ring_release(r, cursor);
        assert(put(r, 1000, 200));
    }
    drain(r, &cursor);
    ring_close(r);
    return 0;
}
