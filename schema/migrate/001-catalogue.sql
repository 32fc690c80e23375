-- 001-catalogue: quern.db, everything but the bulk. Times are milliseconds since 1970 unless named
-- otherwise. The writer is the only process that writes it.
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE org (
    id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_ms INTEGER NOT NULL
);
CREATE TABLE project (
    id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES org, slug TEXT NOT NULL,
    name TEXT NOT NULL, platform TEXT, created_ms INTEGER NOT NULL,
    first_event_ms INTEGER,
    next_short INTEGER NOT NULL DEFAULT 1,      -- short id counter of its issues
    settings TEXT NOT NULL DEFAULT '{}',        -- JSON, keys as the API spells them (dataScrubber …)
    status TEXT NOT NULL DEFAULT 'active',      -- active | deleted
    UNIQUE (org_id, slug)
);
CREATE TABLE key (
    public_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, project_id INTEGER NOT NULL REFERENCES project,
    bucket INTEGER NOT NULL UNIQUE,             -- index of its rate limit buckets
    label TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1,
    rate_count INTEGER NOT NULL DEFAULT 0, rate_window_s INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX key_by_project ON key (project_id);
CREATE TABLE user (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL,
    password TEXT,                              -- argon2id string of libsodium; NULL: cannot log in
    role TEXT NOT NULL DEFAULT 'member',        -- owner | manager | admin | member | viewer
    active INTEGER NOT NULL DEFAULT 1, created_ms INTEGER NOT NULL, last_login_ms INTEGER,
    preferences TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE token (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,   -- sha256 of the whole token
    kind TEXT NOT NULL,                         -- user | org | session
    user_id INTEGER REFERENCES user, name TEXT NOT NULL DEFAULT '', scopes TEXT NOT NULL, -- space separated
    last4 TEXT NOT NULL, csrf TEXT, created_ms INTEGER NOT NULL, expires_ms INTEGER, used_ms INTEGER
);
CREATE INDEX token_by_user ON token (user_id, kind);

CREATE TABLE issue (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, short INTEGER NOT NULL,
    -- enum issue_status of shm/issue.h. 4, discarded: a tombstone; its hash rows stay, so that further
    -- events of them are dropped, and no list shows it.
    status INTEGER NOT NULL DEFAULT 1,
    substatus TEXT NOT NULL DEFAULT 'new',      -- new ongoing escalating regressed archived_* ; '' when resolved
    substatus_ms INTEGER NOT NULL DEFAULT 0,    -- since when; after 7 days the first ones become ongoing
    level INTEGER NOT NULL, type INTEGER NOT NULL, platform TEXT NOT NULL, logger TEXT,
    title TEXT NOT NULL, culprit TEXT NOT NULL, metadata TEXT NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    events INTEGER NOT NULL DEFAULT 0, users INTEGER NOT NULL DEFAULT 0,
    sketch BLOB,                                -- distinct users, once they are too many to list
    unhandled INTEGER NOT NULL DEFAULT 0,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, -- its oldest and newest event
    first_release INTEGER, last_release INTEGER,           -- release.id
    priority TEXT NOT NULL DEFAULT 'high',
    assignee TEXT,                              -- 'user:7'
    resolved_ms INTEGER, resolved_by INTEGER,
    resolved_in INTEGER,                        -- release.id: fixed in this one …
    resolved_next INTEGER NOT NULL DEFAULT 0,   -- … or, with 1, in any later than it
    ignore_details TEXT,                        -- JSON as the API shows it: ignoreUntil, ignoreCount …
    ignore_until_ms INTEGER,                    -- any of these, once met, reopens it:
    ignore_at_events INTEGER, ignore_at_users INTEGER, -- totals
    ignore_count INTEGER, ignore_window_ms INTEGER,    -- so many events within so long
    ignore_hour_limit INTEGER,                         -- until escalating: more than this in an hour
    bookmarked INTEGER NOT NULL DEFAULT 0, has_seen INTEGER NOT NULL DEFAULT 0,
    -- Its hashes went there and its figures were added there; its events keep its number. So the
    -- events of an issue are those of its own chain and of the chains of all that were merged into it
    -- (never more than one step: a later merge of the parent moves its children on).
    merged_into INTEGER,
    comments INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, short)
);
CREATE INDEX issue_by_last ON issue (project_id, status, last_ms DESC, id DESC);
CREATE INDEX issue_by_first ON issue (project_id, status, first_ms DESC, id DESC);
CREATE INDEX issue_by_events ON issue (project_id, status, events DESC, id DESC);
CREATE INDEX issue_by_users ON issue (project_id, status, users DESC, id DESC);
CREATE INDEX issue_by_parent ON issue (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX issue_by_substatus ON issue (substatus_ms) WHERE substatus IN ('new', 'regressed', 'escalating');
CREATE INDEX issue_by_first_release ON issue (first_release) WHERE first_release IS NOT NULL;
CREATE TABLE hash (
    project_id INTEGER NOT NULL, hash BLOB NOT NULL, issue_id INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1, reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (project_id, hash)
) WITHOUT ROWID;
CREATE INDEX hash_by_issue ON hash (issue_id);

CREATE TABLE release (
    id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL, version TEXT NOT NULL, created_ms INTEGER NOT NULL,
    released_ms INTEGER, started_ms INTEGER, ref TEXT, url TEXT, status TEXT NOT NULL DEFAULT 'open',
    data TEXT NOT NULL DEFAULT '{}', UNIQUE (org_id, version)
);
CREATE TABLE release_project (
    release_id INTEGER NOT NULL, project_id INTEGER NOT NULL, first_ms INTEGER, last_ms INTEGER,
    events INTEGER NOT NULL DEFAULT 0, new_issues INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (release_id, project_id)
) WITHOUT ROWID;
CREATE INDEX release_project_by_last ON release_project (project_id, last_ms DESC);
CREATE TABLE environment (
    project_id INTEGER NOT NULL, name TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    events INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;

-- aggregates, written as upserts by writer/tally
CREATE TABLE issue_hour (issue_id INTEGER NOT NULL, hour INTEGER NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY (issue_id, hour)) WITHOUT ROWID;               -- hour = ms / 3600000
CREATE TABLE issue_day (issue_id INTEGER NOT NULL, day INTEGER NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY (issue_id, day)) WITHOUT ROWID;                -- day = ms / 86400000
CREATE TABLE project_hour (project_id INTEGER NOT NULL, hour INTEGER NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY (project_id, hour)) WITHOUT ROWID;
CREATE TABLE issue_release (issue_id INTEGER NOT NULL, release_id INTEGER NOT NULL, environment TEXT NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, events INTEGER NOT NULL,
    PRIMARY KEY (issue_id, release_id, environment)) WITHOUT ROWID;  -- release 0, environment '': none
CREATE INDEX issue_release_by_release ON issue_release (release_id, issue_id);
CREATE TABLE issue_tag (issue_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    events INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (issue_id, key, value)) WITHOUT ROWID;         -- at most TAG_VALUES_MAX values a key
CREATE TABLE issue_tag_key (issue_id INTEGER NOT NULL, key TEXT NOT NULL, events INTEGER NOT NULL,
    listed INTEGER NOT NULL,                                   -- values listed in issue_tag
    PRIMARY KEY (issue_id, key)) WITHOUT ROWID;
CREATE TABLE project_tag (project_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    events INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (project_id, key, value)) WITHOUT ROWID;       -- bounded likewise; for completion
CREATE TABLE project_tag_key (project_id INTEGER NOT NULL, key TEXT NOT NULL, events INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    PRIMARY KEY (project_id, key)) WITHOUT ROWID;
CREATE TABLE issue_user (issue_id INTEGER NOT NULL, user_hash INTEGER NOT NULL,
    PRIMARY KEY (issue_id, user_hash)) WITHOUT ROWID;          -- exact while few
CREATE TABLE outcome (
    project_id INTEGER NOT NULL, hour INTEGER NOT NULL, category TEXT NOT NULL, outcome INTEGER NOT NULL,
    reason TEXT NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (project_id, hour, category, outcome, reason)
) WITHOUT ROWID;

CREATE TABLE activity (
    id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL, user_id INTEGER, type TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}', created_ms INTEGER NOT NULL
);
CREATE INDEX activity_by_issue ON activity (issue_id, id DESC);
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL,
    uid BLOB,                                   -- its own id; NULL: an old user report
    event_id BLOB, issue_id INTEGER,            -- what it speaks of
    name TEXT, email TEXT, comments TEXT NOT NULL, url TEXT, source TEXT, created_ms INTEGER NOT NULL,
    payload TEXT
);
CREATE UNIQUE INDEX feedback_by_uid ON feedback (project_id, uid) WHERE uid IS NOT NULL;
CREATE UNIQUE INDEX feedback_by_report ON feedback (project_id, event_id) WHERE uid IS NULL;
CREATE INDEX feedback_by_event ON feedback (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX feedback_unlinked ON feedback (created_ms) WHERE issue_id IS NULL AND event_id IS NOT NULL;
CREATE INDEX feedback_by_issue ON feedback (issue_id) WHERE issue_id IS NOT NULL;
CREATE INDEX feedback_by_time ON feedback (project_id, created_ms DESC);

-- One file each. An event is found by its sequence: the segment with first_seq <= seq and the largest
-- first_seq. What may be asked of a file depends on its state:
--   active   being written: event by seq, the chain by prev_seq, attachment by event
--   sealing  full; the indexes of segment-seal.sql are being built: as active
--   sealed   has the indexes
--   packed   has them, its blocks are merged and repacked; the file has another name than before and
--            never changes again but for unmerges
CREATE TABLE segment (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL,        -- base name below segments/
    state TEXT NOT NULL,
    day INTEGER NOT NULL,                              -- days since 1970, UTC, when it was begun
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL DEFAULT 0, -- last: 0 while active
    first_ms INTEGER, last_ms INTEGER,                 -- time of writing
    rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX segment_by_seq ON segment (first_seq);
-- How far the catalogue has come: the aggregates contain all blocks up to this one of the segment,
-- and all its events up to this sequence. See docs/architecture.md, "Commit order".
CREATE TABLE tallied (
    segment_id INTEGER PRIMARY KEY, block_id INTEGER NOT NULL, seq INTEGER NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0                   -- 1: that was its end
) WITHOUT ROWID;
CREATE TABLE applied (slot INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL, position INTEGER NOT NULL)
    WITHOUT ROWID;                                     -- commands of each ring
-- Events that are still to be moved to the issue that their hashes went to; see writer/unmerge.c
CREATE TABLE unmerge (
    id INTEGER PRIMARY KEY, from_issue INTEGER NOT NULL, to_issue INTEGER NOT NULL,
    hashes BLOB NOT NULL,                              -- 16 bytes each
    last_seq INTEGER NOT NULL,                         -- events up to this one
    done_seq INTEGER NOT NULL DEFAULT 0                -- those up to this one are counted
);
