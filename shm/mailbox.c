#include "shm/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shm/ring.h"

struct mailbox {
    struct ring *ring;
    uint64_t cursor; /* worker: behind the last mail taken */
};

int mailbox_open(int dir_fd, const char *name, uint64_t bytes, struct mailbox **out)
{
    struct mailbox *m = calloc(1, sizeof(*m));
    int rc;

    if (!m)
        return -ENOMEM;
    rc = ring_open(dir_fd, name, bytes, &m->ring);
    if (rc != 0) {
        free(m);
        return rc;
    }
    *out = m;
    return 0;
}

void mailbox_close(struct mailbox *m)
{
    if (!m)
        return;
    ring_close(m->ring);
    free(m);
}

void mailbox_clear(struct mailbox *m)
{
    struct ring_record unread;

    m->cursor = ring_tail(m->ring);
    while (ring_next(m->ring, &m->cursor, &unread) != RING_EMPTY)
        ;
    ring_release(m->ring, m->cursor);
}

/* The frame's kind carries the status, its body the id and the answer. */
bool mailbox_put(struct mailbox *m, uint64_t id, uint16_t status, const void *body, size_t len)
{
    struct iovec parts[] = {{&id, sizeof(id)}, {(void *)body, len}};
    uint64_t end;

    return ring_put(m->ring, status, parts, 2, &end) == RING_OK;
}

bool mailbox_take(struct mailbox *m, struct mail *out)
{
    struct ring_record r;

    ring_release(m->ring, m->cursor); /* the mail lent last time */
    for (;;) {
        switch (ring_next(m->ring, &m->cursor, &r)) {
        case RING_OK:
            if (r.len < sizeof(out->id))
                continue;
            memcpy(&out->id, r.body, sizeof(out->id));
            out->status = r.kind;
            out->body = (const char *)r.body + sizeof(out->id);
            out->len = r.len - sizeof(out->id);
            return true;
        case RING_TORN:
            continue; /* who asked will time out */
        default:
            return false;
        }
    }
}
