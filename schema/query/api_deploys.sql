-- api_deploys: where a release was deployed to, the latest first (worker)
-- :release :limit :offset     index: UNIQUE (release_id, environment); few rows of a release
SELECT id, environment, name, url, started_ms, finished_ms FROM deploy
 WHERE release_id = :release ORDER BY finished_ms DESC, id DESC LIMIT :limit OFFSET :offset;
