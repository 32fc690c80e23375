-- issue_hour_of: events of one hour (writer: has an archived issue escalated?)
-- index: primary key
SELECT events FROM issue_hour WHERE issue_id = ?1 AND hour = ?2
