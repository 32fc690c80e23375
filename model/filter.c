/* filter.c -- each filter is a list of words and the places to look for them. */
#include "model/filter.h"

#include <string.h>

static unsigned char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : (unsigned char)c;
}

bool filter_glob(struct text pattern, struct text t)
{
    size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

    while (i < t.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            from = i;
        } else if (p < pattern.len &&
                   (pattern.at[p] == '?' || low(pattern.at[p]) == low(t.at[i]))) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star +
                1; /* the last star takes one byte more; earlier ones need no second thought */
            i = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

static bool any_glob(const struct text *list, uint32_t count, struct text t)
{
    for (uint32_t i = 0; t.len && i < count; i++)
        if (filter_glob(list[i], t))
            return true;
    return false;
}

static bool any_word(const char *const *words, struct text t)
{
    for (; t.len && *words; words++)
        if (text_find_nocase(t, text_of(*words)) != t.len)
            return true;
    return false;
}

/* ---- localhost ---- */

static bool is_local(struct text host)
{
    return text_eq_nocase(host, TEXT("localhost")) || text_is(host, "127.0.0.1") ||
           text_is(host, "::1") || text_is(host, "[::1]") || text_ends(host, ".localhost");
}

static struct text host_of(struct text url)
{
    size_t scheme = text_find(url, TEXT("://"));
    struct text host;

    if (scheme == url.len)
        return TEXT_NONE;
    host = text_cut(url, scheme + 3, url.len);
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] == '/' || host.at[i] == '?' || host.at[i] == '#') {
            host.len = i;
            break;
        }
    if (host.len && host.at[0] == '[')
        return text_cut(host, 0, text_find_byte(host, ']') + 1);
    return text_cut(host, 0, text_find_byte(host, ':'));
}

static bool from_localhost(const struct event *e)
{
    return is_local(e->user_ip) || is_local(host_of(e->request_url));
}

/* ---- errors that a browser extension caused ---- */

static const char *const extension_values[] = {
    "top.GLOBALS",
    "originalCreateNotification",
    "canvas.contentDocument",
    "MyApp_RemoveAllHighlights",
    "http://tt.epicplay.com",
    "Can't find variable: ZiteReader",
    "jigsaw is not defined",
    "ComboSearch is not defined",
    "http://loading.retry.widdit.com/",
    "atomicFindClose",
    "fb_xd_fragment",
    "bmi_SafeAddOnload",
    "EBCallBackMessageReceived",
    "plugin.setSuspendState is not a function",
    "Extension context invalidated",
    "conduitPage",
    "_gCrWeb",
    "null is not an object (evaluating 'elt.parentNode')",
    NULL};

static const char *const extension_sources[] = {"graph.facebook.com",
                                                "connect.facebook.net",
                                                "eatdifferent.com.woopra-ns.com",
                                                "static.woopra.com/js/woopra.js",
                                                "chrome-extension://",
                                                "moz-extension://",
                                                "safari-extension://",
                                                "safari-web-extension://",
                                                "ms-browser-extension://",
                                                "resource://",
                                                "webkit-masked-url:",
                                                "kaspersky-labs.com",
                                                "metrics.itunes.apple.com",
                                                NULL};

static bool from_extension(const struct event *e)
{
    const struct exception *x = event_main_exception(e);
    const struct stack *s;

    if (!x)
        return false;
    if (any_word(extension_values, x->value))
        return true;
    s = x->stack;
    if (!s)
        return false;
    /* The frames where it happened and where it began: an extension that merely wraps an event
     * handler stands in the middle of nearly every trace. */
    return any_word(extension_sources, s->frames[s->count - 1].abs_path) ||
           any_word(extension_sources, s->frames[0].abs_path);
}

/* ---- crawlers ---- */

static const char *const crawlers[] = {"Baiduspider",
                                       "Mediapartners-Google",
                                       "FeedFetcher-Google",
                                       "BingPreview",
                                       "Slurp",
                                       "Sogou",
                                       "facebookexternalhit",
                                       "meta-externalagent",
                                       "ia_archiver",
                                       "Calypso AppCrawler",
                                       "Pingdom",
                                       "AWS Security Scanner",
                                       "HubSpot Crawler",
                                       "Lytics-Dispatcher",
                                       NULL};

/* "…bot/2.1", "…bots;", "…spider)": the word, then something that ends it. */
static bool ends_a_name(struct text agent, const char *word)
{
    struct text rest = agent, w = text_of(word);
    size_t at;

    while ((at = text_find_nocase(rest, w)) != rest.len) {
        bool phone = at >= 2 && text_eq_nocase(text_cut(rest, at - 2, 2), TEXT("cu")); /* Cubot */

        rest = text_cut(rest, at + w.len, rest.len);
        if (rest.len && low(rest.at[0]) == 's')
            rest = text_cut(rest, 1, rest.len);
        if (!phone && (!rest.len || strchr("/ );", rest.at[0])))
            return true;
    }
    return false;
}

static bool from_crawler(struct text agent)
{
    return agent.len &&
           (any_word(crawlers, agent) || ends_a_name(agent, "bot") || ends_a_name(agent, "spider"));
}

/* Who made the request that failed: behind a server it is not who sends the event. As it was sent; what
 * is looked for needs no unescaping. */
static struct text request_agent(const struct event *e)
{
    const struct json *headers = json_get(e->request, "headers");

    for (const struct json *p = headers ? headers->child : NULL; p; p = p->next)
        if (p->kind == JSON_ARRAY && p->count == 2 &&
            text_eq_nocase(p->child->raw, TEXT("user-agent")))
            return json_is(p->child->next, JSON_STRING) ? p->child->next->raw : TEXT_NONE;
    return TEXT_NONE;
}

/* ---- error texts ---- */

/* Glob against a text made of two, without making it. */
static bool typed_glob(struct text pattern, struct text type, struct text value)
{
    char joined[512];
    size_t n = 0;

    if (!type.len || !value.len)
        return filter_glob(pattern, type.len ? type : value);
    if (filter_glob(pattern, value) || filter_glob(pattern, type))
        return true;
    type = text_cut(type, 0, 128);
    value = text_cut(value, 0, sizeof joined - 2 - type.len);
    memcpy(joined, type.at, type.len);
    n = type.len;
    joined[n++] = ':';
    joined[n++] = ' ';
    memcpy(joined + n, value.at, value.len);
    return filter_glob(pattern, (struct text){joined, n + value.len});
}

static bool error_unwanted(const struct event *e, const struct filter_conf *conf)
{
    if (any_glob(conf->errors, conf->error_count, e->message) ||
        any_glob(conf->errors, conf->error_count, e->message_template))
        return true;
    for (uint32_t x = 0; x < e->exception_count; x++)
        for (uint32_t i = 0; i < conf->error_count; i++)
            if (typed_glob(conf->errors[i], e->exceptions[x].type, e->exceptions[x].value))
                return true;
    return false;
}

const char *filter_event(const struct event *e, struct text user_agent,
                         const struct filter_conf *conf)
{
    if (conf->localhost && from_localhost(e))
        return "localhost";
    if (conf->extensions && from_extension(e))
        return "browser-extensions";
    if (conf->crawlers && (from_crawler(user_agent) || from_crawler(request_agent(e))))
        return "web-crawlers";
    if (conf->error_count && error_unwanted(e, conf))
        return "error-message";
    if (conf->release_count && any_glob(conf->releases, conf->release_count, e->release))
        return "release-version";
    return NULL;
}
