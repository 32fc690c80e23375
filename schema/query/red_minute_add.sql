-- red_minute_add: more calls of an operation in that minute (writer, flush)
-- index: primary key
INSERT INTO red_minute (operation_id, minute, release_id, environment, calls, errors, total_us, sketch)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (operation_id, minute, release_id, environment) DO UPDATE
       SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           total_us = total_us + excluded.total_us, sketch = excluded.sketch
