-- unmerge_insert: events that are to be moved (writer, commands)
-- index: primary key
INSERT INTO unmerge (from_issue, to_issue, hashes, last_seq) VALUES (?1, ?2, ?3, ?4)
