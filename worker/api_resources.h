/* api_resources.h -- the handlers of the management API, by the file they live in.
 * All of one shape (api_call.h): the route has been found, the caller may do this, and what the path
 * names is there. */
#ifndef QUERN_WORKER_API_RESOURCES_H
#define QUERN_WORKER_API_RESOURCES_H

#include "worker/api_call.h"

/* api_root.c */
api_handler root_get, root_auth, root_health, root_health_text, root_regions, root_ready;
/* api_login.c */
api_handler login_post, logout_post;
/* api_org.c */
api_handler org_list, org_get, org_region, org_nothing;
/* api_project.c */
api_handler project_list, project_list_all, project_post, project_get, project_put, project_delete,
    project_filters, project_filter_put;
/* A project of the call's organisation that had this slug once: answered with where it is now. */
bool project_moved(struct api_call *c, struct text slug);
/* api_key.c */
api_handler key_list, key_post, key_get, key_put, key_delete, key_stats;
/* api_issue_list.c */
api_handler issue_list, issue_count, issue_stats_list;
/* api_issue.c */
/* An issue by number or short id, in the call's organisation (in all, without one); the parent of a
 * merged one. False: there is none. */
bool issue_find(struct api_call *c, struct text name, int64_t *issue);
api_handler issue_get, issue_put, issue_delete, issue_hashes, issue_hashes_put, issue_releases,
    issue_current_release, issue_stats, issue_short, issue_event_id, issue_bulk_put,
    issue_bulk_delete, issue_user_reports, issue_similar;
/* api_event.c */
api_handler event_list_issue, event_list_project, event_get_issue, event_get_project, event_json;
/* api_grouping.c */
api_handler event_grouping, event_grouping_try, event_grouping_list;
/* api_attachment.c */
api_handler attachment_list_event, attachment_list_issue, attachment_get;
/* api_tag.c */
api_handler tag_list_issue, tag_get_issue, tag_values_issue, tag_list_org, tag_list_project,
    tag_get_project, tag_values_project;
/* api_comment.c */
api_handler comment_list, comment_post, comment_put, comment_delete;
/* api_activity.c */
api_handler activity_list;
/* api_release.c */
api_handler release_list, release_post, release_get, release_put, release_delete, release_nothing,
    release_previous, release_meta, release_resolved;
/* api_deploy.c */
api_handler deploy_list, deploy_post;
/* api_release_compare.c */
api_handler release_beside;
/* api_environment.c */
api_handler environment_list, environment_list_project, environment_get, environment_put;
/* api_stats.c */
api_handler stats_project, stats_org, stats_v2, stats_summary, stats_key;
/* api_service.c */
api_handler service_list, service_operations;
/* api_red.c */
api_handler red_get;
/* api_service_map.c */
api_handler service_map;
/* api_log.c */
api_handler log_list;
/* api_trace_item.c */
api_handler trace_item_attributes, trace_item_values;
/* api_explore.c */
api_handler explore_events;
/* api_series.c */
api_handler series_stats;
api_handler series_times;
/* api_log_volume.c */
api_handler log_volume;
/* api_user.c */
api_handler user_me, user_me_put, member_list, member_post, member_get, member_put, member_delete,
    member_list_project;
/* api_token.c */
api_handler token_list, token_post, token_delete, org_token_list, org_token_post, org_token_delete;
/* api_feedback.c */
api_handler feedback_list, feedback_post;
/* api_trace.c */
/* A trace id of the path; false: refused with 400. */
bool api_trace_id(struct api_call *c, struct text name, uint8_t id[16]);
api_handler trace_table, trace_span;
/* api_trace_sentry.c */
api_handler trace_nested, trace_meta;
/* api_trace_list.c */
api_handler trace_list, trace_beside;
/* api_status.c */
api_handler status_get;
/* api_operate.c */
api_handler operate_command;
/* metrics.c */
api_handler metrics_get;
/* api_jaeger.c */
api_handler jaeger_services, jaeger_service_operations, jaeger_operations, jaeger_trace,
    jaeger_dependencies, jaeger3_dependencies;
/* api_jaeger_metrics.c */
api_handler jaeger_latencies, jaeger_calls, jaeger_errors, jaeger_min_step;
/* api_jaeger_search.c */
api_handler jaeger_search, jaeger3_search, jaeger3_summaries;
/* api_jaeger_v3.c */
api_handler jaeger3_services, jaeger3_operations, jaeger3_trace;
/* api_tempo.c */
api_handler tempo_echo, tempo_build, tempo_trace, tempo_trace_v2;
/* api_tempo_search.c */
api_handler tempo_search;
/* api_tempo_tags.c */
api_handler tempo_tags, tempo_tags_v2, tempo_values, tempo_values_v2;

#endif
