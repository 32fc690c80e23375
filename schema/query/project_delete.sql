-- project_delete: it takes no more events and is shown no more; its slug is free again. Its issues leave
-- bit by bit (project_purge), its events with their segments.
-- index: primary key
UPDATE project SET status = 'deleted', slug = slug || '-deleted-' || id WHERE id = ?1
