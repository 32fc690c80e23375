-- token_expire: sessions that are over (writer, at each login)
-- scan: sessions and tokens are few, and this keeps them few
DELETE FROM token WHERE kind = 'session' AND expires_ms IS NOT NULL AND expires_ms < ?1
