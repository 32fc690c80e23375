-- outcome_add: what became of items (writer, flush). Words may be a client's: when an hour of a project has ?7
-- rows, what is new is added up in one row for each outcome
-- index: primary key, three times
INSERT INTO outcome (project_id, hour, category, outcome, reason, quantity)
SELECT ?1, ?2, iif(full, 'unknown', ?3), ?4, iif(full, '(other)', ?5), ?6
  FROM (SELECT NOT EXISTS (SELECT 1 FROM outcome WHERE project_id = ?1 AND hour = ?2 AND category = ?3
                                                   AND outcome = ?4 AND reason = ?5)
               AND (SELECT count(*) FROM (SELECT 1 FROM outcome WHERE project_id = ?1 AND hour = ?2 LIMIT ?7))
                   = ?7 AS full)
 WHERE true
    ON CONFLICT (project_id, hour, category, outcome, reason) DO UPDATE
       SET quantity = quantity + excluded.quantity
