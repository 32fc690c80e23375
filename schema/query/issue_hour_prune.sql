-- issue_hour_prune: hours that no page shows any more, for some issues at a time (writer)
-- index: primary key, one range of issues
DELETE FROM issue_hour WHERE issue_id > :from AND issue_id <= :to AND hour < :hour
