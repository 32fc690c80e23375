-- api_user_by_id: one user (worker)
-- :id     index: primary key
SELECT id, email, name, role, active, created_ms, last_login_ms, preferences, password IS NOT NULL
  FROM user WHERE id = :id;
