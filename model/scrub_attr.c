#include "model/scrub_attr.h"

#include "model/scrub_rules.h"

struct rules {
    struct attr_filter filter; /* first: what callers see */
    const struct scrub_conf *conf;
    const struct scrub_words *own;
    bool secrets;
};

static bool is_safe(const struct rules *r, struct text key)
{
    for (uint32_t i = 0; i < r->conf->safe_count; i++)
        if (text_eq_nocase(r->conf->safe[i], key))
            return true;
    return false;
}

static bool is_address(struct text key)
{
    return text_is(key, "client.address") || text_is(key, "user.ip_address") ||
           text_is(key, "http.client_ip");
}

static enum attr_care care(const void *own, struct text key)
{
    const struct rules *r = own;

    if (is_safe(r, key) || text_is(key, "exception.stacktrace") || text_starts(key, "code."))
        return ATTR_KEEP;
    if (r->conf->ip_addresses && is_address(key))
        return ATTR_HIDE;
    if (scrub_words_in(r->own, key))
        return ATTR_HIDE;
    if (text_starts(key, "gen_ai.") || text_starts(key, "mcp."))
        return ATTR_CLEAN;
    return r->secrets && scrub_secret_key(key, scrub_look(key)) ? ATTR_HIDE : ATTR_CLEAN;
}

static struct text clean(const void *own, struct text value, struct arena *a)
{
    const struct rules *r = own;
    struct scrub_patterns which = {
        .style = SCRUB_FILTER, .secrets = r->secrets, .ip = r->conf->ip_addresses};

    if (scrub_words_in(r->own, value))
        return ATTR_HIDDEN;
    return scrub_replace(value, scrub_look(value), which, a);
}

const struct attr_filter *scrub_attr_filter(const struct scrub_conf *conf, struct arena *a)
{
    struct rules *r;

    if (!conf->enabled && !conf->ip_addresses)
        return NULL;
    if (!(r = arena_zero(a, 1, sizeof *r)))
        return NULL;
    r->filter = (struct attr_filter){.own = r, .care = care, .clean = clean};
    r->conf = conf;
    r->secrets = conf->enabled && conf->defaults;
    if (conf->enabled && conf->sensitive_count)
        r->own = scrub_words_new(conf->sensitive, conf->sensitive_count, a);
    return &r->filter;
}
