-- project_hour_add (writer, flush)
-- index: primary key
INSERT INTO project_hour (project_id, hour, events) VALUES (?1, ?2, ?3)
    ON CONFLICT (project_id, hour) DO UPDATE SET events = events + excluded.events
