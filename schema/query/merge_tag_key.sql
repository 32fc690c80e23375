-- merge_tag_key: after merge_tag; the values that are listed now are counted (writer, merge)
-- index: primary keys
INSERT INTO issue_tag_key (issue_id, key, events, listed)
SELECT ?2, k.key, k.events,
       (SELECT count(*) FROM issue_tag AS t WHERE t.issue_id = ?2 AND t.key = k.key)
  FROM issue_tag_key AS k WHERE k.issue_id = ?1
    ON CONFLICT (issue_id, key) DO UPDATE SET events = events + excluded.events, listed = excluded.listed
