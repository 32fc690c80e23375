-- api_feedback_count: user reports of an issue (worker)
-- :issue     index: feedback_by_issue
SELECT count(*) FROM feedback WHERE issue_id = :issue;
