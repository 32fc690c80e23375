-- log_quarter_add: more log records of a service in that quarter of a day (writer, flush)
-- index: primary key
INSERT INTO log_quarter (service_id, quarter, environment, level, records) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (service_id, quarter, environment, level) DO UPDATE SET records = records + excluded.records
