/* model-rules.c -- rule text: what is refused and where, globs, and what rules do to frames. */
#include "model/rules.h"

#include "t/lib/tap.h"

/* ---- globs ---- */

struct glob_row {
    uint8_t style;
    const char *pattern, *value;
    bool fits;
};

static const struct glob_row globs[] = {
    {GLOB_PLAIN, "main", "main", true},
    {GLOB_PLAIN, "main", "Main", false},
    {GLOB_PLAIN, "main", "main2", false},
    {GLOB_PLAIN, "com.acme.*", "com.acme.shop.Cart", true},
    {GLOB_PLAIN, "com.acme.*", "com.acmes", false},
    {GLOB_PLAIN, "*Error", "ValueError", true},
    {GLOB_PLAIN, "*Error", "ErrorValue", false},
    {GLOB_PLAIN, "*time*out*", "a timed out b", true},
    {GLOB_PLAIN, "*time*out*", "outtime", false},
    {GLOB_PLAIN, "*", "", true},
    {GLOB_PLAIN, "", "", true},
    {GLOB_PLAIN, "", "x", false},
    {GLOB_PLAIN, "a?c", "abc", true},
    {GLOB_PLAIN, "a?c", "ac", false},
    {GLOB_PLAIN, "a?c",
     "a\xc3\xbc"
     "c",
     true}, /* one character, two bytes */
    {GLOB_PLAIN, "a??c",
     "a\xc3\xbc"
     "c",
     false},
    {GLOB_PLAIN, "?[[]Sentry*", "-[SentryHub capture]", true},
    {GLOB_PLAIN, "[a-c]x", "bx", true},
    {GLOB_PLAIN, "[a-c]x", "dx", false},
    {GLOB_PLAIN, "[!a-c]x", "dx", true},
    {GLOB_PLAIN, "[^a-c]x", "bx", false},
    {GLOB_PLAIN, "[]]x", "]x", true},
    {GLOB_PLAIN, "[abc", "[abc", false}, /* broken: never */
    {GLOB_PLAIN, "{foo,bar}*", "barrel", true},
    {GLOB_PLAIN, "{foo,bar}*", "bazar", false},
    {GLOB_PLAIN, "a{b,c{d,e}}f", "acef", true},
    {GLOB_PLAIN, "a{b,c{d,e}}f", "acf", false},
    {GLOB_PLAIN, "a{,b}c", "ac", true},
    {GLOB_PLAIN, "{foo", "{foo", false}, /* broken: never */
    {GLOB_PLAIN, "\\{foo", "{foo", true},
    {GLOB_PLAIN, "a\\*b", "a*b", true},
    {GLOB_PLAIN, "a\\*b", "axb", false},
    {GLOB_PLAIN, "a*b", "a\nb", true},
    {GLOB_PLAIN, "a/*/c", "a/b/b/c", true}, /* plain: "/" is a character like others */
    {GLOB_NOCASE, "*timed OUT*", "it Timed out.", true},
    {GLOB_PATH, "/lib/**", "/lib/x/y.so", true},
    {GLOB_PATH, "/lib/**", "lib/x", true}, /* a relative value may be meant from the root */
    {GLOB_PATH, "/lib/**", "/usr/lib/x", false},
    {GLOB_PATH, "**/vendor/**", "/app/vendor/a.php", true},
    {GLOB_PATH, "**/vendor/**", "vendor/a.php", true},
    {GLOB_PATH, "**/vendor/**", "/app/vendors/a.php", false},
    {GLOB_PATH, "**/VENDOR/**", "C:\\app\\Vendor\\a.php", true},
    {GLOB_PATH, "C:/Windows/**", "c:\\windows\\system32\\ntdll.dll", true},
    {GLOB_PATH, "*.py", "views.py", true},
    {GLOB_PATH, "*.py", "/shop/views.py", false},
    {GLOB_PATH, "**.py", "/shop/views.py", true},
    {GLOB_PATH, "**/*.py", "/shop/a/views.py", true},
    {GLOB_PATH, "**/*.py", "views.py", true},
    {GLOB_PATH, "/a/*/c", "/a/b/c", true},
    {GLOB_PATH, "/a/*/c", "/a/b/b/c", false},
    {GLOB_PATH, "/a/**/c", "/a/c", true},
    {GLOB_PATH, "/a/**/c", "/a/b/b/c", true},
    {GLOB_PATH, "/a?c", "/a/c", false},
    {GLOB_PATH, "**.app/Contents/**", "/Applications/Shop.app/Contents/MacOS/Shop", true},
    {GLOB_PATH, "libobjc*", "libobjc.A.dylib", true},
    {GLOB_PATH, "libobjc*", "libobjc/A", false},
    {GLOB_PATH, "/apex/com.android.*/lib*/**", "/apex/com.android.art/lib64/libart.so", true},
    {GLOB_PATH, "**/*newrelic*/**", "/x/NewRelic_agent/a.py", true},
    {GLOB_PATH, "**https://unpkg.com/**", "https://unpkg.com/react", true},
};

static void check_globs(struct arena *a)
{
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
        const struct glob_row *row = &globs[i];
        struct glob g;

        ok(glob_compile(text_of(row->pattern), row->style, a, &g) &&
               glob_match(&g, text_of(row->value)) == row->fits,
           "glob %d \"%s\" %s \"%s\"", row->style, row->pattern,
           row->fits ? "fits" : "does not fit", row->value);
    }
}

/* ---- what is refused ---- */

struct refusal {
    bool finger;
    const char *text;
    uint32_t line, column;
    const char *reason; /* part of it */
};

static const struct refusal refusals[] = {
    {true, "type:X", 1, 7, "expected \"->\""},
    {true, "# ok\n\ntype:X -> a\nfoo:bar -> b", 4, 1, "unknown matcher \"foo\""},
    {true, "type:X -> ", 1, 10, "expected a fingerprint"},
    {true, "-> a", 1, 1, "expected a matcher"},
    {true, "type -> a", 1, 5, "expected \":\""},
    {true, "type: -> a", 1, 6, "expected an argument"},
    {true, "type:\"X -> a", 1, 6, "not closed"},
    {true, "type:X -> {{ default", 1, 11, "not closed"},
    {true, "type:X -> {x}", 1, 11, "lone"},
    {true, "type:X -> a color=\"red\"", 1, 13, "unknown attribute \"color\""},
    {true, "type:X -> a title=\"red", 1, 19, "not closed"},
    {true, "type:\xc3\xbc\xc3\xbc \xc3\xbc:x -> a", 1, 9, "expected a matcher"}, /* characters */
    {true, "tags.:x -> a", 1, 1, "unknown matcher"},
    {false, "function:main", 1, 14, "expected an action"},
    {false, "function:main -foo", 1, 16, "expected \"app\" or \"group\""},
    {false, "function:main ^app", 1, 16, "expected \"+\" or \"-\""},
    {false, "bar:main -app", 1, 1, "unknown matcher \"bar\""},
    {false, "message:x -app", 1, 1, "unknown matcher \"message\""},
    {false, "-app", 1, 1, "expected a matcher"},
    {false, "function:main color=red", 1, 15, "unknown variable \"color\""},
    {false, "function:main max-frames=x", 1, 26, "expected a number"},
    {false, "function:main max-frames=", 1, 26, "expected a value"},
    {false, "function:a -app\nfunction:b | -app", 2, 14, "expected \"[\""},
    {false, "[ function:a function:b ] | function:c -app", 1, 14, "expected \"]\""},
    {false, "[ function:a ] function:c -app", 1, 16, "expected \"|\""},
    {false, "[ type:a ] | function:c -app", 1, 3, "what a frame has"},
    {false, "[ function:a ] | -app", 1, 18, "expected a matcher"},
    {false, "function:a | [ function:b ] function:c -app", 1, 29, "expected an action"},
    {false, "function:a [ function:b ] -app", 1, 12, "the caller stands first"},
};

static void check_refusals(struct arena *a)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct group_rules_error error;
        struct text text = text_of(r->text), none = TEXT_NONE;
        bool refused =
            !group_rules_compile(r->finger ? text : none, r->finger ? none : text, a, &error);

        if (!ok(refused && error.line == r->line && error.column == r->column &&
                    text_find(error.reason, text_of(r->reason)) < error.reason.len,
                "refused: %s", r->text))
            note("line %u column %u: %.*s", error.line, error.column, TEXT_ARG(error.reason));
    }
}

static const char *const accepted[][2] = {
    {"# only a comment\n\n   \n", ""},
    {"type:X -> a, b,c d", ""},
    {"type:X -> logger-{{ logger }}-x", ""},
    {"\"tags.my:tag\":x !type:\"a \\\"b\\\"\" -> {{default}} \"q u\"", ""},
    {"  error.type:Foo   error.value:\"bar baz\"->x title=\"{{ type }}\"  \r\n", ""},
    {"thread.name:main thread.crashed:yes app:no family:native,other sdk:sentry.go -> x", ""},
    {"type:X -> title=\"only\"", ""},
    {"", "function:main +app # so it is\nmodule:a.* v-group ^-app -app category=x"},
    {"", "[ function:a ] | function:b | [ !category:c ] max-frames = 3 min-frames=2"},
    {"", "[function:a]|function:b|[function:c] -app"},
    {"", "family:native \"stack.function\":\"a b\" invert-stacktrace=1"},
    {"", "error.type:X error.mechanism:y thread.crashed:1 function:* -group"},
    {"", "function:\"*::\\\\{dtor\\\\}\" -app\r\n\r\npath:\"C:\\\\Windows\\\\**\" -app"},
};

static void check_accepted(struct arena *a)
{
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct group_rules_error error;
        bool good = group_rules_compile(text_of(accepted[i][0]), text_of(accepted[i][1]), a,
                                        &error) != NULL;

        if (!ok(good, "accepted: %s%s", accepted[i][0], accepted[i][1]))
            note("line %u column %u: %.*s", error.line, error.column, TEXT_ARG(error.reason));
    }
}

static void check_values(struct arena *a)
{
    struct group_rules_error error;
    const struct group_rules *rules = group_rules_compile(
        TEXT("type:X -> logger-{{ logger }}-x, \"a b\", c title=\"t {{ type }}\""), TEXT_NONE, a,
        &error);

    if (!ok(rules && rules->finger.count == 1 && rules->finger.rules[0].value_count == 5,
            "a variable within a word splits it"))
        return;
    is_text(rules->finger.rules[0].values[0], "logger-", "before it");
    is_text(rules->finger.rules[0].values[1], "{{ logger }}", "itself");
    is_text(rules->finger.rules[0].values[2], "-x", "behind it");
    is_text(rules->finger.rules[0].values[3], "a b", "quoted");
    is_text(rules->finger.rules[0].title, "t {{ type }}", "title");
}

/* ---- what rules do ---- */

enum { FRAMES = 4 };

/* One letter per frame: "a" in app, "-" not; upper case: grouped by rule, "." group off. */
static void run(const char *rules, const char *functions, const char *family, char *app,
                char *group, struct rule_limits *limits, struct arena *a)
{
    struct rule_owner owner = {.type = TEXT("Boom"), .value = TEXT("it broke")};
    struct group_rules_error error;
    struct rule_frame frames[FRAMES];
    const struct group_rules *r = group_rules_compile(TEXT_NONE, text_of(rules), a, &error);

    for (uint32_t i = 0; i < FRAMES; i++)
        frames[i] = (struct rule_frame){.field = {[FIELD_FUNCTION] = {functions + i, 1}},
                                        .family = family[0] == 'n' ? FAMILY_NATIVE : FAMILY_OTHER,
                                        .in_app = TRI_YES,
                                        .group = TRI_UNKNOWN};
    if (!r || !rules_run_stack(r, frames, FRAMES, &owner, a, limits)) {
        note("%.*s", TEXT_ARG(error.reason));
        strcpy(app, "none");
        return;
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        app[i] = frames[i].in_app == TRI_YES ? 'a' : '-';
        group[i] = frames[i].group == TRI_UNKNOWN ? '_' : frames[i].group == TRI_YES ? '+' : '-';
    }
    app[FRAMES] = group[FRAMES] = '\0';
}

static const struct {
    const char *rules, *functions, *app, *group;
} effects[] = {
    {"function:b -app", "abcd", "a-aa", "____"},
    {"function:b ^-app", "abcd", "aa--", "____"},
    {"function:b v-app", "abcd", "-aaa", "____"},
    {"function:b v-app ^-app -app", "abcd", "----", "____"},
    {"function:* -app\nfunction:c +app", "abcd", "--a-", "____"},
    {"!function:b -app", "abcd", "-a--", "____"},
    {"function:{a,d} -group", "abcd", "aaaa", "-__-"},
    {"function:b -group\nfunction:b +group", "abcd", "aaaa", "_+__"},
    {"[ function:a ] | function:b -app", "abbb", "a-aa", "____"},
    {"function:b | [ function:c ] -app", "bbcb", "a-aa", "____"},
    {"[ !function:a ] | function:b -app", "bbab", "a-aa", "____"},
    {"[ function:a ] | function:b | [ function:c ] -group", "abca", "aaaa", "_-__"},
    {"function:b category=x\ncategory:x -app\n[ category:x ] | function:c -group", "abca", "a-aa",
     "__-_"},
    {"function:a category=x\nfunction:a category=y\ncategory:x -app", "abcd", "aaaa", "____"},
    {"category:* -app", "abcd", "aaaa", "____"},
    {"function:b category=zz\ncategory:z* -app", "abcd", "a-aa", "____"},
    {"app:yes function:b -app\napp:no -group", "abcd", "a-aa", "_-__"},
    {"app:maybe -app", "abcd", "aaaa", "____"},
    {"type:Boom function:a -app", "abcd", "-aaa", "____"},
    {"type:Bang function:a -app", "abcd", "aaaa", "____"},
    {"value:\"it *\" -app", "abcd", "----", "____"},
    {"!mechanism:x function:d -app", "abcd", "aaa-", "____"},
    {"mechanism:\"<unknown>\" function:d -app", "abcd", "aaa-", "____"},
    {"family:native -app", "abcd", "aaaa", "____"},
    {"family:native,other function:a -app", "abcd", "-aaa", "____"},
    {"!family:native function:a -app", "abcd", "-aaa", "____"},
    {"family:all function:a -app", "abcd", "-aaa", "____"},
    {"module:x -app", "abcd", "aaaa", "____"},
    {"!module:x -app", "abcd", "----", "____"}, /* what is absent is not x */
    {"thread.crashed:no function:a -app", "abcd", "-aaa", "____"},
    {"thread.name:main -app", "abcd", "aaaa", "____"},
};

static void check_effects(struct arena *a)
{
    struct rule_limits limits;
    char app[FRAMES + 1] = "", group[FRAMES + 1] = "";

    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        run(effects[i].rules, effects[i].functions, "other", app, group, &limits, a);
        if (!ok(strcmp(app, effects[i].app) == 0 && strcmp(group, effects[i].group) == 0,
                "%s on %s", effects[i].rules, effects[i].functions))
            note("got %s %s, want %s %s", app, group, effects[i].app, effects[i].group);
    }
    run("function:a max-frames=3\nfunction:b max-frames=2 min-frames=1", "abcd", "other", app,
        group, &limits, a);
    is_int(limits.max_frames, 2, "the last limit holds");
    is_int(limits.min_frames, 1, "and the lower one beside it");
}

/* ---- built-in rules ---- */

struct mark {
    const char *platform_family; /* o, n, j */
    uint8_t field;
    const char *value;
    bool in_app_before, in_app_after;
};

static const struct mark marks[] = {
    {"o", FIELD_PATH, "/app/vendor/laravel/a.php", true, false},
    {"o", FIELD_PATH, "vendor/laravel/a.php", true, false},
    {"o", FIELD_PATH, "/venv/lib/python3/site-packages/x.py", true, false},
    {"o", FIELD_PATH, "/root/go/pkg/mod/github.com/x/y@v1/z.go", true, false},
    {"o", FIELD_PATH, "/usr/local/lib/python3/json.py", true, false},
    {"o", FIELD_PATH, "/home/me/.local/share/pipx/x.py", true, false},
    {"o", FIELD_PATH, "/app/shop/views.py", true, true},
    {"o", FIELD_PATH, "/app/shop/views.py", false, false},
    {"j", FIELD_PATH, "/app/node_modules/express/lib/router.js", true, false},
    {"j", FIELD_PATH, "https://unpkg.com/react@18/umd/react.js", true, false},
    {"j", FIELD_PATH, "https://cdn.jsdelivr.net/npm/vue", true, false},
    {"j", FIELD_PATH, "https://shop.example/main.js", true, true},
    {"j", FIELD_MODULE, "@babel/runtime/helpers/x", true, false},
    {"j", FIELD_FUNCTION, "processTicksAndRejections", true, false},
    {"o", FIELD_MODULE, "org.springframework.web.X", true, false},
    {"o", FIELD_MODULE, "org.apache.catalina.X", true, false},
    {"o", FIELD_MODULE, "kotlinx.coroutines.X", true, false},
    {"o", FIELD_MODULE, "jdk.internal.reflect.X", true, false},
    {"o", FIELD_MODULE, "com.acme.shop.X", true, true},
    {"o", FIELD_MODULE, "organic.acme.X", true, true},
    {"o", FIELD_MODULE, "android.os.Looper", true, false},
    {"n", FIELD_FUNCTION, "std::rt::lang_start", true, false},
    {"n", FIELD_FUNCTION, "core::panicking::panic_fmt", true, false},
    {"n", FIELD_FUNCTION, "shop::main", true, true},
    {"n", FIELD_PACKAGE, "/usr/lib/libc++.dylib", true, false},
    {"n", FIELD_PACKAGE, "/private/var/containers/Bundle/Application/X/Shop.app/Shop", false, true},
    {"n", FIELD_PACKAGE, "/Applications/Shop.app/Contents/MacOS/Shop", false, true},
    {"n", FIELD_PACKAGE, "C:\\Windows\\System32\\ntdll.dll", true, false},
    {"n", FIELD_FUNCTION, "-[SentryHub captureEvent:]", true, false},
    {"n", FIELD_FUNCTION, "abort", true, false},
    {"o", FIELD_FUNCTION, "abort", true, true}, /* native alone */
};

static void check_built_in(struct arena *a)
{
    const struct group_rules *rules = rules_built_in();

    ok(rules->stack.count > 250, "%u built-in stack trace rules", rules->stack.count);
    is_int(rules->finger.count, 7, "built-in fingerprint rules");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const struct mark *m = &marks[i];
        struct rule_frame f = {.field = {[FIELD_FUNCTION] = TEXT("f")},
                               .family = *m->platform_family == 'n'   ? FAMILY_NATIVE
                                         : *m->platform_family == 'j' ? FAMILY_JAVASCRIPT
                                                                      : FAMILY_OTHER,
                               .in_app = m->in_app_before};
        struct rule_owner owner = {.type = TEXT_NONE};
        struct rule_limits limits;

        f.field[m->field] = text_of(m->value);
        ok(rules_run_stack(NULL, &f, 1, &owner, a, &limits) && f.in_app == m->in_app_after,
           "%s: %s", m->value, m->in_app_after ? "application" : "not the application");
    }
}

/* The index answers what asking every rule would: whatever the value, cut anywhere. */
static void check_index(struct arena *a)
{
    const struct stack_rules *set = &rules_built_in()->stack;
    static const char *const paths[] = {"/usr/local/lib/x",
                                        "usr/local/lib/x",
                                        "/usr/lib",
                                        "lib/a",
                                        "C:\\x\\vendor\\y",
                                        "/a/NODE_MODULES/b",
                                        "x/newrelic-1/y",
                                        "/LogRocket/z",
                                        "/",
                                        "a",
                                        "\\",
                                        "//",
                                        "/vendor",
                                        "vendor/"};
    uint32_t differs = 0;

    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++)
        for (uint32_t i = 0; i < set->count; i++) {
            const struct stack_rule *r = &set->rules[i];
            bool expected = false, applied = false;
            struct rule_owner owner = {.type = TEXT_NONE};
            struct rule_limits limits;
            struct rule_frame f = {
                .field = {[FIELD_FUNCTION] = TEXT("f"), [FIELD_PATH] = text_of(paths[p])},
                .family = FAMILY_OTHER,
                .in_app = TRI_YES};

            if (r->frame_count != 1 || r->frame[0].field != FIELD_PATH || r->caller || r->callee ||
                r->actions[0].kind != ACTION_APP || r->actions[0].on ||
                !(r->families >> FAMILY_OTHER & 1))
                continue;
            expected = glob_match(&r->frame[0].glob, f.field[FIELD_PATH]);
            if (!rules_run_stack(NULL, &f, 1, &owner, a, &limits))
                continue;
            applied = f.in_app == TRI_NO;
            differs += expected && !applied;
            arena_reset(a);
        }
    is_int(differs, 0, "no rule is missed by the index");
}

int main(void)
{
    struct arena a;

    arena_init(&a, 256 << 20);
    check_globs(&a);
    check_refusals(&a);
    check_accepted(&a);
    check_values(&a);
    check_effects(&a);
    check_built_in(&a);
    arena_reset(&a);
    check_index(&a);
    arena_free(&a);
    return done_testing();
}
