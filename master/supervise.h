/* supervise.h -- the master process, from the lock on the data folder to the last child's leave.
 * For        `quern serve`: parse, bind, fork, watch, answer signals.
 * Signals    HUP reload, USR2 take-over by a new binary, TERM and INT drain and stop, QUIT stop now
 *            (a second INT means QUIT).
 * Trust      master reads no request and opens no database; of its children it hears an exit
 * status, one byte, and their beats on the board. */
#ifndef QUERN_MASTER_SUPERVISE_H
#define QUERN_MASTER_SUPERVISE_H

#include "master/conf.h"

/* Serve until told to stop. `argv` is what a take-over executes again. Returns an exit status. */
int supervise(const struct conf_args *args, char **argv);

#endif
