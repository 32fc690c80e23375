-- project_tag_key_add: events that have a tag, and its listed values (writer, flush)
-- index: primary key
INSERT INTO project_tag_key (project_id, key, events, listed) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (project_id, key) DO UPDATE SET events = events + excluded.events, listed = excluded.listed
