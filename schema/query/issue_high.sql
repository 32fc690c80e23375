-- issue_high: numbers up to this one may have been deleted; they are never given out again (writer)
-- index: primary key
INSERT INTO meta (key, value) VALUES ('issue_high', ?1)
    ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)
