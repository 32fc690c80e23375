/* stacktext.h -- the text of a stack trace, as runtimes print it → exceptions and frames.
 * For        exceptions that come over OpenTelemetry, which carries stacks as text.
 * Languages  Python, Java (and Kotlin, Scala, and PHP as OpenTelemetry formats it), JavaScript of V8,
 *            of Firefox and Safari, Go, .NET, Ruby, PHP, Rust.
 * Tolerance  CRLF, colour codes, text cut anywhere: the frames before the cut are there.
 * Purity     linear time, no recursion; results point into the text or the arena.
 * in_app     by the runtime's and the package manager's paths; rules of a project come later, in
 *            grouping. */
#ifndef QUERN_MODEL_STACKTEXT_H
#define QUERN_MODEL_STACKTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"
#include "proto/text.h"

enum stack_language {
    STACK_UNKNOWN,
    STACK_PYTHON,
    STACK_JAVA,
    STACK_V8,
    STACK_GECKO, /* Firefox and Safari: name@url:line:column */
    STACK_GO,
    STACK_DOTNET,
    STACK_RUBY,
    STACK_PHP,
    STACK_RUST
};

/* What telemetry.sdk.language says: "python", "java", "nodejs", "webjs" … A guess only: browsers
 * differ, and PHP's SDK prints as Java does. */
enum stack_language stack_language_of(struct text sdk_language);
enum stack_language stack_sniff(struct text stack);
/* Sentry's word for the platform of such frames; "other" when unknown. */
const char *stack_platform(enum stack_language language);

#define STACK_NO_PARENT (-1)

struct stack_error {
    struct text type, module, value; /* may be empty: then the text has no header */
    struct frame *frames;            /* oldest call first, crash last; `node` is not set */
    uint32_t frame_count, frame_room;
    const char
        *source;    /* how it hangs on the next: "__cause__", "__context__", "cause"; NULL: not */
    bool is_group;  /* of exceptions that happened side by side */
    int32_t parent; /* its group, a number in this list; STACK_NO_PARENT: none */
};

struct stack_text {
    enum stack_language language;
    struct stack_error *errors; /* oldest cause first, thrown last; EXCEPTIONS_MAX at most */
    uint32_t count;             /* 0: no stack that we know */
};

/* What it looks like decides; where it looks like nothing, the hint. False: the arena is spent. */
bool stack_parse(struct text stack, enum stack_language hint, struct arena *a,
                 struct stack_text *out);

#endif
