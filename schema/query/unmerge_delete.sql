-- unmerge_delete: it is finished (writer)
-- index: primary key
DELETE FROM unmerge WHERE id = ?1
