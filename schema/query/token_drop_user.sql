-- token_drop_user: tokens of somebody, or the sessions alone (writer, commands)
-- index: token_by_user
DELETE FROM token WHERE user_id = ?1 AND (?2 = 0 OR kind = 'session')
