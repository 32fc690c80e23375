-- api_tag_rarity: is this tag value rare enough to drive a search? (worker)
-- :key :value :limit     index: issue_tag_by_value
SELECT count(*) FROM (SELECT 1 FROM issue_tag WHERE key = :key AND value = :value LIMIT :limit);
