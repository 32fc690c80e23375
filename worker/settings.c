/* settings.c -- one entry per project of the present registry, made when first asked for. */
#include "worker/settings.h"

#include <stdlib.h>

#include "proto/limits.h"
#include "shm/log.h"

struct settings {
    uint64_t version; /* of the registry that the entries were made from */
    struct project_settings **entry;
    uint32_t count;
    struct arena arena; /* all entries and their lists */
};

struct settings *settings_new(void)
{
    struct settings *s = calloc(1, sizeof *s);

    if (s)
        arena_init(&s->arena, SETTINGS_ARENA_MAX);
    return s;
}

static void forget(struct settings *s)
{
    free(s->entry);
    s->entry = NULL;
    s->count = 0;
    arena_free(&s->arena);
    arena_init(&s->arena, SETTINGS_ARENA_MAX);
}

void settings_free(struct settings *s)
{
    if (!s)
        return;
    forget(s);
    free(s);
}

/* Non-empty lines, without the blanks around them. */
static struct text *lines(struct arena *a, const struct registry_view *view, struct reg_text from,
                          uint32_t *count)
{
    struct text all = {view->heap + from.at, from.len}, rest = all;
    struct text *out;
    size_t room = 1;

    *count = 0;
    if (from.len == 0)
        return NULL;
    for (size_t i = 0; i < all.len; i++)
        room += all.at[i] == '\n';
    if (!(out = arena_zero(a, room, sizeof *out)))
        return NULL;
    while (rest.len) {
        size_t end = text_find_byte(rest, '\n');
        struct text line = text_trim(text_cut(rest, 0, end));

        if (line.len)
            out[(*count)++] = line;
        rest = text_cut(rest, end + 1, rest.len);
    }
    return out;
}

/* They were checked when they were saved; should they not compile all the same (an older folder),
 * the built-in ones go on alone. */
static const struct group_rules *rules(struct arena *a, const struct registry_view *view,
                                       const struct reg_project *p)
{
    struct text finger = {view->heap + p->fingerprint_rules.at, p->fingerprint_rules.len};
    struct text stack = {view->heap + p->stack_rules.at, p->stack_rules.len};
    struct group_rules_error error;
    const struct group_rules *out;

    if (!finger.len && !stack.len)
        return NULL;
    out = group_rules_compile(finger, stack, a, &error);
    if (!out)
        log_warn("settings.rules", "project=%u which=\"%s\" line=%u", p->id, error.which,
                 error.line);
    return out;
}

static struct project_settings *make(struct arena *a, const struct registry_view *view,
                                     const struct reg_project *p)
{
    struct project_settings *out = arena_zero(a, 1, sizeof *out);

    if (!out)
        return NULL;
    out->scrub = (struct scrub_conf){
        .enabled = p->scrub_data, .defaults = p->scrub_defaults, .ip_addresses = p->scrub_ip};
    out->scrub.sensitive = lines(a, view, p->sensitive_fields, &out->scrub.sensitive_count);
    out->scrub.safe = lines(a, view, p->safe_fields, &out->scrub.safe_count);
    out->filter = (struct filter_conf){.localhost = p->filters & REG_FILTER_LOCALHOST,
                                       .extensions = p->filters & REG_FILTER_EXTENSIONS,
                                       .crawlers = p->filters & REG_FILTER_CRAWLERS};
    out->filter.errors = lines(a, view, p->filter_errors, &out->filter.error_count);
    out->filter.releases = lines(a, view, p->filter_releases, &out->filter.release_count);
    out->rules = rules(a, view, p);
    out->domains = lines(a, view, p->allowed_domains, &out->domain_count);
    return arena_spent(a) ? NULL : out;
}

const struct project_settings *settings_of(struct settings *s, const struct registry_view *view,
                                           const struct reg_project *project)
{
    uint32_t at = (uint32_t)(project - view->projects);

    if (s->version != view->version) {
        forget(s);
        s->version = view->version;
    }
    if (!s->entry) {
        if (!(s->entry = calloc(view->project_count, sizeof *s->entry)))
            return NULL;
        s->count = view->project_count;
    }
    if (!s->entry[at])
        s->entry[at] = make(&s->arena, view, project);
    return s->entry[at];
}
