-- api_issue_parent: the issue that an event's number leads to: itself, or what it was merged into (worker)
-- :id     index: primary key
SELECT COALESCE(merged_into, id) FROM issue WHERE id = :id AND status != 4;
