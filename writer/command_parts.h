/* command_parts.h -- inside of commands: what command.c offers to the files by noun, and their handlers.
 * A handler runs in the open transaction, checks its arguments, changes rows, notes effects, writes the
 * answer and returns the HTTP status. A database error is command_broken(): the command is answered
 * with 500, or tried again when the disk is full. */
#ifndef QUERN_WRITER_COMMAND_PARTS_H
#define QUERN_WRITER_COMMAND_PARTS_H

#include <string.h>

#include "proto/buf.h"
#include "proto/json.h"
#include "writer/context.h"

struct command {
    struct writer *w;
    struct db *db;
    struct arena *arena;
    const struct json *args;
    uint32_t actor; /* 0: the operator */
    int64_t now_ms;
    struct buf *answer;
    int broken; /* DB_* code of the first failure; else DB_OK */
};

typedef uint16_t command_handler(struct command *c);

/* command_project.c */
command_handler command_project_add, command_project_update, command_project_delete,
    command_project_list;
/* command_key.c */
command_handler command_key_add, command_key_update, command_key_delete, command_key_list;
/* command_user.c */
command_handler command_user_add, command_user_update, command_user_login, command_user_list;
/* command_token.c */
command_handler command_token_add, command_token_delete, command_token_used;
/* command_issue.c */
command_handler command_issue_update;
/* command_delete.c */
command_handler command_issue_delete;
/* command_merge.c */
command_handler command_issue_merge, command_issue_unmerge;
/* command_learn.c */
command_handler command_issue_learn;
/* command_comment.c */
command_handler command_comment_add, command_comment_update, command_comment_delete;
/* command_release.c */
command_handler command_release_add, command_release_update, command_release_delete,
    command_environment_update;
/* command_feedback.c */
command_handler command_feedback_add;
/* command_deploy.c */
command_handler command_deploy_add;

/* ---- answers ---- */
uint16_t command_empty(struct command *c, uint16_t status);          /* {} */
uint16_t command_id(struct command *c, uint16_t status, int64_t id); /* {"id":"…"} */
/* {"detail":"…"}; {"field":["…"]}. Whatever was written before is forgotten. */
uint16_t command_refuse(struct command *c, uint16_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint16_t command_wrong(struct command *c, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* {"outer":{"field":["…"]}} */
uint16_t command_wrong_in(struct command *c, const char *outer, const char *field,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
uint16_t command_missing(struct command *c); /* 404 */
uint16_t command_broken(struct command *c, int rc);

/* ---- arguments ---- */
struct text command_text(struct command *c, const char *key); /* as text, trimmed; absent: none */
bool command_int(struct command *c, const char *key, int64_t *out);
int64_t command_offset(struct command *c); /* of a list: how many rows to pass over; absent: 0 */
/* An object {"count","window"}, null or absent. False: something else, told. */
bool command_rate(struct command *c, int64_t *count, int64_t *window);
/* A time: absent leaves *ms as it is, null makes it 0. False: something else, told. */
bool command_date(struct command *c, const char *key, int64_t *ms);

/* ---- rows ---- */
/* NULL: the command is broken. */
struct db_stmt *command_query(struct command *c, const char *name);
void command_bind(struct db_stmt *q, int at, struct text t); /* absent: NULL */
void command_bind_name(struct db_stmt *q, const char *name, struct text t);
/* Run one that gives no rows; false: broken. */
bool command_do(struct command *c, struct db_stmt *q);
/* Step; false: no row (or broken). Reset it afterwards. */
bool command_row(struct command *c, struct db_stmt *q);
/* A whole command: note that the row "id" was used at "time_ms" (now), if the note there is `every_ms`
 * older at least. The statement takes id, time, and the latest time to be replaced. */
uint16_t command_stamp(struct command *c, const char *name, int64_t every_ms);
/* A first column, reset at once; `otherwise` when there is no row. */
int64_t command_number(struct command *c, struct db_stmt *q, int64_t otherwise);
struct text command_column(struct command *c, struct db_stmt *q, int column); /* own copy */
bool command_activity(struct command *c, uint32_t issue, const char *type, struct text data);

/* A project by id or slug; 0: none. */
uint32_t command_project_named(struct command *c, struct text name);
/* {"id","name","email"} of a user under that key; null when there is none. */
void command_write_user(struct command *c, struct buf *b, const char *key, uint32_t user);
bool command_email(struct text email);
bool command_slug(struct text slug);

/* ---- effects ---- */
void command_touch(struct command *c, uint32_t issue); /* its entry is read anew */
void command_gone(struct command *c, uint32_t issue);
void command_hash(struct command *c, uint32_t project, const void *hash,
                  uint32_t issue); /* 0: forget */

#endif
