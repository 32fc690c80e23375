-- issue_high_get: numbers up to this one may have been deleted (writer, at start)
-- index: primary key
SELECT value FROM meta WHERE key = 'issue_high'
