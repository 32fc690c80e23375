/* otlp_reader.h -- what the two readers (otlp_pb.c, otlp_json.c) share. Private to proto/otlp*.c.
 */
#ifndef QUERN_PROTO_OTLP_READER_H
#define QUERN_PROTO_OTLP_READER_H

#include "proto/json.h"
#include "proto/otlp.h"
#include "proto/wire.h"

struct otlp {
    enum otlp_signal signal;
    enum otlp_encoding encoding;
    struct otlp_context ctx;
    struct arena *keep;   /* the caller's: resources, scopes, the JSON tree */
    struct arena scratch; /* of the item handed out last */
    struct otlp_tally tally;
    enum otlp_rc rc; /* sticky */
    const struct resource *resource;
    const struct scope *scope;

    /* protobuf: the request, the group of one resource in it, the group of one scope in that */
    struct wire request, group, items;
    bool legacy; /* this group has its items under field 1000 only */

    /* JSON: the next node of each level; NULL: none left */
    const struct json *next_group, *next_items, *next_item;
    struct text dialect; /* first key under which a group keeps its items */
};

/* Ids as they came, before they are judged. */
struct otlp_ids {
    bool trace_ok, span_ok, parent_ok; /* right length, right digits */
    bool trace_sent, span_sent;        /* there at all (logs: absent is no fault) */
};

/* otlp_item.c: judge and finish what a reader filled in. False: rejected, and counted. */
bool otlp_finish_span(struct otlp *o, struct span *s, const struct otlp_ids *ids);
bool otlp_finish_log(struct otlp *o, struct logrec *l, const struct otlp_ids *ids);
void otlp_reject(struct otlp *o, enum otlp_reject why);
/* Service, release, environment, platform from the attributes. */
void otlp_finish_resource(struct otlp *o, struct resource *r);
/* Who sent it when nobody said so. */
const struct resource *otlp_no_resource(struct otlp *o);
/* A sticky failure; returns false. */
bool otlp_fail(struct otlp *o, enum otlp_rc rc);

/* otlp_pb.c */
bool otlp_pb_span(struct otlp *o, struct span *out);
bool otlp_pb_log(struct otlp *o, struct logrec *out);
void otlp_pb_points(struct otlp *o);
/* otlp_json.c */
void otlp_json_open(struct otlp *o, struct text body);
bool otlp_json_span(struct otlp *o, struct span *out);
bool otlp_json_log(struct otlp *o, struct logrec *out);
void otlp_json_points(struct otlp *o);

#endif
