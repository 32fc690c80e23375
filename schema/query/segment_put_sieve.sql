-- segment_put_sieve: a slice of all filters of a kind (sealing thread)
-- index: primary key
INSERT INTO sieve (id, first_block, bits) VALUES (?1, ?2, ?3)
