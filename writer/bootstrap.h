/* bootstrap.h -- the first start: an organisation, a project with its key, an owner, a token.
 * The secrets are told once, in DATA/bootstrap.json (mode 0600, keys url dsn project_id public_key
 * email password token); the catalogue has only their hashes. */
#ifndef QUERN_WRITER_BOOTSTRAP_H
#define QUERN_WRITER_BOOTSTRAP_H

struct writer;

/* Nothing happens when there is an organisation already. DB_* code, logged. */
int bootstrap_if_empty(struct writer *w);

#endif
