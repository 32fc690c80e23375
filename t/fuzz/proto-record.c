/* Any bytes as a block and as every kind of record: read or refused. What reads is written again as
 * the same bytes. */
#include <stdlib.h>

#include "proto/block.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "shm/crc32c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf fresh(struct arena *a, size_t len)
{
    struct buf b;

    buf_init(&b, a, len + 64, 64 * MIB);
    return b;
}

static void same(struct buf *b, struct text body)
{
    if (!text_eq(buf_result(b), body))
        abort();
}

static void records(struct text body, struct arena *a)
{
    struct record_event event;
    struct record_attachment attachment;
    struct record_feedback feedback;
    struct record_command command;
    struct record_outcome outcome;
    struct text list = body;
    struct buf b = fresh(a, body.len);

    if (record_event_read(body, a, &event)) {
        record_event_write(&b, &event);
        same(&b, body);
        if (!record_event_peek(body, &event))
            abort();
    }
    b = fresh(a, body.len);
    if (record_attachment_read(body, &attachment)) {
        record_attachment_write(&b, &attachment);
        same(&b, body);
    }
    b = fresh(a, body.len);
    if (record_feedback_read(body, &feedback)) {
        record_feedback_write(&b, &feedback);
        same(&b, body);
    }
    b = fresh(a, body.len);
    if (record_command_read(body, &command)) {
        record_command_write(&b, &command);
        same(&b, body);
    }
    while (record_outcome_next(&list, &outcome))
        ;
}

/* A copy whose checksum is right, so that the fuzzer gets past it. */
static struct text checked(struct text body, struct arena *a)
{
    enum { CHECK = 16, BEHIND = 20 };
    char *copy = arena_dup(a, body.at, body.len);
    uint32_t crc;

    if (body.len < BEHIND)
        return body;
    crc = crc32c(crc32c(0, copy, CHECK), copy + BEHIND, body.len - BEHIND);
    memcpy(copy + CHECK, &crc, sizeof crc);
    return (struct text){copy, body.len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text body = {(const char *)data, size}, one;
    struct block_view view;
    struct arena a;

    arena_init(&a, 256 * MIB);
    records(body, &a);
    body = checked(body, &a);
    if (block_read(body, &a, &view))
        for (uint32_t i = 0; i < view.count && i < 16; i++)
            if (block_read_one(body, i, &a, &one) && one.len != view.records[i].len)
                abort();
    arena_free(&a);
    return 0;
}
