/* assets.c -- serving what is built in. */
#include "worker/assets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/text.h"
#include "worker/reply.h"

/* Scripts, styles and connections of our own only, nothing inline. Charts and rows place their parts
 * through the element's style object, which no policy forbids. */
#define POLICY                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "            \
    "connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action " \
    "'none'"

static int by_path(const void *key, const void *element)
{
    const struct text *path = key;
    const struct asset *a = element;
    size_t len = strlen(a->path);
    int order = memcmp(path->at, a->path, path->len < len ? path->len : len);

    return order ? order : path->len < len ? -1 : path->len > len;
}

static const struct asset *find(struct text path)
{
    return asset_count ? bsearch(&path, assets, asset_count, sizeof *assets, by_path) : NULL;
}

/* An address of the interface: /issues/17, /releases/shop@4.12.0, but not /robots.txt: at the top a name
 * with a dot is a file. */
static bool is_address(struct text path)
{
    struct text rest = text_cut(path, 1, path.len);
    bool top = text_find_byte(rest, '/') == rest.len;

    if (top && text_find_byte(rest, '.') < rest.len)
        return false;
    return !text_starts(path, "/api/") && !text_starts(path, "/assets/");
}

static struct text header(const h2o_req_t *req, const h2o_token_t *name)
{
    ssize_t at = h2o_find_header(&req->headers, name, -1);

    if (at == -1)
        return TEXT_NONE;
    return (struct text){req->headers.entries[at].value.base, req->headers.entries[at].value.len};
}

static bool wants_brotli(const h2o_req_t *req)
{
    struct text list = header(req, H2O_TOKEN_ACCEPT_ENCODING);

    return list.len && h2o_contains_token(list.at, list.len, H2O_STRLIT("br"), ',');
}

static void page_headers(h2o_req_t *req)
{
    reply_header(req, "content-security-policy", TEXT(POLICY));
    reply_header(req, "referrer-policy", TEXT("same-origin"));
    reply_header(req, "x-frame-options", TEXT("DENY"));
}

static void serve(h2o_req_t *req, const struct asset *a)
{
    bool fixed = text_starts(text_of(a->path), "/assets/");
    bool packed = a->brotli && wants_brotli(req);
    struct text body = {packed ? a->brotli : a->plain, packed ? a->brotli_len : a->plain_len};

    reply_header(req, "etag", text_of(a->etag));
    reply_header(req, "vary", TEXT("accept-encoding"));
    reply_header(req, "cache-control",
                 fixed ? TEXT("public, max-age=31536000, immutable") : TEXT("no-cache"));
    reply_header(req, "x-content-type-options", TEXT("nosniff"));
    if (!fixed)
        page_headers(req);
    if (text_is(header(req, H2O_TOKEN_IF_NONE_MATCH), a->etag)) {
        reply_text(req, 304, NULL, TEXT(""));
        return;
    }
    if (packed)
        reply_header(req, "content-encoding", TEXT("br"));
    reply_text(req, 200, a->type, body);
}

int assets_accept(struct worker *w, h2o_req_t *req)
{
    struct text path = {req->path_normalized.base, req->path_normalized.len};
    const struct asset *a;

    if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) &&
        !h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD")))
        return -1;
    a = find(path);
    if (!a && is_address(path))
        a = find(TEXT("/index.html"));
    if (!a)
        return -1;
    serve(req, a);
    return 0;
}
