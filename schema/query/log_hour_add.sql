-- log_hour_add: more log records of a service in that hour (writer, flush)
-- index: primary key
INSERT INTO log_hour (service_id, hour, environment, level, records) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (service_id, hour, environment, level) DO UPDATE SET records = records + excluded.records
