-- environment_add: events of an environment (writer, flush)
-- index: primary key
INSERT INTO environment (project_id, name, first_ms, last_ms, events) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (project_id, name) DO UPDATE
       SET events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms),
           last_ms = max(last_ms, excluded.last_ms)
