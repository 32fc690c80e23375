-- check_hashes: hashes that lead nowhere (quern check)
-- scan: it wants them all
SELECT count(*) FROM hash AS h WHERE NOT EXISTS (SELECT 1 FROM issue AS i WHERE i.id = h.issue_id)
