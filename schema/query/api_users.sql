-- api_users: members by name of login (worker)
-- :limit :offset     index: user.email
SELECT id, email, name, role, active, created_ms, last_login_ms, preferences, password IS NOT NULL
  FROM user WHERE active = 1 ORDER BY email LIMIT :limit OFFSET :offset;
