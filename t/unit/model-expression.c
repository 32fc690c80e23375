/* model-expression.c -- what expressions match, which are refused, and that no text costs more than its
 * length times theirs. */
#include "model/expression.h"

#include <time.h>

#include "t/lib/tap.h"

static struct expression e;

static void test_matches(void)
{
    static const struct {
        const char *expression, *yes, *no;
    } rows[] = {
        {"abc", "abc", "abcd"},
        {"", "", "a"},
        {"a.c", "a\nc", "ac"},
        {".*", "", NULL},
        {"GET .*", "GET /cart", "POST GET /cart"},
        {"a|bc|", "bc", "abc"},
        {"a|", "", "b"},
        {"(a|b)+c?", "abab", "c"},
        {"(?:ab)*", "abab", "aba"},
        {"()*a", "a", ""},
        {"((a+)+)+", "aaa", "aab"},
        {"a*?b+?c??", "aabb", "aa"},
        {"[a-c]+", "abc", "abd"},
        {"[^a-c]+", "xyz\xc3\xa9", "xya"},
        {"[]a]+", "a]", "b"},
        {"[a-]+", "a-", "ab"},
        {"[a\\]{]+", "a]{", "\\"},
        {"[[:alpha:]_[:digit:]]+", "a_1", "a-1"},
        {"\\d+\\.\\d+", "12.5", "12x5"},
        {"\\w+\\s\\S+", "a_1 --", "a-1 --"},
        {"\\D\\W", "a-", "1-"},
        {"[\\d.]+", "1.2", "1,2"},
        {"a\\nb\\t", "a\nb\t", "anbt"},
        {"\\(\\)\\*\\{\\\\", "()*{\\", "()*{"},
        {"^abc$", "abc", "xabc"},
        {"(^a|b)c($|d)", "ac", "aac"},
        {"(^a|b)c($|d)", "bcd", "bc d"},
        {"a^b|c$d", NULL, "ab"},
        {"^$", "", "a"},
        {"$^|^^a$$", "a", "b"},
        {"$^", "", "a"},
        {"^*a", "a", "^a"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ok(expression_read(text_of(rows[i].expression), &e), "%s", rows[i].expression);
        if (rows[i].yes)
            ok(expression_matches(&e, text_of(rows[i].yes)), "... matches");
        if (rows[i].no)
            ok(!expression_matches(&e, text_of(rows[i].no)),
               "... and does not, what it should not");
    }
    ok(expression_read(TEXT("a.b"), &e) && expression_matches(&e, (struct text){"a\0b", 3}),
       "a NUL is a byte");
}

static void test_refused(void)
{
    static const char *const bad[] = {"(",      ")",    "a)",   "(a",      "*a",    "a|+",
                                      "a{2}",   "[",    "[a",   "[]",      "[z-a]", "\\",
                                      "(a)\\1", "\\bx", "(?i)", "[a-\\d]", "[\\q]", "a(|*)"};
    char longest[EXPRESSION_MAX + 2];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!expression_read(text_of(bad[i]), &e), "%s is refused", bad[i]);
    memset(longest, 'a', sizeof longest);
    ok(expression_read((struct text){longest, EXPRESSION_MAX}, &e), "as long as allowed");
    ok(expression_matches(&e, (struct text){longest, EXPRESSION_MAX}), "... and all of it counts");
    ok(!expression_matches(&e, (struct text){longest, EXPRESSION_MAX - 1}), "... to the last byte");
    ok(!expression_read((struct text){longest, EXPRESSION_MAX + 1}, &e), "longer is refused");
    memset(longest, '(', sizeof longest);
    ok(!expression_read((struct text){longest, EXPRESSION_MAX}, &e), "nothing but brackets");
}

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What makes a backtracker or an automaton of sets take for ever, or all memory. */
static void test_cost(void)
{
    static char text[64 * 1024], nested[EXPRESSION_MAX + 1], dots[EXPRESSION_MAX + 1];
    const char *const hostile[] = {nested, dots, "(a|aa)+c", "(a*)*c"};
    uint32_t random = 1;

    for (size_t i = 0; i < sizeof text; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = random >> 31 ? 'a' : 'b';
    }
    memset(nested, '(', 80);
    nested[80] = 'a';
    for (int i = 0; i < 80; i++)
        memcpy(nested + 81 + 2 * i, "+)", 2);
    memcpy(dots, ".*a", 3);
    memset(dots + 3, '.', 200);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        double since = cpu_s();

        ok(expression_read(text_of(hostile[i]), &e), "%s", hostile[i]);
        expression_matches(&e, (struct text){text, sizeof text});
        ok(cpu_s() - since < 2, "... takes no time: %.3f s", cpu_s() - since);
    }
}

int main(void)
{
    test_matches();
    test_refused();
    test_cost();
    return done_testing();
}
