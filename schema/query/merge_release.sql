-- merge_release (writer, merge)
-- index: primary keys
INSERT INTO issue_release (issue_id, release_id, environment, first_ms, last_ms, events)
SELECT ?2, release_id, environment, first_ms, last_ms, events FROM issue_release WHERE issue_id = ?1
    ON CONFLICT (issue_id, release_id, environment) DO UPDATE
       SET events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms),
           last_ms = max(last_ms, excluded.last_ms)
