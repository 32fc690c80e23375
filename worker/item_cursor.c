/* item_cursor.c -- how a list of items goes on: "time.digest.shown.segment.block.segment.block:0:0" for
 * the one after, like Sentry's cursors three parts, of which clients look at none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/item_scan.h"

#define PARTS 7

/* "a.b.c.d.e.f.g:0:0", all hexadecimal. */
static bool parts_read(struct text t, unsigned long long out[PARTS])
{
    char digits[160], *at = digits, *end;

    if (t.len == 0 || t.len >= sizeof digits)
        return false;
    memcpy(digits, t.at, t.len);
    digits[t.len] = 0;
    for (int i = 0; i < PARTS; i++) {
        if (!strchr("0123456789abcdef", *at) || !*at)
            return false;
        out[i] = strtoull(at, &end, 16);
        if (end == at || end - at > 16 || *end != (i < PARTS - 1 ? '.' : ':'))
            return false;
        at = end + 1;
    }
    return strcmp(at, "0:0") == 0;
}

bool item_cursor_read(struct api_call *c, struct item_cursor *out)
{
    struct text t = api_param(c, "cursor");
    unsigned long long part[PARTS];

    *out = (struct item_cursor){0};
    if (text_empty(t))
        return true;
    if (text_is(t, "0:0:0")) /* the first page, as some clients ask for it */
        return true;
    if (!parts_read(t, part) || part[0] > INT64_MAX || part[2] > UINT32_MAX ||
        part[3] > INT64_MAX || part[4] > INT64_MAX || part[5] > INT64_MAX || part[6] > INT64_MAX) {
        api_detail(c, 400, "Invalid cursor parameter.");
        return false;
    }
    *out = (struct item_cursor){.given = true,
                                .between = part[0] != 0,
                                .time_ns = (int64_t)part[0],
                                .tie = part[1],
                                .same = (uint32_t)part[2],
                                .at = {(int64_t)part[3], (int64_t)part[4]},
                                .reached = {(int64_t)part[5], (int64_t)part[6]}};
    return true;
}

/* There is no way back: a list of what came is read from one end. */
void item_cursor_link(struct api_call *c, const struct item_page *page)
{
    const struct item_cursor *n = &page->next;
    struct text next = TEXT("0:0:0");

    if (page->more)
        next = arena_printf(c->arena, "%llx.%llx.%x.%llx.%llx.%llx.%llx:0:0",
                            n->between ? (unsigned long long)n->time_ns : 0,
                            n->between ? (unsigned long long)n->tie : 0, n->between ? n->same : 0,
                            (unsigned long long)n->at.segment, (unsigned long long)n->at.block,
                            (unsigned long long)n->reached.segment,
                            (unsigned long long)n->reached.block);
    page_link_cursor(c, next, page->more);
}

struct text item_id(struct arena *a, const struct item_at *at)
{
    return arena_printf(a, "%016llx%016llx", (unsigned long long)at->time_ns,
                        (unsigned long long)at->tie);
}

struct block_at item_newest(struct api_call *c)
{
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = 0; i < count; i++) {
        struct db *d = query_segment_db(c->q, &list[i]);
        struct db_stmt *s = d ? api_segment_query(c, d, "api_block_last") : NULL;
        int64_t block = s && db_step(s) == 1 ? db_col_int(s, 0) : 0;

        if (s)
            db_reset(s);
        if (block)
            return (struct block_at){list[i].id, block};
    }
    return (struct block_at){0};
}
