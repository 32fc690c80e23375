-- api_sieve_extent: the first block of a kind, and how many bytes a slice of them has (worker)
-- :id     index: primary key (packed segments only)
SELECT first_block, length(bits) FROM sieve WHERE id = :id;
