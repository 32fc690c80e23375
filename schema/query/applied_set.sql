-- applied_set: a ring's position, with the rows made of it (writer, each commit and command; catalogue and segments)
-- index: primary key
INSERT INTO applied (slot, incarnation, position) VALUES (?1, ?2, ?3)
    ON CONFLICT (slot) DO UPDATE SET incarnation = excluded.incarnation, position = excluded.position
