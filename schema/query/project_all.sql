-- project_all: all projects that take events with their settings (writer: at start and after each change)
-- scan: it wants them all, PROJECTS_MAX at most
SELECT p.id, p.org_id, p.slug, p.name, coalesce(p.platform, ''), p.settings, p.status,
       p.first_event_ms IS NOT NULL, coalesce(o.slug, 'default')
  FROM project AS p LEFT JOIN org AS o ON o.id = p.org_id WHERE p.status = 'active' ORDER BY p.id
