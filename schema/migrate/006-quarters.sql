-- 006-quarters: figures by the quarter of a day as well (quarter = hour / 6), so that a month is not added up
-- hour by hour. They are whole from meta's quarters_from on: what was counted before is in the hours only, up to
-- a day ahead of now for those whose clock is.
CREATE TABLE red_quarter (
    operation_id INTEGER NOT NULL, quarter INTEGER NOT NULL, release_id INTEGER NOT NULL, -- 0: none
    environment TEXT NOT NULL,                         -- '': none
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (operation_id, quarter, release_id, environment)) WITHOUT ROWID;
CREATE TABLE edge_quarter (edge_id INTEGER NOT NULL, quarter INTEGER NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, total_us INTEGER NOT NULL,
    PRIMARY KEY (edge_id, quarter)) WITHOUT ROWID;
CREATE TABLE log_quarter (
    service_id INTEGER NOT NULL, quarter INTEGER NOT NULL, environment TEXT NOT NULL,
    level INTEGER NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (service_id, quarter, environment, level)) WITHOUT ROWID;
INSERT INTO meta SELECT 'quarters_from',
    CASE WHEN EXISTS (SELECT 1 FROM red_hour) OR EXISTS (SELECT 1 FROM edge_hour) OR EXISTS (SELECT 1 FROM log_hour)
         THEN unixepoch() / 21600 + 5 ELSE 1 END;
