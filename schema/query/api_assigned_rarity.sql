-- api_assigned_rarity: are few enough issues assigned to anybody to drive a search? (worker)
-- :limit     index: issue_by_assignee
SELECT count(*) FROM (SELECT 1 FROM issue INDEXED BY issue_by_assignee WHERE assignee IS NOT NULL LIMIT :limit);
