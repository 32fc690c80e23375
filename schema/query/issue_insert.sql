-- issue_insert: an issue comes into being (writer, flush); issue_add follows
-- index: primary key
INSERT INTO issue (id, project_id, short, substatus, substatus_ms, level, type, platform, logger, title,
                   culprit, metadata, first_ms, last_ms, first_seq, last_seq, first_release, priority)
VALUES (:id, :project, :short, 'new', :now, :level, :type, :platform, :logger, :title, :culprit,
        :metadata, :first_ms, :last_ms, :first_seq, :last_seq, :release, :priority)
