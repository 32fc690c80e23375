-- api_issue_span: first and last event of an issue number (worker)
-- :id     index: primary key
SELECT first_seq, last_seq FROM issue WHERE id = :id;
