/* otlp.c -- the door of the OTLP reader: opening, closing, what both encodings have in common. */
#include "proto/otlp.h"

#include "proto/limits.h"
#include "proto/otlp_reader.h"

const char *otlp_rc_text(enum otlp_rc rc)
{
    switch (rc) {
    case OTLP_DONE:
        return "ok";
    case OTLP_MALFORMED:
        return "the body is not a valid export request in the announced encoding";
    case OTLP_TOO_DEEP:
        return "values are nested too deeply";
    case OTLP_TOO_MANY:
        return "too many values in one request: send smaller batches";
    case OTLP_SPENT:
        return "the request takes too much memory: send smaller batches";
    }
    return "invalid request";
}

bool otlp_fail(struct otlp *o, enum otlp_rc rc)
{
    if (o->rc == OTLP_DONE)
        o->rc = rc;
    return false;
}

enum otlp_rc otlp_open(enum otlp_signal signal, enum otlp_encoding encoding, struct text body,
                       const struct otlp_context *ctx, struct arena *a, struct otlp **out)
{
    struct otlp *o = arena_zero(a, 1, sizeof *o);

    if (!(*out = o))
        return OTLP_SPENT;
    o->signal = signal;
    o->encoding = encoding;
    o->ctx = *ctx;
    o->keep = a;
    arena_init(&o->scratch, OTLP_ITEM_ARENA_MAX);
    if (encoding == OTLP_JSON) {
        otlp_json_open(o, body);
    } else {
        o->request = wire_open(body);
        o->group = o->items = wire_open(TEXT(""));
    }
    return o->rc;
}

bool otlp_next_span(struct otlp *o, struct span *out)
{
    return o->encoding == OTLP_JSON ? otlp_json_span(o, out) : otlp_pb_span(o, out);
}

bool otlp_next_log(struct otlp *o, struct logrec *out)
{
    return o->encoding == OTLP_JSON ? otlp_json_log(o, out) : otlp_pb_log(o, out);
}

void otlp_count_points(struct otlp *o)
{
    if (o->encoding == OTLP_JSON)
        otlp_json_points(o);
    else
        otlp_pb_points(o);
}

enum otlp_rc otlp_close(struct otlp *o, struct otlp_tally *tally)
{
    arena_free(&o->scratch);
    if (arena_spent(o->keep))
        otlp_fail(o, OTLP_SPENT);
    if (tally)
        *tally = o->tally;
    return o->rc;
}
