-- key_update (writer, commands)
-- index: primary key
UPDATE key SET label = ?2, active = ?3, rate_count = ?4, rate_window_s = ?5 WHERE public_key = ?1
