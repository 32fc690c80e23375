-- unmerge_done: how far it has come (writer, with the figures)
-- index: primary key
UPDATE unmerge SET done_seq = ?2 WHERE id = ?1
