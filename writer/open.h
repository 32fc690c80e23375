/* open.h -- a writer's context over a data folder, recovered and ready: for the process, and for tools
 * that run a command while no server does. */
#ifndef QUERN_WRITER_OPEN_H
#define QUERN_WRITER_OPEN_H

#include "writer/writer.h"

struct writer;

/* 0 or an exit status (logged); *out is to be closed either way. */
int writer_open(const struct writer_conf *conf, struct writer **out);
void writer_close(struct writer *w);

#endif
