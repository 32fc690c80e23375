/* worker-route.c -- paths and methods. */
#include "t/lib/tap.h"

#include "worker/route.h"
#include "worker/take.h"

static struct route_match find(enum method m, const char *path)
{
    return route_find(m, text_of(path));
}

static bool takes(const char *path, void (*take)(struct intake *))
{
    struct route_match m = find(METHOD_POST, path);

    return m.route && m.route->take == take && m.method_ok;
}

int main(void)
{
    struct route_match m;
    char allow[32];

    ok(takes("/api/1/envelope/", take_envelope), "24: with final slash");
    ok(takes("/api/1/envelope", take_envelope), "24: without");
    ok(takes("//api/1//envelope/", take_envelope), "24: doubled slashes");
    ok(takes("/errors/api/1/envelope/", take_envelope), "25: below a path");
    ok(takes("/api/v2/api/1/envelope/", take_envelope), "25: below a path that says api");
    m = find(METHOD_POST, "/api/17/store/");
    is_text(m.vars.project, "17", "the project");
    m = find(METHOD_POST, "/api/17/unreal/k/");
    is_text(m.vars.key, "k", "the key");
    m = find(METHOD_POST, "/api/17/events/abc/attachments/");
    is_text(m.vars.event, "abc", "the event");
    m = find(METHOD_GET, "/api/17/cron/job/k");
    is_text(m.vars.slug, "job", "the slug");
    is_text(m.vars.key, "k", "and the key behind it");
    ok(takes("/api/store/", take_store), "store without project");
    ok(takes("/api/tunnel/", take_tunnel), "tunnel");
    ok(takes("/api/1/csp-report/", take_security), "csp-report");
    m = find(METHOD_GET, "/api/1/envelope/");
    ok(m.route && !m.method_ok, "24: GET is another method");
    is_str(route_allow(m.methods, allow), "POST, OPTIONS", "what is allowed instead");
    m = find(METHOD_GET, "/api/1/store/");
    ok(m.route && m.method_ok, "GET store: the pixel");
    ok(!find(METHOD_POST, "/api/0/projects/a/b/envelope/").route, "the management API is not ours");
    ok(!find(METHOD_POST, "/api/1/playstation/").route, "an unknown endpoint");
    ok(!find(METHOD_POST, "/").route, "the root");
    ok(!find(METHOD_POST, "").route, "nothing");
    ok(!find(METHOD_POST, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/api/1/envelope/").route,
       "deeper than anybody needs");
    is_int(method_of(TEXT("POST")), METHOD_POST, "POST");
    is_int(method_of(TEXT("post")), METHOD_OTHER, "methods have a case");
    return done_testing();
}
