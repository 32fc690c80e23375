/* Which release is newer, and how many different users. */
#include "model/release.h"
#include "model/sketch.h"
#include "t/lib/tap.h"

static void test_parse(void)
{
    struct release_name n;

    release_parse(TEXT("shop@1.4.1-rc.2+77"), &n);
    is_text(n.package, "shop", "the package is before the @");
    is_text(n.version, "1.4.1-rc.2+77", "the version behind it");
    ok(n.semver && n.number[0] == 1 && n.number[1] == 4 && n.number[2] == 1 && n.components == 3,
       "its numbers");
    is_text(n.pre, "rc.2", "its pre-release");
    is_text(n.build, "77", "its build");
    release_parse(TEXT("@acme/web@2.0"), &n);
    is_text(n.package, "@acme/web", "a scoped package");
    ok(n.semver && n.components == 2, "two numbers do");
    release_parse(TEXT("v1.2.3.4"), &n);
    ok(n.semver && n.number[3] == 4 && !n.package.at, "four do, and a v");
    release_parse(TEXT("1.0rc1"), &n);
    is_text(n.pre, "rc1", "Python's way of pre-releases");
    release_parse(TEXT("deadbeefdeadbeef"), &n);
    ok(!n.semver && release_is_hash(n.version), "a commit is no version");
    release_parse(TEXT("123456789012"), &n);
    ok(!n.semver, "nor are twelve digits, which may be one");
    for (int i = 0; i < 7; i++) {
        static const char *const not [] = {
            "", "1.", "01.2", "1.2.3.4.5", "1.0-", "1.0+", "99999999999999999999.1"};

        release_parse(text_of(not [i]), &n);
        ok(!n.semver, "'%s' is none", not [i]);
    }
    release_parse(TEXT("x@"), &n);
    is_text(n.version, "x@", "nothing behind the @: all of it is the version");
}

/* Each is older than the next. */
static void test_order(void)
{
    static const char *const up[] = {"a@0.9",           "a@1.0.0-alpha",
                                     "a@1.0.0-alpha.1", "a@1.0.0-alpha.beta",
                                     "a@1.0.0-beta.2",  "a@1.0.0-beta.11",
                                     "a@1.0.0-rc.1",    "a@1.0.0",
                                     "a@1.0.0+9",       "a@1.0.0+10",
                                     "a@1.0.0.1",       "a@1.2",
                                     "a@1.10.0",        "a@2"};
    int wrong = 0, order;

    for (size_t i = 0; i < sizeof(up) / sizeof(*up); i++) {
        for (size_t j = 0; j < sizeof(up) / sizeof(*up); j++) {
            bool good =
                release_compare(text_of(up[i]), text_of(up[j]), &order) && (i < j   ? order < 0
                                                                            : i > j ? order > 0
                                                                                    : order == 0);

            if (!good)
                note("%s against %s: %d", up[i], up[j], order);
            wrong += !good;
        }
    }
    is_int(wrong, 0, "semver's own order, with builds and a fourth number");
    ok(release_compare(TEXT("1.0"), TEXT("1.0.0"), &order) && order == 0,
       "what is not written is 0");
    ok(!release_compare(TEXT("a@1.0"), TEXT("b@2.0"), &order), "two packages have no order");
    ok(!release_compare(TEXT("a@1.0"), TEXT("1.0"), &order), "nor have a package and none");
    ok(!release_compare(TEXT("deadbeefdeadbeef"), TEXT("1.0"), &order), "nor has a commit");
}

static void test_valid(void)
{
    char longest[202];

    memset(longest, 'x', sizeof(longest));
    ok(release_valid((struct text){longest, 200}) && !release_valid((struct text){longest, 201}),
       "200 bytes");
    ok(release_valid(TEXT("my app 1.0 (beta)")), "spaces inside");
    for (int i = 0; i < 9; i++) {
        static const char *const not [] = {"",     " a", "a ", "a/b",   "a\\b",
                                           "a\nb", ".",  "..", "Latest"};

        ok(!release_valid(text_of(not [i])), "not '%s'",
           not [i][0] == 'a' && not [i][1] == '\n' ? "a\\nb" : not [i]);
    }
}

static void test_sketch(void)
{
    uint8_t a[SKETCH_BYTES] = {0}, b[SKETCH_BYTES] = {0};
    char name[32];
    int bad = 0;

    is_int(sketch_count(a), 0, "nobody yet");
    for (int i = 1; i <= 200000; i++) {
        uint64_t h = sketch_hash(name, (size_t)snprintf(name, sizeof(name), "id:%d", i));

        sketch_add(i % 2 ? a : b, h);
        if (i % 2 && (i == 11 || i == 1001 || i == 20001 || i == 199999)) {
            double have = (double)sketch_count(a), want = (i + 1) / 2.0;

            bad += have < want * 0.88 || have > want * 1.12;
            note("%.0f counted as %.0f", want, have);
        }
    }
    is_int(bad, 0, "within 12 percent from few to many");
    ok(sketch_merge(a, b) && !sketch_merge(a, b), "merging twice is merging once");
    ok(sketch_count(a) > 180000 && sketch_count(a) < 220000, "together they are all of them (%llu)",
       (unsigned long long)sketch_count(a));
    ok(!sketch_add(a, sketch_hash("id:7", 4)), "who is known changes nothing");
    ok(sketch_hash("a", 1) != sketch_hash("a\0", 2) && sketch_hash("", 0) == sketch_hash("", 0),
       "lengths count");
    is_int(sketch_hash("id:1", 4) == 0x4a5915a2a23c7f96ULL, 1,
           "stored sketches stay readable: the hash never changes");
}

int main(void)
{
    test_parse();
    test_order();
    test_valid();
    test_sketch();
    return done_testing();
}
