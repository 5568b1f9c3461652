-- It rewrites the events that are kept (Outbox:Retention).
ALTER TABLE outbox DROP CONSTRAINT outbox_has_data;
UPDATE outbox SET payload = data::jsonb WHERE payload IS NULL;
ALTER TABLE outbox ALTER COLUMN payload SET NOT NULL;
ALTER TABLE outbox DROP COLUMN data;
