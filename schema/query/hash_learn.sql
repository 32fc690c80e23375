-- hash_learn: a hash that stored events have now, unless it is known (writer, after an upgrade)
-- index: primary key
INSERT OR IGNORE INTO hash (project_id, hash, issue_id, created_ms, version, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
