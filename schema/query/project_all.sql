-- project_all: all projects that take events with their settings (writer: at start and after each change)
-- scan: it wants them all, PROJECTS_MAX at most
SELECT id, org_id, slug, name, coalesce(platform, ''), settings, status, first_event_ms IS NOT NULL
  FROM project WHERE status = 'active' ORDER BY id
