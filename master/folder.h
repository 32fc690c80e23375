/* folder.h -- the data folder: made, found, and locked, so that one server at a time works in it.
 * The lock is a flock on DATA/lock. Children inherit the descriptor, hence the folder stays locked
 * until the last process of a killed server has drained and left; a new server waits for that. */
#ifndef QUERN_MASTER_FOLDER_H
#define QUERN_MASTER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct folder {
    char path[4096]; /* absolute */
    int lock_fd;     /* -1: not locked */
};

/* Find the folder; with `make`, create it (and its parent) when it is missing. 0 or a negative
 * errno, the reason in `why`. */
int folder_find(const char *path, bool make, struct folder *out, char *why, size_t room);
/* Lock it. When a server of a dead master still drains, wait up to `wait_s` seconds. -EBUSY:
 * somebody works in it; `why` says who. */
int folder_lock(struct folder *f, int wait_s, char *why, size_t room);
/* Take over the lock that came with a hand-over. */
int folder_inherit(struct folder *f, int lock_fd);
/* Write our pid into it, for folder_lock's message, and the server's URL, for the tools. */
void folder_sign(const struct folder *f, const char *url);
/* The URL of the server that works or last worked here; "" when none has. */
void folder_url(const struct folder *f, char *out, size_t room);
/* Give what root has made in it to the folder's owner, so that a server of another user finds its
 * own files again. Does nothing for anybody else. */
void folder_give_back(const struct folder *f);
void folder_unlock(struct folder *f);
/* Has a server ever worked here? False with errno when it cannot be seen. */
bool folder_has_data(const struct folder *f);
/* Does a process hold the lock? */
bool folder_busy(const struct folder *f);

#endif
