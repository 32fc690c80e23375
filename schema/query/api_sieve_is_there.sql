-- api_sieve_is_there: was the segment packed since there are sieves? (worker)
-- scan: some twenty rows of the schema
SELECT 1 FROM sqlite_schema WHERE name = 'sieve';
