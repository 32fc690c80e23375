-- api_issue_tag_values: values of a tag in an issue, most frequent first (worker); at most TAG_VALUES_MAX are sorted
-- :issue :key :limit :offset     index: issue_tag, primary key
SELECT value, events, first_ms, last_ms FROM issue_tag WHERE issue_id = :issue AND key = :key
 ORDER BY events DESC, value LIMIT :limit OFFSET :offset;
