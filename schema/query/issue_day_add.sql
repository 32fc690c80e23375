-- issue_day_add (writer, flush)
-- index: primary key
INSERT INTO issue_day (issue_id, day, events) VALUES (?1, ?2, ?3)
    ON CONFLICT (issue_id, day) DO UPDATE SET events = events + excluded.events
