-- merge_row: the parent's own figures (writer, merge)
-- index: primary keys
UPDATE issue
   SET events = issue.events + c.events, first_ms = min(issue.first_ms, c.first_ms),
       last_ms = max(issue.last_ms, c.last_ms), unhandled = issue.unhandled | c.unhandled,
       comments = issue.comments + c.comments,
       first_release = iif(c.first_ms < issue.first_ms, c.first_release, issue.first_release),
       last_release = iif(c.last_ms > issue.last_ms, coalesce(c.last_release, issue.last_release),
                          issue.last_release)
  FROM (SELECT * FROM issue WHERE id = ?1) AS c
 WHERE issue.id = ?2
