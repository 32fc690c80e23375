-- check_keys: keys of projects that are not there (quern check)
-- scan: it wants them all
SELECT count(*) FROM key AS k WHERE NOT EXISTS (SELECT 1 FROM project AS p WHERE p.id = k.project_id)
