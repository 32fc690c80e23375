-- segment_last_event: where a segment begins and ends (writer, at start)
-- index: primary key
-- scan: its two ends alone
SELECT coalesce((SELECT seq FROM event ORDER BY seq DESC LIMIT 1), 0),
       coalesce((SELECT seq FROM event ORDER BY seq LIMIT 1), 0),
       coalesce((SELECT id FROM block ORDER BY id DESC LIMIT 1), 0)
