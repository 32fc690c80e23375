-- issue_age: what has been new, regressed or escalating for a week is ongoing (writer, hourly)
-- index: issue_by_substatus
UPDATE issue SET substatus = 'ongoing', substatus_ms = :now
 WHERE substatus IN ('new', 'regressed', 'escalating') AND substatus_ms < :before
