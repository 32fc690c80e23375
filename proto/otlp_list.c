/* otlp_list.c -- spans in the order of their senders. */
#include "proto/otlp_list.h"

#include "proto/otlp_write.h"

bool otlp_list_make(const struct span *const *spans, uint32_t count, struct arena *a,
                    struct otlp_list *out)
{
    uint32_t *at;

    if (!origins_find(spans, count, a, &out->origins))
        return false;
    out->spans = arena_alloc(a, count * sizeof *out->spans);
    out->end = arena_zero(a, out->origins.count + 1, sizeof *out->end);
    if (arena_spent(a))
        return false;
    at = out->end; /* a counting sort: while it runs, at[n] is where the next span of n goes */
    for (uint32_t i = 0; i < count; i++)
        at[out->origins.of[i] + 1]++;
    for (uint32_t n = 0; n < out->origins.count; n++)
        at[n + 1] += at[n];
    for (uint32_t i = 0; i < count; i++)
        out->spans[at[out->origins.of[i]]++] = spans[i];
    return true;
}

bool otlp_add_service(const struct resource *r, struct attr *out)
{
    *out = (struct attr){.key = TEXT("service.name"), .text = r->service, .kind = ATTR_STRING};
    return !attr_get(&r->attrs, "service.name"); /* whatever it is: a key comes once */
}

uint32_t otlp_add_sentry(const struct span *s, struct attr out[2])
{
    uint32_t n = 0;

    if (s->op.len && !attr_get(&s->attrs, "sentry.op"))
        out[n++] = (struct attr){.key = TEXT("sentry.op"), .text = s->op, .kind = ATTR_STRING};
    if (s->status != STATUS_NONE && !attr_get(&s->attrs, "sentry.status"))
        out[n++] = (struct attr){.key = TEXT("sentry.status"),
                                 .text = text_of(span_status_name(s->status)),
                                 .kind = ATTR_STRING};
    return n;
}

size_t otlp_size_about(const struct span *s)
{
    enum { SPAN_BYTES = 320, PART_BYTES = 160, ATTR_BYTES_EACH = 48 };
    size_t size = SPAN_BYTES + s->name.len + s->status_message.len + s->trace_state.len +
                  attrs_size(&s->attrs) + s->attrs.count * (size_t)ATTR_BYTES_EACH;

    for (uint32_t i = 0; i < s->event_count; i++)
        size += PART_BYTES + attrs_size(&s->events[i].attrs) +
                s->events[i].attrs.count * (size_t)ATTR_BYTES_EACH;
    for (uint32_t i = 0; i < s->link_count; i++)
        size += PART_BYTES + attrs_size(&s->links[i].attrs) +
                s->links[i].attrs.count * (size_t)ATTR_BYTES_EACH;
    return size;
}
