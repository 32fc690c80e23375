-- api_project_renamed: the present slug of the project that once had this one (worker)
-- :org :slug     index: primary keys
SELECT p.slug FROM renamed r JOIN project p ON p.id = r.project_id
 WHERE r.org_id = :org AND r.slug = :slug AND p.status = 'active';
