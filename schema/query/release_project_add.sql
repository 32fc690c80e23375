-- release_project_add: events of a release in a project (writer, flush)
-- index: primary key
INSERT INTO release_project (release_id, project_id, first_ms, last_ms, events) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (release_id, project_id) DO UPDATE
       SET events = events + excluded.events,
           first_ms = min(coalesce(first_ms, excluded.first_ms), excluded.first_ms),
           last_ms = max(coalesce(last_ms, excluded.last_ms), excluded.last_ms)
