-- key_insert: a client key, with the lowest rate limit bucket that is free (writer)
-- index: key.bucket (UNIQUE) twice
INSERT INTO key (public_key, secret_key, project_id, bucket, label, rate_count, rate_window_s, created_ms)
SELECT ?1, ?2, ?3,
       CASE WHEN NOT EXISTS (SELECT 1 FROM key WHERE bucket = 0) THEN 0
            ELSE (SELECT k.bucket + 1 FROM key AS k
                   WHERE NOT EXISTS (SELECT 1 FROM key AS n WHERE n.bucket = k.bucket + 1)
                   ORDER BY k.bucket LIMIT 1) END,
       ?4, ?5, ?6, ?7
