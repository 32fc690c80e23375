-- api_issue_hours: events per hour of one issue (worker, charts and counts)
-- :issue :from :to     index: issue_hour, primary key
SELECT hour, events FROM issue_hour WHERE issue_id = :issue AND hour >= :from AND hour < :to ORDER BY hour;
