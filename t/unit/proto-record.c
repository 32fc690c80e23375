/* Records and blocks: what goes in comes out, and nothing else does. */
#include "proto/block.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "t/lib/tap.h"

static struct arena arena;

static struct buf fresh(void)
{
    struct buf b;

    buf_init(&b, &arena, 64, 4 * MIB);
    return b;
}

/* Every prefix of a record, and every single bit of it turned: refused or read, never worse. */
static void torture(struct text body, bool (*reads)(struct text), const char *name)
{
    char *copy = arena_dup(&arena, body.at, body.len);
    int cut_short = 0;

    for (size_t len = 0; len < body.len; len++)
        cut_short += reads((struct text){copy, len});
    is_int(cut_short, 0, "%s: no prefix is a record", name);
    for (size_t bit = 0; bit < 8 * body.len; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        reads((struct text){copy, body.len});
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    ok(reads((struct text){copy, body.len}), "%s: turned bits do no harm", name);
}

static bool reads_event(struct text t)
{
    struct record_event e;

    return record_event_read(t, &arena, &e);
}

static void events(void)
{
    struct record_tag tags[300];
    struct record_event in = {.project = 7,
                              .issue = 99,
                              .id = {1, 2, 3},
                              .timestamp_ms = -5,
                              .received_ms = INT64_MAX,
                              .level = 3,
                              .type = 1,
                              .flags = RECORD_EVENT_UNHANDLED,
                              .hash_count = 2,
                              .hashes = {{9}, {8}},
                              .trace_id = {4},
                              .span_id = {5},
                              .platform = TEXT("python"),
                              .title = TEXT("T"),
                              .culprit = TEXT(""),
                              .release = TEXT("1.0"),
                              .tags = tags,
                              .tag_count = 2,
                              .payload = TEXT("{}")};
    struct record_event out;
    struct buf b = fresh();

    for (int i = 0; i < 300; i++)
        tags[i] = (struct record_tag){TEXT("k"), TEXT("v")};
    tags[1].value = TEXT("other");
    record_event_write(&b, &in);
    ok(record_event_read(buf_result(&b), &arena, &out), "an event reads back");
    ok(out.project == 7 && out.issue == 99 && out.timestamp_ms == -5 &&
           out.received_ms == INT64_MAX && out.level == 3 && out.type == 1 &&
           out.flags == RECORD_EVENT_UNHANDLED,
       "numbers");
    ok(out.id[2] == 3 && out.hash_count == 2 && out.hashes[1][0] == 8 && out.trace_id[0] == 4 &&
           out.span_id[0] == 5,
       "ids and hashes");
    ok(text_is(out.platform, "python") && text_is(out.payload, "{}"), "texts");
    ok(out.culprit.at && out.culprit.len == 0 && !out.dist.at, "empty and absent differ");
    ok(out.tag_count == 2 && text_is(out.tags[1].value, "other"), "tags");
    ok(record_event_peek(buf_result(&b), &out) && !out.tags && out.tag_count == 2 &&
           text_is(out.payload, "{}"),
       "a peek steps over the tags");
    torture(buf_result(&b), reads_event, "event");
    in.tag_count = 300;
    b = fresh();
    record_event_write(&b, &in);
    ok(record_event_read(buf_result(&b), &arena, &out) && out.tag_count == RECORD_TAGS_MAX,
       "too many tags are cut");
}

static bool reads_attachment(struct text t)
{
    struct record_attachment r;

    return record_attachment_read(t, &r);
}

static bool reads_feedback(struct text t)
{
    struct record_feedback r;

    return record_feedback_read(t, &r);
}

static bool reads_command(struct text t)
{
    struct record_command r;

    return record_command_read(t, &r);
}

static void others(void)
{
    struct record_attachment a = {
        .project = 1, .size = 1ULL << 40, .name = TEXT("n"), .data = TEXT("d")};
    struct record_feedback f = {.project = 1, .event_id = {7}, .id = {8}, .comments = TEXT("c")};
    struct record_command c = {.id = 1ULL << 60,
                               .actor = 3,
                               .time_ms = 4,
                               .name = TEXT("issue.update"),
                               .args = TEXT("{}")};
    struct buf b = fresh();

    record_attachment_write(&b, &a);
    ok(record_attachment_read(buf_result(&b), &a) && a.size == 1ULL << 40 && text_is(a.data, "d") &&
           !a.file.at,
       "attachment");
    torture(buf_result(&b), reads_attachment, "attachment");
    b = fresh();
    record_feedback_write(&b, &f);
    ok(record_feedback_read(buf_result(&b), &f) && f.event_id[0] == 7 && text_is(f.comments, "c"),
       "feedback");
    torture(buf_result(&b), reads_feedback, "feedback");
    b = fresh();
    record_command_write(&b, &c);
    ok(record_command_read(buf_result(&b), &c) && c.id == 1ULL << 60 &&
           text_is(c.name, "issue.update"),
       "command");
    torture(buf_result(&b), reads_command, "command");
}

static void outcomes(void)
{
    struct record_outcome o = {.project = 1,
                               .quantity = 2,
                               .time_ms = 3,
                               .outcome = OUTCOME_FILTERED,
                               .category = TEXT("error")};
    struct buf b = fresh();
    struct text list;
    int count = 0;

    record_outcome_write(&b, &o);
    o.outcome = OUTCOME_UNKNOWN;
    o.reason = TEXT("brand_new");
    record_outcome_write(&b, &o);
    list = buf_result(&b);
    while (record_outcome_next(&list, &o))
        count++;
    is_int(count, 2, "a list of outcomes");
    ok(o.outcome == OUTCOME_UNKNOWN && text_is(o.reason, "brand_new") && list.len == 0,
       "... to its end");
    list = buf_result(&b);
    list.len--;
    for (count = 0; record_outcome_next(&list, &o); count++)
        ;
    is_int(count, 1, "a cut one ends early");
    is_str(outcome_name(OUTCOME_RATE_LIMITED), "rate_limited", "names");
    is_str(outcome_name((enum outcome)99), "unknown", "... even for nonsense");
}

static void blocks(bool hard)
{
    struct block_packer *p = block_packer_new();
    struct block_view view;
    struct text block, one;
    static char record[3000];
    int n = 0, wrong = 0;

    for (;; n++) {
        memset(record, 'a' + n % 26, sizeof record);
        memcpy(record, &n, sizeof n);
        if (block_add(p, (struct text){record, sizeof record - (size_t)(n % 100)}) != n)
            break;
    }
    ok(n == (int)block_records(p) && n >= 128 * 1024 / 3000 && block_raw_bytes(p) <= BLOCK_BYTES,
       "a block takes what it can, and no more");
    block = block_finish(p, hard);
    is_int(block_records(p), 0, "finishing empties the packer");
    block.at = arena_dup(&arena, block.at, block.len);
    ok(block_read(block, &arena, &view) && (int)view.count == n, "all of it reads back");
    for (int i = 0; i < n; i++) {
        int got;

        memcpy(&got, view.records[i].at, sizeof got);
        wrong += got != i || view.records[i].len != sizeof record - (size_t)(i % 100);
        wrong +=
            !block_read_one(block, (uint32_t)i, &arena, &one) || !text_eq(one, view.records[i]);
    }
    is_int(wrong, 0, "record by record, alone and together");
    ok(!block_read_one(block, (uint32_t)n, &arena, &one), "there is no next one");
    block_packer_free(p);
}

static void odd_blocks(void)
{
    struct block_packer *p = block_packer_new();
    static char giant[BLOCK_BYTES * 4];
    struct block_view view;
    struct text block, one;
    int unseen = 0;
    char *copy;

    for (size_t i = 0; i < sizeof giant; i++)
        giant[i] = (char)(i * i >> 7);
    is_int(block_add(p, (struct text){giant, sizeof giant}), 0, "a giant makes a block of its own");
    is_int(block_add(p, TEXT("x")), -1, "... alone");
    block = block_finish(p, false);
    ok(block_read(block, &arena, &view) && view.records[0].len == sizeof giant &&
           memcmp(view.records[0].at, giant, sizeof giant) == 0,
       "... that reads back");
    for (int i = 0; i < BLOCK_RECORDS_MAX; i++)
        block_add(p, TEXT(""));
    is_int(block_add(p, TEXT("")), -1, "records are counted, too");
    ok(block_read(block_finish(p, false), &arena, &view) && view.count == BLOCK_RECORDS_MAX,
       "empty records");
    block = block_finish(p, false);
    ok(block_read(block, &arena, &view) && view.count == 0, "an empty block");
    block_add(p, TEXT("hello hello hello hello hello"));
    block_add(p, TEXT(""));
    block = block_finish(p, false);
    copy = arena_dup(&arena, block.at, block.len);
    ok(block_read_one(block, 1, &arena, &one) && one.len == 0, "an empty record by slot");
    for (size_t len = 0; len < block.len; len++)
        if (block_read((struct text){copy, len}, &arena, &view))
            ok(false, "a prefix of %zu bytes was read", len);
    for (size_t bit = 0; bit < 8 * block.len; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        unseen += block_read((struct text){copy, block.len}, &arena, &view);
        unseen += block_read_one((struct text){copy, block.len}, 0, &arena, &one);
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    is_int(unseen, 0, "every turned bit is seen");
    ok(block_read((struct text){copy, block.len}, &arena, &view), "... and none turned is fine");
    ok(!block_read(TEXT_NONE, &arena, &view), "nothing is no block");
    block_packer_free(p);
}

int main(void)
{
    arena_init(&arena, 512 * MIB);
    events();
    others();
    outcomes();
    blocks(false);
    blocks(true);
    odd_blocks();
    arena_free(&arena);
    return done_testing();
}
