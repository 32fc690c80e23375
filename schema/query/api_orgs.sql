-- api_orgs: all organisations (worker); a table of a row or two
SELECT id, slug, name, created_ms FROM org ORDER BY id;
