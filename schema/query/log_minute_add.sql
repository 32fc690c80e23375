-- log_minute_add: more log records of a service in that minute (writer, flush)
-- index: primary key
INSERT INTO log_minute (service_id, minute, environment, level, records) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (service_id, minute, environment, level) DO UPDATE SET records = records + excluded.records
