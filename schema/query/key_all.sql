-- key_all: all client keys (writer: at start and after each change)
-- scan: it wants them all, KEYS_MAX at most
SELECT public_key, project_id, bucket, active, rate_count, rate_window_s FROM key
