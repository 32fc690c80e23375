/* event_agent.c -- browser, operating system and device out of a User-Agent header, for events that
 * do not say so themselves. Only what most visitors use: the rest stays what the header says. */
#include "proto/event_part.h"

/* One pass over the header: what it says is words, most of them "name/version". */
struct agent {
    struct text all;
    struct text browser_version, os_version;
    const char *os; /* name to show; NULL: unknown */
    int rank;       /* of the browser found so far: its place in the table */
    bool mobile, safari;
    struct text safari_version; /* "Version/17.2" */
};

/* Digits, dots and the underscores of Apple, at the front. */
static struct text version_of(struct text t)
{
    size_t len = 0;

    while (len < t.len && len < 32 &&
           ((unsigned char)(t.at[len] - '0') <= 9 || t.at[len] == '.' || t.at[len] == '_'))
        len++;
    return text_cut(t, 0, len);
}

static struct json *named(struct event_work *w, const char *name, struct text version)
{
    struct json *v = json_new(w->a, JSON_OBJECT);
    char *dotted;

    if (!v)
        return NULL;
    json_set(w->a, v, "name", json_new_string(w->a, text_of(name)));
    if (version.len && (dotted = arena_dup(w->a, version.at, version.len))) {
        for (size_t i = 0; i < version.len; i++)
            if (dotted[i] == '_')
                dotted[i] = '.';
        json_set(w->a, v, "version", json_new_string(w->a, (struct text){dotted, version.len}));
    }
    return v;
}

/* Earlier ones count: the later ones also stand in the headers of the earlier. */
static const struct {
    const char *word, *name, *mobile;
} browsers[] = {
    {"Edg", "Edge", NULL},
    {"EdgA", "Edge Mobile", NULL},
    {"EdgiOS", "Edge Mobile", NULL},
    {"Edge", "Edge", NULL},
    {"OPR", "Opera", NULL},
    {"SamsungBrowser", "Samsung Internet", NULL},
    {"YaBrowser", "Yandex Browser", NULL},
    {"Vivaldi", "Vivaldi", NULL},
    {"Electron", "Electron", NULL},
    {"HeadlessChrome", "HeadlessChrome", NULL},
    {"FxiOS", "Firefox iOS", NULL},
    {"CriOS", "Chrome Mobile iOS", NULL},
    {"Firefox", "Firefox", "Firefox Mobile"},
    {"Chrome", "Chrome", "Chrome Mobile"},
    {"Trident", "IE", NULL},
    {"Googlebot", "Googlebot", NULL},
    {"bingbot", "bingbot", NULL},
    {"curl", "curl", NULL},
    {"okhttp", "okhttp", NULL},
    {"python-requests", "Python Requests", NULL},
};
enum { BROWSERS = sizeof browsers / sizeof *browsers };

static void see_browser(struct agent *g, struct text word, struct text version)
{
    for (int i = 0; i < g->rank; i++)
        if (text_is(word, browsers[i].word)) {
            g->rank = i;
            g->browser_version = version;
            return;
        }
    if (text_is(word, "Version"))
        g->safari_version = version;
    else if (text_is(word, "Safari"))
        g->safari = true;
}

/* Systems, at the beginning of a word; the first found counts, Linux and Mac only if nothing else
 * (Android says Linux, iOS says Mac OS X). */
static const struct {
    const char *prefix, *name;
    bool weak;
} systems[] = {
    {"Windows NT ", "Windows", false}, {"Android ", "Android", false},
    {"iPhone OS ", "iOS", false},      {"CPU OS ", "iOS", false},
    {"CrOS ", "Chrome OS", false},     {"Mac OS X ", "Mac OS X", true},
    {"Ubuntu", "Ubuntu", true},        {"Linux", "Linux", true},
};

static void see_system(struct agent *g, struct text rest)
{
    static const struct text none = TEXT("");

    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (rest.at[0] != systems[i].prefix[0] || !text_starts(rest, systems[i].prefix) ||
            (systems[i].weak && g->os))
            continue;
        g->os = systems[i].name;
        g->os_version = none;
        if (text_ends(text_of(systems[i].prefix), " "))
            g->os_version = version_of(text_cut(rest, strlen(systems[i].prefix), rest.len));
        return;
    }
}

static bool ends_word(char c)
{
    return c == ' ' || c == ';' || c == '(' || c == ')' || c == ',' || c == '/';
}

static struct agent look(struct text all)
{
    struct agent g = {.all = all, .rank = BROWSERS};

    for (size_t i = 0; i < all.len;) {
        struct text rest = text_cut(all, i, all.len), word;
        size_t len = 0;

        while (len < rest.len && !ends_word(rest.at[len]))
            len++;
        word = text_cut(rest, 0, len);
        if (len && len < rest.len && rest.at[len] == '/')
            see_browser(&g, word, version_of(text_cut(rest, len + 1, rest.len)));
        else if (len)
            see_system(&g, rest);
        g.mobile |= text_is(word, "Mobile");
        i += len + 1;
    }
    return g;
}

/* Windows calls itself by the number of its kernel. */
static struct text windows(struct text kernel)
{
    static const char *const names[][2] = {{"10.0", "10"}, {"6.3", "8.1"},   {"6.2", "8"},
                                           {"6.1", "7"},   {"6.0", "Vista"}, {"5.1", "XP"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(kernel, names[i][0]))
            return text_of(names[i][1]);
    return kernel;
}

static struct json *browser(struct event_work *w, const struct agent *g)
{
    size_t at;

    if (g->rank == BROWSERS)
        return g->safari && g->safari_version.len
                   ? named(w, g->mobile ? "Mobile Safari" : "Safari", g->safari_version)
                   : NULL;
    if (text_is(text_of(browsers[g->rank].word), "Trident")) { /* its version stands elsewhere */
        if ((at = text_find(g->all, TEXT("rv:")) + 3) > g->all.len)
            at = text_find(g->all, TEXT("MSIE ")) + 5;
        return named(w, "IE", version_of(text_cut(g->all, at, g->all.len)));
    }
    return named(w,
                 g->mobile && browsers[g->rank].mobile ? browsers[g->rank].mobile
                                                       : browsers[g->rank].name,
                 g->browser_version);
}

static struct json *system_of(struct event_work *w, const struct agent *g)
{
    if (!g->os)
        return NULL;
    return named(w, g->os, strcmp(g->os, "Windows") == 0 ? windows(g->os_version) : g->os_version);
}

/* "Android 14; Pixel 8 Build/…" → Pixel 8 */
static struct text android_model(struct text agent)
{
    size_t at = text_find(agent, TEXT("Android "));
    struct text rest = text_cut(agent, at, agent.len);

    rest = text_cut(rest, text_find_byte(rest, ';') + 1, rest.len);
    rest = text_cut(rest, 0, text_find_byte(rest, ')'));
    rest = text_cut(rest, 0, text_find(rest, TEXT(" Build/")));
    rest = text_trim(text_cut(rest, 0, text_find_byte(rest, ';')));
    return rest.len > 1 && rest.len <= 64 ? rest : TEXT_NONE; /* "K": the reduced form of Chrome */
}

static struct json *device(struct event_work *w, struct text agent)
{
    static const char *const apple[] = {"(iPhone", "(iPad", "(iPod", "(Macintosh"};
    struct text from = text_cut(agent, text_find_byte(agent, '('), agent.len);
    struct text model = TEXT_NONE, brand = TEXT_NONE;
    struct json *v;

    for (size_t i = 0; i < sizeof apple / sizeof *apple; i++)
        if (text_starts(from, apple[i])) {
            brand = TEXT("Apple");
            model = i == 3 ? TEXT("Mac") : text_of(apple[i] + 1);
        }
    if (!brand.len)
        model = android_model(agent);
    if (!model.len || !(v = json_new(w->a, JSON_OBJECT)))
        return NULL;
    if (brand.len)
        json_set(w->a, v, "brand", json_new_string(w->a, brand));
    json_set(w->a, v, "family", json_new_string(w->a, model));
    json_set(w->a, v, "model", json_new_string(w->a, model));
    return v;
}

static void offer(struct event_work *w, struct json **contexts, const char *key, struct json *v)
{
    if (!v)
        return;
    if (!*contexts && (*contexts = json_new(w->a, JSON_OBJECT)))
        json_set(w->a, w->e->root, "contexts", *contexts);
    json_set(w->a, *contexts, key, v);
}

void event_agent(struct event_work *w)
{
    struct json *root = w->e->root, *contexts = json_get(root, "contexts");
    const struct json *headers = json_get(json_get(root, "request"), "headers");
    const struct json *platform = json_get(root, "platform");
    struct text header = json_string(event_pair(headers, TEXT("User-Agent"), true), w->a);
    const char *os = platform && text_is(platform->raw, "javascript") ? "os" : "client_os";
    struct agent g;

    if (!header.len)
        return;
    g = look(text_clip(header, 1024));
    if (!json_get(contexts, "browser"))
        offer(w, &contexts, "browser", browser(w, &g));
    if (!json_get(contexts, os))
        offer(w, &contexts, os, system_of(w, &g));
    if (!json_get(contexts, "device"))
        offer(w, &contexts, "device", device(w, g.all));
}
