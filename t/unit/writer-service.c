/* Services, environments and edges by name, as the writer counts them. */
#include <string.h>

#include "model/trace.h"
#include "proto/limits.h"
#include "proto/logrec.h"
#include "t/lib/tap.h"
#include "writer/edge.h"
#include "writer/service.h"

static void test_environments(void)
{
    struct services *s = services_new();
    struct text prod = services_environment(s, TEXT("prod")), none, other;
    char name[32] = "prod";

    ok(text_is(prod, "prod"), "an environment");
    ok(services_environment(s, (struct text){name, 4}).at == prod.at,
       "is the same for each who names it");
    none = services_environment(s, TEXT_NONE);
    ok(none.at && none.len == 0, "none is a text, too");
    ok(services_environment(s, TEXT("")).at == none.at, "however it is said");
    for (int i = 1; i < ENVIRONMENTS_MAX; i++) {
        int n = snprintf(name, sizeof name, "env-%d", i);

        services_environment(s, (struct text){name, (size_t)n});
    }
    ok(text_is(services_environment(s, TEXT("env-7")), "env-7"), "%d of them", ENVIRONMENTS_MAX);
    other = services_environment(s, TEXT("one more"));
    ok(text_is(other, "(other)"), "one more is (other)");
    ok(services_environment(s, TEXT("and more")).at == other.at, "as are all that follow");
    ok(services_environment(s, TEXT("prod")).at == prod.at, "the first is what it was");
    services_free(s);
}

static void test_all(void)
{
    struct services *s = services_new();
    struct service *a = services_find(s, 1, TEXT("a")), *b = services_find(s, 2, TEXT("a"));
    struct operation *all = services_all(s, a);

    ok(all && all->entry == OPERATION_ALL && all->name.len == 0, "a service as a whole");
    ok(services_all(s, a) == all, "is one");
    ok(services_all(s, b) != all, "of another project another");
    ok(services_operation(s, a, TEXT(""), 0, true) != all, "and no operation of it");
    all->id = 5;
    services_forget(s);
    is_int(all->id, 0, "its number is forgotten with the others");
    services_free(s);
}

/* Names as long as they may be: operations run out of room, services do not. */
static void test_room(void)
{
    static char name[SPAN_NAME_MAX];
    struct services *s = services_new();
    uint32_t missing = 0, others = 0;

    memset(name, 'n', sizeof name);
    for (uint32_t i = 0; i < SERVICES_MAX; i++) {
        struct service *of;

        memcpy(name, &i, sizeof i);
        of = services_find(s, 1, (struct text){name, ATTR_KEY_MAX});
        for (uint32_t k = 0; of && k < 16; k++) {
            struct operation *o;

            memcpy(name + 4, &k, sizeof k);
            o = services_operation(s, of, (struct text){name, sizeof name}, 2, true);
            missing += !o || !services_all(s, of);
            others += o && text_is(o->name, "(other)");
        }
        missing += !of;
    }
    is_int(missing, 0, "%d services with 16 long operations each", SERVICES_MAX);
    ok(others > 0 && others < SERVICES_MAX * 16, "some of which are (other)");
    for (uint32_t project = 2; project <= PROJECTS_MAX; project++)
        missing += !services_find(s, project, TEXT("late"));
    is_int(missing, 0, "whoever comes then is (other) in each project");
    ok(services_environment(s, TEXT("late")).len == 4, "environments have room as well");
    services_free(s);
}

/* ---- edges ---- */

static struct edge_call calls[8];
static uint32_t call_count;

static void note_call(void *own, const struct edge_call *call)
{
    if (call_count < 8)
        calls[call_count++] = *call;
}

static struct edge_half half_of(struct service *s, struct text environment, bool caller)
{
    static const uint8_t trace[16] = {1}, id[8] = {2};

    return (struct edge_half){
        .trace_id = trace,
        .id = id,
        .service = s,
        .environment = environment,
        .caller = caller,
        .counts = {.start_ms = 1000, .duration_us = caller ? 70 : 50, .weight = caller ? 4 : 2}};
}

static void test_pairs(struct services *s, bool caller_first)
{
    struct edges *e = edges_new();
    struct service *shop = services_find(s, 1, TEXT("shop")),
                   *pay = services_find(s, 1, TEXT("pay"));
    struct text prod = services_environment(s, TEXT("prod")),
                stage = services_environment(s, TEXT("stage"));
    struct edge_half out = half_of(shop, stage, true), in = half_of(pay, prod, false);

    call_count = 0;
    edges_half(e, caller_first ? &out : &in, note_call, NULL);
    is_int(call_count, 0, "half a call waits");
    edges_half(e, caller_first ? &in : &out, note_call, NULL);
    is_int(call_count, 1, "the other half completes it");
    ok(text_is(calls[0].edge->name.caller, "shop") && text_is(calls[0].edge->name.callee, "pay"),
       "from one to the other");
    ok(calls[0].edge->name.environment.at == prod.at, "in the environment of who is called");
    ok(calls[0].counts.duration_us == 70 && calls[0].counts.weight == 4, "as the caller saw it");
    edges_free(e);
}

/* A message and two that consume it, in any order: an edge to each, however they come. */
static void test_message(struct services *s, int sent)
{
    struct edges *e = edges_new();
    struct text prod = services_environment(s, TEXT("prod"));
    struct edge_half consumers[] = {half_of(services_find(s, 1, TEXT("mail")), prod, false),
                                    half_of(services_find(s, 1, TEXT("audit")), prod, false)};
    struct edge_half producer = half_of(services_find(s, 1, TEXT("shop")), prod, true);

    producer.message = consumers[0].message = consumers[1].message = true;
    call_count = 0;
    for (int i = 0, n = 0; i < 3; i++)
        edges_half(e, i == sent ? &producer : &consumers[n++], note_call, NULL);
    is_int(call_count, 2, "both consumers of a message that comes as number %d", sent);
    ok(calls[0].edge != calls[1].edge && calls[0].edge->name.kind == EDGE_MESSAGE,
       "by an edge each");
    edges_free(e);
}

static void test_edges(struct services *s)
{
    struct edges *e = edges_new();
    struct service *shop = services_find(s, 1, TEXT("shop"));
    struct text prod = services_environment(s, TEXT("prod")),
                stage = services_environment(s, TEXT("stage"));
    struct edge_name name = {1, TEXT("shop"), TEXT("db"), prod, EDGE_DATABASE};
    struct edge *first = edges_find(e, &name);
    struct edge_half out = half_of(shop, prod, true), in = half_of(shop, prod, false);

    ok(first && edges_find(e, &name) == first, "an edge by its name");
    name.environment = stage;
    ok(edges_find(e, &name) != first, "is another in another environment");
    name.environment = prod;
    name.kind = EDGE_CALL;
    ok(edges_find(e, &name) != first, "and of another kind");
    call_count = 0;
    edges_half(e, &out, note_call, NULL);
    edges_half(e, &in, note_call, NULL);
    is_int(call_count, 0, "a call within a service is none");
    out = half_of(shop, prod, true);
    out.unanswered = first;
    out.now_ms = 1000;
    edges_half(e, &out, note_call, NULL);
    for (int i = 0; i < 8; i++)
        edges_expire(e, 20000, note_call, NULL);
    is_int(call_count, 0, "who is not answered waits");
    for (int i = 0; i < 8; i++)
        edges_expire(e, 40000, note_call, NULL);
    ok(call_count == 1 && calls[0].edge == first, "and called what was not traced");
    edges_free(e);
}

/* ---- levels ---- */

static void test_levels(void)
{
    static const uint8_t bounds[][2] = {{0, 0},  {1, 1},  {4, 1},  {5, 2},  {8, 2},
                                        {9, 3},  {12, 3}, {13, 4}, {16, 4}, {17, 5},
                                        {20, 5}, {21, 6}, {24, 6}, {25, 0}, {255, 0}};
    int bad = 0;

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        bad += severity_level(bounds[i][0]) != bounds[i][1];
    is_int(bad, 0, "levels of severities");
    ok(strcmp(severity_name(0), "") == 0 && strcmp(severity_name(24), "fatal") == 0 &&
           strcmp(severity_name(25), "") == 0,
       "and their names");
}

int main(void)
{
    struct services *s = services_new();

    test_environments();
    test_all();
    test_room();
    test_pairs(s, true);
    test_pairs(s, false);
    for (int sent = 0; sent < 3; sent++)
        test_message(s, sent);
    test_edges(s);
    test_levels();
    services_free(s);
    return done_testing();
}
