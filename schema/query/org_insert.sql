-- org_insert (writer, first start)
INSERT INTO org (id, slug, name, created_ms) VALUES (?1, ?2, ?3, ?4)
