-- check_parents: issues merged into one that is not there, or that is itself merged (quern check)
-- index: issue_by_parent
SELECT count(*) FROM issue AS i
 WHERE i.merged_into IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM issue AS p WHERE p.id = i.merged_into AND p.merged_into IS NULL)
