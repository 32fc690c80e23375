-- merge_hour: ?1's figures added to ?2's (writer, merge)
-- index: primary keys
INSERT INTO issue_hour (issue_id, hour, events) SELECT ?2, hour, events FROM issue_hour WHERE issue_id = ?1
    ON CONFLICT (issue_id, hour) DO UPDATE SET events = events + excluded.events
