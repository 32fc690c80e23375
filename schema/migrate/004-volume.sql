-- 004-volume: figures of spans by environment as well, and how many log records came (writer/log_tally).
-- operation.entry 2: no operation, but all of a service that start a unit of work, together; its name is ''.
CREATE TABLE red_minute_by (
    operation_id INTEGER NOT NULL, minute INTEGER NOT NULL, release_id INTEGER NOT NULL, -- 0: none
    environment TEXT NOT NULL,                         -- '': none
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    sketch BLOB NOT NULL,                              -- model/latency.h
    PRIMARY KEY (operation_id, minute, release_id, environment)) WITHOUT ROWID;
INSERT INTO red_minute_by
    SELECT operation_id, minute, release_id, '', calls, errors, total_us, sketch FROM red_minute;
DROP TABLE red_minute;
ALTER TABLE red_minute_by RENAME TO red_minute;
CREATE TABLE red_hour_by (
    operation_id INTEGER NOT NULL, hour INTEGER NOT NULL, release_id INTEGER NOT NULL,
    environment TEXT NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (operation_id, hour, release_id, environment)) WITHOUT ROWID;
INSERT INTO red_hour_by
    SELECT operation_id, hour, release_id, '', calls, errors, total_us, sketch FROM red_hour;
DROP TABLE red_hour;
ALTER TABLE red_hour_by RENAME TO red_hour;
CREATE TABLE edge_by (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL,
    caller TEXT NOT NULL, callee TEXT NOT NULL,        -- services, or what stands in for one
    kind INTEGER NOT NULL,                             -- enum trace_edge_kind
    environment TEXT NOT NULL,                         -- of the callee, if it is a service
    UNIQUE (project_id, caller, callee, kind, environment)
);
INSERT INTO edge_by SELECT id, project_id, caller, callee, kind, '' FROM edge;
DROP TABLE edge;
ALTER TABLE edge_by RENAME TO edge;
-- log records per service, minute (or hour), environment and level
CREATE TABLE log_minute (
    service_id INTEGER NOT NULL, minute INTEGER NOT NULL, environment TEXT NOT NULL,
    level INTEGER NOT NULL,                            -- severity_level(), proto/logrec.h
    records INTEGER NOT NULL,
    PRIMARY KEY (service_id, minute, environment, level)) WITHOUT ROWID;
CREATE TABLE log_hour (
    service_id INTEGER NOT NULL, hour INTEGER NOT NULL, environment TEXT NOT NULL,
    level INTEGER NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (service_id, hour, environment, level)) WITHOUT ROWID;
