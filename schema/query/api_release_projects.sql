-- api_release_projects: what each project knows of a release (worker)
-- :release     index: release_project, primary key
SELECT project_id, first_ms, last_ms, events, new_issues FROM release_project WHERE release_id = :release;
