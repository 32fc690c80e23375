-- issue_release_add: events of an issue per release and environment (writer, flush)
-- index: primary key
INSERT INTO issue_release (issue_id, release_id, environment, first_ms, last_ms, events)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (issue_id, release_id, environment) DO UPDATE
       SET events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms),
           last_ms = max(last_ms, excluded.last_ms)
