-- issue_hour_add (writer, flush)
-- index: primary key
INSERT INTO issue_hour (issue_id, hour, events) VALUES (?1, ?2, ?3)
    ON CONFLICT (issue_id, hour) DO UPDATE SET events = events + excluded.events
