-- api_outcomes: what became of a project's items, by hour (worker)
-- :project :from :to     index: outcome, primary key
SELECT hour, category, outcome, reason, quantity FROM outcome
 WHERE project_id = :project AND hour >= :from AND hour < :to ORDER BY hour;
