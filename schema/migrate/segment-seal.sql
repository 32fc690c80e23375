-- segment-seal: what a sealed segment has besides; built in bulk, once.
CREATE INDEX IF NOT EXISTS event_by_id ON event (id);
CREATE INDEX IF NOT EXISTS event_by_issue ON event (issue_id, seq);
CREATE INDEX IF NOT EXISTS event_by_trace ON event (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_by_project ON event (project_id, seq);
