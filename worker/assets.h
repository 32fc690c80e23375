/* assets.h -- the browser interface, built into the binary (worker/embed.pl makes the table).
 * Names under /assets/ carry a hash of their content and may be cached for ever; index.html is
 * asked for anew each time, and is what every address of the interface gets: its own code knows the
 * rest. */
#ifndef QUERN_WORKER_ASSETS_H
#define QUERN_WORKER_ASSETS_H

#include <h2o.h>
#include <stddef.h>

struct worker;

struct asset {
    const char *path; /* "/index.html", "/assets/app-4F2A.js" */
    const char *type;
    const char *etag;           /* with its quotes */
    const char *plain, *brotli; /* brotli: NULL when there is none */
    size_t plain_len, brotli_len;
};
extern const struct asset assets[]; /* sorted by path */
extern const size_t asset_count;    /* 0: built without the interface */

/* Serve a file, or index.html for an address of the interface: 0; else -1. */
int assets_accept(struct worker *w, h2o_req_t *req);

#endif
