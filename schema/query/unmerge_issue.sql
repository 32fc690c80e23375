-- unmerge_issue: the issue that unmerged events go to; empty, looking like the one they leave until the
-- first of them has come (writer, unmerge)
-- index: primary key
INSERT INTO issue (id, project_id, short, status, substatus, substatus_ms, level, type, platform, logger,
                   title, culprit, metadata, first_ms, last_ms, first_seq, last_seq, priority)
SELECT ?2, project_id, ?3, 1, 'ongoing', ?4, level, type, platform, logger, title, culprit, metadata,
       ?4, 0, 0, 0, priority
  FROM issue WHERE id = ?1
