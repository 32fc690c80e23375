-- api_sieve: a slice of the filters of all blocks of a kind (worker)
-- :id     index: primary key (packed segments only)
SELECT bits FROM sieve WHERE id = :id;
