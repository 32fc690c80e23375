-- api_release_issues: issues of two releases with their events in each, most in the newer one first (worker)
-- :now :before :environment (NULL: any) :limit     index: issue_release_by_release
SELECT issue_id, SUM(CASE WHEN release_id = :now THEN events ELSE 0 END) AS in_now,
       SUM(CASE WHEN release_id = :before THEN events ELSE 0 END) AS in_before
  FROM issue_release
 WHERE release_id IN (:now, :before) AND (:environment IS NULL OR environment = :environment)
 GROUP BY issue_id ORDER BY in_now DESC, in_before DESC LIMIT :limit;
