-- token_insert (writer)
-- index: UNIQUE (hash)
INSERT INTO token (hash, kind, user_id, name, scopes, last4, csrf, created_ms, expires_ms)
VALUES (:hash, :kind, :user, :name, :scopes, :last4, :csrf, :now, :expires)
