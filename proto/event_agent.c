/* event_agent.c -- browser, operating system and device out of a User-Agent header, for events that
 * do not say so themselves. Only what most visitors use: the rest stays what the header says. */
#include "proto/event_part.h"

/* The version behind `token` ("Chrome/121.0.1" → "121.0.1"); TEXT_NONE: the token is not there. */
static struct text version_after(struct text agent, const char *token)
{
    size_t at = text_find(agent, text_of(token)), len = 0;
    struct text rest;

    if (at == agent.len)
        return TEXT_NONE;
    rest = text_cut(agent, at + strlen(token), agent.len);
    while (len < rest.len && len < 32 &&
           ((unsigned char)(rest.at[len] - '0') <= 9 || rest.at[len] == '.' || rest.at[len] == '_'))
        len++;
    return text_cut(rest, 0, len);
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

static struct json *browser(struct event_work *w, struct text agent)
{
    /* In this order: the later ones also name themselves in the headers of the earlier ones. */
    static const struct {
        const char *token, *name;
    } known[] = {
        {"Edg/", "Edge"},
        {"EdgA/", "Edge Mobile"},
        {"EdgiOS/", "Edge Mobile"},
        {"Edge/", "Edge"},
        {"OPR/", "Opera"},
        {"SamsungBrowser/", "Samsung Internet"},
        {"YaBrowser/", "Yandex Browser"},
        {"Vivaldi/", "Vivaldi"},
        {"Electron/", "Electron"},
        {"HeadlessChrome/", "HeadlessChrome"},
        {"FxiOS/", "Firefox iOS"},
        {"CriOS/", "Chrome Mobile iOS"},
        {"Firefox/", "Firefox"},
        {"Chrome/", "Chrome"},
        {"MSIE ", "IE"},
        {"Googlebot/", "Googlebot"},
        {"bingbot/", "bingbot"},
        {"curl/", "curl"},
        {"okhttp/", "okhttp"},
        {"python-requests/", "Python Requests"},
    };
    bool mobile = text_find(agent, TEXT("Mobile")) < agent.len;
    struct text version;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        version = version_after(agent, known[i].token);
        if (!version.at)
            continue;
        if (mobile && strcmp(known[i].name, "Chrome") == 0)
            return named(w, "Chrome Mobile", version);
        if (mobile && strcmp(known[i].name, "Firefox") == 0)
            return named(w, "Firefox Mobile", version);
        return named(w, known[i].name, version);
    }
    if (text_find(agent, TEXT("Trident/")) < agent.len)
        return named(w, "IE", version_after(agent, "rv:"));
    version = version_after(agent, "Version/");
    if (version.at && text_find(agent, TEXT("Safari/")) < agent.len)
        return named(w, mobile ? "Mobile Safari" : "Safari", version);
    return NULL;
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

static struct json *system_of(struct event_work *w, struct text agent)
{
    struct text version;

    if ((version = version_after(agent, "Windows NT ")).at)
        return named(w, "Windows", windows(version));
    if ((version = version_after(agent, "Android ")).at)
        return named(w, "Android", version);
    if ((version = version_after(agent, "iPhone OS ")).at ||
        ((version = version_after(agent, "CPU OS ")).at))
        return named(w, "iOS", version);
    if ((version = version_after(agent, "Mac OS X ")).at)
        return named(w, "Mac OS X", version);
    if (text_find(agent, TEXT("CrOS ")) < agent.len)
        return named(w, "Chrome OS", TEXT_NONE);
    if (text_find(agent, TEXT("Ubuntu")) < agent.len)
        return named(w, "Ubuntu", TEXT_NONE);
    if (text_find(agent, TEXT("Linux")) < agent.len)
        return named(w, "Linux", TEXT_NONE);
    return NULL;
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
    static const char *const apple[] = {"iPhone", "iPad", "iPod", "Macintosh"};
    struct json *v = json_new(w->a, JSON_OBJECT);
    struct text model = TEXT_NONE;

    for (size_t i = 0; v && i < sizeof apple / sizeof *apple; i++) {
        if (text_find(agent, text_of(apple[i])) == agent.len)
            continue;
        model = i == 3 ? TEXT("Mac") : text_of(apple[i]);
        json_set(w->a, v, "brand", json_new_string(w->a, TEXT("Apple")));
        break;
    }
    if (!model.len)
        model = android_model(agent);
    if (!v || !model.len)
        return NULL;
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
    struct text agent = json_string(event_pair(headers, TEXT("User-Agent"), true), w->a);
    const char *os = platform && text_is(platform->raw, "javascript") ? "os" : "client_os";

    agent = text_clip(agent, 1024);
    if (!agent.len)
        return;
    if (!json_get(contexts, "browser"))
        offer(w, &contexts, "browser", browser(w, agent));
    if (!json_get(contexts, os))
        offer(w, &contexts, os, system_of(w, agent));
    if (!json_get(contexts, "device"))
        offer(w, &contexts, "device", device(w, agent));
}
