-- segment-seal: what a sealed segment has besides; built in bulk, once.
CREATE INDEX IF NOT EXISTS event_by_id ON event (id);
CREATE INDEX IF NOT EXISTS event_by_issue ON event (issue_id, seq);
CREATE INDEX IF NOT EXISTS event_by_trace ON event (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_by_project ON event (project_id, seq);
CREATE INDEX IF NOT EXISTS entry_by_length ON entry (duration_us, start_ms, flags, operation_id);
CREATE INDEX IF NOT EXISTS entry_by_duration ON entry (operation_id, duration_us, start_ms);
CREATE INDEX IF NOT EXISTS entry_by_time ON entry (start_ms, duration_us, flags);
CREATE INDEX IF NOT EXISTS operation_by_service ON operation (service, name);
CREATE TABLE IF NOT EXISTS trace (hash INTEGER NOT NULL, block_id INTEGER NOT NULL, -- filled from `mark`
    PRIMARY KEY (hash, block_id)) WITHOUT ROWID;
