/* model-group.c -- grouping: the corpus of what belongs together and what does not, what may never
 * matter, what must always hold, and hostile events. */
#include "model/group.h"

#include <glob.h>
#include <time.h>

#include "model/param.h"
#include "model/scrub.h"
#include "t/lib/tap.h"

/* ---- from JSON to keys, the way of ingest ---- */

static bool read_event(struct text body, struct arena *a, struct event *e)
{
    static const struct scrub_conf scrub = {.enabled = true, .defaults = true};
    struct event_context context = {.received_us = 1772359201000000};

    return event_read(body, &context, a, e) == EVENT_OK && scrub_event(e, &scrub, a) &&
           event_fill(e, a) == EVENT_OK;
}

static bool keys_of(struct text body, const struct group_rules *rules, struct arena *a,
                    struct group_result *out)
{
    struct event e;

    return read_event(body, a, &e) && group_event(&e, rules, a, out);
}

/* Would the second join the issue of the first? */
static bool joins(const struct group_result *first, const struct group_result *second)
{
    for (uint32_t i = 0; i < second->count; i++)
        for (uint32_t k = 0; k < first->count; k++)
            if (memcmp(second->hashes[i].bytes, first->hashes[k].bytes, 16) == 0)
                return true;
    return false;
}

static bool same_keys(const struct group_result *a, const struct group_result *b)
{
    bool same = a->count == b->count;

    for (uint32_t i = 0; same && i < a->count; i++)
        same = memcmp(a->hashes[i].bytes, b->hashes[i].bytes, 16) == 0;
    return same;
}

static struct text written(const struct json *v, struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 64 * 1024, 8 * MIB);
    json_write(&b, v);
    return buf_result(&b);
}

/* ---- changes ---- */

static struct json *element(struct json *array, struct text name)
{
    struct json *v = array->child;
    long i = strtol(name.at, NULL, 10);

    for (i = i < 0 ? i + (long)array->count : i; v && i > 0; i--)
        v = v->next;
    return v;
}

static struct json *step(struct json *v, struct text name)
{
    return v->kind == JSON_ARRAY ? element(v, name) : json_get_text(v, name);
}

static void take_element(struct json *array, struct json *gone)
{
    struct json **at = &array->child, *last = NULL;

    while (*at) {
        if (*at == gone) {
            *at = gone->next;
            array->count--;
        } else {
            last = *at;
            at = &(*at)->next;
        }
    }
    array->last = last;
}

/* "frames.2.function" and "last.value" are short for those of the outermost exception. */
static struct text whole_path(struct text path, struct arena *a)
{
    static const char last[] = "exception.values.-1.";

    if (text_starts(path, "frames."))
        return arena_printf(a, "%sstacktrace.%.*s", last, TEXT_ARG(path));
    if (text_starts(path, "last."))
        return arena_printf(a, "%s%.*s", last, TEXT_ARG(text_cut(path, 5, path.len)));
    return path;
}

static bool change(struct json *root, struct text path, const struct json *value, struct arena *a)
{
    struct json *v = root, *next, *copy;
    struct text name;

    for (;; v = next) {
        size_t dot = text_find_byte(path, '.');

        name = text_cut(path, 0, dot);
        if (dot == path.len)
            break;
        path = text_cut(path, dot + 1, path.len);
        if (!(next = step(v, name)))
            return false;
    }
    next = step(v, name);
    if (value->kind == JSON_NULL) {
        if (next && v->kind == JSON_ARRAY)
            take_element(v, next);
        else if (next)
            json_to_null(next);
        return next;
    }
    copy = json_new(a, JSON_NULL);
    json_become(copy, value);
    if (next)
        json_become(next, copy);
    else if (v->kind == JSON_OBJECT)
        json_set(a, v, arena_dup(a, name.at, name.len), copy);
    return next || v->kind == JSON_OBJECT;
}

/* ---- the corpus ---- */

static struct text read_file(const char *path, struct arena *a)
{
    FILE *f = fopen(path, "rb");
    char *bytes = arena_alloc(a, 1 << 20);
    size_t len = f ? fread(bytes, 1, 1 << 20, f) : 0;

    if (f)
        fclose(f);
    return (struct text){bytes, len};
}

static struct json *event_named(const struct json *corpus, struct text name, struct arena *a)
{
    const struct json *event = json_get_text(json_get(corpus, "events"), name);
    struct json *copy = NULL;

    /* A fresh tree each time, since changes are made in it. */
    if (event)
        json_read(written(event, a), a, &copy, NULL);
    return copy;
}

/* Two events, whole. */
static void check_pair(const char *file, const struct json *c, const struct json *pair,
                       struct arena *a)
{
    struct text why = json_string(json_get(c, "why"), a);
    bool same = json_is(json_get(c, "same"), JSON_TRUE), good = pair->count == 2;
    const struct json *event = pair->child;
    struct group_result r[2];

    for (unsigned i = 0; i < 2 && good; i++, event = event->next)
        good = keys_of(written(event, a), NULL, a, &r[i]);
    ok(good && joins(&r[0], &r[1]) == same, "%s pair %s: %.*s", file, same ? "same" : "other",
       TEXT_ARG(why));
}

/* Two messages of programs that send nothing else. */
static void check_messages(const char *file, const struct json *c, const struct json *pair,
                           struct arena *a)
{
    struct text why = json_string(json_get(c, "why"), a);
    bool same = json_is(json_get(c, "same"), JSON_TRUE), good = true;
    const struct json *m = pair->child;
    struct group_result r[2];

    for (unsigned i = 0; i < 2 && good; i++, m = m ? m->next : NULL) {
        struct json *event = json_new(a, JSON_OBJECT), *text = json_new(a, JSON_NULL);

        if ((good = m)) {
            json_become(text, m);
            json_set(a, event, "message", text);
            good = keys_of(written(event, a), NULL, a, &r[i]);
        }
    }
    if (!ok(good && joins(&r[0], &r[1]) == same, "%s messages %s: %.*s", file,
            same ? "same" : "other", TEXT_ARG(why)))
        for (m = pair->child; m; m = m->next)
            note("%.*s", TEXT_ARG(param_message(json_string(m, a), a)));
}

static void check_case(const char *file, const struct json *corpus, const struct json *c,
                       struct arena *a)
{
    struct text name = json_string(json_get(c, "event"), a),
                why = json_string(json_get(c, "why"), a);
    struct text other = json_string(json_get(c, "other"), a);
    struct json *one = event_named(corpus, name, a);
    struct json *two = event_named(corpus, other.at ? other : name, a);
    struct text finger = json_string(json_get(c, "fingerprint_rules"), a);
    struct text stack = json_string(json_get(c, "stack_rules"), a);
    bool same = json_is(json_get(c, "same"), JSON_TRUE), good = one && two;
    struct group_rules_error error = {.which = "none"};
    const struct group_rules *rules = NULL;
    struct group_result r[2];

    if (good && json_get(c, "set"))
        for (const struct json *m = json_get(c, "set")->child; m; m = m->next)
            if (!change(two, whole_path(m->key, a), m, a)) {
                good = false;
                note("no such place: %.*s", TEXT_ARG(m->key));
            }
    if (finger.at || stack.at)
        good &= (rules = group_rules_compile(finger, stack, a, &error)) != NULL;
    good = good && keys_of(written(one, a), rules, a, &r[0]) &&
           keys_of(written(two, a), rules, a, &r[1]);
    if (!ok(good && joins(&r[0], &r[1]) == same, "%s %.*s %s: %.*s", file, TEXT_ARG(name),
            same ? "same" : "other", TEXT_ARG(why)))
        note("%s: line %u column %u: %.*s", error.which, error.line, error.column,
             TEXT_ARG(error.reason));
}

/* ---- names ---- */

static struct text next_cell(struct text *line)
{
    size_t n = text_find_byte(*line, '\t');
    struct text cell = text_cut(*line, 0, n);

    *line = text_cut(*line, n + 1, line->len);
    return cell;
}

/* A stack of two frames, of which the second has that name. */
static bool name_keys(struct text platform, struct text field, struct text name, struct arena *a,
                      struct group_result *r)
{
    struct json *event, *frame = NULL, *value = json_new_string(a, name);
    const char *body =
        "{\"exception\":{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"module\":\"m\",\"function\":"
        "\"start\",\"in_app\":true},{\"in_app\":true}]}}}";

    if (json_read(text_of(body), a, &event, NULL) != JSON_OK)
        return false;
    frame = json_get(json_get(json_get(event, "exception"), "stacktrace"), "frames")->last;
    json_set(a, event, "platform", json_new_string(a, platform));
    if (text_is(field, "file")) {
        json_set(a, frame, "abs_path", value);
        field = TEXT("filename");
    }
    if (!text_is(field, "function"))
        json_set(a, frame, "function", json_new_string(a, TEXT("f")));
    json_set(a, frame, arena_printf(a, "%.*s", TEXT_ARG(field)).at, value);
    return keys_of(written(event, a), NULL, a, r);
}

static void check_names(struct arena *a)
{
    struct text rest = read_file("t/corpus/group/names.tsv", a);
    struct arena one;
    size_t n = 0;

    arena_init(&one, 64 * MIB);
    for (; rest.len; n++, arena_reset(&one)) {
        size_t end = text_find_byte(rest, '\n');
        struct text line = text_cut(rest, 0, end), platform = next_cell(&line),
                    field = next_cell(&line), same = next_cell(&line), first = next_cell(&line);
        struct group_result r[2];

        rest = text_cut(rest, end + 1, rest.len);
        ok(name_keys(platform, field, first, &one, &r[0]) &&
               name_keys(platform, field, line, &one, &r[1]) &&
               joins(&r[0], &r[1]) == text_is(same, "same"),
           "%.*s %.*s %.*s: %.*s and %.*s", TEXT_ARG(platform), TEXT_ARG(field), TEXT_ARG(same),
           TEXT_ARG(first), TEXT_ARG(line));
    }
    ok(n > 50, "%zu pairs of names", n);
    arena_free(&one);
}

/* ---- what may never matter ---- */

static uint32_t seed = 7;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

/* Another order of keys, at every level. */
static void shuffle(struct json *v)
{
    struct json *all[256] = {NULL};
    uint32_t n = 0;

    for (struct json *m = v->child; m; m = m->next)
        shuffle(m);
    if (v->kind != JSON_OBJECT || v->count < 2 || v->count > 256)
        return;
    for (struct json *m = v->child; m; m = m->next)
        all[n++] = m;
    for (uint32_t i = n; i-- > 1;) {
        uint32_t k = chance(i + 1);
        struct json *swap = all[i];

        all[i] = all[k];
        all[k] = swap;
    }
    for (uint32_t i = 0; i < n; i++)
        all[i]->next = i + 1 < n ? all[i + 1] : NULL;
    v->child = all[0];
    v->last = all[n - 1];
}

static void set_text(struct json *v, const char *key, struct arena *a)
{
    json_set(a, v, key, json_new_string(a, arena_printf(a, "0x%x", chance(1u << 24))));
}

/* What differs between two occurrences of one error. */
static void disturb(struct json *v, struct arena *a)
{
    bool frame = json_get(v, "function") || json_get(v, "abs_path");

    for (struct json *m = v->child; m; m = m->next)
        disturb(m, a);
    if (v->kind != JSON_OBJECT || !frame)
        return;
    json_set(a, v, "lineno", json_new_int(a, 1 + chance(5000)));
    json_set(a, v, "colno", json_new_int(a, 1 + chance(5000)));
    set_text(v, "instruction_addr", a);
    set_text(v, "symbol_addr", a);
    set_text(v, "image_addr", a);
}

static void disturb_event(struct json *root, struct arena *a)
{
    disturb(root, a);
    json_set(a, root, "event_id", json_new_string(a, arena_printf(a, "%032x", chance(1u << 24))));
    json_set(a, root, "timestamp", json_new_int(a, 1700000000 + chance(1000000)));
    json_set(a, root, "release", json_new_string(a, arena_printf(a, "shop@%u", chance(99))));
    set_text(root, "server_name", a);
    shuffle(root);
}

static void check_disturbed(const char *file, const struct json *corpus, struct arena *a)
{
    const struct json *events = json_get(corpus, "events");
    bool good = true;

    for (const struct json *m = events->child; m; m = m->next) {
        struct group_result first, second;

        good &= keys_of(written(m, a), NULL, a, &first);
        for (unsigned round = 0; round < 8; round++) {
            struct json *copy = event_named(corpus, m->key, a);

            disturb_event(copy, a);
            if (!keys_of(written(copy, a), NULL, a, &second) || !same_keys(&first, &second)) {
                note("%.*s differs", TEXT_ARG(m->key));
                good = false;
            }
        }
    }
    ok(good, "%s: order of keys, lines, addresses, ids and times never matter", file);
}

static struct text some_number(unsigned digits, struct arena *a)
{
    struct text t = arena_printf(a, "%u%06u%06u", 1 + chance(9), chance(1000000), chance(1000000));

    return text_cut(t, 0, 1 + chance(digits));
}

/* What differs in the words of two occurrences: a number, UUID, pointer, address, date, duration,
 * e-mail address. */
static struct text some_value(char kind, struct arena *a)
{
    static const char *const names[] = {"anna", "bob.b", "c+news", "d_7"};

    switch (kind) {
    case 'u':
        return arena_printf(a, "%06x%02x-%04x-4%03x-8%03x-%06x%06x", chance(1u << 24), chance(256),
                            chance(1u << 16), chance(1u << 12), chance(1u << 12), chance(1u << 24),
                            chance(1u << 24));
    case 'h':
        return arena_printf(a, "0x%x", chance(1u << 24));
    case 'i':
        return arena_printf(a, "%u.%u.%u.%u:%u", chance(256), chance(256), chance(256), chance(256),
                            1 + chance(65535));
    case 'd':
        return arena_printf(a, "20%02u-%02u-%02uT%02u:%02u:%02u.%03uZ", chance(100), 1 + chance(12),
                            1 + chance(28), chance(24), chance(60), chance(60), chance(1000));
    case 't':
        return arena_printf(a, chance(2) ? "%ums" : "%u.25s", chance(100000));
    case 'e':
        return arena_printf(a, "%s@mail%u.example", names[chance(4)], chance(100));
    default:
        return some_number(13, a);
    }
}

static struct text filled(const char *template, struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 512, 4096);
    for (; *template; template ++)
        if (*template == '%' && *++template != '%')
            buf_text(&b, some_value(*template, a));
        else
            buf_printf(&b, "%c", *template);
    return buf_result(&b);
}

static bool message_keys(struct text message, bool exception, struct arena *a,
                         struct group_result *r)
{
    struct json *event = json_new(a, JSON_OBJECT), *x = json_new(a, JSON_OBJECT);

    json_set(a, x, "type", json_new_string(a, TEXT("E")));
    json_set(a, x, "value", json_new_string(a, message));
    if (exception)
        json_set(a, event, "exception", x);
    else
        json_set(a, event, "message", json_new_string(a, message));
    return keys_of(written(event, a), NULL, a, r);
}

static void check_values(struct arena *a)
{
    static const char *const templates[] = {"order %n failed",
                                            "user %u is locked out",
                                            "no route to %i",
                                            "bad pointer %h",
                                            "late since %d",
                                            "gave up after %t",
                                            "mail to %e bounced",
                                            "[%d] order %n of %e via %i: %h after %t",
                                            "(%n) \"%u\" <%h> {%i}",
                                            "job-%n/%u?at=%d&for=%t",
                                            "Bestellung %n für %e ungültig",
                                            "注文%nは%dに失敗しました",
                                            "process %n, thread %n, core %n",
                                            "%u: %n/%n (%n%%)"};
    struct group_result first, second;

    for (size_t t = 0; t < sizeof templates / sizeof *templates; t++) {
        bool good = true;

        for (unsigned round = 0; good && round < 200; round++) {
            struct text one = filled(templates[t], a), two = filled(templates[t], a);

            good = message_keys(one, round & 1, a, &first) &&
                   message_keys(two, round & 1, a, &second) && same_keys(&first, &second);
            if (!good)
                note("%.*s\n%.*s", TEXT_ARG(one), TEXT_ARG(two));
            arena_reset(a);
        }
        ok(good, "values never matter: %s", templates[t]);
    }
}

/* Different events of one file that no case declares to be the same share no key by chance. */
static void check_explained(const char *file, const struct json *corpus, struct arena *a)
{
    bool good = true;

    for (const struct json *m = json_get(corpus, "events")->child; m; m = m->next) {
        struct group_result keys, again, stored;
        struct json *tree;
        struct event e;
        struct buf out;

        good &= keys_of(written(m, a), NULL, a, &keys) && keys.count >= 1 &&
                keys.count <= GROUP_HASHES_MAX && keys.hashes[0].reason.len > 0;
        buf_init(&out, a, 4096, 8 * MIB);
        good &= read_event(written(m, a), a, &e) &&
                group_explain(&e, NULL, NULL, 0, a, &again, &out) && same_keys(&keys, &again) &&
                json_read(buf_result(&out), a, &tree, NULL) == JSON_OK &&
                json_get(tree, "variants") && json_get(tree, "hashes")->count == keys.count;
        /* What was stored, with in_app as the rules left it, explains to the same keys. */
        buf_init(&out, a, 4096, 8 * MIB);
        event_write(&e, &out);
        good &= read_event(buf_result(&out), a, &e);
        group_restore(&e);
        good &= group_event(&e, NULL, a, &stored) && same_keys(&keys, &stored);
        if (!good) {
            note("%.*s", TEXT_ARG(m->key));
            break;
        }
    }
    ok(good, "%s: explanations tell the keys that grouping gives, before and after storing", file);
}

static void check_corpus(struct arena *a)
{
    glob_t files;
    size_t cases = 0;

    if (!ok(glob("t/corpus/group/*.json", 0, NULL, &files) == 0, "there is a corpus"))
        return;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *file = strrchr(files.gl_pathv[i], '/') + 1;
        struct json *corpus;
        struct arena one;

        if (!ok(json_read(read_file(files.gl_pathv[i], a), a, &corpus, NULL) == JSON_OK, "%s",
                file))
            continue;
        arena_init(&one, 512 * MIB);
        for (const struct json *c = json_get(corpus, "cases")->child; c; c = c->next, cases++) {
            if (json_get(c, "messages"))
                check_messages(file, c, json_get(c, "messages"), &one);
            else if (json_get(c, "pair"))
                check_pair(file, c, json_get(c, "pair"), &one);
            else
                check_case(file, corpus, c, &one);
            arena_reset(&one);
        }
        check_disturbed(file, corpus, &one);
        check_explained(file, corpus, &one);
        arena_free(&one);
        arena_reset(a);
    }
    globfree(&files);
    ok(cases > 100, "%zu cases", cases);
}

/* ---- hostile events ---- */

/* Of our own: what else the machine does is no cost of grouping. */
static double milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6) / slow();
}

static struct text many_frames(unsigned n, unsigned period, const char *platform, struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 1 << 20, 8 * MIB);
    buf_printf(&b,
               "{\"platform\":\"%s\",\"exception\":{\"values\":[{\"type\":\"RecursionError\","
               "\"value\":\"maximum recursion depth exceeded\",\"stacktrace\":{\"frames\":[",
               platform);
    for (unsigned i = 0; i < n; i++)
        buf_printf(&b, "%s{\"module\":\"m\",\"function\":\"f%u\",\"lineno\":%u,\"in_app\":true}",
                   i ? "," : "", i % period, i + 1);
    buf_str(&b, "]}}]}}");
    return buf_result(&b);
}

static void check_recursion(struct arena *a)
{
    struct group_result r[4];
    double since = milliseconds();

    keys_of(many_frames(10000, 3, "python", a), NULL, a, &r[0]);
    keys_of(many_frames(9998, 3, "python", a), NULL, a, &r[1]);
    keys_of(many_frames(120, 3, "python", a), NULL, a, &r[2]);
    keys_of(many_frames(10000, 4, "python", a), NULL, a, &r[3]);
    ok(milliseconds() - since < 2000, "10,000 frames are no work");
    ok(joins(&r[0], &r[1]), "a cycle cut elsewhere is the same recursion");
    ok(joins(&r[0], &r[2]), "and so is a shallower one");
    ok(!joins(&r[0], &r[3]), "another cycle is another problem");
}

static struct text with_text(const char *pattern, size_t size, struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 1 << 20, 8 * MIB);
    buf_str(&b, "{\"message\":\"");
    while (b.len < size)
        buf_str(&b, pattern);
    buf_str(&b, "\"}");
    return buf_result(&b);
}

static void check_bounds(struct arena *a)
{
    static const char *const patterns[] = {
        "a.", "1:", "{\\\"a\\\":", "='", "a@", "x\\n", "(", "<", "SELECT (''(''(''(''(''(''(''(''"};
    struct group_rules_error error;
    struct group_result r;
    double since = milliseconds();
    bool good = true;

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        good &= keys_of(with_text(patterns[i], 1000000, a), NULL, a, &r) && r.count == 1;
        arena_reset(a);
    }
    ok(good && milliseconds() - since < 4000, "a megabyte of message");
    since = milliseconds();
    const struct group_rules *rules =
        group_rules_compile(TEXT_NONE,
                            TEXT("function:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b -app\n"
                                 "path:**/a*a*a*/**/a*a*a*/**/a*a*a*/**/b -app\n"
                                 "function:{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}c -group\n"
                                 "function:[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*! -group\n"),
                            a, &error);
    struct buf b;
    buf_init(&b, a, 1 << 20, 8 * MIB);
    buf_str(&b, "{\"exception\":{\"values\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[");
    for (unsigned i = 0; i < 250; i++)
        buf_printf(&b, "%s{\"function\":\"%0255d\",\"abs_path\":\"/%0250d\"}", i ? "," : "", i, i);
    buf_str(&b, "]}}]}}");
    struct text body = buf_result(&b);
    for (size_t i = 0; i < body.len; i++)
        if (body.at[i] == '0')
            ((char *)body.at)[i] = 'a';
    good = rules && keys_of(body, rules, a, &r);
    ok(good && milliseconds() - since < 1000, "patterns that make backtrackers weep: %.0f ms",
       milliseconds() - since);
}

static void check_memory(void)
{
    struct arena big, small;
    struct group_result r;
    struct event e;
    bool refused = false;

    arena_init(&big, 64 * MIB);
    struct text body = many_frames(250, 7, "javascript", &big);
    for (size_t budget = 1; budget < 64; budget *= 2) {
        if (!read_event(body, &big, &e))
            continue;
        arena_init(&small, budget * 1024);
        refused |= !group_event(&e, NULL, &small, &r);
        arena_free(&small);
    }
    ok(refused, "too little memory is an answer");
    arena_free(&big);
}

/* ---- titles and marks ---- */

static void check_marks(struct arena *a)
{
    struct group_rules_error error;
    struct group_result r;
    struct event e;
    struct text body = TEXT(
        "{\"platform\":\"python\",\"tags\":{\"region\":\"eu\"},\"exception\":{\"values\":[{"
        "\"type\":"
        "\"E\",\"value\":\"v 7\",\"stacktrace\":{\"frames\":[{\"function\":\"a\",\"module\":\"m\","
        "\"abs_path\":\"/x/site-packages/"
        "m.py\",\"in_app\":true},{\"function\":\"b\",\"module\":\"n\","
        "\"in_app\":true}]}}]}}");
    const struct group_rules *rules =
        group_rules_compile(TEXT("type:E -> down, {{ tags.region }} title=\"{{ type }} in {{ "
                                 "tags.region }}: {{ value }} "
                                 "{{ nothing }}\""),
                            TEXT("function:b -app"), a, &error);

    ok(rules && read_event(body, a, &e) && group_event(&e, rules, a, &r), "rules compile");
    is_text(r.title, "E in eu: v 7 <unrecognized-variable-nothing>", "a rule's title, unmasked");
    is_str(r.hashes[0].variant, "custom", "a rule's fingerprint");
    is_int(e.exceptions[0].stack->frames[0].in_app, TRI_NO, "built-in rules mark frames");
    is_int(e.exceptions[0].stack->frames[1].in_app, TRI_NO, "and so do the project's");
    ok(json_is(json_get(e.exceptions[0].stack->frames[1].node, "in_app"), JSON_FALSE),
       "the stored document says so too");
}

int main(void)
{
    struct arena a;

    arena_init(&a, 512 * MIB);
    check_corpus(&a);
    arena_reset(&a);
    check_names(&a);
    arena_reset(&a);
    check_values(&a);
    check_recursion(&a);
    arena_reset(&a);
    check_bounds(&a);
    arena_reset(&a);
    check_memory();
    check_marks(&a);
    arena_free(&a);
    return done_testing();
}
