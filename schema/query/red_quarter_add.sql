-- red_quarter_add: more calls of an operation in that quarter of a day (writer, flush)
-- index: primary key
INSERT INTO red_quarter (operation_id, quarter, release_id, environment, calls, errors, total_us, sketch)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (operation_id, quarter, release_id, environment) DO UPDATE
       SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           total_us = total_us + excluded.total_us, sketch = excluded.sketch
