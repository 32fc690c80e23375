-- unmerge_set_ends (writer)
-- index: primary key
UPDATE issue SET first_seq = ?2, last_seq = ?3, first_ms = ?4, last_ms = ?5 WHERE id = ?1
