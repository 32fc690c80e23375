-- api_project_hours: events per hour of one project, by the events' own time (worker, charts)
-- :project :from :to     index: project_hour, primary key
SELECT hour, events FROM project_hour WHERE project_id = :project AND hour >= :from AND hour < :to ORDER BY hour;
