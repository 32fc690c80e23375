/* projects.h -- projects and keys from the catalogue into the writer's own table and the registry that
 * all workers read. */
#ifndef QUERN_WRITER_PROJECTS_H
#define QUERN_WRITER_PROJECTS_H

struct writer;

/* Read them anew and publish. DB_* code. */
int projects_publish(struct writer *w);

#endif
