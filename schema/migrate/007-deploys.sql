-- 007-deploys: where a release was deployed to; of each environment the last time, and how often.
CREATE TABLE deploy (
    id INTEGER PRIMARY KEY, release_id INTEGER NOT NULL, environment TEXT NOT NULL, name TEXT, url TEXT,
    started_ms INTEGER, finished_ms INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
    UNIQUE (release_id, environment)
);
