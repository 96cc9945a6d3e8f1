-- Version 1 had the outgoing messages in the order of their ids. Now they lie in the order in which they were stored.
ALTER TABLE delivery RENAME TO delivery_1;
DROP INDEX delivery_due;
DROP INDEX delivery_provider;
-- The schema comes here.
INSERT INTO delivery (id, due_at, asset, provider_id, created_at, data)
  SELECT id, due_at, asset, provider_id, created_at, data FROM delivery_1 ORDER BY created_at, id;
DROP TABLE delivery_1;
