-- api_issue_children: issues merged into one (worker)
-- :parent     index: issue_by_parent
SELECT id FROM issue WHERE merged_into = :parent ORDER BY id DESC;
