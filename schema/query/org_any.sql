-- org_any: is this an empty catalogue? (writer, at start)
-- index: primary key, its beginning
SELECT 1 FROM org LIMIT 1
