-- merge_day (writer, merge)
-- index: primary keys
INSERT INTO issue_day (issue_id, day, events) SELECT ?2, day, events FROM issue_day WHERE issue_id = ?1
    ON CONFLICT (issue_id, day) DO UPDATE SET events = events + excluded.events
