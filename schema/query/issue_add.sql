-- issue_add: what further events mean to an issue (writer, flush). Texts are those of the newest event
-- by its own time; all expressions see the row as it was.
-- index: primary key
UPDATE issue
   SET events = events + :events,
       first_ms = min(first_ms, :first_ms),
       last_ms = max(last_ms, :last_ms),
       last_seq = max(last_seq, :last_seq),
       unhandled = unhandled | :unhandled,
       level = iif(:last_ms >= last_ms, :level, level),
       type = iif(:last_ms >= last_ms, :type, type),
       platform = iif(:last_ms >= last_ms, :platform, platform),
       logger = iif(:last_ms >= last_ms, :logger, logger),
       title = iif(:last_ms >= last_ms, :title, title),
       culprit = iif(:last_ms >= last_ms, :culprit, culprit),
       metadata = iif(:last_ms >= last_ms, :metadata, metadata),
       last_release = iif(:last_ms >= last_ms AND :release IS NOT NULL, :release, last_release)
 WHERE id = :id
