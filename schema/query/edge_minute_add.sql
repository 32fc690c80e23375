-- edge_minute_add: more calls between two services in that minute (writer, flush)
-- index: primary key
INSERT INTO edge_minute (edge_id, minute, calls, errors, total_us) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (edge_id, minute) DO UPDATE
       SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           total_us = total_us + excluded.total_us
