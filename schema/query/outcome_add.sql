-- outcome_add: what became of items (writer, flush)
-- index: primary key
INSERT INTO outcome (project_id, hour, category, outcome, reason, quantity) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (project_id, hour, category, outcome, reason) DO UPDATE
       SET quantity = quantity + excluded.quantity
