/* group_frame.c -- one frame in its parts: module or file, function, source line. Lines, columns,
 * addresses, images, variables never take part. */
#include <endian.h>
#include <string.h>

#include "model/group_parts.h"
#include "model/group_scan.h"

enum { LINE_CHARACTERS_MAX = 120 }; /* longer source lines are minified or generated */

enum platform group_platform(struct text name)
{
    static const struct {
        const char *name;
        uint8_t platform;
    } known[] = {
        {"clojure", PLATFORM_JVM},   {"c", PLATFORM_NATIVE},
        {"cocoa", PLATFORM_COCOA},   {"cpp", PLATFORM_NATIVE},
        {"csharp", PLATFORM_CSHARP}, {"dart", PLATFORM_DART},
        {"dotnet", PLATFORM_CSHARP}, {"elixir", PLATFORM_ELIXIR},
        {"erlang", PLATFORM_ELIXIR}, {"fsharp", PLATFORM_CSHARP},
        {"go", PLATFORM_GO},         {"groovy", PLATFORM_JVM},
        {"java", PLATFORM_JVM},      {"javascript", PLATFORM_JAVASCRIPT},
        {"kotlin", PLATFORM_JVM},    {"native", PLATFORM_NATIVE},
        {"node", PLATFORM_NODE},     {"objc", PLATFORM_COCOA},
        {"php", PLATFORM_PHP},       {"python", PLATFORM_PYTHON},
        {"ruby", PLATFORM_RUBY},     {"rust", PLATFORM_NATIVE},
        {"scala", PLATFORM_JVM},     {"swift", PLATFORM_COCOA},
    };

    for (size_t i = 0; name.len && i < sizeof known / sizeof *known; i++)
        if (known[i].name[0] == name.at[0] && text_is(name, known[i].name))
            return known[i].platform;
    return PLATFORM_OTHER;
}

enum family group_family(enum platform p)
{
    switch (p) {
    case PLATFORM_JAVASCRIPT:
    case PLATFORM_NODE:
        return FAMILY_JAVASCRIPT;
    case PLATFORM_NATIVE:
    case PLATFORM_COCOA:
        return FAMILY_NATIVE;
    default:
        return FAMILY_OTHER;
    }
}

void part_set(struct part *p, struct text value)
{
    *p = (struct part){.value = value, .on = value.at != NULL};
}

void part_change(struct part *p, struct text value, const char *hint)
{
    p->value = value;
    p->hint = hint;
}

void part_off(struct part *p, const char *hint)
{
    p->on = false;
    p->hint = hint;
}

/* Of eight bytes one is a blank that is no space, or a space with a blank behind it. */
static inline bool has_wide_blank(const char *at)
{
    const uint64_t ones = 0x0101010101010101, low = 0x7f * ones, high = 0x80 * ones;
    uint64_t word, blank, space;

    memcpy(&word, at, sizeof word);
    word = le64toh(word);
    blank = ~(((word & low) + 0x5f * ones) | word) & high; /* up to ' ' */
    space = word ^ ' ' * ones;
    space = ~(((space & low) + low) | space) & high;
    return (blank & ~space) | (space & blank >> 8);
}

/* Runs of blanks become one, none at the ends. Most lines are so already. */
static struct text squeezed(struct text t, struct arena *a)
{
    size_t len = 0;
    char *out;

    t = text_trim(t);
    while (t.len - len >= 8 && !has_wide_blank(t.at + len))
        len += 7; /* the last one is also before the next */
    while (len < t.len && ((unsigned char)t.at[len] > ' ' ||
                           (t.at[len] == ' ' && (unsigned char)t.at[len + 1] > ' ')))
        len++;
    if (len == t.len)
        return t.len ? t : TEXT_NONE;
    if (!(out = arena_dup(a, t.at, t.len)))
        return TEXT_NONE;
    for (size_t i = len; i < t.len; i++)
        if (!scan_is_blank(t.at[i]))
            out[len++] = t.at[i];
        else if (len && out[len - 1] != ' ')
            out[len++] = ' ';
    return (struct text){out, len};
}

/* Characters are bytes that do not continue one; eight of them are looked at together, and a product
 * adds up eight bytes that are 0 or 1. */
static bool is_too_long(struct text line)
{
    const uint64_t ones = 0x0101010101010101;
    size_t n = 0, i = 0;
    uint64_t word;

    for (; i + 8 <= line.len && n <= LINE_CHARACTERS_MAX; i += 8) {
        memcpy(&word, line.at + i, sizeof word);
        n += 8 - (size_t)((word >> 7 & ~(word >> 6) & ones) * ones >> 56);
    }
    for (; i < line.len && n <= LINE_CHARACTERS_MAX; i++)
        n += ((unsigned char)line.at[i] & 0xc0) != 0x80;
    return n > LINE_CHARACTERS_MAX;
}

bool group_sends_lines(enum platform p)
{
    return p == PLATFORM_JAVASCRIPT || p == PLATFORM_NODE || p == PLATFORM_PYTHON ||
           p == PLATFORM_PHP || p == PLATFORM_RUBY;
}

/* Every "=digits" becomes "=<int>": the line that starts a worker of Python's multiprocessing holds
 * handles and process ids. */
static struct text without_handles(struct text t, struct arena *a)
{
    char *out = arena_alloc(a, 4 * t.len + 1);
    size_t len = 0;

    for (size_t i = 0; out && i < t.len; i++) {
        out[len++] = t.at[i];
        if (t.at[i] != '=' || i + 1 == t.len || t.at[i + 1] < '0' || t.at[i + 1] > '9')
            continue;
        memcpy(out + len, "<int>", 5);
        len += 5;
        while (i + 1 < t.len && t.at[i + 1] >= '0' && t.at[i + 1] <= '9')
            i++;
    }
    return out ? (struct text){out, len} : t;
}

static bool starts_worker(const struct frame *f)
{
    struct text line = f->context_line;

    return text_is(f->module, "__main__") && text_is(f->filename, "<string>") &&
           text_is(f->function, "<module>") &&
           text_find(line, TEXT("import spawn_main")) < line.len &&
           text_find(line, TEXT("pipe_handle=")) < line.len &&
           (text_find(line, TEXT("tracker_fd=")) < line.len ||
            text_find(line, TEXT("parent_pid=")) < line.len);
}

static void line_part(const struct frame *f, enum platform p, struct arena *a, struct part *out)
{
    part_set(out, TEXT_NONE);
    if (!group_sends_lines(p) || !f->context_line.len)
        return;
    if (f->context_line.len > LINE_CHARACTERS_MAX && is_too_long(f->context_line)) {
        part_set(out, f->context_line);
        part_off(out, "discarded because line too long");
        return;
    }
    part_set(out, squeezed(f->context_line, a));
    if (!out->on)
        return;
    if (group_family(p) == FAMILY_JAVASCRIPT && !f->function.len &&
        group_is_url(f->abs_path, FAMILY_JAVASCRIPT, true))
        part_off(out, "discarded because from URL origin and no function");
    else if (p == PLATFORM_PYTHON && starts_worker(f))
        part_change(out, without_handles(out->value, a), "removed handles of a worker");
}

/* Frames that browsers make up. */
static bool is_noise_of_browser(const struct frame *f)
{
    struct text name = f->raw_function.len ? f->raw_function : f->function;
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL;

    if (dot)
        name = text_cut(name, (size_t)(dot - name.at) + 1, name.len);
    return text_is(name, "eval") || text_is(f->abs_path, "[native code]") ||
           text_is(f->abs_path, "native code") || text_is(f->abs_path, "eval code") ||
           text_is(f->abs_path, "<anonymous>") || text_is(f->abs_path, "self-hosted");
}

static void put_part(struct key *k, char kind, const struct part *p)
{
    if (p->on)
        key_text(k, kind, p->value);
}

static struct digest identify(const struct frame_parts *f, bool loose, struct arena *a)
{
    struct key k;

    key_begin(&k, a);
    if (loose && f->written.at)
        key_text(&k, 'm', f->written);
    else if (!(loose && f->minified))
        put_part(&k, 'm', &f->module);
    put_part(&k, 'f', &f->filename);
    put_part(&k, 'n', loose ? &f->bare : &f->function);
    if (!loose || f->nameless)
        put_part(&k, 'l', &f->line);
    return key_end(&k);
}

/* "t" and "Ae", "a.b.c.d": names that a minifier chose, in another way in every build. */
static bool is_minified(const struct frame_parts *f, enum platform p)
{
    struct text class = scan_behind_last(scan_behind_last(f->module.value, '.'), '$');

    if (!f->function.on || f->line.on || f->function.value.len > 2)
        return false;
    return group_family(p) == FAMILY_JAVASCRIPT ||
           (p == PLATFORM_JVM && class.len && class.len <= 2 && scan_is_letter(class.at[0]));
}

/* A function that has no name is told from its neighbours by its line alone. */
static bool is_nameless(struct text function, enum platform p)
{
    if (p == PLATFORM_PYTHON)
        return begins(function, "<") && !text_is(function, "<module>");
    return p == PLATFORM_PHP && text_find(function, TEXT("{closure")) < function.len;
}

struct digest group_loose_id(const struct frame_parts *f, struct arena *a)
{
    /* the same parts, the same identity */
    return f->line.on || f->minified || f->written.at || f->function.on != f->bare.on
               ? identify(f, true, a)
               : f->id;
}

void group_image_part(struct frame_parts *f, struct arena *a)
{
    struct text image = scan_base_name(f->frame->package);

    image.len = scan_find(image, ".so"); /* and its version */
    if (!image.len)
        return;
    part_set(&f->filename, image);
    f->filename.hint = "image, since nothing else is known";
    f->on = f->any = f->minified = true;
    f->id = identify(f, false, a);
}

void group_frame_parts(const struct frame *f, enum platform p, bool all, struct arena *a,
                       struct frame_parts *out)
{
    bool script = group_family(p) == FAMILY_JAVASCRIPT;

    *out = (struct frame_parts){.frame = f, .written = TEXT_NONE};
    group_module_part(f, p, f->function, a, &out->module);
    if (all || (!out->module.on && !group_is_url(f->abs_path, group_family(p), false)))
        group_filename_part(f, p, a, &out->filename);
    if (p == PLATFORM_JVM && out->module.on && out->module.hint)
        out->written = group_written_class(f->module);
    if (out->module.on && out->filename.on)
        part_off(&out->filename, "module takes precedence");
    line_part(f, p, a, &out->line);
    group_function_part(f, p, a, &out->function);
    out->bare = out->function;
    out->nameless = out->function.on && is_nameless(out->function.value, p);
    if (p == PLATFORM_PHP && out->nameless &&
        out->line.on) /* 8.4 says of which function, older ones do not */
        out->bare.value = TEXT("{closure}");
    if (p == PLATFORM_RUBY && begins(f->function, "block "))
        out->bare.value = group_block_owner(f->function, a);
    if ((out->minified = is_minified(out, p)))
        part_change(&out->bare, TEXT("<minified>"), "removed a minifier's name");
    /* Source maps tell positions well and names badly. */
    if (script && out->function.on && out->line.on && json_get(f->data, "sourcemap"))
        part_off(&out->function, "ignored because sourcemap used and context line available");
    out->telling = out->function.on || out->line.on;
    out->on = out->any = out->telling || out->module.on || out->filename.on;
    if (script && is_noise_of_browser(f)) {
        out->on = false;
        out->hint = "ignored low quality javascript frame";
    }
    if (out->any)
        out->id = identify(out, false, a);
}
