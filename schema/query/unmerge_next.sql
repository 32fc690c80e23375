-- unmerge_next: the oldest job (writer)
-- index: primary key
SELECT id, from_issue, to_issue, hashes, last_seq, done_seq FROM unmerge ORDER BY id LIMIT 1
