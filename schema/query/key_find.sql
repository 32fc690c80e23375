-- key_find (writer, commands)
-- index: primary key
SELECT project_id, label, active, rate_count, rate_window_s FROM key WHERE public_key = ?1
