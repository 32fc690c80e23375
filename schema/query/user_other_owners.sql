-- user_other_owners: is there an owner besides? (writer, commands)
-- scan: people are few
SELECT count(*) FROM user WHERE role = 'owner' AND active AND id <> ?1
