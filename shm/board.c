#include "shm/board.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/region.h"

#define BOARD_MAGIC 0x52414f42 /* "BOAR" */
#define BOARD_VERSION 1

_Static_assert(sizeof(struct region_stamp) == sizeof(((struct board *)0)->stamp), "board v1");

int board_open(int dir_fd, struct board **out)
{
    struct region region;
    bool fresh;
    int rc = region_ensure(dir_fd, "board", BOARD_MAGIC, BOARD_VERSION,
                           REGION_LAYOUT(sizeof(struct board), sizeof(struct board_row),
                                         offsetof(struct board, committed_seq),
                                         offsetof(struct board, flush_wanted),
                                         offsetof(struct board, generation)),
                           sizeof(struct board), &region, &fresh);

    if (rc == 0)
        *out = region.at;
    return rc;
}

void board_close(struct board *b)
{
    struct region region = {.at = b, .bytes = sizeof(*b)};

    region_close(&region);
}

static bool zombie(uint32_t pid)
{
    char path[64], text[512] = "", *state;
    int fd;

    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    /* proc(5): the state follows the name, which is in brackets and may hold any byte. */
    state = read(fd, text, sizeof(text) - 1) > 0 ? strrchr(text, ')') : NULL;
    close(fd);
    return state && (state[2] == 'Z' || state[2] == 'X');
}

bool board_alive(uint32_t pid)
{
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM) && !zombie(pid);
}
