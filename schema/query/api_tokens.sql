-- api_tokens: tokens of a user, or with 0 those of the organisation, newest first (worker)
-- :kind :user     index: token_by_user
SELECT id, name, scopes, last4, created_ms, used_ms FROM token
 WHERE kind = :kind AND user_id IS NULLIF(:user, 0) ORDER BY id DESC LIMIT 500;
