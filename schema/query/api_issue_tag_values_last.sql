-- api_issue_tag_values_last: values of a tag in an issue, last seen first (worker); at most TAG_VALUES_MAX are sorted
-- :issue :key :limit :offset     index: issue_tag, primary key
SELECT value, events, first_ms, last_ms FROM issue_tag WHERE issue_id = :issue AND key = :key
 ORDER BY last_ms DESC, value LIMIT :limit OFFSET :offset;
