/* api_jaeger_v3.c -- /jaeger/api/v3/…: version 3 of Jaeger's query API: services, operations, one trace,
 * in OTLP/JSON. The searches are in api_jaeger_search.c.
 * Source     Jaeger 2.20: jaegerquery/internal/apiv3/http_gateway.go. */
#include "proto/otlp_write.h"
#include "worker/api_jaeger.h"
#include "worker/api_resources.h"

void jaeger3_services(struct api_call *c)
{
    struct foreign_names services;

    if (!foreign_services(c, &services))
        return;
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "services", '[');
    for (uint32_t i = 0; i < services.count; i++)
        json_text(&c->out, NULL, services.at[i].name);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    api_done(c, 200);
}

void jaeger3_operations(struct api_call *c)
{
    struct text service = api_param(c, "service"), kind = api_param(c, "spanKind");
    uint32_t total;

    if (text_empty(service)) {
        api_detail(c, 400, "malformed parameter service: is required");
        return;
    }
    if (text_empty(kind))
        kind = api_param(c, "span_kind");
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "operations", '[');
    if (!jaeger_write_operations(c, service, kind, &total))
        return;
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    api_done(c, 200);
}

void jaeger3_write(struct api_call *c, const struct span *const *spans, uint32_t count)
{
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "result", '{');
    if (!otlp_write_json(&c->out, "resourceSpans", spans, count))
        return;
    json_close(&c->out, '}');
    json_close(&c->out, '}');
    api_done(c, 200);
}

void jaeger3_trace(struct api_call *c)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    const struct span **spans;
    struct foreign_trace t;
    uint32_t count;

    if (!foreign_trace(c, c->arg[0], &t))
        return;
    count = foreign_fit(&t.tree, &bytes);
    if ((spans = foreign_spans(c, &t.tree, count)))
        jaeger3_write(c, spans, count);
}
