/* Any bytes as the spans of two traces, seven to a span: few ids, so that parents are missing, come
 * twice and name each other. Every span stands in the tree once, below its parent. */
#include <stdlib.h>
#include <string.h>

#include "model/trace.h"
#include "proto/limits.h"

#define SPAN_BYTES 7
#define SPANS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct resource services[] = {{.service = TEXT("shop")}, {.service = TEXT("cart")}};

/* id, parent, start and length, kind and code, service and name, flags */
static struct span span_of(const uint8_t *b)
{
    static const struct text names[] = {TEXT(""), TEXT("GET /"), TEXT("SELECT"), TEXT("work")};
    struct span s = {.start_ns = 1000 + b[2] * 16U,
                     .kind = b[4] % 6,
                     .code = b[4] / 6 % 3,
                     .name = names[b[5] / 2 % 4],
                     .resource = &services[b[5] % 2],
                     .flags = b[6],
                     .weight = 1};

    s.end_ns = s.start_ns + b[3];
    s.trace_id[0] = s.span_id[7] = 1;
    s.span_id[0] = b[0];
    if (b[1]) {
        s.parent_id[7] = 1;
        s.parent_id[0] = b[1];
    }
    return s;
}

static void check_tree(const struct trace *t, uint32_t sent)
{
    uint32_t in_trees = 0;

    if (t->count + t->duplicates != sent)
        abort();
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trace_node *n = &t->nodes[i];

        if (n->parent == TRACE_NONE) {
            in_trees += n->subtree;
            if (n->depth != 0)
                abort();
        } else if (n->parent >= i || n->depth != t->nodes[n->parent].depth + 1 ||
                   i >= n->parent + t->nodes[n->parent].subtree) {
            abort();
        }
        if (n->self_ns > n->span->end_ns - n->span->start_ns)
            abort();
    }
    if (in_trees != t->count)
        abort();
}

static void check_critical(struct trace *t, struct arena *a)
{
    struct trace_section *sections;
    uint32_t count;

    if (t->root == TRACE_NONE || !trace_critical(t, t->root, a, &sections, &count))
        return;
    for (uint32_t i = 0; i < count; i++)
        if (sections[i].node >= t->count || sections[i].to_ns < sections[i].from_ns ||
            (i && sections[i].from_ns < sections[i - 1].to_ns))
            abort();
}

static bool read_trace(const uint8_t *data, size_t size, struct arena *a, struct trace *out)
{
    uint32_t count = (uint32_t)(size / SPAN_BYTES);
    struct trace_summary summary;
    struct trace_edge *edges;
    struct span *spans;
    uint32_t edge_count;

    if (count > SPANS_MAX)
        count = SPANS_MAX;
    if (!(spans = arena_alloc(a, (count + 1) * sizeof *spans)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        spans[i] = span_of(data + i * SPAN_BYTES);
    if (!trace_build(spans, count, a, out))
        return false;
    check_tree(out, count);
    check_critical(out, a);
    if (trace_summarise(out, a, &summary) && summary.spans != out->count)
        abort();
    trace_edges(out, a, &edges, &edge_count);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_change *changes;
    struct trace left, right;
    uint32_t count;
    struct arena a;

    arena_init(&a, 64 * MIB);
    if (read_trace(data, size / 2, &a, &left) &&
        read_trace(data + size / 2, size - size / 2, &a, &right))
        trace_compare(&left, &right, &a, &changes, &count);
    arena_free(&a);
    return 0;
}
