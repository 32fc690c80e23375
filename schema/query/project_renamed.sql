-- project_renamed (writer, commands): before a project's slug becomes ?2, the present one is kept
-- index: primary key
INSERT OR REPLACE INTO renamed (org_id, slug, project_id)
    SELECT org_id, slug, id FROM project WHERE id = ?1 AND slug <> ?2
