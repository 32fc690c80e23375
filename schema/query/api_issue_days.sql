-- api_issue_days: events per day of one issue (worker, charts and counts)
-- :issue :from :to     index: issue_day, primary key
SELECT day, events FROM issue_day WHERE issue_id = :issue AND day >= :from AND day < :to ORDER BY day;
