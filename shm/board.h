/* board.h -- the board on the wall: who runs, and how far the writer is.
 * Each word has one storer, named beside it. */
#ifndef QUERN_SHM_BOARD_H
#define QUERN_SHM_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shm/self.h"

#define BOARD_ROWS 68 /* worker slots 0…63, then these */
#define BOARD_WRITER 64
#define BOARD_NOTIFIER 65
#define BOARD_MASTER 66

enum board_state { BOARD_FREE, BOARD_STARTING, BOARD_READY, BOARD_DRAINING, BOARD_DEAD };

struct board_row {                /* 64 bytes */
    _Atomic uint32_t pid;         /* master */
    _Atomic uint32_t generation;  /* master */
    _Atomic uint32_t state;       /* the process itself (ready, draining), master (the rest) */
    _Atomic uint32_t role;        /* master */
    _Atomic int64_t started_ms;   /* master */
    _Atomic int64_t beat_ms;      /* the process itself, about once a second */
    _Atomic uint32_t restarts;    /* master */
    _Atomic uint32_t connections; /* the worker itself: open ones, so that workers share alike */
    uint8_t rest[24];
};
_Static_assert(sizeof(struct board_row) == 64, "board v1");

struct board {
    uint8_t stamp[64]; /* struct region_stamp */
    struct board_row row[BOARD_ROWS];
    /* stored by the writer */
    _Alignas(64) _Atomic uint64_t committed_seq; /* highest event sequence that is durable */
    _Atomic uint64_t flushed_seq;                /* … and counted in the catalogue's aggregates */
    _Atomic uint64_t change;                     /* moves with every catalogue commit */
    _Atomic uint64_t commit_last_us, commit_max_us, fsync_last_us;
    _Atomic uint64_t segments, segment_bytes, catalogue_bytes, free_bytes;
    _Atomic uint32_t disk_full; /* 1: the free-disk guard is up, refuse new data */
    _Atomic uint32_t asleep;    /* 1: the writer waits on its eventfd; ring its bell after a put */
    _Atomic int64_t oldest_ms;  /* oldest stored event */
    _Atomic uint64_t index_slots, index_used; /* of the fingerprint index; about once a second */
    /* in force, of the configuration: 0: no such limit */
    _Atomic uint64_t retention_days, retention_bytes, min_free_bytes;
    _Atomic uint64_t committed_batch; /* of records of any kind: how many are durable … */
    _Atomic uint64_t flushed_batch;   /* … and counted in the aggregates */
    /* stored by anyone who reads: asks for an early flush of the aggregates */
    _Alignas(64) _Atomic uint64_t flush_wanted;
    /* stored by master */
    _Alignas(64) _Atomic uint32_t generation;
    _Atomic int64_t master_started_ms;
};

/* 0 or a negative errno. Made anew after a reboot, all zero. */
int board_open(int dir_fd, struct board **out);
void board_close(struct board *b); /* NULL allowed */
/* Does this process run? One that has ended but was not waited for (a zombie: in a container nobody
 * may reap the children of a killed master) does not. */
bool board_alive(uint32_t pid);

#endif
