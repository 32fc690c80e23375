-- api_project_tag_keys: tag keys of a project (worker)
-- :project     index: project_tag_key, primary key
SELECT key, events, listed FROM project_tag_key WHERE project_id = :project;
