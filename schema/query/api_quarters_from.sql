-- api_quarters_from: from which quarter of a day on figures by the quarter are whole (worker)
-- index: primary key
SELECT value FROM meta WHERE key = 'quarters_from';
