#include "writer/notice.h"

#include <stdio.h>

#include "proto/buf.h"
#include "proto/event.h"
#include "writer/context.h"
#include "writer/tally.h"

#define KIND_NEW 1
#define KIND_REGRESSED 2
#define NOTICE_MAX (16 * KIB)

/* SHOP-1A: the number in base 32 without I, L, O, U (Crockford). */
static void short_name(const struct project *p, uint32_t number, char *out, size_t room)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char tail[8], *at = tail + sizeof(tail);
    size_t n = 0;

    *--at = 0;
    do
        *--at = digits[number % 32];
    while ((number /= 32) && at > tail);
    for (const char *s = p->slug; *s && n + 1 < room; s++)
        out[n++] = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
    snprintf(out + n, room - n, "-%s", at);
}

static uint32_t short_of(struct writer *w, uint32_t issue)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_short");
    uint32_t number = 0;

    if (!q)
        return 0;
    db_int_at(q, 1, issue);
    if (db_step(q) == 1)
        number = (uint32_t)db_col_int(q, 0);
    db_reset(q);
    return number;
}

static struct text text_in(struct tally_text t)
{
    return (struct text){t.at ? t.at : "", t.len};
}

/* {"action","project","issue":{…},"urls":[…]}: the notifier posts all but the last to each of them. */
static struct text describe(struct writer *w, const struct project *p, const struct tally_issue *i)
{
    struct db_stmt *q = db_query(w->catalogue, "project_webhooks");
    char name[80], number[16];
    const char *urls;
    struct buf b;
    size_t len;

    short_name(p, i->short_id ? i->short_id : short_of(w, i->issue), name, sizeof(name));
    snprintf(number, sizeof(number), "%u", i->issue);
    buf_init(&b, &w->arena, 1024, NOTICE_MAX);
    json_open(&b, NULL, '{');
    json_str(&b, "action", i->created ? "created" : "regression");
    json_str(&b, "project", p->slug);
    json_open(&b, "issue", '{');
    json_str(&b, "id", number);
    json_str(&b, "shortId", name);
    json_text(&b, "title", text_in(i->title));
    json_text(&b, "culprit", text_in(i->culprit));
    json_str(&b, "level", level_name((enum level)i->level));
    json_text(&b, "platform", text_in(i->platform));
    json_text(&b, "release", i->release.len ? text_in(i->release) : TEXT_NONE);
    json_time_us(&b, "lastSeen", i->last_ms * 1000);
    json_key(&b, TEXT("permalink"));
    json_text(&b, NULL,
              arena_printf(&w->arena, "%s/organizations/%s/issues/%u/",
                           w->conf->base_url ? w->conf->base_url : "", p->org_slug, i->issue));
    json_close(&b, '}');
    if (q) {
        db_int_at(q, 1, p->id);
        if (db_step(q) == 1 && (urls = db_col_str(q, 0, &len)))
            json_raw(&b, "urls", (struct text){urls, len});
        db_reset(q);
    }
    json_close(&b, '}');
    return buf_result(&b);
}

static void tell(struct writer *w, const struct project *p, const struct tally_issue *i)
{
    struct iovec part;
    struct text body;
    uint64_t end;

    arena_reset(&w->arena);
    body = describe(w, p, i);
    part = (struct iovec){(void *)(uintptr_t)body.at, body.len};
    if (!body.at || ring_put(w->world->notices, i->created ? KIND_NEW : KIND_REGRESSED, &part, 1,
                             &end) != RING_OK)
        writer_count(w, COUNTER_webhooks_failed, 1);
    else
        world_ring_notifier(w->world);
}

void notice_flushed(struct writer *w, const struct tally_generation *g)
{
    for (uint32_t n = 0; n < g->issue_count; n++) {
        const struct tally_issue *i = &g->issues[n];
        const struct project *p;

        if (!i->created && i->change != STATE_REGRESSED)
            continue;
        if ((p = writer_project(w, i->project)) && p->webhooks)
            tell(w, p, i);
    }
}
