-- api_stored_block: one block (worker)
-- :id     index: primary key
SELECT data FROM block WHERE id = :id;
