-- api_user_by_email: one user by login name (worker)
-- :email     index: user.email (unique)
SELECT id, email, name, role, active, password FROM user WHERE email = :email;
