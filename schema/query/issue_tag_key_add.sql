-- issue_tag_key_add: events that have a tag, and its listed values (writer, flush)
-- index: primary key
INSERT INTO issue_tag_key (issue_id, key, events, listed) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (issue_id, key) DO UPDATE SET events = events + excluded.events, listed = excluded.listed
