-- hash_insert: a grouping hash comes to belong to an issue (writer)
-- index: primary key
INSERT INTO hash (project_id, hash, issue_id, created_ms, version, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (project_id, hash) DO UPDATE SET issue_id = excluded.issue_id
