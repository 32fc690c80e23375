-- api_issue_parted: was this issue parted from another? Then its events' links may pass some by (worker)
-- :issue     index: activity_by_issue
SELECT 1 FROM activity WHERE issue_id = :issue AND type = 'unmerge_destination' LIMIT 1;
