-- issue_stale: unresolved issues of a project without an event since then (writer, hourly, for projects
-- that resolve by age)
-- index: issue_by_last
SELECT id FROM issue WHERE project_id = :project AND status = 1 AND last_ms < :before LIMIT 100
