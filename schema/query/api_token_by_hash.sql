-- api_token_by_hash: who bears this token (worker, every API call)
-- :hash     index: token.hash (unique)
SELECT t.id, t.kind, t.scopes, t.csrf, t.expires_ms, t.used_ms, t.user_id, u.email, u.name, u.role, u.active
  FROM token t LEFT JOIN user u ON u.id = t.user_id
 WHERE t.hash = :hash;
