-- service_expire: services without operations leave (writer, once an hour)
-- scan: SERVICES_MAX rows at most, each asked of the index behind operation's UNIQUE
DELETE FROM service WHERE NOT EXISTS (SELECT 1 FROM operation WHERE service_id = service.id)
