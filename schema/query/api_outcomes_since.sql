-- api_outcomes_since: what became of everything since an hour, over all projects (worker: status, metrics)
-- :from     index: outcome, primary key, once per project
SELECT o.category, o.outcome, o.reason, sum(o.quantity)
  FROM project p CROSS JOIN outcome o ON o.project_id = p.id AND o.hour >= :from
 GROUP BY o.category, o.outcome, o.reason ORDER BY o.category, o.outcome, o.reason;
