-- token_delete: by number or by digest; ?3 NULL: whoever's it is (writer, commands)
-- index: primary key, UNIQUE (hash)
DELETE FROM token WHERE (id = ?1 OR hash = ?2) AND (?3 IS NULL OR user_id = ?3)
