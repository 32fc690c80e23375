/* worker-limit.c -- the form of X-Sentry-Rate-Limits, and who pays. */
#include "t/lib/tap.h"

#include <fcntl.h>
#include <unistd.h>

#include "worker/limit.h"

#define NOW 1700000000000000LL

static void header_form(void)
{
    struct limit_hits hits = {0};
    char out[LIMIT_HEADER_MAX];

    is_text(limit_header(&hits, out), "", "nothing hit: empty");
    is_int(limit_wait(&hits), 0, "nothing to wait for");
    hits.any = true;
    hits.seconds[BUCKET_ERROR] = 60;
    is_text(limit_header(&hits, out), "60:error;default;security:key:key_quota", "one family");
    hits.seconds[BUCKET_ATTACHMENT] = 7;
    hits.project[BUCKET_ATTACHMENT] = true;
    is_text(limit_header(&hits, out),
            "60:error;default;security:key:key_quota,"
            "7:attachment;attachment_item:project:project_quota",
            "66: two, joined without a blank");
    is_int(limit_wait(&hits), 60, "the longest counts");
    for (int c = 0; c < BUCKET_CATEGORIES; c++) {
        hits.seconds[c] = UINT32_MAX;
        hits.project[c] = true;
    }
    ok(limit_header(&hits, out).len < LIMIT_HEADER_MAX, "all at once fit");
}

static void taking(struct bucket_table *t)
{
    struct reg_key key = {.project = 1, .bucket = 3, .rate_count = 2, .rate_window_s = 60};
    struct reg_project project = {.id = 1};
    struct limit_hits hits = {0};

    ok(limit_take(t, &key, &project, BUCKET_ERROR, 1, NOW, &hits), "first");
    ok(limit_take(t, &key, &project, BUCKET_ERROR, 1, NOW, &hits), "second");
    ok(!limit_take(t, &key, &project, BUCKET_ERROR, 1, NOW, &hits), "third is refused");
    ok(hits.any && hits.seconds[BUCKET_ERROR] >= 1 && !hits.project[BUCKET_ERROR],
       "and says how long, and that it is the key's");
    ok(!limit_peek(t, &key, &project, BUCKET_ERROR, NOW, &hits), "a look says the same");
    ok(limit_take(t, &key, &project, BUCKET_ATTACHMENT, 1, NOW, &hits),
       "another family is not hit");
    ok(limit_take(t, &key, &project, BUCKET_SESSION, 100, NOW, &hits), "sessions have no limit");
    ok(limit_take(t, &key, &project, BUCKET_MONITOR, 100, NOW, &hits), "nor have check-ins");
    ok(limit_take(t, &key, &project, BUCKET_ERROR, 1, NOW + 61 * 1000000LL, &hits),
       "later it is granted again");
}

static void quota(struct bucket_table *t)
{
    struct reg_key one = {.project = 2, .bucket = 4, .rate_count = 2, .rate_window_s = 60};
    struct reg_key two = {.project = 2, .bucket = 5};
    struct reg_project project = {.id = 2, .rate_count = 1, .rate_window_s = 60};
    struct limit_hits hits = {0};

    ok(limit_take(t, &two, &project, BUCKET_ERROR, 1, NOW, &hits), "one key takes the quota");
    ok(!limit_take(t, &one, &project, BUCKET_ERROR, 1, NOW, &hits), "the other finds it used up");
    ok(hits.project[BUCKET_ERROR], "and says that it is the project's");
    is_str(limit_reason(&hits), "project_quota", "with its reason");
    project.rate_count = 0;
    ok(limit_take(t, &one, &project, BUCKET_ERROR, 2, NOW, &hits), "its own bucket paid nothing");
}

int main(void)
{
    char dir[] = "/tmp/quern-limit-XXXXXX";
    struct bucket_table *t;
    int fd;

    header_form();
    if (!mkdtemp(dir) || (fd = open(dir, O_RDONLY | O_DIRECTORY)) == -1 || bucket_open(fd, &t) != 0)
        return 1;
    taking(t);
    quota(t);
    bucket_close(t);
    unlinkat(fd, "buckets", 0);
    rmdir(dir);
    return done_testing();
}
