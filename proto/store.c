#include "proto/store.h"

#include "proto/base64.h"

const char *store_rc_text(enum store_rc rc)
{
    switch (rc) {
    case STORE_OK:
        return "ok";
    case STORE_EMPTY:
        return "empty request body";
    case STORE_BAD:
        return "invalid event payload";
    case STORE_TOO_LARGE:
        return "event exceeds size limit";
    case STORE_SPENT:
        return "event takes too much memory";
    }
    return "invalid event payload";
}

static bool is_json(struct text t)
{
    if (text_starts(t, "\xef\xbb\xbf"))
        t = text_cut(t, 3, t.len);
    return text_starts(text_trim(t), "{");
}

enum store_rc store_body(struct text body, size_t max_out, struct arena *a, struct inflate_buf *buf,
                         struct text *out)
{
    struct text plain;

    *out = body;
    if (text_trim(body).len == 0)
        return STORE_EMPTY;
    if (is_json(body))
        return STORE_OK;
    plain = base64_read(body, a); /* a copy in the arena: `buf` is free again */
    if (!plain.at)
        return arena_spent(a) ? STORE_SPENT : STORE_BAD;
    *out = plain;
    if (is_json(plain))
        return STORE_OK;
    switch (inflate_zlib(plain, max_out, buf, out)) {
    case INFLATE_OK:
        return is_json(*out) ? STORE_OK : STORE_BAD;
    case INFLATE_TOO_LARGE:
        return STORE_TOO_LARGE;
    case INFLATE_NO_MEMORY:
        return STORE_SPENT;
    default:
        return STORE_BAD;
    }
}
