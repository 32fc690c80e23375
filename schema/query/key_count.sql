-- key_count (writer, commands)
-- index: key.bucket
SELECT count(*) FROM key
