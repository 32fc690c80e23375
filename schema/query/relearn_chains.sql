-- relearn_chains: the newest event of an issue, and of each that was merged into it (writer, after an
-- upgrade)
-- index: primary key, issue_by_parent
SELECT last_seq FROM issue WHERE id = ?1 OR merged_into = ?1 ORDER BY last_seq DESC
