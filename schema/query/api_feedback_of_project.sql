-- api_feedback_of_project: user reports of a project, newest first (worker)
-- :project :limit :offset     index: feedback_by_time
SELECT id, uid, event_id, issue_id, name, email, comments, url, source, created_ms FROM feedback
 WHERE project_id = :project ORDER BY created_ms DESC LIMIT :limit OFFSET :offset;
