-- api_issues_resolved_in: issues resolved in a release (worker)
-- :release     index: issue_by_resolved_in
SELECT id FROM issue WHERE resolved_in = :release AND status = 2 AND merged_into IS NULL;
