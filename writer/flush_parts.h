/* flush_parts.h -- inside of a flush: flush.c has the order of things, flush_issue.c and flush_row.c
 * the things. Each writes one of its kind and returns a DB_* code. */
#ifndef QUERN_WRITER_FLUSH_PARTS_H
#define QUERN_WRITER_FLUSH_PARTS_H

#include "writer/context.h"
#include "writer/tally.h"

struct flush_group { /* tag values of one key, which follow one another */
    enum tally_table table;
    uint32_t id;
    struct text key; /* absent: none open */
    int64_t events, listed;
    uint32_t vain; /* values that were looked for, and are not listed */
};

/* release.id of a version named by an event of the generation; 0: none named. */
uint32_t flush_release(struct tally_generation *g, uint32_t project, struct text version);

/* Find its id, or make the release. */
int flush_release_find(struct writer *w, struct tally_generation *g, struct tally_row *r);
int flush_release_id(struct writer *w, uint32_t org, struct text version, int64_t first_ms,
                     uint32_t *id);
int flush_release_row(struct writer *w, struct tally_generation *g, struct tally_row *r);
int flush_row(struct writer *w, struct tally_generation *g, struct flush_group *open,
              const struct tally_row *r);
int flush_group_end(struct writer *w, struct flush_group *open);

int flush_created(struct writer *w, struct tally_generation *g, struct tally_issue *i);
int flush_issue(struct writer *w, struct tally_generation *g, struct tally_issue *i);
int flush_users(struct writer *w, struct tally_issue *i);
int flush_hash(struct writer *w, const struct tally_hash *h);
int flush_feedback(struct writer *w, const struct record_feedback *r);

/* Spans: the piece at `at` of the generation that span_tally turned out; *more false: no such. */
int flush_span(struct writer *w, uint32_t at, bool *more);
void flush_span_done(struct writer *w);
/* What was inserted is gone again with the transaction. */
void flush_span_failed(struct writer *w);

/* One line of an issue's history. `actor` 0: nobody. */
int flush_activity(struct writer *w, uint32_t issue, uint32_t actor, const char *type,
                   struct text data, int64_t now_ms);

#endif
