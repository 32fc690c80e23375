-- merge_tag (writer, merge)
-- index: primary keys
INSERT INTO issue_tag (issue_id, key, value, events, first_ms, last_ms)
SELECT ?2, key, value, events, first_ms, last_ms FROM issue_tag WHERE issue_id = ?1
    ON CONFLICT (issue_id, key, value) DO UPDATE
       SET events = events + excluded.events, first_ms = min(first_ms, excluded.first_ms),
           last_ms = max(last_ms, excluded.last_ms)
