/* limit.c -- taking from the buckets, and the header. */
#include "worker/limit.h"

#include <stdio.h>
#include <string.h>

#include "proto/limits.h"

static const char *const family[BUCKET_CATEGORIES] = {
    [BUCKET_ERROR] = "error;default;security",
    [BUCKET_TRANSACTION] = "transaction;span",
    [BUCKET_LOG] = "log_item;log_byte",
    [BUCKET_METRIC] = "trace_metric;trace_metric_byte;metric",
    [BUCKET_PROFILE] = "profile;profile_chunk;profile_chunk_ui;profile_ui;profile_backend",
    [BUCKET_ATTACHMENT] = "attachment;attachment_item",
    [BUCKET_FEEDBACK] = "feedback",
    [BUCKET_REPLAY] = "replay",
};

const char *limit_category(enum bucket_category category)
{
    static const char *const name[BUCKET_CATEGORIES] = {
        [BUCKET_ERROR] = "error",       [BUCKET_TRANSACTION] = "transaction",
        [BUCKET_LOG] = "log_item",      [BUCKET_METRIC] = "trace_metric",
        [BUCKET_PROFILE] = "profile",   [BUCKET_ATTACHMENT] = "attachment",
        [BUCKET_SESSION] = "session",   [BUCKET_MONITOR] = "monitor",
        [BUCKET_FEEDBACK] = "feedback", [BUCKET_REPLAY] = "replay",
    };

    return name[category] ? name[category] : "default";
}

const char *limit_reason(const struct limit_hits *hits)
{
    for (int c = 0; c < BUCKET_CATEGORIES; c++)
        if (hits->seconds[c] && hits->project[c])
            return "project_quota";
    return "key_quota";
}

/* Behind the keys' buckets; ids beyond PROJECTS_MAX share with earlier ones. */
static uint32_t project_bucket(const struct reg_project *p)
{
    return KEYS_MAX + p->id % PROJECTS_MAX;
}

static bool hit(struct limit_hits *hits, enum bucket_category category, uint32_t seconds,
                bool project)
{
    if (seconds > hits->seconds[category]) {
        hits->seconds[category] = seconds;
        hits->project[category] = project;
    }
    hits->any = true;
    return false;
}

bool limit_peek(const struct bucket_table *t, const struct reg_key *key,
                const struct reg_project *project, enum bucket_category category, int64_t now_us,
                struct limit_hits *hits)
{
    uint32_t wait;

    if (!family[category])
        return true;
    if ((wait = bucket_peek(t, key->bucket, category, key->rate_count, key->rate_window_s,
                            now_us)) != 0)
        return hit(hits, category, wait, false);
    if ((wait = bucket_peek(t, project_bucket(project), category, project->rate_count,
                            project->rate_window_s, now_us)) != 0)
        return hit(hits, category, wait, true);
    return true;
}

bool limit_take(struct bucket_table *t, const struct reg_key *key,
                const struct reg_project *project, enum bucket_category category, uint32_t cost,
                int64_t now_us, struct limit_hits *hits)
{
    uint32_t wait;

    if (!family[category])
        return true;
    /* The key's bucket is not to pay for what the project refuses. */
    if (project->rate_count && !limit_peek(t, key, project, category, now_us, hits))
        return false;
    if ((wait = bucket_take(t, key->bucket, category, key->rate_count, key->rate_window_s, cost,
                            now_us)) != 0)
        return hit(hits, category, wait, false);
    if ((wait = bucket_take(t, project_bucket(project), category, project->rate_count,
                            project->rate_window_s, cost, now_us)) != 0)
        return hit(hits, category, wait, true);
    return true;
}

struct text limit_header(const struct limit_hits *hits, char *out)
{
    size_t len = 0;

    for (int c = 0; hits->any && c < BUCKET_CATEGORIES; c++)
        if (hits->seconds[c])
            len +=
                (size_t)snprintf(out + len, LIMIT_HEADER_MAX - len, "%s%u:%s:%s:%s", len ? "," : "",
                                 hits->seconds[c], family[c], hits->project[c] ? "project" : "key",
                                 hits->project[c] ? "project_quota" : "key_quota");
    return (struct text){out, len};
}

uint32_t limit_wait(const struct limit_hits *hits)
{
    uint32_t most = 0;

    for (int c = 0; hits->any && c < BUCKET_CATEGORIES; c++)
        if (hits->seconds[c] > most)
            most = hits->seconds[c];
    return most;
}
