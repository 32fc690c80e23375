/* mailbox.h -- the way back: answers of the writer to one worker's commands. A ring turned round:
 * the writer puts, the worker takes. Not durable: a worker that died asks for nothing any more.
 * A new worker in the slot starts with mailbox_clear(). */
#ifndef QUERN_SHM_MAILBOX_H
#define QUERN_SHM_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;

struct mail {
    uint64_t id;     /* record_command.id */
    uint16_t status; /* HTTP status the API answers with */
    const void *body;
    size_t len; /* JSON; valid until the next mailbox_take */
};

int mailbox_open(int dir_fd, const char *name, uint64_t bytes, struct mailbox **out);
void mailbox_close(struct mailbox *m);
void mailbox_clear(struct mailbox *m); /* worker, at start */
bool mailbox_put(struct mailbox *m, uint64_t id, uint16_t status, const void *body,
                 size_t len);                           /* writer; false: full */
bool mailbox_take(struct mailbox *m, struct mail *out); /* worker */

#endif
