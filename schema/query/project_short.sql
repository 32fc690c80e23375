-- project_short: the next short id (writer, when an issue is created)
-- index: primary key
UPDATE project SET next_short = next_short + 1 WHERE id = ?1 RETURNING next_short - 1
