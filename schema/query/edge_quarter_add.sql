-- edge_quarter_add: more calls between two services in that quarter of a day (writer, flush)
-- index: primary key
INSERT INTO edge_quarter (edge_id, quarter, calls, errors, total_us) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (edge_id, quarter) DO UPDATE
       SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           total_us = total_us + excluded.total_us
