-- 003-traces: services, operations, and how they fare, kept while spans are written (writer/span_tally).
CREATE TABLE service (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, name TEXT NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    UNIQUE (project_id, name)
);
CREATE TABLE operation (
    id INTEGER PRIMARY KEY, service_id INTEGER NOT NULL, name TEXT NOT NULL,
    kind INTEGER NOT NULL,                             -- enum span_kind
    entry INTEGER NOT NULL,                            -- 1: starts a unit of work in its service
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    UNIQUE (service_id, name, kind, entry)
);
-- rate, errors, durations: one row per operation, minute (or hour) and release. calls and errors are
-- weighted: a sampled span stands for the ones that were not sent.
CREATE TABLE red_minute (
    operation_id INTEGER NOT NULL, minute INTEGER NOT NULL, release_id INTEGER NOT NULL, -- 0: none
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    sketch BLOB NOT NULL,                              -- model/latency.h
    PRIMARY KEY (operation_id, minute, release_id)) WITHOUT ROWID;
CREATE TABLE red_hour (
    operation_id INTEGER NOT NULL, hour INTEGER NOT NULL, release_id INTEGER NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (operation_id, hour, release_id)) WITHOUT ROWID;
-- who calls whom
CREATE TABLE edge (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL,
    caller TEXT NOT NULL, callee TEXT NOT NULL,        -- services, or what stands in for one
    kind INTEGER NOT NULL,                             -- enum trace_edge_kind
    UNIQUE (project_id, caller, callee, kind)
);
CREATE TABLE edge_minute (edge_id INTEGER NOT NULL, minute INTEGER NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    PRIMARY KEY (edge_id, minute)) WITHOUT ROWID;
CREATE TABLE edge_hour (edge_id INTEGER NOT NULL, hour INTEGER NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    PRIMARY KEY (edge_id, hour)) WITHOUT ROWID;
