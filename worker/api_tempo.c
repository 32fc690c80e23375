/* api_tempo.c -- /tempo/api/…: Tempo's query API as Grafana's data source calls it: is it there, which
 * version, and one trace. The search is in api_tempo_search.c, tags in api_tempo_tags.c.
 * JSON       ids are hex, as OTLP/JSON has them.
 * Source     Tempo: docs, api_docs; pkg/tempopb/tempo.proto; Grafana: pkg/tsdb/tempo. */
#include "proto/otlp_write.h"
#include "worker/api_resources.h"
#include "worker/foreign.h"

/* Readers choose their requests by it: that of the API described above. */
#define TEMPO_VERSION "2.8.0"

void tempo_echo(struct api_call *c)
{
    c->content_type = "text/plain; charset=utf-8";
    buf_str(&c->out, "echo");
    api_done(c, 200);
}

void tempo_build(struct api_call *c)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_str(b, "version", TEMPO_VERSION);
    json_str(b, "revision", "");
    json_str(b, "branch", "");
    json_str(b, "buildUser", "quern");
    json_str(b, "buildDate", "");
    json_str(b, "goVersion", "");
    json_close(b, '}');
    api_done(c, 200);
}

/* ---- one trace ---- */

static bool wants_protobuf(const struct api_call *c)
{
    return text_find(c->req.accept, TEXT("application/protobuf")) < c->req.accept.len;
}

/* What stands for the trace: the spans that fit, and a word on the others. start and end are hints for
 * stores that need them. False: refused. */
static bool read_trace(struct api_call *c, const struct span ***spans, uint32_t *count,
                       struct text *partial)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    struct foreign_trace t;

    if (!foreign_trace(c, c->arg[0], &t))
        return false;
    *count = foreign_fit(&t.tree, &bytes);
    *spans = foreign_spans(c, &t.tree, *count);
    *partial = TEXT_NONE;
    if (*count < t.all)
        *partial = arena_printf(c->arena, "%u of %u spans are not shown", t.all - *count, t.all);
    return *spans != NULL;
}

/* Version 1 has no place to say that something is missing. */
void tempo_trace(struct api_call *c)
{
    const struct span **spans;
    struct text partial;
    uint32_t count;
    bool written;

    if (!read_trace(c, &spans, &count, &partial))
        return;
    if (wants_protobuf(c)) {
        c->content_type = "application/protobuf";
        written = otlp_write_protobuf(&c->out, 1, spans, count);
    } else {
        json_open(&c->out, NULL, '{');
        written = otlp_write_json(&c->out, "batches", spans, count);
        json_close(&c->out, '}');
    }
    if (written)
        api_done(c, 200);
}

void tempo_trace_v2(struct api_call *c)
{
    struct buf *b = &c->out;
    const struct span **spans;
    struct text partial;
    uint32_t count;
    bool written;

    if (!read_trace(c, &spans, &count, &partial))
        return;
    if (wants_protobuf(c)) {
        c->content_type = "application/protobuf";
        written = otlp_write_tempo(b, spans, count, partial);
    } else {
        json_open(b, NULL, '{');
        json_open(b, "trace", '{');
        written = otlp_write_json(b, "resourceSpans", spans, count);
        json_close(b, '}');
        json_open(b, "metrics", '{');
        json_close(b, '}');
        json_str(b, "status", partial.len ? "PARTIAL" : "COMPLETE");
        if (partial.len)
            json_text(b, "message", partial);
        json_close(b, '}');
    }
    if (written)
        api_done(c, 200);
}
