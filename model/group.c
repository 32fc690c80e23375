/* group.c -- the keys of an event, from the most telling part of it that is there. */
#include "model/group.h"

#include <sodium.h>
#include <string.h>

#include "proto/text.h"

#define MASKED_MAX 8192 /* bytes of a text that are masked; the rest does not take part */

struct key {
    crypto_generichash_state state;
};

/* Each literal goes in with the name of its component and its length, so that no two different
 * events can meet by gluing their texts together. */
static void key_add(struct key *k, const char *component, struct text t)
{
    uint64_t len = t.len;

    crypto_generichash_update(&k->state, (const unsigned char *)component, strlen(component) + 1);
    crypto_generichash_update(&k->state, (const unsigned char *)&len, sizeof len);
    crypto_generichash_update(&k->state, (const unsigned char *)t.at, t.len);
}

static void key_begin(struct key *k, const char *variant)
{
    const unsigned char version = GROUP_VERSION;

    crypto_generichash_init(&k->state, NULL, 0, 16);
    crypto_generichash_update(&k->state, &version, 1);
    key_add(k, "variant", text_of(variant));
}

static void key_end(struct key *k, const char *variant, struct text reason,
                    struct group_result *out)
{
    struct group_hash *h = &out->hashes[out->count];

    crypto_generichash_final(&k->state, h->bytes, sizeof h->bytes);
    for (uint32_t i = 0; i < out->count; i++)
        if (memcmp(out->hashes[i].bytes, h->bytes, sizeof h->bytes) == 0)
            return;
    h->variant = variant;
    h->reason = reason;
    out->count++;
}

static bool word_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

/* Words with a digit in them become "<x>": ids, counts, addresses, dates. */
static struct text mask(struct text t, struct arena *a)
{
    char *out;
    size_t n = 0;

    if (t.len > MASKED_MAX)
        t.len = MASKED_MAX;
    if (!(out = arena_alloc(a, 3 * t.len + 1)))
        return TEXT_NONE;
    for (size_t i = 0; i < t.len;) {
        size_t from = i;
        bool digit = false;

        while (i < t.len && word_byte((unsigned char)t.at[i])) {
            digit |= t.at[i] >= '0' && t.at[i] <= '9';
            i++;
        }
        if (digit) {
            memcpy(out + n, "<x>", 3);
            n += 3;
        } else {
            memcpy(out + n, t.at + from, i - from);
            n += i - from;
        }
        if (i < t.len)
            out[n++] = t.at[i++];
    }
    return (struct text){out, n};
}

static uint32_t add_stack(struct key *k, const struct stack *s, bool only_in_app)
{
    uint32_t used = 0;

    for (uint32_t i = 0; s && i < s->count; i++) {
        const struct frame *f = &s->frames[i];

        if (only_in_app && f->in_app != TRI_YES)
            continue;
        key_add(k, "module", f->module.len ? f->module : f->filename);
        key_add(k, "function", f->function);
        used++;
    }
    return used;
}

/* The client's parts, "{{ default }}" replaced by what is given; true when it stood there. */
static bool is_default(struct text part)
{
    struct text inner = text_trim(part);

    if (!text_starts(inner, "{{") || !text_ends(inner, "}}"))
        return false;
    return text_is(text_trim(text_cut(inner, 2, inner.len - 4)), "default");
}

static void key_salt(struct key *k, const struct event *e)
{
    if (e->fingerprint_count == 1 && is_default(e->fingerprint[0]))
        return;
    for (uint32_t i = 0; i < e->fingerprint_count; i++)
        key_add(k, is_default(e->fingerprint[i]) ? "default" : "fingerprint", e->fingerprint[i]);
}

static bool custom(const struct event *e, struct group_result *out)
{
    struct key k;

    for (uint32_t i = 0; i < e->fingerprint_count; i++)
        if (is_default(e->fingerprint[i]))
            return false;
    if (e->fingerprint_count == 0)
        return false;
    key_begin(&k, "custom");
    key_salt(&k, e);
    key_end(&k, "custom", TEXT("fingerprint of the client"), out);
    return true;
}

static void by_frames(const struct event *e, bool only_in_app, struct arena *a,
                      struct group_result *out)
{
    const char *variant = only_in_app ? "app" : "full";
    uint32_t used = 0;
    struct key k;

    key_begin(&k, variant);
    key_salt(&k, e);
    for (uint32_t i = 0; i < e->exception_count; i++) {
        const struct exception *x = &e->exceptions[i];

        if (!x->mechanism.synthetic)
            key_add(&k, "type", x->type);
        used += add_stack(&k, x->stack, only_in_app);
    }
    if (used == 0)
        used = add_stack(&k, event_crash_stack(e), only_in_app);
    if (used)
        key_end(&k, variant,
                arena_printf(a, "exception type and %u %s frames", used,
                             only_in_app ? "in-app" : "stack"),
                out);
}

static void by_text(const struct event *e, struct arena *a, struct group_result *out)
{
    struct key k;

    if (e->exception_count) {
        key_begin(&k, "value");
        key_salt(&k, e);
        for (uint32_t i = 0; i < e->exception_count; i++) {
            key_add(&k, "type", e->exceptions[i].type);
            key_add(&k, "value", mask(e->exceptions[i].value, a));
        }
        key_end(&k, "value", TEXT("exception type and masked value"), out);
        return;
    }
    key_begin(&k, "message");
    key_salt(&k, e);
    key_add(&k, "directive", e->security.directive);
    key_add(&k, "host", e->security.host);
    key_add(&k, "message", mask(e->message_template.len ? e->message_template : e->message, a));
    key_end(&k, "message", TEXT("masked message"), out);
}

bool group_event(struct event *e, const struct group_rules *rules, struct arena *a,
                 struct group_result *out)
{
    (void)rules;
    *out = (struct group_result){.title = TEXT_NONE};
    if (!custom(e, out)) {
        by_frames(e, true, a, out);
        by_frames(e, false, a, out);
        if (out->count == 0)
            by_text(e, a, out);
    }
    return !arena_spent(a);
}
