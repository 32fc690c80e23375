#include "shm/board.h"

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
