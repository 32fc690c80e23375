-- api_issue_tag_key: one tag key of an issue (worker)
-- :issue :key     index: issue_tag_key, primary key
SELECT events, listed FROM issue_tag_key WHERE issue_id = :issue AND key = :key;
