-- api_entry_trace: whose an entry row is (worker)
-- :id     index: primary key
SELECT trace_id FROM entry WHERE id = :id;
