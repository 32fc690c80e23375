-- edge_hour_add: more calls between two services in that hour (writer, flush)
-- index: primary key
INSERT INTO edge_hour (edge_id, hour, calls, errors, total_us) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (edge_id, hour) DO UPDATE
       SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           total_us = total_us + excluded.total_us
