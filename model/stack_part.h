/* stack_part.h -- what the grammars share. Private to model/stack*.c. */
#ifndef QUERN_MODEL_STACK_PART_H
#define QUERN_MODEL_STACK_PART_H

#include "model/stacktext.h"
#include "proto/limits.h"

/* ---- lines ---- */

struct stack_lines {
    struct text rest;
};
/* The next line, without its line end; false: no more. */
bool stack_line(struct stack_lines *l, struct text *out);
/* The same without taking it. */
bool stack_peek(const struct stack_lines *l, struct text *out);

size_t stack_indent(struct text line); /* blanks at its start; a tab counts as one */
struct text stack_trim(struct text line);
/* Take the prefix off; false: it is not there. */
bool stack_skip(struct text *t, const char *prefix);
/* Take a number off the start; false: there is none. */
bool stack_number(struct text *t, uint32_t *out);
/* Offset of the last occurrence of a byte; t.len: none. */
size_t stack_last(struct text t, char byte);
/* Is some part of the path one of these? NULL ends. */
bool stack_has_any(struct text t, const char *const *parts);
bool stack_starts_any(struct text t, const char *const *prefixes);
/* "path:12" or "path:12:5": take the numbers off the end. */
void stack_place(struct text place, struct text *path, uint32_t *line, uint32_t *column);
/* Two pieces that lie in one text, as one: from the start of `from` to the end of `to`. */
struct text stack_join(struct text from, struct text to);

/* ---- making ---- */

struct stack_maker {
    struct arena *a;
    struct stack_text *out;
    struct stack_error errors[EXCEPTIONS_MAX];
    uint32_t count;
    struct stack_error *at; /* the one being made; NULL: none yet */
    uint32_t skipped;       /* errors beyond EXCEPTIONS_MAX */
};

/* Begin an error; NULL: there are enough. */
struct stack_error *stack_begin(struct stack_maker *m);
/* Begin a frame of the present error, cleared, in_app unknown; NULL: FRAMES_MAX reached, or spent. */
struct frame *stack_frame(struct stack_maker *m);
/* The present error's frames came newest first. */
void stack_turn(struct stack_error *e);
/* The errors came thrown first. */
void stack_turn_errors(struct stack_maker *m);
/* "a.b.Type" into module and type at the last dot. */
void stack_split_type(struct text full, struct stack_error *e);

/* ---- the grammars: false where the text is of another ---- */
bool stack_python(struct stack_maker *m, struct text t);
bool stack_java(struct stack_maker *m, struct text t);
bool stack_v8(struct stack_maker *m, struct text t);
bool stack_gecko(struct stack_maker *m, struct text t);
bool stack_go(struct stack_maker *m, struct text t);
bool stack_dotnet(struct stack_maker *m, struct text t);
bool stack_ruby(struct stack_maker *m, struct text t);
bool stack_php(struct stack_maker *m, struct text t);
bool stack_rust(struct stack_maker *m, struct text t);

#endif
