/* dialog.h -- the script behind showReportDialog(): a form that asks the user what happened.
 * The page includes it from /api/embed/error-page/ with its options in the query. */
#ifndef QUERN_WORKER_DIALOG_H
#define QUERN_WORKER_DIALOG_H

#include "proto/arena.h"
#include "proto/text.h"

/* The script with the options of `query` in it; every option is data, never code or markup. */
struct text dialog_script(struct text query, struct arena *a);

#endif
