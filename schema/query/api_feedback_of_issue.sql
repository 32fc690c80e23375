-- api_feedback_of_issue: user reports of an issue, newest first (worker)
-- :issue :limit :offset     index: feedback_by_issue
SELECT id, uid, event_id, issue_id, name, email, comments, url, source, created_ms FROM feedback
 WHERE issue_id = :issue ORDER BY id DESC LIMIT :limit OFFSET :offset;
