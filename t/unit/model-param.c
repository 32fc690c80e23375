/* model-param.c -- masking: the table of the corpus, in every surrounding, and its bounds. */
#include "model/param.h"

#include "t/lib/tap.h"

static struct text unescape(char *s)
{
    size_t len = 0;

    for (char *at = s; *at; at++)
        if (*at == '\\' && at[1]) {
            at++;
            s[len++] = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at;
        } else {
            s[len++] = *at;
        }
    s[len] = '\0';
    return (struct text){s, len};
}

/* What is variable stays so whatever words stand around it. */
static void check_row(struct text in, const char *out, struct arena *a)
{
    bool lines = memchr(in.at, '\n', in.len);

    is_text(param_message(in, a), out, "%.*s", TEXT_ARG(in));
    for (unsigned around = 1; around < 4 && !lines; around++) {
        const char *before = around & 1 ? "word " : "", *after = around & 2 ? " word" : "";
        struct text whole = arena_printf(a, "%s%.*s%s", before, TEXT_ARG(in), after);
        struct text want = arena_printf(a, "%s%s%s", before, out, after);

        is_text(param_text(whole, a), want.at, "%.*s", TEXT_ARG(whole));
    }
}

static void check_table(struct arena *a)
{
    FILE *f = fopen("t/corpus/group/mask.tsv", "r");
    char line[4096];
    int rows = 0;

    if (!ok(f != NULL, "the table is there"))
        return;
    while (fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');

        line[strcspn(line, "\n")] = '\0';
        if (!tab)
            continue;
        *tab = '\0';
        unescape(tab + 1);
        check_row(unescape(line), tab + 1, a);
        arena_reset(a);
        rows++;
    }
    fclose(f);
    ok(rows > 100, "%d rows", rows);
}

/* Masking what is masked changes nothing: kinds stand between angle brackets, and stay. */
static void check_stable(struct arena *a)
{
    struct text once =
        param_text(TEXT("order 18 of a@b.de, 10.0.0.1, 7c1811ed-e98f-4c9c-a9f9-58c757ff"
                        "494f after 20ms at 2024-01-02"),
                   a);

    ok(text_eq(param_text(once, a), once), "masking twice is masking once");
    ok(param_text(TEXT_NONE, a).at == NULL, "nothing stays nothing");
    is_text(param_text(TEXT(""), a), "", "empty stays empty");
}

/* Every byte string is answered, quickly. */
static void check_hostile(struct arena *a)
{
    static const char *const patterns[] = {
        "a.",      "a@",        "1:",        "::",
        "{\"a\":", "{\"a\":1}", "='",        "=\"a",
        "0x",      "-1",        "1,",        "1,234,",
        "a1-",     "1-1",       "dead:",     "2006-01-02",
        "Mon, ",   "1.",        "00000000-", "a_1",
        "tx",      "http:",     "[",         "{",
        "(((",     "\xff",      "\xc2\xb5",  "status 1",
        "a1b2",    "%",         "1s",        "datetime.datetime("};
    char *big = malloc(1 << 20);

    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        size_t n = strlen(patterns[p]), len = 0;

        while (len + n < 1 << 20) {
            memcpy(big + len, patterns[p], n);
            len += n;
        }
        struct text out = param_text((struct text){big, len}, a);
        ok(out.at && out.len <= 4 * PARAM_MAX + 16, "a megabyte of %s", patterns[p]);
        arena_reset(a);
    }
    uint32_t seed = 1;
    bool good = true;
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t len = 0;

        while (len < sizeof text) {
            seed = seed * 1664525 + 1013904223;
            text[len++] =
                " -_.:/@=\"'{}[](),0123456789abcdefxyzABCDEFGZ\xc3\xbc"[seed >> 8 & 0xffffff
                                                                            ? (seed >> 16) % 47
                                                                            : 0];
        }
        struct text out = param_text((struct text){text, len}, a);
        good &= out.at != NULL && out.len <= 4 * len + 16;
        arena_reset(a);
    }
    ok(good, "20000 random texts");
    free(big);
}

int main(void)
{
    struct arena a;

    arena_init(&a, 16 << 20);
    check_table(&a);
    check_stable(&a);
    check_hostile(&a);
    arena_free(&a);
    return done_testing();
}
