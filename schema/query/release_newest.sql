-- release_newest: a project's releases, newest first (writer: which one is current?)
-- index: release_project_by_last by its first column, release by primary key; a project's releases, sorted
SELECT r.id, r.version, coalesce(r.released_ms, r.created_ms) AS at
  FROM release_project AS p JOIN release AS r ON r.id = p.release_id
 WHERE p.project_id = ?1 ORDER BY at DESC, r.id DESC LIMIT 50
