/* group_key.c -- see group_key.h. */
#include "model/group_key.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "model/group.h"

void key_begin(struct key *k, struct arena *a)
{
    k->arena = a;
    k->at = k->inside;
    k->room = sizeof k->inside;
    k->len = 0;
    k->failed = false;
}

static bool room_for(struct key *k, size_t more)
{
    unsigned char *grown;

    if (more <= k->room - k->len)
        return true;
    if (k->failed || !(grown = arena_alloc(k->arena, 2 * (k->len + more)))) {
        k->failed = true; /* the arena is spent, so whoever asks it will know */
        return false;
    }
    memcpy(grown, k->at, k->len);
    k->at = grown;
    k->room = 2 * (k->len + more);
    return true;
}

static void put(struct key *k, char kind, const void *bytes, size_t len)
{
    uint32_t size = (uint32_t)len; /* texts of events are far shorter than that */

    if (!room_for(k, len + 5))
        return;
    k->at[k->len] = (unsigned char)kind;
    memcpy(k->at + k->len + 1, &size, sizeof size);
    if (len)
        memcpy(k->at + k->len + 5, bytes, len);
    k->len += len + 5;
}

void key_text(struct key *k, char kind, struct text t)
{
    put(k, kind, t.at, t.len);
}

/* The length of such a kind at the start of `t`, 0: none. */
static size_t id_kind(struct text t)
{
    static const char *const kinds[] = {"<int>", "<hex>", "<float>", "<git_sha>", "<random_id>"};

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(t, kinds[i]))
            return strlen(kinds[i]);
    return 0;
}

void key_masked(struct key *k, char kind, struct text t)
{
    size_t len = 0, n;
    char *out;

    if (!t.len || !memchr(t.at, '<', t.len)) {
        key_text(k, kind, t);
        return;
    }
    if (!(out = arena_alloc(k->arena, t.len))) {
        k->failed = true;
        return;
    }
    for (size_t i = 0; i < t.len; i += n ? n : 1) {
        n = t.at[i] == '<' ? id_kind(text_cut(t, i, t.len)) : 0;
        out[len++] = n ? '\x01' : t.at[i];
    }
    key_text(k, kind, (struct text){out, len});
}

void key_digest(struct key *k, char kind, const struct digest *d)
{
    put(k, kind, d->bytes, sizeof d->bytes);
}

struct digest key_end(struct key *k)
{
    static const unsigned char salt[crypto_shorthash_siphashx24_KEYBYTES] = {
        'q', 'u', 'e', 'r', 'n', ' ', 'g', 'r', 'o', 'u', 'p', GROUP_VERSION};
    struct digest d;

    static_assert(crypto_shorthash_siphashx24_BYTES == sizeof d.bytes, "128 bits");
    crypto_shorthash_siphashx24(d.bytes, k->at, k->len, salt);
    return d;
}
