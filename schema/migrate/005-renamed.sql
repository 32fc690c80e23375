-- 005-renamed: slugs that projects had before; whoever asks by one is told the present one.
CREATE TABLE renamed (
    org_id INTEGER NOT NULL, slug TEXT NOT NULL, project_id INTEGER NOT NULL,
    PRIMARY KEY (org_id, slug)) WITHOUT ROWID;
