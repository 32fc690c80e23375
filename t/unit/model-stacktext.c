/* Stack texts of all languages: t/corpus/stacktext/NAME.txt reads as NAME.want says.
 * A line there is an error, "type | module | value", with its source and its group's number; lines
 * below it its frames, oldest first: "function module file:line:column", a star when it is in_app.
 * With an argument: print what would be wanted of that file. */
#include <dirent.h>

#include "model/stacktext.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

#define FOLDER "t/corpus/stacktext"

static struct arena arena;

static struct text slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    struct buf b;
    char part[4096];
    size_t n;

    buf_init(&b, &arena, 4096, MIB);
    while (f && (n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&b, part, n);
    if (f)
        fclose(f);
    return buf_result(&b);
}

static struct text shown(struct text t)
{
    return t.len ? t : TEXT("-");
}

static struct text render(struct text stack)
{
    struct stack_text s;
    struct buf b;

    buf_init(&b, &arena, 4096, MIB);
    stack_parse(stack, STACK_UNKNOWN, &arena, &s);
    buf_printf(&b, "%s\n", stack_platform(s.language));
    for (uint32_t i = 0; i < s.count; i++) {
        const struct stack_error *e = &s.errors[i];

        buf_printf(&b, "%.*s | %.*s | %.*s", TEXT_ARG(shown(e->type)), TEXT_ARG(shown(e->module)),
                   TEXT_ARG(shown(e->value)));
        if (e->source)
            buf_printf(&b, " | %s", e->source);
        if (e->is_group)
            buf_str(&b, " | group");
        if (e->parent != STACK_NO_PARENT)
            buf_printf(&b, " | of %d", e->parent);
        buf_byte(&b, '\n');
        for (uint32_t k = 0; k < e->frame_count; k++) {
            const struct frame *f = &e->frames[k];

            buf_printf(&b, "  %s%.*s %.*s %.*s:%u:%u", f->in_app == TRI_YES ? "*" : "",
                       TEXT_ARG(shown(f->function)), TEXT_ARG(shown(f->module)),
                       TEXT_ARG(shown(f->filename)), f->lineno, f->colno);
            if (f->context_line.len)
                buf_printf(&b, " # %.*s", TEXT_ARG(f->context_line));
            buf_byte(&b, '\n');
        }
    }
    return buf_result(&b);
}

static int is_stack(const struct dirent *d)
{
    return text_ends(text_of(d->d_name), ".txt");
}

static void test_corpus(void)
{
    struct dirent **names;
    int count = scandir(FOLDER, &names, is_stack, alphasort);

    ok(count > 20, "%d stacks in " FOLDER, count);
    for (int i = 0; i < count; i++) {
        char path[512];
        struct text want, got;

        snprintf(path, sizeof path, FOLDER "/%s", names[i]->d_name);
        got = render(slurp(path));
        memcpy(strrchr(path, '.'), ".want", 6);
        want = slurp(path);
        if (!ok(text_eq(got, want), "%s", names[i]->d_name))
            printf("# got\n%.*s\n# want\n%.*s\n", TEXT_ARG(got), TEXT_ARG(want));
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

/* 4.7: text cut anywhere still gives the frames before the cut. */
static void test_cut(void)
{
    struct text t = slurp(FOLDER "/java-causes.txt");
    struct stack_text s;
    int lost = 0;
    size_t second = text_find(t, TEXT("\tat app//"));

    for (size_t len = second; len < t.len; len++) {
        bool kept = false;

        stack_parse(text_cut(t, 0, len), STACK_JAVA, &arena, &s);
        for (uint32_t i = 0; i < s.count; i++)
            for (uint32_t k = 0; k < s.errors[i].frame_count; k++)
                kept |= text_is(s.errors[i].frames[k].function, "charge");
        lost += !kept;
    }
    is_int(lost, 0, "8.52 a Java stack cut anywhere keeps the frames before the cut");
}

static void test_bounds(void)
{
    struct stack_text s;
    struct buf b;

    buf_init(&b, &arena, 4096, 16 * MIB);
    for (int i = 0; i < 2000; i++)
        buf_printf(&b, "a.B%d: x\n\tat a.B.c(B.java:%d)\nCaused by: ", i, i);
    ok(stack_parse(buf_result(&b), STACK_JAVA, &arena, &s) && s.count == EXCEPTIONS_MAX,
       "errors are bounded");
    buf_init(&b, &arena, 4096, 16 * MIB);
    buf_str(&b, "a.B: x\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "\tat a.B.c(B.java:%d)\n", i);
    ok(stack_parse(buf_result(&b), STACK_JAVA, &arena, &s) && s.count == 1 &&
           s.errors[0].frame_count == FRAMES_MAX && s.errors[0].frames[FRAMES_MAX - 1].lineno == 0,
       "frames are bounded, the newest stay");
    ok(stack_parse(TEXT(""), STACK_PYTHON, &arena, &s) && s.count == 0, "nothing is no stack");
    is_int(stack_language_of(TEXT("nodejs")), STACK_V8, "languages by their SDK");
    ok(stack_parse(TEXT("f@https://x/a.js:1:2"), STACK_V8, &arena, &s) && s.language == STACK_GECKO,
       "what it looks like goes before what the SDK says");
}

/* Frames before a list of causes, and after it: all are the thrown error's. */
static void test_parted(void)
{
    struct stack_text s;
    struct buf b;

    buf_init(&b, &arena, 4096, MIB);
    buf_str(&b, "Error: order failed\n\nStack backtrace:\n");
    for (int i = 0; i < 5; i++)
        buf_printf(&b, "   %d: shop::early%d\n", i, i);
    buf_str(&b, "Caused by:\n    0: no price\n\nStack backtrace:\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&b, "   %d: shop::late%d\n", i, i);
    ok(stack_parse(buf_result(&b), STACK_RUST, &arena, &s) && s.count == 2,
       "an error and its cause");
    memset(arena_alloc(&arena, 64 * KIB), 0xff, 64 * KIB); /* what comes behind them is others' */
    is_int(s.errors[1].frame_count, 65, "frames of both lists");
    is_text(s.errors[1].frames[64].function, "shop::early0", "the first is there");
    is_text(s.errors[1].frames[60].function, "shop::early4", "as are those beside the break");
    is_text(s.errors[1].frames[0].function, "shop::late59", "and the last");
}

int main(int argc, char **argv)
{
    arena_init(&arena, 1024 * MIB);
    if (argc > 1) {
        printf("%.*s", TEXT_ARG(render(slurp(argv[1]))));
        return 0;
    }
    test_corpus();
    test_cut();
    test_bounds();
    test_parted();
    arena_free(&arena);
    return done_testing();
}
