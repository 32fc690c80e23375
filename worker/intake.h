/* intake.h -- one request that brings data in, from the door to the answer.
 * For        the take_* functions, which are all written in terms of it (take.h tells the order).
 * Ownership  struct intake lives on the stack of intake_accept; what is decoded lives in the
 * worker's arena, which is emptied when the take_* function has returned. Only the answer outlives
 *            it, in the request's pool.
 * All or nothing  records are collected and appended together; when the ring has no room for all of
 *            them, none is, and the client is told when to come back. Only what not even an empty ring
 *            holds goes in parts, and is answered when the last one is stored.
 * Errors     functions that return false have answered; just return. */
#ifndef QUERN_WORKER_INTAKE_H
#define QUERN_WORKER_INTAKE_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"
#include "worker/claim.h"
#include "worker/limit.h"
#include "worker/outcome.h"
#include "worker/reply.h"
#include "worker/route.h"
#include "worker/sender.h"

struct worker;
struct keeper_file;
struct project_settings;
struct span_work;

/* The request headers that taking in cares about. Absent texts: not sent. */
struct intake_headers {
    struct text sentry_auth, authorization;
    struct text content_encoding, content_type, accept;
    struct text origin, referer, user_agent, forwarded_for;
};

struct intake_record {
    struct intake_record *next;
    enum record_kind kind;
    struct text body;
};

struct intake {
    struct worker *w;
    h2o_req_t *req;
    struct arena *arena;
    enum method method;
    struct route_vars vars;
    struct text query; /* behind the question mark */
    struct intake_headers headers;
    int64_t now_us;
    enum reply_dialect dialect; /* how refusals are written */
    /* 429 is not for everyone: crash uploaders and cron jobs would be back at once (Relay). */
    bool never_429;

    /* after intake_claim */
    struct claim claim;
    const struct registry_view *view;
    const struct reg_key *key;
    const struct reg_project *project;
    const struct project_settings *settings;

    /* after intake_body */
    struct text body;

    /* what has come together */
    struct limit_hits hits;
    struct outcome_list outcomes;
    struct span_work *spans; /* being packed; NULL: none (take_span.h) */
    struct intake_record *records, **last_record;
    uint32_t record_count;
    struct keeper_file *files, **last_file;
    uint64_t file_bytes, inline_bytes;
    char sender[SENDER_MAX];
};

/* Take the request over when its path is one that takes data in: 0, else -1. */
int intake_accept(struct worker *w, h2o_req_t *req);
/* How the sender of a request wants to be refused. Also for one that h2o refuses before it comes here. */
enum reply_dialect intake_dialect(const h2o_req_t *req);

/* ---- the door ---- */

/* Whose is it? Looks for the key in the request, looks up key and project, checks the page's origin
 * and whether the disk has room. */
bool intake_claim(struct intake *in);
/* The same, but a request without any key is let through with in->key NULL … */
bool intake_claim_early(struct intake *in);
/* … until the dsn of its envelope is known, which settles it; NULL: there was none. With a key
 * known already, checks that both name the same. */
bool intake_claim_dsn(struct intake *in, const struct dsn *dsn);
/* Is there any use in reading on? Room in the ring, and the limit of `category`, taking nothing. */
bool intake_admit(struct intake *in, enum bucket_category category);
int intake_busy_status(const struct intake *in);
/* The body, decoded. */
bool intake_body(struct intake *in);
/* Take from the limits. False: used up; noted in in->hits, not answered. */
bool intake_take(struct intake *in, enum bucket_category category, uint32_t cost);
/* Who sent it, in text; absent over the unix socket. */
struct text intake_sender(struct intake *in);

/* ---- what comes of it ---- */

void intake_add(struct intake *in, enum record_kind kind, struct text body);
/* A file to be written before the records are appended. The data is lent until the answer, and must
 * lie in the arena or in the request's body. Returns its name; NULL: the arena is spent. */
const char *intake_file(struct intake *in, struct text data);
/* Something that is not stored: in a request that succeeds, its count is part of what is
 * acknowledged. */
void intake_outcome(struct intake *in, enum outcome outcome, const char *category,
                    const char *reason, uint32_t quantity);
/* The same with texts of the arena. */
void intake_outcome_text(struct intake *in, enum outcome outcome, struct text category,
                         struct text reason, uint32_t quantity);

/* ---- the answer ---- */

/* Append everything, and answer when it is durable; at once when there is nothing to append. `body`
 * may lie in the arena. */
void intake_commit(struct intake *in, int status, const char *type, struct text body);
/* All was refused by limits: 429 with its headers, and the outcomes are tallied. */
void intake_limited(struct intake *in);
/* Refuse. What was collected is dropped; its outcomes are tallied. */
void intake_refuse(struct intake *in, int status, const char *detail, const char *cause);

/* {"id":"…"} of 16 bytes, in the arena. */
struct text intake_id_json(struct intake *in, const uint8_t id[16]);

#endif
