-- api_user_owners: how many owners can still log in (worker); a small table
SELECT count(*) FROM user WHERE role = 'owner' AND active = 1;
