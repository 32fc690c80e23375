-- 002-read-indexes: what the management API reads by, besides the keys of the tables.
CREATE INDEX issue_tag_by_value ON issue_tag (key, value, issue_id);  -- rare tag values drive a search
CREATE INDEX release_by_time ON release (org_id, COALESCE(released_ms, created_ms) DESC, id DESC);
CREATE INDEX issue_by_resolved_in ON issue (resolved_in) WHERE resolved_in IS NOT NULL;
CREATE INDEX issue_by_assignee ON issue (assignee) WHERE assignee IS NOT NULL;
