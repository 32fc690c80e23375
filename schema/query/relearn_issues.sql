-- relearn_issues: issues with hashes of an older version of grouping, those seen last first (writer, once
-- after an upgrade)
-- scan: it wants them all
SELECT i.id FROM issue AS i
 WHERE i.merged_into IS NULL AND EXISTS (SELECT 1 FROM hash WHERE issue_id = i.id AND version < ?1)
 ORDER BY i.last_ms DESC
