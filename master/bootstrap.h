/* bootstrap.h -- what the first start made: DATA/bootstrap.json, written by the writer.
 * {url, dsn, project_id, public_key, email, password, token}, readable by its owner alone. */
#ifndef QUERN_MASTER_BOOTSTRAP_H
#define QUERN_MASTER_BOOTSTRAP_H

#include <stdbool.h>

bool bootstrap_exists(const char *data_dir);
/* Tell the person at the terminal where the server is and, at the first start, how to get in.
 * Secrets never go to a journal: there, the file is named. */
void bootstrap_print(const char *data_dir, const char *url, bool first);

#endif
