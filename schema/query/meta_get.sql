-- meta_get: what the catalogue says about itself (writer, at start)
-- index: primary key
SELECT value FROM meta WHERE key = ?1
