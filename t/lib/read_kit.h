/* read_kit.h -- what a test writes with writer_kit.h, read back as a worker's query thread does. */
#ifndef QUERN_T_READ_KIT_H
#define QUERN_T_READ_KIT_H

#include "t/lib/span_kit.h"
#include "worker/api_call.h"

struct reader {
    struct query_thread *q;
    struct arena arena;
    struct api_call call;
};

static inline bool reader_open(struct reader *r, struct kit *k)
{
    memset(r, 0, sizeof *r);
    r->q = query_bare(&k->world);
    arena_init(&r->arena, API_ARENA_MAX);
    return r->q != NULL;
}

/* A call of the default organisation, with these query parameters (literal, "a=b&c=d"). */
static inline struct api_call *reader_call(struct reader *r, const char *query)
{
    static struct api_param params[16];
    struct api_call *c = &r->call;
    struct text q = text_of(query);

    for (uint32_t i = 0; i < c->stmt_count; i++)
        db_reset(c->stmts[i]);
    c->stmt_count = 0; /* files may be closed now */
    query_release(r->q);
    arena_reset(&r->arena);
    *c = (struct api_call){.q = r->q,
                           .arena = &r->arena,
                           .now_ms = world_now_ms(),
                           .method = API_GET,
                           .org = 1,
                           .org_slug = TEXT("default"),
                           .params = params,
                           .content_type = "application/json"};
    c->req.base_url = TEXT("http://127.0.0.1");
    c->req.path = TEXT("/");
    c->req.query = q;
    c->caller = (struct api_caller){.by = API_OPERATOR, .scopes = SCOPES_ALL};
    c->db = query_catalogue(r->q);
    buf_init(&c->out, c->arena, 4096, API_ANSWER_MAX);
    while (q.len) {
        size_t amp = text_find_byte(q, '&');
        struct text one = text_cut(q, 0, amp);
        size_t equals = text_find_byte(one, '=');

        params[c->param_count++] = (struct api_param){
            api_decode(c->arena, text_cut(one, 0, equals), true),
            api_decode(c->arena, text_cut(one, equals + 1, one.len), true),
        };
        q = text_cut(q, amp + 1, q.len);
    }
    return c;
}

static inline void reader_close(struct reader *r)
{
    reader_call(r, "");
    query_bare_free(r->q);
    arena_free(&r->arena);
}

#endif
