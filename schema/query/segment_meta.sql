-- segment_meta: what a segment says about itself (writer, at start)
-- index: primary key
SELECT value FROM meta WHERE key = ?1
