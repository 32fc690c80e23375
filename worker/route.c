/* route.c -- the table of everything that takes data in. What is not here is the management API
 * (api.h), a file of the browser interface (assets.h), or not found. */
#include "worker/route.h"

#include "worker/take.h"

static const struct route routes[] = {
    {METHOD_POST, {"api", "*project", "envelope"}, take_envelope},
    {METHOD_POST | METHOD_GET, {"api", "*project", "store"}, take_store},
    {METHOD_POST | METHOD_GET, {"api", "store"}, take_store},
    {METHOD_POST, {"api", "tunnel"}, take_tunnel},
    {METHOD_POST, {"api", "*project", "security"}, take_security},
    {METHOD_POST, {"api", "*project", "csp-report"}, take_security},
    {METHOD_POST, {"api", "*project", "nel"}, take_nel},
    {METHOD_POST, {"api", "*project", "minidump"}, take_minidump},
    {METHOD_POST, {"api", "*project", "unreal", "*key"}, take_unreal},
    {METHOD_POST, {"api", "*project", "events", "*event", "attachments"}, take_attachments},
    {METHOD_POST | METHOD_GET, {"api", "*project", "cron", "*slug"}, take_cron},
    {METHOD_POST | METHOD_GET, {"api", "*project", "cron", "*slug", "*key"}, take_cron},
    {METHOD_POST | METHOD_GET, {"api", "embed", "error-page"}, take_error_page},
    {METHOD_POST | ROUTE_OTLP,
     {"api", "*project", "integration", "otlp", "v1", "traces"},
     take_otlp_traces},
    {METHOD_POST | ROUTE_OTLP,
     {"api", "*project", "integration", "otlp", "v1", "logs"},
     take_otlp_logs},
    {METHOD_POST | ROUTE_OTLP,
     {"api", "*project", "integration", "otlp", "v1", "metrics"},
     take_otlp_metrics},
    {METHOD_POST | ROUTE_OTLP, {"api", "*project", "otlp", "v1", "traces"}, take_otlp_traces},
    {METHOD_POST | ROUTE_OTLP, {"api", "*project", "otlp", "v1", "logs"}, take_otlp_logs},
    {METHOD_POST | ROUTE_OTLP, {"api", "*project", "otlp", "v1", "metrics"}, take_otlp_metrics},
    {METHOD_POST | ROUTE_OTLP, {"v1", "traces"}, take_otlp_traces},
    {METHOD_POST | ROUTE_OTLP, {"v1", "logs"}, take_otlp_logs},
    {METHOD_POST | ROUTE_OTLP, {"v1", "metrics"}, take_otlp_metrics},
};

enum method method_of(struct text name)
{
    if (text_is(name, "POST"))
        return METHOD_POST;
    if (text_is(name, "GET"))
        return METHOD_GET;
    if (text_is(name, "OPTIONS"))
        return METHOD_OPTIONS;
    return text_is(name, "HEAD") ? METHOD_HEAD : METHOD_OTHER;
}

static uint32_t split(struct text path, struct text *segment)
{
    uint32_t n = 0;

    while (path.len) {
        size_t slash = text_find_byte(path, '/');

        if (slash) {
            if (n == ROUTE_SEGMENTS_MAX)
                return 0;
            segment[n++] = text_cut(path, 0, slash);
        }
        path = text_cut(path, slash + 1, path.len);
    }
    return n;
}

static void set_var(struct route_vars *vars, const char *name, struct text value)
{
    if (name[0] == 'p')
        vars->project = value;
    else if (name[0] == 'k')
        vars->key = value;
    else if (name[0] == 'e')
        vars->event = value;
    else
        vars->slug = value;
}

static uint32_t parts(const struct route *r)
{
    uint32_t n = 0;

    while (n < ROUTE_PARTS_MAX && r->part[n])
        n++;
    return n;
}

static bool fits(const struct route *r, const struct text *segment, uint32_t count,
                 struct route_vars *vars)
{
    uint32_t n = parts(r);

    if (n > count)
        return false;
    segment += count - n;
    for (uint32_t i = 0; i < n; i++)
        if (r->part[i][0] != '*' && !text_is(segment[i], r->part[i]))
            return false;
    *vars = (struct route_vars){0};
    for (uint32_t i = 0; i < n; i++)
        if (r->part[i][0] == '*')
            set_var(vars, r->part[i] + 1, segment[i]);
    return true;
}

struct route_match route_find(enum method method, struct text path)
{
    struct text segment[ROUTE_SEGMENTS_MAX];
    uint32_t count = split(path, segment);
    struct route_match m = {0};

    /* The management API has a version where others have a project; no project has the number 0. */
    if (count >= 2 && text_is(segment[0], "api") && text_is(segment[1], "0"))
        return m;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct route_vars vars;

        if (!fits(&routes[i], segment, count, &vars))
            continue;
        m.route = &routes[i];
        m.vars = vars;
        m.methods = routes[i].methods;
        m.method_ok = (routes[i].methods & method) != 0;
        return m;
    }
    return m;
}

const char *route_allow(unsigned methods, char *out)
{
    out[0] = '\0';
    if (methods & METHOD_GET)
        strcat(out, "GET, ");
    if (methods & METHOD_POST)
        strcat(out, "POST, ");
    return strcat(out, "OPTIONS");
}
